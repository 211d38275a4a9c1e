#include "patch.hpp"

#include <avila/sql/evaluate.hpp>
#include <charconv>

namespace avila::aviladb {

namespace {

struct Place {
  json::Value* parent = nullptr;
  std::string key;        // of an object
  std::size_t index = 0;  // of an array; its size for "-"
};

Error fail(std::string_view path, const char* what) {
  return Error(Errc::InvalidArgument, "patch: " + std::string(path.substr(0, 200)) + ": " + what);
}

Result<std::vector<std::string>> steps_of(std::string_view path) {
  std::vector<std::string> steps;
  if (path.empty()) return steps;
  if (path[0] != '/') return fail(path, "a path begins with /");
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto slash = path.find('/');
    std::string step(path.substr(0, slash));
    for (std::size_t i = 0; i < step.size(); ++i) {
      if (step[i] != '~') continue;
      if (i + 1 >= step.size() || (step[i + 1] != '0' && step[i + 1] != '1'))
        return fail(path, "~ stands before 0 or 1");
      step.replace(i, 2, step[i + 1] == '1' ? "/" : "~");
    }
    steps.push_back(std::move(step));
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash);
  }
  return steps;
}

bool array_index(std::string_view step, std::size_t size, std::size_t& index) {
  if (step.empty() || (step.size() > 1 && step[0] == '0')) return false;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  return error == std::errc{} && end == step.data() + step.size() && index < size;
}

json::Value* child(json::Value& of, const std::string& step) {
  if (of.is_object()) return of.find(step);
  std::size_t index = 0;
  if (of.is_array() && array_index(step, of.size(), index)) return &of[index];
  return nullptr;
}

/// The parent of a path's last step; with `last_may_be_new` that step need not exist.
Result<Place> locate(json::Value& root, std::string_view path, bool last_may_be_new) {
  AVILA_TRY(auto steps, steps_of(path));
  if (steps.empty()) return fail(path, "the whole document cannot be patched so; replace it");
  json::Value* at = &root;
  for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
    at = child(*at, steps[i]);
    if (at == nullptr) return fail(path, "there is nothing at its parent");
  }
  Place place;
  place.parent = at;
  place.key = steps.back();
  if (at->is_object()) {
    if (!last_may_be_new && at->find(place.key) == nullptr)
      return fail(path, "there is no such member");
    return place;
  }
  if (!at->is_array()) return fail(path, "its parent is neither an object nor an array");
  if (last_may_be_new && (place.key == "-" || place.key == std::to_string(at->size()))) {
    place.index = at->size();
    return place;
  }
  if (!array_index(place.key, at->size(), place.index))
    return fail(path, "there is no such element");
  return place;
}

json::Value& at_place(const Place& place) {
  return place.parent->is_object() ? *place.parent->find(place.key) : (*place.parent)[place.index];
}

void add(const Place& place, json::Value value, bool insert) {
  if (place.parent->is_object()) {
    place.parent->set(place.key, std::move(value));
    return;
  }
  auto& array = place.parent->array();
  if (place.index == array.size())
    array.push_back(std::move(value));
  else if (insert)
    array.insert(array.begin() + static_cast<std::ptrdiff_t>(place.index), std::move(value));
  else
    array[place.index] = std::move(value);
}

json::Value remove(const Place& place) {
  json::Value taken = std::move(at_place(place));
  if (place.parent->is_object()) {
    (void)place.parent->erase(place.key);
  } else {
    auto& array = place.parent->array();
    array.erase(array.begin() + static_cast<std::ptrdiff_t>(place.index));
  }
  return taken;
}

Result<void> increment(json::Value& root, std::string_view path, const json::Value& by) {
  AVILA_TRY(const Place place, locate(root, path, true));
  if (!by.is_number()) return fail(path, "incr needs a number as its value");
  const bool there = place.parent->is_object() ? place.parent->find(place.key) != nullptr
                                               : place.index < place.parent->size();
  if (!there) {
    add(place, by, true);
    return {};
  }
  json::Value& now = at_place(place);
  if (!now.is_number()) return fail(path, "incr needs a number there");
  const auto a = now.get_int64(), b = by.get_int64();
  std::int64_t sum = 0;
  if (now.is_int() && by.is_int() && !__builtin_add_overflow(*a, *b, &sum)) {
    now = sum;
    return {};
  }
  const double total = now.as_double() + by.as_double();
  if (!(total - total == 0)) return fail(path, "the sum is out of range");
  now = total;
  return {};
}

Result<std::string> text_of(const json::Value& operation, const char* name) {
  const json::Value* value = operation.find(name);
  const auto text = value != nullptr ? value->get_string() : std::nullopt;
  if (!text)
    return Error(Errc::InvalidArgument,
                 std::string("patch: an operation needs the text \"") + name + "\"");
  return std::string(*text);
}

Result<void> apply(json::Value& root, const json::Value& operation) {
  AVILA_TRY(const std::string op, text_of(operation, "op"));
  AVILA_TRY(const std::string path, text_of(operation, "path"));
  if (op == "remove") {
    AVILA_TRY(const Place place, locate(root, path, false));
    (void)remove(place);
    return {};
  }
  if (op == "move" || op == "copy") {
    AVILA_TRY(const std::string from, text_of(operation, "from"));
    if (op == "move" && path.size() > from.size() && path.starts_with(from) &&
        path[from.size()] == '/')
      return fail(path, "a value cannot be moved into itself");
    AVILA_TRY(const Place source, locate(root, from, false));
    json::Value value = op == "move" ? remove(source) : at_place(source);
    AVILA_TRY(const Place target, locate(root, path, true));
    add(target, std::move(value), true);
    return {};
  }
  const json::Value* value = operation.find("value");
  if (value == nullptr) return fail(path, "the operation needs a value");
  if (op == "incr" || op == "increment") return increment(root, path, *value);
  if (op == "test") {
    AVILA_TRY(const Place place, locate(root, path, false));
    if (at_place(place) == *value) return {};
    return Error(Errc::PreconditionFailed, "patch: the test of " + path + " failed");
  }
  if (op == "replace") {
    AVILA_TRY(const Place place, locate(root, path, false));
    at_place(place) = *value;
    return {};
  }
  if (op != "add" && op != "set")
    return Error(Errc::InvalidArgument, "patch: unknown operation " + op.substr(0, 40),
                 {.hint = "use add, set, replace, remove, incr, move, copy or test"});
  AVILA_TRY(const Place place, locate(root, path, true));
  add(place, *value, op == "add");
  return {};
}

}  // namespace

void merge_patch(json::Value& target, const json::Value& patch) {
  if (!patch.is_object()) {
    target = patch;
    return;
  }
  if (!target.is_object()) target = json::Value::make_object();
  for (const json::Member& member : patch.object()) {
    if (member.value.is_null()) {
      (void)target.erase(member.key);
    } else if (json::Value* there = target.find(member.key)) {
      merge_patch(*there, member.value);
    } else {
      merge_patch(target.set(member.key, nullptr), member.value);
    }
  }
}

Result<void> apply_operations(json::Value& target, const json::Value& operations) {
  if (!operations.is_array())
    return Error(Errc::InvalidArgument, "patch: expected an array of operations");
  if (operations.size() > kMaxPatchOperations)
    return Error(Errc::LimitExceeded, "the patch has " + std::to_string(operations.size()) +
                                          " operations; the limit (kMaxPatchOperations) is " +
                                          std::to_string(kMaxPatchOperations));
  for (const json::Value& operation : operations.array()) AVILA_TRY_VOID(apply(target, operation));
  return {};
}

Result<void> apply_patch(json::Value& target, const json::Value& patch) {
  if (patch.is_array()) return apply_operations(target, patch);
  if (!patch.is_object())
    return Error(Errc::InvalidArgument, "a patch is an object (merge) or an array (operations)");
  const json::Value* operations = patch.find("operations");
  if (patch.size() == 1 && operations != nullptr && operations->is_array())
    return apply_operations(target, *operations);
  merge_patch(target, patch);
  return {};
}

}  // namespace avila::aviladb

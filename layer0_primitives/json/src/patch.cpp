#include <algorithm>
#include <avila/json/patch.hpp>
#include <avila/json/pointer.hpp>
#include <cmath>

namespace avila::json {
namespace {

Result<Pointer> place(const Value& operation, std::string_view name) {
  const Value* text = operation.find(name);
  if (text == nullptr || !text->is_string())
    return Error(Errc::Malformed, "expected a string as member '" + std::string(name) + "'");
  return Pointer::parse(text->as_string()).context(name);
}

std::size_t count_values(const Value& value) noexcept {
  std::size_t count = 1;
  if (const Array* array = value.get_array())
    for (const Value& element : *array) count += count_values(element);
  if (const Object* object = value.get_object())
    for (const Member& member : *object) count += count_values(member.value);
  return count;
}

std::size_t depth_of(const Value& value) noexcept {
  std::size_t deepest = 0;
  if (const Array* array = value.get_array())
    for (const Value& element : *array) deepest = std::max(deepest, depth_of(element));
  if (const Object* object = value.get_object())
    for (const Member& member : *object) deepest = std::max(deepest, depth_of(member.value));
  return deepest + 1;
}

// Operations could nest a document deeper each time; it stays as deep as the parser allows.
Result<void> put(const Pointer& path, Value& document, Value value, bool replace) {
  if (path.tokens().size() + depth_of(value) > kMaxDepth)
    return Error(Errc::LimitExceeded, "the document would be nested deeper than kMaxDepth");
  return replace ? path.replace(document, std::move(value))
                 : path.insert(document, std::move(value));
}

Result<void> increment(const Pointer& path, Value& document, const Value& by) {
  if (!by.is_number()) return Error(Errc::Malformed, "incr needs a number as member 'value'");
  Value* const at = path.find(document);
  if (at == nullptr) return put(path, document, by, false);
  if (!at->is_number())
    return Error(Errc::InvalidArgument, "incr: the value at " + path.to_string() + " is no number");
  const auto a = at->get_int64(), b = by.get_int64();
  if (at->is_int() && by.is_int() && !(*b > 0 ? *a > INT64_MAX - *b : *a < INT64_MIN - *b)) {
    *at = *a + *b;
    return {};
  }
  const double sum = at->as_double() + by.as_double();
  if (!std::isfinite(sum))
    return Error(Errc::OutOfRange, "incr: the sum at " + path.to_string() + " is out of range");
  *at = sum;
  return {};
}

Result<void> apply_one(Value& document, const Value& operation, std::size_t& values,
                       bool extended) {
  if (!operation.is_object()) return Error(Errc::Malformed, "an operation must be an object");
  const Value* op = operation.find("op");
  if (op == nullptr || !op->is_string())
    return Error(Errc::Malformed, "expected a string as member 'op'");
  const std::string_view name = op->as_string();
  AVILA_TRY(const Pointer path, place(operation, "path"));

  const bool own = extended && (name == "set" || name == "incr");
  if (own || name == "add" || name == "replace" || name == "test") {
    const Value* value = operation.find("value");
    if (value == nullptr) return Error(Errc::Malformed, "expected a member 'value'");
    if (name == "incr") return increment(path, document, *value);
    const bool replaces = name == "replace" || (name == "set" && path.find(document) != nullptr);
    if (name != "test") return put(path, document, *value, replaces);
    const Value* at = path.find(document);
    if (at == nullptr) return Error(Errc::NotFound, "nothing at " + path.to_string());
    if (!(*at == *value))
      return Error(Errc::PreconditionFailed, "test: the value at " + path.to_string() + " differs");
    return {};
  }
  if (name == "remove") {
    AVILA_TRY_VOID(path.remove(document));
    return {};
  }
  if (name == "move" || name == "copy") {
    AVILA_TRY(const Pointer from, place(operation, "from"));
    if (name == "move") {
      // RFC 6902 §4.4: a place cannot move into itself; to where it is, nothing changes.
      if (from.contains(path) && !(from == path))
        return Error(Errc::InvalidArgument, "move into a part of what is moved");
      AVILA_TRY(Value moved, from.remove(document));
      return put(path, document, std::move(moved), false);
    }
    const Value* source = from.find(document);
    if (source == nullptr) return Error(Errc::NotFound, "nothing at " + from.to_string());
    // Copies of copies double the document each time.
    values += count_values(*source);
    if (values > kMaxPatchedValues)
      return Error(Errc::LimitExceeded, "the copies of a patch exceed kMaxPatchedValues");
    return put(path, document, Value(*source), false);
  }
  return Error(Errc::Malformed, "unknown operation '" + std::string(name.substr(0, 32)) + "'",
               {.hint = extended ? "use add, set, replace, remove, incr, move, copy or test"
                                 : "use add, replace, remove, move, copy or test"});
}

void add_operation(Value& patch, const char* op, const Pointer& path, const Value* value) {
  Value operation = Value::make_object({{"op", op}, {"path", path.to_string()}});
  if (value != nullptr) operation.set("value", *value);
  patch.push_back(std::move(operation));
}

void diff_at(const Value& from, const Value& to, const Pointer& path, Value& patch) {
  if (from == to && from.kind() == to.kind()) return;
  if (from.is_object() && to.is_object()) {
    for (const Member& member : from.object())
      if (to.find(member.key) == nullptr)
        add_operation(patch, "remove", path / member.key, nullptr);
    for (const Member& member : to.object()) {
      if (const Value* old = from.find(member.key)) {
        diff_at(*old, member.value, path / member.key, patch);
      } else {
        add_operation(patch, "add", path / member.key, &member.value);
      }
    }
    return;
  }
  if (!from.is_array() || !to.is_array()) {
    add_operation(patch, "replace", path, &to);
    return;
  }
  const Array &a = from.array(), &b = to.array();
  std::size_t start = 0, end = 0;  // how many are equal at both ends
  const std::size_t shorter = std::min(a.size(), b.size());
  while (start < shorter && a[start] == b[start]) ++start;
  while (end < shorter - start && a[a.size() - 1 - end] == b[b.size() - 1 - end]) ++end;
  const std::size_t common = shorter - end;
  for (std::size_t i = start; i < common; ++i) diff_at(a[i], b[i], path / i, patch);
  for (std::size_t i = a.size() - end; i > common; --i)
    add_operation(patch, "remove", path / (i - 1), nullptr);
  for (std::size_t i = common; i < b.size() - end; ++i)
    add_operation(patch, "add", path / i, &b[i]);
}

}  // namespace

Result<void> apply_patch(Value& document, const Value& patch, const PatchOptions& options) {
  const Array* operations = patch.get_array();
  if (operations == nullptr)
    return Error(Errc::Malformed, "a JSON patch must be an array of operations");
  if (operations->size() > options.max_operations)
    return Error(Errc::LimitExceeded, "the patch has " + std::to_string(operations->size()) +
                                          " operations; the limit is " +
                                          std::to_string(options.max_operations));
  Value changed = document;
  std::size_t values = 0;
  for (std::size_t i = 0; i < operations->size(); ++i) {
    auto applied = apply_one(changed, (*operations)[i], values, options.extended);
    if (!applied.has_value())
      return std::move(applied).error().context("operation " + std::to_string(i));
  }
  document = std::move(changed);
  return {};
}

void merge_patch(Value& document, const Value& patch) {
  const Object* members = patch.get_object();
  if (members == nullptr) {
    document = patch;
    return;
  }
  if (!document.is_object()) document = Value::make_object();
  for (const Member& member : *members) {
    if (member.value.is_null()) {
      document.erase(member.key);
    } else if (Value* old = document.find(member.key)) {
      merge_patch(*old, member.value);
    } else {
      merge_patch(document.set(member.key, Value()), member.value);
    }
  }
}

Value diff(const Value& from, const Value& to) {
  Value patch = Value::make_array();
  diff_at(from, to, Pointer(), patch);
  return patch;
}

Value merge_diff(const Value& from, const Value& to) {
  if (!from.is_object() || !to.is_object()) return to;
  Value patch = Value::make_object();
  for (const Member& member : from.object())
    if (to.find(member.key) == nullptr) patch.set(member.key, nullptr);
  for (const Member& member : to.object()) {
    const Value* old = from.find(member.key);
    if (old == nullptr) {
      patch.set(member.key, merge_diff(Value(), member.value));
    } else if (!(*old == member.value)) {
      patch.set(member.key, merge_diff(*old, member.value));
    }
  }
  return patch;
}

}  // namespace avila::json

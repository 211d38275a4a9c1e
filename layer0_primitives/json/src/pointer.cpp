#include <avila/json/pointer.hpp>
#include <avila/text/encoding.hpp>

namespace avila::json {
namespace {

// RFC 6901 §4: digits without leading zeros.
std::optional<std::size_t> array_index(std::string_view token) noexcept {
  if (token.empty() || token.size() > 18 || (token.size() > 1 && token[0] == '0'))
    return std::nullopt;
  std::size_t value = 0;
  for (const char c : token) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::size_t>(c - '0');
  }
  return value;
}

const Value* step(const Value& at, std::string_view token) noexcept {
  if (const Array* array = at.get_array()) {
    const auto index = array_index(token);
    return index.has_value() && *index < array->size() ? &(*array)[*index] : nullptr;
  }
  return at.find(token);
}

}  // namespace

Result<Pointer> Pointer::parse(std::string_view text) {
  Pointer pointer;
  if (text.empty()) return pointer;
  if (text[0] != '/')
    return Error(Errc::Malformed, "a JSON pointer is empty or begins with '/'", {.offset = 0});
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '/') {
      if (pointer.tokens_.size() == kMaxTokens)
        return Error(Errc::LimitExceeded, "a JSON pointer of more than 1024 tokens", {.offset = i});
      pointer.tokens_.emplace_back();
    } else if (text[i] != '~') {
      pointer.tokens_.back() += text[i];
    } else if (i + 1 < text.size() && (text[i + 1] == '0' || text[i + 1] == '1')) {
      pointer.tokens_.back() += text[++i] == '0' ? '~' : '/';
    } else {
      return Error(Errc::Malformed, "expected 0 or 1 after '~' in a JSON pointer", {.offset = i});
    }
  }
  return pointer;
}

Result<Pointer> Pointer::parse_fragment(std::string_view text) {
  if (text.empty() || text[0] != '#')
    return Error(Errc::Malformed, "a fragment begins with '#'", {.offset = 0});
  AVILA_TRY(const std::string plain, text::percent_decode(text.substr(1)));
  return parse(plain);
}

std::string Pointer::to_string() const {
  std::string out;
  for (const std::string& token : tokens_) {
    out += '/';
    for (const char c : token) {
      if (c == '~') {
        out += "~0";
      } else if (c == '/') {
        out += "~1";
      } else {
        out += c;
      }
    }
  }
  return out;
}

Pointer Pointer::operator/(std::string_view token) const {
  Pointer longer = *this;
  longer.tokens_.emplace_back(token);
  return longer;
}

Pointer Pointer::operator/(std::size_t index) const { return *this / std::to_string(index); }

bool Pointer::contains(const Pointer& other) const noexcept {
  return tokens_.size() <= other.tokens_.size() &&
         std::equal(tokens_.begin(), tokens_.end(), other.tokens_.begin());
}

const Value* Pointer::find(const Value& root) const noexcept {
  const Value* at = &root;
  for (const std::string& token : tokens_)
    if ((at = step(*at, token)) == nullptr) return nullptr;
  return at;
}

Value* Pointer::find(Value& root) const noexcept {
  return const_cast<Value*>(find(std::as_const(root)));
}

std::optional<Element> Pointer::find(Element root) const noexcept {
  std::optional<Element> at = root;
  for (const std::string& token : tokens_) {
    if (at->is_array()) {
      const auto index = array_index(token);
      at = index.has_value() ? at->at(*index) : std::nullopt;
    } else {
      at = at->find(token);
    }
    if (!at.has_value()) break;
  }
  return at;
}

Result<Value*> Pointer::parent(Value& root) const {
  Value* at = &root;
  for (std::size_t i = 0; i + 1 < tokens_.size(); ++i) {
    at = const_cast<Value*>(step(*at, tokens_[i]));
    if (at == nullptr) return Error(Errc::NotFound, "nothing at " + to_string());
  }
  if (!at->is_array() && !at->is_object())
    return Error(Errc::InvalidArgument,
                 "the parent of " + to_string() + " is neither an array nor an object");
  return at;
}

Result<void> Pointer::insert(Value& root, Value value) const {
  if (tokens_.empty()) {
    root = std::move(value);
    return {};
  }
  AVILA_TRY(Value* const at, parent(root));
  const std::string& token = tokens_.back();
  if (at->is_object()) {
    at->set(token, std::move(value));
    return {};
  }
  Array& array = at->array();
  const auto index = token == "-" ? array.size() : array_index(token);
  if (!index.has_value()) return Error(Errc::InvalidArgument, "not an array index: " + to_string());
  if (*index > array.size()) return Error(Errc::OutOfRange, "the array ends before " + to_string());
  array.insert(array.begin() + static_cast<std::ptrdiff_t>(*index), std::move(value));
  return {};
}

Result<void> Pointer::replace(Value& root, Value value) const {
  Value* const at = find(root);
  if (at == nullptr) return Error(Errc::NotFound, "nothing at " + to_string());
  *at = std::move(value);
  return {};
}

Result<Value> Pointer::remove(Value& root) const {
  Value* const at = find(root);
  if (at == nullptr) return Error(Errc::NotFound, "nothing at " + to_string());
  Value taken = std::move(*at);
  if (tokens_.empty()) return taken;
  AVILA_TRY(Value* const from, parent(root));
  if (from->is_object()) {
    from->erase(tokens_.back());
  } else {
    Array& array = from->array();
    array.erase(array.begin() + static_cast<std::ptrdiff_t>(*array_index(tokens_.back())));
  }
  return taken;
}

}  // namespace avila::json

// JSON Pointer, RFC 6901: "/a/0/b" names one place in a document.
#pragma once
#include <avila/error/result.hpp>
#include <avila/json/document.hpp>
#include <avila/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace avila::json {

class Pointer {
 public:
  static constexpr std::size_t kMaxTokens = 1024;

  Pointer() = default;  ///< the whole document
  explicit Pointer(std::vector<std::string> tokens) : tokens_(std::move(tokens)) {}
  /// "" or "/token/token", with ~0 for '~' and ~1 for '/'. Malformed with the offset otherwise.
  static Result<Pointer> parse(std::string_view text);
  /// The form of URI fragments, RFC 6901 §6: "#/a%20b".
  static Result<Pointer> parse_fragment(std::string_view text);

  const std::vector<std::string>& tokens() const noexcept { return tokens_; }
  bool empty() const noexcept { return tokens_.empty(); }
  std::string to_string() const;
  Pointer operator/(std::string_view token) const;
  Pointer operator/(std::size_t index) const;
  bool operator==(const Pointer&) const = default;
  /// Whether `other` lies below this place (or is it).
  bool contains(const Pointer& other) const noexcept;

  /// The value there, or nothing.
  Value* find(Value& root) const noexcept;
  const Value* find(const Value& root) const noexcept;
  std::optional<Element> find(Element root) const noexcept;

  /// RFC 6902 §4.1 "add": sets a member, inserts before an array's index, appends at "-", or
  /// replaces the root. The parent must exist. Errors: NotFound, InvalidArgument, OutOfRange.
  Result<void> insert(Value& root, Value value) const;
  /// Replaces the value there, which must exist.
  Result<void> replace(Value& root, Value value) const;
  /// Takes the value out. The root leaves null behind.
  Result<Value> remove(Value& root) const;

 private:
  Result<Value*> parent(Value& root) const;
  std::vector<std::string> tokens_;
};

}  // namespace avila::json

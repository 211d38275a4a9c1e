// TOML 1.0 (https://toml.io/en/v1.0.0): reader and writer of a whole document.
#pragma once
#include <avila/error/result.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace avila::serde::toml {

enum class Kind : std::uint8_t {
  String,
  Integer,
  Float,
  Boolean,
  OffsetDatetime,
  LocalDatetime,
  LocalDate,
  LocalTime,
  Array,
  Table
};
std::string_view to_string(Kind kind) noexcept;

/// A value of a document; tables keep the order of the file. Copyable.
class Value {
 public:
  struct Member;

  Value();
  Value(const Value&);
  Value(Value&&) noexcept;
  Value& operator=(const Value&);
  Value& operator=(Value&&) noexcept;
  ~Value();
  Value(std::string text);
  Value(std::string_view text) : Value(std::string(text)) {}
  Value(const char* text) : Value(std::string(text)) {}
  Value(std::int64_t number);
  Value(int number) : Value(std::int64_t{number}) {}
  Value(double number);
  Value(bool truth);
  static Value table();
  static Value array();
  /// `text` as RFC 3339 writes it, upper-case T and Z.
  static Value datetime(Kind kind, std::string text);

  Kind kind() const noexcept { return kind_; }
  bool is(Kind kind) const noexcept { return kind_ == kind; }
  /// Where it began in the document it was read from, counted from 1; 0: it was not read.
  std::uint32_t line() const noexcept { return line_; }
  void set_line(std::uint32_t line) noexcept { line_ = line; }
  /// Each is asserted to be of the right kind; dates and times give their text.
  const std::string& as_text() const;
  std::int64_t as_integer() const;
  double as_float() const;  ///< of an integer too
  bool as_boolean() const;
  const std::vector<Value>& items() const;
  std::vector<Value>& items();
  const std::vector<Member>& members() const;

  /// A member of a table by key, or by path ("server.listen"); null when it is not there.
  const Value* find(std::string_view key) const noexcept;
  Value* find(std::string_view key) noexcept;
  const Value* find_path(std::string_view dotted) const noexcept;
  /// Adds or replaces a member of a table; the member.
  Value& set(std::string_view key, Value value);
  /// Adds a member without looking whether the key is there already.
  void append(std::string key, Value value);

 private:
  explicit Value(Kind kind);

  Kind kind_;
  bool boolean_ = false;
  std::uint32_t line_ = 0;
  std::int64_t integer_ = 0;
  double float_ = 0;
  std::string text_;
  std::vector<Value> items_;
  std::vector<Member> members_;
};

struct Value::Member {
  std::string key;
  Value value;
};

constexpr std::size_t kMaxDocumentBytes = 16U << 20;
constexpr int kMaxDepth = 64;  ///< arrays, inline tables and header parts within one another

/// The document's table. Errors say line and column, and what was expected there.
Result<Value> parse(std::string_view text);
/// A document of a table: plain members first, then [tables] and [[arrays of tables]].
std::string to_toml(const Value& table);

}  // namespace avila::serde::toml

// Structured field values (RFC 9651): Items, Lists and Dictionaries, as Priority, Cache-Status,
// Signature-Input and other newer fields are defined. Several fields of one name are joined first:
// `parse_list(request.fields.combined("cache-status"))`.
#pragma once
#include <avila/error/result.hpp>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace avila::http::structured {

/// A number of at most 12 digits before the point and 3 behind it, kept as thousandths: 1.5 is
/// 1500.
struct Decimal {
  std::int64_t thousandths = 0;

  /// Rounded to three digits, halves to the even one (§4.1.5). OutOfRange where it does not fit.
  static Result<Decimal> from_double(double value);
  double to_double() const noexcept { return static_cast<double>(thousandths) / 1000; }
  friend auto operator<=>(const Decimal&, const Decimal&) noexcept = default;
};
struct Token {
  std::string text;
  friend bool operator==(const Token&, const Token&) noexcept = default;
};
struct Binary {
  std::string bytes;
  friend bool operator==(const Binary&, const Binary&) noexcept = default;
};
struct Date {
  std::int64_t unix_seconds = 0;
  friend auto operator<=>(const Date&, const Date&) noexcept = default;
};
/// Text in UTF-8; a std::string as a BareItem is ASCII only.
struct DisplayString {
  std::string text;
  friend bool operator==(const DisplayString&, const DisplayString&) noexcept = default;
};

using BareItem =
    std::variant<std::int64_t, Decimal, std::string, Token, Binary, bool, Date, DisplayString>;

/// Keys with values, in the order in which the keys came first.
template <class Value>
class Ordered {
 public:
  using Entry = std::pair<std::string, Value>;

  const Value* find(std::string_view key) const noexcept {
    for (const Entry& entry : entries_)
      if (entry.first == key) return &entry.second;
    return nullptr;
  }
  /// Adds, or replaces where it stands (§3.1.2, §3.2: the last value of a key counts).
  void set(std::string key, Value value) {
    for (Entry& entry : entries_) {
      if (entry.first != key) continue;
      entry.second = std::move(value);
      return;
    }
    entries_.emplace_back(std::move(key), std::move(value));
  }
  std::size_t size() const noexcept { return entries_.size(); }
  bool empty() const noexcept { return entries_.empty(); }
  auto begin() const noexcept { return entries_.begin(); }
  auto end() const noexcept { return entries_.end(); }
  friend bool operator==(const Ordered&, const Ordered&) = default;

 private:
  std::vector<Entry> entries_;
};
using Parameters = Ordered<BareItem>;

struct Item {
  BareItem value{};
  Parameters parameters{};
  friend bool operator==(const Item&, const Item&) = default;
};
struct InnerList {
  std::vector<Item> items{};
  Parameters parameters{};
  friend bool operator==(const InnerList&, const InnerList&) = default;
};
using Member = std::variant<Item, InnerList>;
using List = std::vector<Member>;
using Dictionary = Ordered<Member>;

/// The RFC asks for at least these numbers of members, inner items and parameters (§3.1, §3.2).
inline constexpr std::size_t kMaxFieldBytes = 64 * 1024;
inline constexpr std::size_t kMaxMembers = 1024;
inline constexpr std::size_t kMaxInnerItems = 256;
inline constexpr std::size_t kMaxParameters = 256;

/// §4.2. Errors: Malformed with the offset at which it went wrong, LimitExceeded; then the whole
/// field is to be ignored. An empty field is an empty List or Dictionary, and no Item.
Result<Item> parse_item(std::string_view field);
Result<List> parse_list(std::string_view field);
Result<Dictionary> parse_dictionary(std::string_view field);

/// §4.1. Errors: InvalidArgument (a key, token or string with characters it may not hold, text that
/// is no UTF-8), OutOfRange (numbers). "" stands for a field that is not to be sent.
Result<std::string> serialize(const Item& item);
Result<std::string> serialize(const List& list);
Result<std::string> serialize(const Dictionary& dictionary);

}  // namespace avila::http::structured

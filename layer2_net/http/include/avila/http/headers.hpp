// Header fields: views into a message as it was received (FieldViews), and an owned block that is
// built up and sent (Headers). Names compare without case (RFC 9110 §5.1).
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace avila::http {

/// tchar of RFC 9110 §5.6.2; a name or a method is one or more of them.
bool is_token(std::string_view text) noexcept;
/// field-content of RFC 9110 §5.5: visible ASCII, SP, HTAB and bytes above 0x7f.
bool is_field_value(std::string_view text) noexcept;
/// What Host and :authority may hold (RFC 9110 §7.2): no user information, space or delimiter.
/// Empty is one.
bool is_host(std::string_view text) noexcept;
namespace detail {
bool equal_folded(const char* a, const char* b, std::size_t size) noexcept;
}
/// ASCII comparison without case. Most names differ in length: that much is told inline.
inline bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && detail::equal_folded(a.data(), b.data(), a.size());
}
/// Without SP and HTAB at both ends.
std::string_view trim_ows(std::string_view text) noexcept;
/// Whether a comma-separated list holds the token, without case: "keep-alive, Upgrade".
bool list_contains(std::string_view list, std::string_view token) noexcept;
/// Takes the next element off a comma-separated list; commas in quoted strings do not count.
/// Empty elements are skipped; nothing when the list has ended.
std::optional<std::string_view> next_list_element(std::string_view& list) noexcept;
/// The value of `name` among ";"-separated parameters (`text/html; charset="utf-8"`), unquoted.
std::optional<std::string> parameter(std::string_view value, std::string_view name);

struct Field {
  std::string_view name;
  std::string_view value;
};

/// Fields in the order of arrival. The views point into the buffer that was parsed, and live as
/// long as it does. clear() keeps the memory: no allocation in the steady state.
class FieldViews {
 public:
  void add(std::string_view name, std::string_view value) { fields_.push_back({name, value}); }
  void clear() noexcept { fields_.clear(); }
  std::size_t size() const noexcept { return fields_.size(); }
  bool empty() const noexcept { return fields_.empty(); }
  const Field& operator[](std::size_t i) const noexcept { return fields_[i]; }
  auto begin() const noexcept { return fields_.begin(); }
  auto end() const noexcept { return fields_.end(); }

  /// The first field of that name.
  std::optional<std::string_view> find(std::string_view name) const noexcept;
  /// All fields of that name, joined with ", " as RFC 9110 §5.3 allows.
  std::string combined(std::string_view name) const;
  /// Whether any field of that name lists the token.
  bool contains_token(std::string_view name, std::string_view token) const noexcept;
  std::size_t count(std::string_view name) const noexcept;

 private:
  std::vector<Field> fields_;
};

/// Owned fields, kept as the text that goes on the wire ("Name: value\r\n"…), so that sending
/// them is one copy. Control bytes in a value become spaces (RFC 9110 §5.5), so that no value can
/// begin a field of its own; a name that is no token is an assertion failure — names from outside
/// go through try_add().
class Headers {
 public:
  Headers() = default;

  Headers& add(std::string_view name, std::string_view value);
  /// Replaces every field of that name.
  Headers& set(std::string_view name, std::string_view value);
  Headers& add(std::string_view name, std::uint64_t value);
  Headers& set(std::string_view name, std::uint64_t value);
  /// False, and nothing added, when the name is no token or the value holds control bytes.
  bool try_add(std::string_view name, std::string_view value);
  /// How many were removed.
  std::size_t remove(std::string_view name);
  void clear() noexcept;
  /// False: no field has a name of that length. A look before a search.
  bool may_hold(std::size_t name_size) const noexcept {
    return (name_sizes_ >> std::min<std::size_t>(name_size, 31) & 1) != 0;
  }

  std::optional<std::string_view> find(std::string_view name) const noexcept;
  bool contains(std::string_view name) const noexcept { return find(name).has_value(); }
  std::string combined(std::string_view name) const;
  bool contains_token(std::string_view name, std::string_view token) const noexcept;
  std::size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  /// The fields as they go on the wire, without the empty line.
  std::string_view wire() const noexcept { return wire_; }
  void reserve(std::size_t bytes) { wire_.reserve(bytes); }

  class Iterator {
   public:
    explicit Iterator(std::string_view rest) noexcept : rest_(rest) { load(); }
    const Field& operator*() const noexcept { return field_; }
    const Field* operator->() const noexcept { return &field_; }
    Iterator& operator++() noexcept;
    bool operator==(const Iterator& other) const noexcept {
      return rest_.size() == other.rest_.size();
    }

   private:
    void load() noexcept;
    std::string_view rest_;
    Field field_;
  };
  /// Views die with the next change.
  Iterator begin() const noexcept { return Iterator(wire_); }
  Iterator end() const noexcept { return Iterator(std::string_view(wire_).substr(wire_.size())); }

 private:
  std::string wire_;
  std::uint32_t count_ = 0;
  std::uint32_t name_sizes_ = 0;  // bit n: a name of n bytes was added; 31: of that many or more
};

}  // namespace avila::http

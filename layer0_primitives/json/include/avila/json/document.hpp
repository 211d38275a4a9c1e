// Parser and Element: a fast read-only tree ("tape"). One Parser reused for many texts allocates
// nothing once its buffers have grown.
#pragma once
#include <avila/error/result.hpp>
#include <avila/json/options.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace avila::json {

class Value;

namespace detail {
/// What parsing leaves: one word a value (numbers two), a container's word before its parts.
/// word = tag:4 | count or length:28 | index after the container or text offset:32
enum class Tag : std::uint8_t {
  Null,
  False,
  True,
  Int,
  Uint,
  Double,
  String,
  BigNumber,
  Array,
  Object,
};
struct Tape {
  const std::uint64_t* words = nullptr;
  const char* text = nullptr;  ///< unescaped strings lie in here
};
inline constexpr std::uint32_t kMaxCount = (1U << 28) - 1;
inline Tag tag_of(std::uint64_t word) noexcept { return static_cast<Tag>(word >> 60); }
inline std::uint32_t count_of(std::uint64_t word) noexcept {
  return static_cast<std::uint32_t>(word >> 32) & kMaxCount;
}
inline std::uint32_t low_of(std::uint64_t word) noexcept {
  return static_cast<std::uint32_t>(word);
}
}  // namespace detail

class ElementRange;
class MemberRange;

/// One value of a parsed document: two words, copied freely. members() shows every member as
/// written, find() the last of equal names. Valid until its Parser parses again or is destroyed.
/// Many threads may read.
class Element {
 public:
  Element() noexcept = default;
  Element(const detail::Tape* tape, std::uint32_t at) noexcept : tape_(tape), at_(at) {}

  Kind kind() const noexcept;
  bool is_null() const noexcept { return tag() == detail::Tag::Null; }
  bool is_bool() const noexcept {
    return tag() == detail::Tag::True || tag() == detail::Tag::False;
  }
  bool is_int() const noexcept { return tag() == detail::Tag::Int; }
  bool is_uint() const noexcept { return tag() == detail::Tag::Uint; }
  bool is_double() const noexcept { return tag() == detail::Tag::Double; }
  bool is_number() const noexcept {
    return (tag() >= detail::Tag::Int && tag() <= detail::Tag::Double) ||
           tag() == detail::Tag::BigNumber;
  }
  bool is_string() const noexcept { return tag() == detail::Tag::String; }
  bool is_array() const noexcept { return tag() == detail::Tag::Array; }
  bool is_object() const noexcept { return tag() == detail::Tag::Object; }

  /// Absent where the kind or the range does not fit. get_int64 of 3.0 is 3.
  std::optional<bool> get_bool() const noexcept {
    if (!is_bool()) return std::nullopt;
    return tag() == detail::Tag::True;
  }
  std::optional<std::int64_t> get_int64() const noexcept;
  std::optional<std::uint64_t> get_uint64() const noexcept;
  std::optional<double> get_double() const noexcept;
  std::optional<std::string_view> get_string() const noexcept {
    if (!is_string()) return std::nullopt;
    return text();
  }
  /// The text of a Kind::BigNumber.
  std::optional<std::string_view> get_number_text() const noexcept {
    if (tag() != detail::Tag::BigNumber) return std::nullopt;
    return text();
  }

  /// Elements or members; 0 for all others.
  std::size_t size() const noexcept;
  bool empty() const noexcept { return size() == 0; }
  /// The member of that key, the last of equal ones; linear in the number of members.
  std::optional<Element> find(std::string_view key) const noexcept;
  /// The element at that index; linear.
  std::optional<Element> at(std::size_t index) const noexcept;

  /// `for (Element e : x.elements())`; empty where this is no array.
  ElementRange elements() const noexcept;
  /// `for (auto [key, value] : x.members())`; empty where this is no object.
  MemberRange members() const noexcept;

 private:
  friend class ElementRange;
  friend class MemberRange;
  friend struct ElementAccess;
  std::uint64_t word() const noexcept { return tape_->words[at_]; }
  detail::Tag tag() const noexcept { return detail::tag_of(word()); }
  std::string_view text() const noexcept {
    return {tape_->text + detail::low_of(word()), detail::count_of(word())};
  }
  std::uint32_t after() const noexcept {  // index of the next value
    const std::uint64_t w = word();
    const auto t = detail::tag_of(w);
    if (t >= detail::Tag::Array) return detail::low_of(w);
    return at_ + ((t >= detail::Tag::Int && t <= detail::Tag::Double) ? 2 : 1);
  }

  const detail::Tape* tape_ = nullptr;
  std::uint32_t at_ = 0;
};

struct MemberElement {
  std::string_view key;
  Element value;
};

class ElementRange {
 public:
  class Iterator {
   public:
    explicit Iterator(Element at) noexcept : at_(at) {}
    Element operator*() const noexcept { return at_; }
    Iterator& operator++() noexcept {
      at_.at_ = at_.after();
      return *this;
    }
    bool operator==(const Iterator& other) const noexcept { return at_.at_ == other.at_.at_; }

   private:
    Element at_;
  };
  ElementRange(Element first, Element last) noexcept : first_(first), last_(last) {}
  Iterator begin() const noexcept { return Iterator(first_); }
  Iterator end() const noexcept { return Iterator(last_); }

 private:
  Element first_, last_;
};

class MemberRange {
 public:
  class Iterator {
   public:
    explicit Iterator(Element key) noexcept : key_(key) {}
    MemberElement operator*() const noexcept {
      return {key_.text(), Element(key_.tape_, key_.at_ + 1)};
    }
    Iterator& operator++() noexcept {
      key_.at_ = Element(key_.tape_, key_.at_ + 1).after();
      return *this;
    }
    bool operator==(const Iterator& other) const noexcept { return key_.at_ == other.key_.at_; }

   private:
    Element key_;
  };
  MemberRange(Element first, Element last) noexcept : first_(first), last_(last) {}
  Iterator begin() const noexcept { return Iterator(first_); }
  Iterator end() const noexcept { return Iterator(last_); }

 private:
  Element first_, last_;
};

/// Not synchronised: one Parser a thread.
class Parser {
 public:
  explicit Parser(const ParseOptions& options = {});
  Parser(Parser&& other) noexcept;
  Parser& operator=(Parser&& other) noexcept;
  ~Parser();

  /// The root of the document; the text need not be kept. Errors: Malformed with the byte offset
  /// and what was expected; LimitExceeded. Elements of an earlier parse become invalid.
  Result<Element> parse(std::string_view text);

  /// Bytes of its buffers; they grow to the largest text parsed. shrink() frees them.
  std::size_t memory() const noexcept;
  void shrink() noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Compact text, as to_string(Value) would write it.
void append_json(std::string& out, Element element);
std::string to_string(Element element);
/// A tree of its own, for changes.
Value to_value(Element element);

inline ElementRange Element::elements() const noexcept {
  if (!is_array()) return {*this, *this};
  return {Element(tape_, at_ + 1), Element(tape_, detail::low_of(word()))};
}
inline MemberRange Element::members() const noexcept {
  if (!is_object()) return {*this, *this};
  return {Element(tape_, at_ + 1), Element(tape_, detail::low_of(word()))};
}

}  // namespace avila::json

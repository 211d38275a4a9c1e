// Domain names (RFC 1035 section 3.1), in wire form.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace avila::dns {

/// An absolute name. Keeps the case it was given; compares without it (RFC 4343).
class Name {
 public:
  static constexpr std::size_t kWireBytesMax = 255;  ///< RFC 1035 section 2.3.4
  static constexpr std::size_t kLabelBytesMax = 63;
  static constexpr std::size_t kLabelsMax = 127;
  /// Compression pointers that are followed in one name. Each leads strictly backwards too, and
  /// never into the header.
  static constexpr std::size_t kPointersMax = 64;

  /// The root.
  Name() : wire_(1, '\0') {}
  /// "www.example.com", with the escapes of RFC 1035 section 5.1. Absolute with or without the
  /// final dot; "" and "." are the root. Errors: Malformed, with the offset.
  static Result<Name> parse(std::string_view text);
  /// The same, but a name without the final dot is relative to `origin`, and "@" is the origin.
  static Result<Name> parse(std::string_view text, const Name& origin);
  /// Reads a name at `offset` of a message, following compression (RFC 1035 section 4.1.4), and
  /// moves the offset past it. Errors: Malformed.
  static Result<Name> decode(ByteSpan message, std::size_t& offset);
  /// Uncompressed bytes that are one name and nothing more. Errors: Malformed.
  static Result<Name> from_wire(std::string_view wire);

  /// Length-prefixed labels, the root's zero last.
  const std::string& wire() const noexcept { return wire_; }
  /// With the final dot; bytes that need it escaped. "." for the root.
  std::string to_string() const;

  bool is_root() const noexcept { return wire_.size() == 1; }
  bool is_wildcard() const noexcept {
    return wire_.size() > 2 && wire_[0] == '\1' && wire_[1] == '*';
  }
  std::size_t label_count() const noexcept;       ///< the root's is 0
  std::string_view first_label() const noexcept;  ///< "" for the root
  Name parent() const;                            ///< the root's is the root
  /// The last `labels` labels; all of it where it has no more.
  Name suffix(std::size_t labels) const;
  /// "label.this". Errors: LimitExceeded, InvalidArgument (an empty or too long label).
  Result<Name> child(std::string_view label) const;
  Result<Name> wildcard() const { return child("*"); }
  /// The part above `from` put above `to` (RFC 6672 section 2.2). Errors: LimitExceeded.
  Result<Name> with_suffix(const Name& from, const Name& to) const;
  bool is_at_or_below(const Name& ancestor) const noexcept;
  bool is_below(const Name& ancestor) const noexcept {
    return wire_.size() > ancestor.wire_.size() && is_at_or_below(ancestor);
  }
  /// The longest name that both are at or below.
  Name common_ancestor(const Name& other) const;
  Name lower() const;  ///< ASCII letters in lower case: the canonical form of RFC 4034 section 6.2
  bool same_case(const Name& other) const noexcept { return wire_ == other.wire_; }
  std::size_t hash() const noexcept;  ///< without case

  friend bool operator==(const Name& a, const Name& b) noexcept;
  /// The canonical order of RFC 4034 section 6.1.
  friend std::strong_ordering operator<=>(const Name& a, const Name& b) noexcept;

 private:
  explicit Name(std::string wire) noexcept : wire_(std::move(wire)) {}
  std::string wire_;
};

struct NameHash {
  std::size_t operator()(const Name& name) const noexcept { return name.hash(); }
};

/// One label with the escapes of the text form.
void append_label_text(std::string& out, std::string_view label);

}  // namespace avila::dns

// Tags of ASN.1 (X.690 §8.1.2) and elements: a tag with the bytes that belong to it.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <cstdint>
#include <string>

namespace avila::asn1 {

enum class Class : std::uint8_t { Universal, Application, Context, Private };

struct Tag {
  Class tag_class = Class::Universal;
  bool constructed = false;
  std::uint32_t number = 0;

  friend constexpr bool operator==(const Tag&, const Tag&) noexcept = default;
};

constexpr Tag universal(std::uint32_t number) noexcept { return {Class::Universal, false, number}; }
/// [n] around a whole element (EXPLICIT), or in place of a constructed one's tag (IMPLICIT).
constexpr Tag context(std::uint32_t number) noexcept { return {Class::Context, true, number}; }
/// [n] in place of a primitive element's tag (IMPLICIT).
constexpr Tag context_primitive(std::uint32_t number) noexcept {
  return {Class::Context, false, number};
}

namespace tags {
inline constexpr Tag kBoolean = universal(1), kInteger = universal(2), kBitString = universal(3),
                     kOctetString = universal(4), kNull = universal(5), kOid = universal(6),
                     kEnumerated = universal(10), kUtf8String = universal(12),
                     kNumericString = universal(18), kPrintableString = universal(19),
                     kTeletexString = universal(20), kIa5String = universal(22),
                     kUtcTime = universal(23), kGeneralizedTime = universal(24),
                     kVisibleString = universal(26), kUniversalString = universal(28),
                     kBmpString = universal(30);
inline constexpr Tag kSequence{Class::Universal, true, 16}, kSet{Class::Universal, true, 17};
}  // namespace tags

/// "SEQUENCE", "[0]", "[APPLICATION 5]": for messages.
std::string to_string(Tag tag);

struct Element {
  Tag tag;
  ByteSpan content;  ///< without tag and length
  ByteSpan encoded;  ///< the whole element
};

/// Tag numbers above this are refused.
inline constexpr std::uint32_t kMaxTagNumber = 0x0FFF'FFFF;
/// Nesting that the functions which walk a tree take.
inline constexpr std::size_t kMaxDepth = 64;

/// The first element of `bytes`, DER: definite, shortest length and tag. Malformed with the offset.
Result<Element> read_element(ByteSpan bytes);
/// Checks that `bytes` is one DER element and, below it, nothing but DER as far as universal types
/// tell: booleans, integers, bit strings, identifiers, strings, times, the order of SET OF.
Result<void> validate_der(ByteSpan bytes);

}  // namespace avila::asn1

// Reading DER (X.690 §10, §11): a cursor over the elements of one level. Strict: what has two
// encodings is taken in one only, because signatures are over bytes.
#pragma once
#include <avila/asn1/oid.hpp>
#include <avila/asn1/tag.hpp>
#include <avila/primitives/duration.hpp>
#include <optional>
#include <string>

namespace avila::asn1 {

/// Bits from the most significant of the first byte on.
struct BitString {
  ByteSpan bytes;
  unsigned unused = 0;  ///< bits of the last byte that do not count, all 0

  std::size_t size() const noexcept { return bytes.size() * 8 - unused; }
  bool bit(std::size_t index) const noexcept {
    return index < size() && (static_cast<unsigned>(bytes[index / 8]) >> (7 - index % 8) & 1U) != 0;
  }
};

/// Views into the bytes, which must outlive it. Errors are Malformed with the offset from where the
/// outermost Reader began, and say what was expected.
class Reader {
 public:
  explicit Reader(ByteSpan bytes) noexcept : rest_(bytes), origin_(bytes.data()) {}

  bool empty() const noexcept { return rest_.empty(); }
  ByteSpan rest() const noexcept { return rest_; }
  /// Malformed unless everything was read.
  Result<void> finish() const;

  /// The next element of any kind.
  Result<Element> next();
  /// The next element, which must have this tag.
  Result<Element> next(Tag tag);
  /// The next element if it has this tag.
  Result<std::optional<Element>> optional(Tag tag);
  /// Whether the next element has this tag.
  bool at(Tag tag) const;

  /// A reader of what is inside the next element.
  Result<Reader> enter(Tag tag);
  Result<Reader> sequence() { return enter(tags::kSequence); }
  Result<Reader> set() { return enter(tags::kSet); }
  Result<std::optional<Reader>> optional_enter(Tag tag);

  // `tag` is given for IMPLICIT ones.
  Result<bool> boolean(Tag tag = tags::kBoolean);
  Result<std::int64_t> int64(Tag tag = tags::kInteger);
  Result<std::uint64_t> uint64(Tag tag = tags::kInteger);
  /// Two's complement, highest byte first, shortest.
  Result<ByteSpan> integer(Tag tag = tags::kInteger);
  /// The magnitude without zeros before (0 is empty); Malformed for a negative number.
  Result<ByteSpan> unsigned_integer(Tag tag = tags::kInteger);
  Result<std::int64_t> enumerated(Tag tag = tags::kEnumerated) { return int64(tag); }
  Result<BitString> bit_string(Tag tag = tags::kBitString);
  /// A BIT STRING of whole bytes, as keys and signatures are.
  Result<ByteSpan> bit_string_bytes(Tag tag = tags::kBitString);
  Result<ByteSpan> octet_string(Tag tag = tags::kOctetString);
  Result<void> null(Tag tag = tags::kNull);
  Result<Oid> oid(Tag tag = tags::kOid);
  /// UTF8, Numeric, Printable, Teletex (as Latin-1), IA5, Visible, BMP or UniversalString: UTF-8.
  Result<std::string> text();
  /// UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 writes them: with seconds, without fractions,
  /// in Z. Two-digit years are 1950 to 2049; OutOfRange beyond what WallTime holds.
  Result<WallTime> time();

 private:
  Reader(ByteSpan bytes, const std::byte* origin) noexcept : rest_(bytes), origin_(origin) {}
  Error malformed(std::string what, const std::byte* at) const;

  ByteSpan rest_;
  const std::byte* origin_;
};

/// The content of a string element of that tag, as UTF-8; Malformed where it breaks its type's
/// rule.
Result<std::string> text_of(const Element& element);
/// The same for times.
Result<WallTime> time_of(const Element& element);

}  // namespace avila::asn1

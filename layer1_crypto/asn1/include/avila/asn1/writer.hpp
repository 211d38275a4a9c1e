// Writing DER.
#pragma once
#include <avila/asn1/oid.hpp>
#include <avila/asn1/tag.hpp>
#include <avila/primitives/duration.hpp>
#include <avila/primitives/function_ref.hpp>
#include <string_view>
#include <vector>

namespace avila::asn1 {

/// Elements one after the other; what is inside is written by a function:
///   writer.sequence([&](Writer& w) { w.oid("1.2.840.113549.1.1.1"); w.null(); });
class Writer {
 public:
  using Inside = FunctionRef<void(Writer&)>;

  Writer& constructed(Tag tag, Inside inside);
  Writer& sequence(Inside inside) { return constructed(tags::kSequence, inside); }
  /// A SET OF: its elements are sorted by their bytes (X.690 §11.6).
  Writer& set_of(Inside inside, Tag tag = tags::kSet);
  Writer& primitive(Tag tag, ByteSpan content);
  /// One whole element, or several, encoded already.
  Writer& raw(ByteSpan encoded);

  Writer& boolean(bool value, Tag tag = tags::kBoolean);
  Writer& int64(std::int64_t value, Tag tag = tags::kInteger);
  Writer& enumerated(std::int64_t value) { return int64(value, tags::kEnumerated); }
  /// A magnitude, highest byte first; zeros before it are left out.
  Writer& unsigned_integer(ByteSpan magnitude, Tag tag = tags::kInteger);
  /// `unused` low bits of the last byte do not count and are written as 0.
  Writer& bit_string(ByteSpan bytes, unsigned unused = 0, Tag tag = tags::kBitString);
  /// Named bits (X.690 §11.2.2): bit 0 is the first; zeros at the end are left out.
  Writer& named_bits(std::uint64_t bits, Tag tag = tags::kBitString);
  Writer& octet_string(ByteSpan bytes, Tag tag = tags::kOctetString) {
    return primitive(tag, bytes);
  }
  /// An OCTET STRING or BIT STRING around elements, as extensions and keys have them.
  Writer& octet_string_around(Inside inside, Tag tag = tags::kOctetString);
  Writer& bit_string_around(Inside inside);
  Writer& null(Tag tag = tags::kNull) { return primitive(tag, {}); }
  Writer& oid(const Oid& value, Tag tag = tags::kOid) { return primitive(tag, value.content()); }
  /// The text as it is: that it fits the type is the caller's duty (is_printable(), is_ia5()).
  Writer& text(std::string_view utf8, Tag tag = tags::kUtf8String);
  /// UTCTime until 2049, GeneralizedTime from then on (and before 1950): RFC 5280 §4.1.2.5.
  Writer& time(WallTime value);
  Writer& generalized_time(WallTime value, Tag tag = tags::kGeneralizedTime);

  ByteSpan bytes() const noexcept { return bytes_; }
  std::vector<std::byte> take() noexcept { return std::move(bytes_); }

 private:
  void begin(Tag tag);
  void end(std::size_t content_at);  ///< puts the length before what was written since
  std::vector<std::byte> bytes_;
};

/// Whether a text may be a PrintableString, an IA5String.
bool is_printable(std::string_view text) noexcept;
bool is_ia5(std::string_view text) noexcept;

}  // namespace avila::asn1

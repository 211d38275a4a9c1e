#include <avila/asn1/reader.hpp>

namespace avila::asn1 {

Error Reader::malformed(std::string what, const std::byte* at) const {
  return Error(Errc::Malformed, std::move(what),
               {.offset = static_cast<std::uint64_t>(at - origin_)});
}

Result<void> Reader::finish() const {
  if (!rest_.empty()) return malformed("something unexpected follows", rest_.data());
  return {};
}

Result<Element> Reader::next() {
  auto element = read_element(rest_);
  if (!element.has_value())
    return malformed(std::string(element.error().message()),
                     rest_.data() + element.error().offset());
  rest_ = rest_.subspan(element->encoded.size());
  return *element;
}

Result<Element> Reader::next(Tag tag) {
  const std::byte* const at = rest_.data();
  if (rest_.empty()) return malformed("expected " + to_string(tag) + ", found the end", at);
  AVILA_TRY(const Element element, next());
  if (element.tag == tag) return element;
  std::string what = "expected " + to_string(tag) + ", found " + to_string(element.tag);
  if (element.tag.constructed != tag.constructed)
    what += element.tag.constructed ? " (constructed)" : " (primitive)";
  return malformed(std::move(what), at);
}

bool Reader::at(Tag tag) const {
  const auto element = read_element(rest_);
  return element.has_value() && element->tag == tag;
}

Result<std::optional<Element>> Reader::optional(Tag tag) {
  if (rest_.empty()) return std::optional<Element>();
  Reader ahead(rest_, origin_);
  AVILA_TRY(const Element element, ahead.next());
  if (element.tag != tag) return std::optional<Element>();
  *this = ahead;
  return std::optional<Element>(element);
}

Result<Reader> Reader::enter(Tag tag) {
  AVILA_TRY(const Element element, next(tag));
  return Reader(element.content, origin_);
}

Result<std::optional<Reader>> Reader::optional_enter(Tag tag) {
  AVILA_TRY(const std::optional<Element> element, optional(tag));
  if (!element.has_value()) return std::optional<Reader>();
  return std::optional<Reader>(Reader(element->content, origin_));
}

Result<bool> Reader::boolean(Tag tag) {
  AVILA_TRY(const Element element, next(tag));
  if (element.content.size() != 1 ||
      (element.content[0] != std::byte{0} && element.content[0] != std::byte{0xFF}))
    return malformed("a BOOLEAN is one byte, 0 or 255", element.content.data());
  return element.content[0] != std::byte{0};
}

Result<ByteSpan> Reader::integer(Tag tag) {
  AVILA_TRY(const Element element, next(tag));
  const ByteSpan content = element.content;
  if (content.empty()) return malformed("an INTEGER without bytes", content.data());
  if (content.size() > 1) {
    const auto first = static_cast<unsigned>(content[0]);
    const bool next_high = (static_cast<unsigned>(content[1]) & 0x80) != 0;
    if ((first == 0 && !next_high) || (first == 0xFF && next_high))
      return malformed("an INTEGER with a byte too many", content.data());
  }
  return content;
}

Result<ByteSpan> Reader::unsigned_integer(Tag tag) {
  AVILA_TRY(const ByteSpan content, integer(tag));
  if ((static_cast<unsigned>(content[0]) & 0x80) != 0)
    return malformed("a negative INTEGER", content.data());
  return content[0] == std::byte{0} ? content.subspan(1) : content;
}

Result<std::int64_t> Reader::int64(Tag tag) {
  AVILA_TRY(const ByteSpan content, integer(tag));
  if (content.size() > 8)
    return Error(Errc::OutOfRange, "an INTEGER of more than 64 bits",
                 {.offset = static_cast<std::uint64_t>(content.data() - origin_)});
  std::uint64_t value = (static_cast<unsigned>(content[0]) & 0x80) != 0 ? ~std::uint64_t{0} : 0;
  for (const std::byte byte : content) value = value << 8 | static_cast<std::uint64_t>(byte);
  return static_cast<std::int64_t>(value);
}

Result<std::uint64_t> Reader::uint64(Tag tag) {
  AVILA_TRY(const ByteSpan magnitude, unsigned_integer(tag));
  if (magnitude.size() > 8)
    return Error(Errc::OutOfRange, "an INTEGER of more than 64 bits",
                 {.offset = static_cast<std::uint64_t>(magnitude.data() - origin_)});
  std::uint64_t value = 0;
  for (const std::byte byte : magnitude) value = value << 8 | static_cast<std::uint64_t>(byte);
  return value;
}

Result<BitString> Reader::bit_string(Tag tag) {
  AVILA_TRY(const Element element, next(tag));
  const ByteSpan content = element.content;
  if (content.empty()) return malformed("a BIT STRING without bytes", content.data());
  const auto unused = static_cast<unsigned>(content[0]);
  if (unused > 7 || (unused != 0 && content.size() == 1))
    return malformed("a BIT STRING with too many unused bits", content.data());
  if ((static_cast<unsigned>(content.back()) & ((1U << unused) - 1)) != 0 && content.size() > 1)
    return malformed("an unused bit that is set", content.data() + content.size() - 1);
  return BitString{content.subspan(1), unused};
}

Result<ByteSpan> Reader::bit_string_bytes(Tag tag) {
  const std::byte* const at = rest_.data();
  AVILA_TRY(const BitString bits, bit_string(tag));
  if (bits.unused != 0) return malformed("a BIT STRING that is not of whole bytes", at);
  return bits.bytes;
}

Result<ByteSpan> Reader::octet_string(Tag tag) {
  AVILA_TRY(const Element element, next(tag));
  return element.content;
}

Result<void> Reader::null(Tag tag) {
  AVILA_TRY(const Element element, next(tag));
  if (!element.content.empty()) return malformed("a NULL with content", element.content.data());
  return {};
}

Result<Oid> Reader::oid(Tag tag) {
  AVILA_TRY(const Element element, next(tag));
  auto oid = Oid::from_der(element.content);
  if (oid.has_value() || oid.error().is(Errc::LimitExceeded)) return oid;
  return malformed(std::string(oid.error().message()), element.content.data());
}

Result<std::string> Reader::text() {
  AVILA_TRY(const Element element, next());
  auto text = text_of(element);
  if (text.has_value()) return text;
  return malformed(std::string(text.error().message()), element.content.data());
}

Result<WallTime> Reader::time() {
  AVILA_TRY(const Element element, next());
  auto value = time_of(element);
  if (value.has_value() || !value.error().is(Errc::Malformed)) return value;
  return malformed(std::string(value.error().message()), element.content.data());
}

}  // namespace avila::asn1

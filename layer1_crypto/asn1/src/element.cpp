#include <avila/asn1/reader.hpp>

#include "header.hpp"
#include "strings.hpp"

namespace avila::asn1 {

std::string to_string(Tag tag) {
  if (tag.tag_class == Class::Universal) {
    static constexpr const char* kNames[] = {nullptr,
                                             "BOOLEAN",
                                             "INTEGER",
                                             "BIT STRING",
                                             "OCTET STRING",
                                             "NULL",
                                             "OBJECT IDENTIFIER",
                                             nullptr,
                                             nullptr,
                                             nullptr,
                                             "ENUMERATED",
                                             nullptr,
                                             "UTF8String",
                                             nullptr,
                                             nullptr,
                                             nullptr,
                                             "SEQUENCE",
                                             "SET",
                                             "NumericString",
                                             "PrintableString",
                                             "TeletexString",
                                             nullptr,
                                             "IA5String",
                                             "UTCTime",
                                             "GeneralizedTime",
                                             nullptr,
                                             "VisibleString",
                                             nullptr,
                                             "UniversalString",
                                             nullptr,
                                             "BMPString"};
    if (tag.number < std::size(kNames) && kNames[tag.number] != nullptr) return kNames[tag.number];
  }
  static constexpr const char* kClasses[] = {"UNIVERSAL ", "APPLICATION ", "", "PRIVATE "};
  return std::string("[") + kClasses[static_cast<std::size_t>(tag.tag_class)] +
         std::to_string(tag.number) + ']';
}

namespace detail {

// X.690 §8.1.2 and §8.1.3, with the restrictions of §10.1 unless `ber`.
Result<Header> read_header(ByteSpan bytes, bool ber) {
  std::size_t at = 0;
  const auto malformed = [&](const char* what) {
    return Error(Errc::Malformed, what, {.offset = at});
  };
  const auto take = [&](unsigned& byte) {
    if (at == bytes.size()) return false;
    byte = static_cast<unsigned>(bytes[at++]);
    return true;
  };
  Header header;
  unsigned byte = 0;
  if (!take(byte)) return malformed("an element was expected");
  header.tag.tag_class = static_cast<Class>(byte >> 6);
  header.tag.constructed = (byte & 0x20) != 0;
  header.tag.number = byte & 0x1F;
  if (header.tag.number == 0x1F) {
    header.tag.number = 0;
    do {
      if (!take(byte)) return malformed("the tag is cut");
      if (header.tag.number == 0 && byte == 0x80) return malformed("a tag with zeros before");
      if (header.tag.number > kMaxTagNumber >> 7) return malformed("the tag's number is too large");
      header.tag.number = header.tag.number << 7 | (byte & 0x7F);
    } while ((byte & 0x80) != 0);
    if (header.tag.number < 0x1F) return malformed("a long tag that fits the short form");
  }
  if (!take(byte)) return malformed("the length is cut");
  if (byte == 0x80) {
    if (!ber || !header.tag.constructed) return malformed("an indefinite length");
    header.indefinite = true;
  } else if (byte > 0x80) {
    const unsigned count = byte & 0x7F;
    if (count > 8 && !ber) return malformed("the length does not fit the input");
    for (unsigned i = 0; i < count; ++i) {
      if (!take(byte)) return malformed("the length is cut");
      if (header.length >> 56 != 0) return malformed("the length does not fit the input");
      if (!ber && i == 0 && byte == 0) return malformed("a length with zeros before");
      header.length = header.length << 8 | byte;
    }
    if (!ber && header.length < 0x80) return malformed("a long length that fits the short form");
  } else {
    header.length = byte;
  }
  header.size = at;
  if (header.length > bytes.size() - at) return malformed("the element is longer than the input");
  return header;
}

namespace {

Result<void> check_value(const Element& element) {
  // Whatever has a rule of its own, read through the reader's own checks.
  Reader reader(element.encoded);
  switch (element.tag.number) {
    case 1: AVILA_TRY_VOID(reader.boolean()); break;
    case 2: AVILA_TRY_VOID(reader.integer()); break;
    case 3: AVILA_TRY_VOID(reader.bit_string()); break;
    case 5: AVILA_TRY_VOID(reader.null()); break;
    case 6: AVILA_TRY_VOID(reader.oid()); break;
    case 10: AVILA_TRY_VOID(reader.integer(tags::kEnumerated)); break;
    case 23:
    case 24: AVILA_TRY_VOID(time_of(element)); break;
    default:
      if (is_string_tag(element.tag)) AVILA_TRY_VOID(text_of(element));
  }
  return {};
}

Result<void> validate(ByteSpan bytes, std::size_t depth) {
  if (depth > kMaxDepth) return Error(Errc::LimitExceeded, "nested too deeply");
  Reader reader(bytes);
  ByteSpan before;
  bool sorted = true;
  while (!reader.empty()) {
    AVILA_TRY(const Element element, reader.next());
    const bool universal = element.tag.tag_class == Class::Universal;
    if (universal && element.tag.number == 0)
      return Error(Errc::Malformed, "an end of contents in DER");
    if (universal &&
        element.tag.constructed != (element.tag.number == 16 || element.tag.number == 17))
      return Error(Errc::Malformed, to_string(element.tag) + " in the wrong form");
    if (element.tag.constructed) {
      AVILA_TRY_VOID(validate(element.content, depth + 1));
      if (element.tag == tags::kSet && !is_sorted_set(element.content))
        return Error(Errc::Malformed, "a set that is not in order");
    } else if (universal) {
      AVILA_TRY_VOID(check_value(element));
    }
    sorted = sorted && !der_less(element.encoded, before);
    before = element.encoded;
  }
  return {};
}

}  // namespace

bool der_less(ByteSpan a, ByteSpan b) noexcept { return as_text(a) < as_text(b); }

bool is_sorted_set(ByteSpan content) {
  // A SET is sorted by tag, a SET OF by bytes; by bytes implies by tag where the tags differ.
  Reader reader(content);
  std::optional<Element> before;
  while (!reader.empty()) {
    auto element = reader.next();
    if (!element.has_value()) return false;
    if (before.has_value() && der_less(element->encoded, before->encoded)) return false;
    before = *element;
  }
  return true;
}

}  // namespace detail

Result<Element> read_element(ByteSpan bytes) {
  AVILA_TRY(const detail::Header header, detail::read_header(bytes, false));
  const auto length = static_cast<std::size_t>(header.length);
  return Element{header.tag, bytes.subspan(header.size, length), bytes.first(header.size + length)};
}

Result<void> validate_der(ByteSpan bytes) {
  AVILA_TRY(const Element element, read_element(bytes));
  if (element.encoded.size() != bytes.size())
    return Error(Errc::Malformed, "bytes behind the element", {.offset = element.encoded.size()});
  return detail::validate(bytes, 0);
}

}  // namespace avila::asn1

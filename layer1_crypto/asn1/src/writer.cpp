#include <avila/asn1/writer.hpp>
#include <avila/time/civil.hpp>

#include <algorithm>
#include <bit>
#include <cstdio>

#include "header.hpp"

namespace avila::asn1 {
namespace {

std::byte byte(unsigned value) { return static_cast<std::byte>(value); }

}  // namespace

void Writer::begin(Tag tag) {
  const unsigned lead = static_cast<unsigned>(tag.tag_class) << 6 | (tag.constructed ? 0x20U : 0U);
  if (tag.number < 0x1F) {
    bytes_.push_back(byte(lead | tag.number));
    return;
  }
  bytes_.push_back(byte(lead | 0x1F));
  int groups = 1;
  while (groups < 5 && tag.number >> (7 * groups) != 0) ++groups;
  for (int i = groups - 1; i >= 0; --i)
    bytes_.push_back(byte((tag.number >> (7 * i) & 0x7F) | (i != 0 ? 0x80U : 0U)));
}

void Writer::end(std::size_t content_at) {
  const std::uint64_t length = bytes_.size() - content_at;
  std::byte room[9];
  std::size_t size = 1;
  if (length < 0x80) {
    room[0] = byte(static_cast<unsigned>(length));
  } else {
    const auto count = static_cast<unsigned>((std::bit_width(length) + 7) / 8);
    room[0] = byte(0x80 | count);
    for (unsigned i = 0; i < count; ++i)
      room[1 + i] = byte(static_cast<unsigned>(length >> (8 * (count - 1 - i)) & 0xFF));
    size += count;
  }
  bytes_.insert(bytes_.begin() + static_cast<std::ptrdiff_t>(content_at), room, room + size);
}

Writer& Writer::constructed(Tag tag, Inside inside) {
  begin(tag);
  const std::size_t at = bytes_.size();
  inside(*this);
  end(at);
  return *this;
}

Writer& Writer::set_of(Inside inside, Tag tag) {
  Writer elements;
  inside(elements);
  std::vector<ByteSpan> parts;
  for (ByteSpan rest = elements.bytes(); !rest.empty();) {
    const Element element = read_element(rest).value();  // this class has written it
    parts.push_back(element.encoded);
    rest = rest.subspan(element.encoded.size());
  }
  std::sort(parts.begin(), parts.end(), detail::der_less);
  begin(tag);
  const std::size_t at = bytes_.size();
  for (const ByteSpan part : parts) raw(part);
  end(at);
  return *this;
}

Writer& Writer::primitive(Tag tag, ByteSpan content) {
  begin(tag);
  const std::size_t at = bytes_.size();
  raw(content);
  end(at);
  return *this;
}

Writer& Writer::raw(ByteSpan encoded) {
  bytes_.insert(bytes_.end(), encoded.begin(), encoded.end());
  return *this;
}

Writer& Writer::boolean(bool value, Tag tag) {
  const std::byte content = byte(value ? 0xFF : 0);
  return primitive(tag, {&content, 1});
}

Writer& Writer::int64(std::int64_t value, Tag tag) {
  std::byte content[8];
  for (int i = 0; i < 8; ++i)
    content[i] = byte(static_cast<unsigned>(value >> (8 * (7 - i)) & 0xFF));
  int first = 0;  // as long as the next byte says the same sign
  while (first < 7 && (value >> (8 * (7 - first) - 1) == 0 || value >> (8 * (7 - first) - 1) == -1))
    ++first;
  return primitive(tag, ByteSpan(content).subspan(static_cast<std::size_t>(first)));
}

Writer& Writer::unsigned_integer(ByteSpan magnitude, Tag tag) {
  while (!magnitude.empty() && magnitude[0] == std::byte{0}) magnitude = magnitude.subspan(1);
  begin(tag);
  const std::size_t at = bytes_.size();
  if (magnitude.empty() || (static_cast<unsigned>(magnitude[0]) & 0x80) != 0)
    bytes_.push_back(byte(0));
  raw(magnitude);
  end(at);
  return *this;
}

Writer& Writer::bit_string(ByteSpan bytes, unsigned unused, Tag tag) {
  begin(tag);
  const std::size_t at = bytes_.size();
  bytes_.push_back(byte(bytes.empty() ? 0 : unused));
  raw(bytes);
  if (!bytes.empty()) bytes_.back() &= byte(0xFF << unused & 0xFF);
  end(at);
  return *this;
}

Writer& Writer::named_bits(std::uint64_t bits, Tag tag) {
  const auto count = static_cast<unsigned>(std::bit_width(bits));
  std::byte content[8]{};
  for (unsigned i = 0; i < count; ++i)
    if ((bits >> i & 1) != 0) content[i / 8] |= byte(0x80U >> i % 8);
  const unsigned size = (count + 7) / 8;
  return bit_string(ByteSpan(content).first(size), size * 8 - count, tag);
}

Writer& Writer::octet_string_around(Inside inside, Tag tag) { return constructed(tag, inside); }

Writer& Writer::bit_string_around(Inside inside) {
  begin(tags::kBitString);
  const std::size_t at = bytes_.size();
  bytes_.push_back(byte(0));
  inside(*this);
  end(at);
  return *this;
}

Writer& Writer::text(std::string_view utf8, Tag tag) { return primitive(tag, as_bytes(utf8)); }

Writer& Writer::time(WallTime value) {
  const time::DateTime at = time::to_civil(value);
  if (at.date.year < 1950 || at.date.year > 2049) return generalized_time(value);
  char text[32];
  const int size = std::snprintf(text, sizeof text, "%02d%02u%02u%02u%02u%02uZ", at.date.year % 100,
                                 unsigned{at.date.month}, unsigned{at.date.day}, unsigned{at.hour},
                                 unsigned{at.minute}, unsigned{at.second});
  return this->text({text, static_cast<std::size_t>(size)}, tags::kUtcTime);
}

Writer& Writer::generalized_time(WallTime value, Tag tag) {
  if (value == WallTime{INT64_MAX}) return text("99991231235959Z", tag);
  const time::DateTime at = time::to_civil(value);
  char text[32];
  const int size = std::snprintf(text, sizeof text, "%04d%02u%02u%02u%02u%02uZ", at.date.year,
                                 unsigned{at.date.month}, unsigned{at.date.day}, unsigned{at.hour},
                                 unsigned{at.minute}, unsigned{at.second});
  return this->text({text, static_cast<std::size_t>(size)}, tag);
}

}  // namespace avila::asn1

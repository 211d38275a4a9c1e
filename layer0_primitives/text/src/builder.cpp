#include <avila/text/builder.hpp>

namespace avila::text {

StringBuilder& StringBuilder::add(std::string_view text) {
  if (overflowed_) return *this;
  if (text.size() > limit_ - text_.size()) {
    overflowed_ = true;
    std::size_t fits = limit_ - text_.size();
    while (fits > 0 && (static_cast<unsigned char>(text[fits]) & 0xC0) == 0x80) --fits;
    text = text.substr(0, fits);
  }
  text_.append(text);
  return *this;
}

StringBuilder& StringBuilder::add(char32_t c) {
  char bytes[4];
  return add(std::string_view(bytes, encode_utf8(c, bytes)));
}

StringBuilder& StringBuilder::repeat(char c, std::size_t count) {
  const std::size_t room = overflowed_ ? 0 : limit_ - text_.size();
  if (count > room) {
    overflowed_ = true;
    count = room;
  }
  text_.append(count, c);
  return *this;
}

StringBuilder& StringBuilder::add_number(std::uint64_t value, unsigned base, unsigned width,
                                         bool negative) {
  char digits[66];
  char* at = digits + sizeof digits;
  constexpr unsigned kMaxWidth = 64;
  if (width > kMaxWidth) width = kMaxWidth;
  const char* end = at;
  do {
    *--at = "0123456789abcdef"[value % base];
    value /= base;
  } while (value != 0);
  while (static_cast<unsigned>(end - at) < width) *--at = '0';
  if (negative) *--at = '-';
  return add(std::string_view(at, static_cast<std::size_t>(end - at)));
}

}  // namespace avila::text

// Parsing agrees with exact arithmetic and with the C library; printing reads back.
#include <avila/error/assert.hpp>
#include <avila/text/number.hpp>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>

using namespace avila::text;

namespace {

template <class T>
bool same(T a, T b) {
  return std::memcmp(&a, &b, sizeof a) == 0 || (a != a && b != b);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto d = parse_double(text);
  const auto f = parse_float(text);
  AVILA_ASSERT(d.has_value() == f.has_value());
  if (d.has_value()) {
    AVILA_ASSERT(same(*d, std::strtod(text.c_str(), nullptr)));
    AVILA_ASSERT(same(*f, std::strtof(text.c_str(), nullptr)));
    AVILA_ASSERT(same(parse_double(to_string(*d)).value(), *d));
    AVILA_ASSERT(same(parse_float(to_string(*f)).value(), *f));
  } else {
    AVILA_ASSERT(d.error().offset() <= size);
  }
  if (const auto i = parse_int(text); i.has_value()) {
    char buffer[kMaxNumberChars];
    AVILA_ASSERT(
        parse_int({buffer, static_cast<std::size_t>(format_int(buffer, *i) - buffer)}).value() ==
        *i);
    AVILA_ASSERT(d.has_value());
  }
  (void)parse_uint(text);
  if (size >= 8) {  // and any bits
    double value;
    std::memcpy(&value, data, 8);
    AVILA_ASSERT(same(parse_double(to_string(value)).value(), value));
    float small;
    std::memcpy(&small, data, 4);
    AVILA_ASSERT(same(parse_float(to_string(small)).value(), small));
  }
  return 0;
}

// Every validation kernel agrees with the portable one, and with decoding one code point at a time.
#include <avila/error/assert.hpp>
#include <avila/text/detail/kernels.hpp>
#include <avila/text/utf8.hpp>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace text = avila::text;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  std::size_t prefix = 0;
  while (prefix < size && text::decode_utf8(input, prefix).valid)
    prefix += text::decode_utf8(input, prefix).length;
  for (const auto& kernel : text::detail::validate_utf8_kernels()) {
    if (kernel.supported()) AVILA_ASSERT(kernel.run(input.data(), size) == (prefix == size));
  }
  AVILA_ASSERT(text::valid_utf8_prefix(input) == prefix);
  const std::string repaired = text::to_valid_utf8(input);
  AVILA_ASSERT(text::validate_utf8(repaired));
  AVILA_ASSERT(prefix != size || repaired == input);
  return 0;
}

// What parses, writes as TOML that parses to the same.
#include <avila/error/assert.hpp>
#include <avila/serde/toml.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace toml = avila::serde::toml;
  const auto value = toml::parse({reinterpret_cast<const char*>(data), size});
  if (!value.has_value()) return 0;
  const std::string text = toml::to_toml(*value);
  const auto again = toml::parse(text);
  AVILA_ASSERT(again.has_value());
  AVILA_ASSERT(toml::to_toml(*again) == text);
  return 0;
}

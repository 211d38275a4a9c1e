// A string that is read is written the same; no string makes password_verify() work hard.
#include <avila/kdf/password.hpp>
#include <avila/kdf/phc.hpp>

#include <cstdlib>

using namespace avila;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parts = kdf::parse_phc(text);
  if (parts.has_value() && kdf::format_phc(*parts) != text) std::abort();
  const kdf::PasswordLimits limits{.memory_kib_max = 64, .cost_max = 128, .lanes_max = 4};
  const auto verified = kdf::password_verify("password", text, limits);
  if (verified.has_value() && !parts.has_value()) std::abort();
  if (!kdf::password_needs_rehash(text) && !parts.has_value()) std::abort();
  return 0;
}

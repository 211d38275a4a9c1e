// Whatever text: a name that is read from it is printed and read as the same bytes.
#include <avila/pki/name.hpp>

#include <algorithm>
#include <cstdlib>

using namespace avila;
using namespace avila::pki;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
  const auto name = Name::from_string(text);
  if (!name.has_value()) return 0;
  const auto again = Name::from_string(name->to_string());
  if (!again.has_value() || !std::ranges::equal(again->der(), name->der())) std::abort();
  return 0;
}

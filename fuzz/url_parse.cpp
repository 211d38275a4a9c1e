// A URL that parses is serialised to something that parses to the same (URL Standard §4.5 note),
// and so do the query and a relative reference.
#include <avila/error/assert.hpp>
#include <avila/url/query.hpp>
#include <avila/url/url.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  auto url = avila::url::Url::parse(input);
  if (!url.has_value())
    url = avila::url::Url::parse(input, std::string_view("https://a.b/c/d?e#f"));
  if (url.has_value()) {
    const std::string text = url->href();
    const auto again = avila::url::Url::parse(text);
    AVILA_ASSERT(again.has_value());
    AVILA_ASSERT(again->href() == text);
  }
  const auto query = avila::url::QueryParams::parse(input);
  AVILA_ASSERT(avila::url::QueryParams::parse(query.to_string()).to_string() == query.to_string());
  (void)avila::url::resolve_reference("http://a/b/c/d;p?q", input);
  return 0;
}

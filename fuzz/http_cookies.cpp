// Both directions: what a client sends is found by name and lies within the field; what a server
// sets never makes a field of its own, and comes back out of a jar as it was written.
#include <avila/error/assert.hpp>
#include <avila/http/cookies.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace avila;
  using namespace avila::http;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const WallTime now{1'700'000'000'000'000'000};

  Request request;
  request.fields.add("Cookie", input);
  if (const auto value = cookie(request, "id")) {
    AVILA_ASSERT(value->data() >= input.data());
    AVILA_ASSERT(value->data() + value->size() <= input.data() + input.size());
  }

  const CookieJarLimits limits{.cookies = 8, .cookies_per_host = 4, .bytes = 256};
  CookieJar jar(limits);
  std::string_view rest = input;
  while (!rest.empty()) {  // one Set-Cookie a line
    const std::size_t end = rest.find('\n');
    jar.store(rest.substr(0, end), "www.example.org", "/a/b", true, now);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    AVILA_ASSERT(jar.size() <= limits.cookies);
  }
  AVILA_ASSERT(is_field_value(jar.header("www.example.org", "/a/b", true, now)));
  AVILA_ASSERT(jar.header("example.com", "/a/b", true, now).empty());

  const std::size_t half = size / 2;
  SetCookie set{.name = std::string(input.substr(0, half)),
                .value = std::string(input.substr(half)),
                .path = std::string(input.substr(half)),
                .max_age = seconds(60)};
  const std::string text = format_set_cookie(set);
  AVILA_ASSERT(is_field_value(text));
  CookieJar other;
  if (!other.store(text, "example.org", "/", true, now)) return 0;
  AVILA_ASSERT(other.size() == 1);
  set.path = "/";
  CookieJar rooted;
  AVILA_ASSERT(rooted.store(format_set_cookie(set), "example.org", "/", true, now));
  const std::string sent = rooted.header("example.org", "/any", true, now);
  AVILA_ASSERT(text.starts_with(sent + ";"));
  return 0;
}

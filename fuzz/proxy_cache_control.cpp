// Whatever a response says, ages and lifetimes are bounded, and what must not be stored is not.
#include <avila/error/assert.hpp>
#include <avila/proxy/cache.hpp>
#include <avila/proxy/cache_control.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace avila;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t half = input.find('\n');
  const std::string_view text = input.substr(0, half);
  const std::string_view rest =
      half == std::string_view::npos ? std::string_view() : input.substr(half + 1);
  http::Headers headers;
  headers.add("Cache-Control", text);
  headers.add("Expires", rest);
  headers.add("Age", rest);
  headers.add("Date", rest);
  headers.add("Vary", rest);
  const proxy::CacheControl control = proxy::parse_cache_control(headers.combined("cache-control"));
  const WallTime now{1'700'000'000'000'000'000};
  const std::int64_t life = proxy::freshness_lifetime(200, control, headers, now);
  AVILA_ASSERT(life >= 0);
  const http::FieldViews fields;
  proxy::RequestFacts facts;
  facts.control = proxy::parse_cache_control(rest);
  const auto stored = proxy::make_stored(facts, fields, 200, headers, "body", now, now, {});
  if (stored == nullptr) return 0;
  AVILA_ASSERT(!facts.control.no_store && !control.is_private);
  AVILA_ASSERT(!control.no_store || control.must_understand);
  AVILA_ASSERT(stored->age(now) >= 0);
  AVILA_ASSERT(stored->age(now + days(1)) >= stored->age(now));
  (void)proxy::judge(*stored, facts.control, false, now);
  return 0;
}

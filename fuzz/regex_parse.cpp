// Any pattern compiles or is refused with a place inside it; what compiles can be searched, and
// its escaped text finds itself.
#include <avila/error/assert.hpp>
#include <avila/regex/regex.hpp>
#include <cstdint>

using namespace avila::regex;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 || size > 1024) return 0;
  const std::string_view pattern(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Options options{.case_insensitive = (data[0] & 1) != 0,
                        .multi_line = (data[0] & 2) != 0,
                        .ignore_whitespace = (data[0] & 4) != 0,
                        .unicode = (data[0] & 8) == 0,
                        .utf8 = (data[0] & 16) == 0,
                        .max_program_size = 5'000};
  const auto re = Regex::compile(pattern, options);
  if (!re.has_value()) {
    AVILA_ASSERT(re.error().offset() <= pattern.size() ||
                 re.error().is(avila::Errc::LimitExceeded));
    AVILA_ASSERT(!explain(re.error(), pattern).empty());
    return 0;
  }
  (void)re->count(pattern.substr(0, 64));
  if (pattern.empty()) return 0;
  const auto itself = Regex::compile(escape(pattern), {.utf8 = false});
  AVILA_ASSERT(itself.has_value());
  const auto found = itself->find(pattern);
  AVILA_ASSERT(found.has_value());
  AVILA_ASSERT(found->start == 0);
  AVILA_ASSERT(found->end == pattern.size());
  return 0;
}

// All engines find the same: the first line is the pattern, the rest the text.
#include <avila/error/assert.hpp>
#include <avila/regex/detail/engines.hpp>
#include <avila/regex/regex.hpp>
#include <cstdint>

using namespace avila::regex;
using detail::Engine;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 512) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t line = rest.find('\n');
  if (line == std::string_view::npos || line > 128) return 0;
  const std::string_view pattern = rest.substr(0, line);
  const std::string_view text = rest.substr(line + 1);
  const auto re = Regex::compile(pattern, {.case_insensitive = (data[0] & 1) != 0,
                                           .multi_line = (data[0] & 2) != 0,
                                           .crlf = (data[0] & 4) != 0,
                                           .unicode = (data[0] & 8) == 0,
                                           .utf8 = (data[0] & 16) == 0,
                                           .max_program_size = 3'000,
                                           .dfa_memory = (data[0] & 32) != 0 ? 8'000U : 1U << 20});
  if (!re.has_value()) return 0;
  const bool anchored = (data[0] & 64) != 0;
  const std::size_t start = std::min<std::size_t>(data[0] >> 7, text.size());
  const Input input(text, start, std::string_view::npos, anchored);
  const auto wanted = detail::run_engine(*re, Engine::Pike, input);
  for (const auto engine : {Engine::LazyDfa, Engine::OnePass, Engine::BitState}) {
    const auto got = detail::run_engine(*re, engine, input);
    if (!got.ran) continue;
    AVILA_ASSERT(got.match.has_value() == wanted.match.has_value());
    if (!wanted.match) continue;
    AVILA_ASSERT(got.match->start == wanted.match->start);
    AVILA_ASSERT(got.match->end == wanted.match->end);
    if (engine != Engine::LazyDfa) AVILA_ASSERT(got.spans == wanted.spans);
  }
  AVILA_ASSERT(re->is_match(input) == re->find(input).has_value());
  std::size_t at = start;
  for (const Captures& captures : re->captures_all(input)) {
    AVILA_ASSERT(captures.match().start >= at);
    at = captures.match().end;
  }
  return 0;
}

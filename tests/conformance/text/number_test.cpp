// conformance/json/parse-number-fxx.txt: `f16 f32 f64 text`, the bits in hexadecimal.
#include <gtest/gtest.h>
#include <avila/text/number.hpp>

#include <bit>
#include <cstdlib>

#include "avila_test/conformance.hpp"

namespace {

TEST(Conformance, ParseNumberFxx) {
  AVILA_REQUIRE_SUITE("json");
  avila_test::SuiteReport report("json/parse-number-fxx");
  for (const auto& file : avila_test::files_below(avila_test::suite_path("json"), ".txt")) {
    if (!file.filename().string().starts_with("parse-number")) continue;
    const std::string text = avila_test::read_file(file);
    for (std::size_t at = 0, end = 0; at < text.size(); at = end + 1) {
      end = std::min(text.find('\n', at), text.size());
      const std::string line = text.substr(at, end - at);
      if (line.size() < 32) continue;
      const std::string number = line.substr(31);
      const auto f32 =
          static_cast<std::uint32_t>(std::strtoul(line.substr(5, 8).c_str(), nullptr, 16));
      const std::uint64_t f64 = std::strtoull(line.substr(14, 16).c_str(), nullptr, 16);
      const auto as_double = avila::text::parse_double(number);
      const auto as_float = avila::text::parse_float(number);
      report.check(as_double.has_value() && as_float.has_value() &&
                       std::bit_cast<std::uint64_t>(*as_double) == f64 &&
                       std::bit_cast<std::uint32_t>(*as_float) == f32,
                   line);
    }
  }
  report.finish();
}

}  // namespace

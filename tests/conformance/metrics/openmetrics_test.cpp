// The parser suite of prometheus/OpenMetrics.
#include <gtest/gtest.h>
#include <avila/json/value.hpp>
#include <avila/metrics/model.hpp>

#include "avila_test/conformance.hpp"

namespace avila::metrics {
namespace {

TEST(OpenMetricsSuite, ParsersAgree) {
  AVILA_REQUIRE_SUITE("openmetrics");
  avila_test::SuiteReport report("openmetrics");
  for (const auto& path : avila_test::files_below(avila_test::suite_path("openmetrics"), ".json")) {
    const auto cases = json::parse(avila_test::read_file(path));
    ASSERT_TRUE(cases.has_value()) << path << ": " << cases.error().to_string();
    for (const json::Value& one : cases->array()) {
      const std::string name(one.find("name")->as_string());
      const auto families = parse_openmetrics(one.find("metrics")->as_string());
      report.check(
          families.has_value() == one.find("test")->find("shouldParse")->as_bool(),
          name + (families.has_value() ? ": was accepted" : ": " + families.error().to_string()));
      if (!families.has_value()) continue;
      // What was read is written so that it reads the same again.
      const std::string again = write_openmetrics(*families);
      const auto second = parse_openmetrics(again);
      ASSERT_TRUE(second.has_value()) << name << ": " << second.error().to_string() << again;
      EXPECT_EQ(write_openmetrics(*second), again) << name;
    }
  }
  report.finish();
}

}  // namespace
}  // namespace avila::metrics

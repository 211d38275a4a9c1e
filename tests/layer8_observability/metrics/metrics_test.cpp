#include <gtest/gtest.h>
#include <avila/metrics/registry.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <thread>

namespace avila::metrics {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Counter, CountsFromManyThreads) {
  Counter counter;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&counter] {
      for (int i = 0; i < 50'000; ++i) counter.increment();
      counter.add(0.25);
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 200'001.0);
  counter.add(-5);
  counter.add(std::nan(""));
  EXPECT_EQ(counter.value(), 200'001.0);
}

TEST(Gauge, GoesUpAndDown) {
  Gauge gauge;
  gauge.set(5);
  gauge.add(2.5);
  gauge.subtract(10);
  EXPECT_EQ(gauge.value(), -2.5);
}

TEST(Histogram, CountsIntoBuckets) {
  Histogram histogram({.bounds = {1, 2, 4}});
  for (const double v : {0.5, 1.0, 1.5, 4.0, 4.1, kInfinity}) histogram.observe(v);
  histogram.observe(std::nan(""));
  const auto shot = histogram.snapshot();
  EXPECT_EQ(shot.counts, (std::vector<std::uint64_t>{2, 1, 1, 2}));
  EXPECT_EQ(shot.count, 6U);
  EXPECT_EQ(shot.sum, kInfinity);
}

TEST(Histogram, NativeBucketsHoldTheirBounds) {
  HistogramOptions options;
  options.native = true;
  for (std::int32_t schema = -4; schema <= 8; ++schema) {
    options.native_schema = schema;
    options.native_buckets_max = 100'000;
    for (double v = 1e-9; v < 1e9; v *= 1.37) {
      Histogram histogram(options);
      histogram.observe(v);
      const auto shot = histogram.snapshot();
      ASSERT_EQ(shot.native->positive.size(), 1U);
      const double index = shot.native->positive[0].first;
      const double base = std::ldexp(1.0, -schema);  // log2 of b
      ASSERT_LE(v, std::exp2(index * base) * (1 + 1e-12)) << schema;
      ASSERT_GT(v, std::exp2((index - 1) * base) * (1 - 1e-12)) << schema;
    }
    // Powers of two are bounds, and belong to the bucket below.
    if (schema < 0) continue;
    Histogram histogram(options);
    histogram.observe(8);
    EXPECT_EQ(histogram.snapshot().native->positive[0].first, 3 << schema);
  }
}

TEST(Histogram, NativeResolutionHalvesWhenBucketsRunOut) {
  HistogramOptions options;
  options.native = true;
  options.native_schema = 8;
  options.native_buckets_max = 20;
  Histogram histogram(options);
  for (int i = 1; i <= 1000; ++i) histogram.observe(i), histogram.observe(-i);
  histogram.observe(0);
  const auto native = *histogram.snapshot().native;
  EXPECT_LE(native.positive.size() + native.negative.size(), 20U);
  EXPECT_EQ(native.count, 2001U);
  EXPECT_EQ(native.zero_count, 1U);
  EXPECT_LT(native.schema, 2);
}

TEST(Sketch, KeepsItsRelativeError) {
  for (const double error : {0.01, 0.05}) {
    Sketch sketch(error);
    std::vector<double> values;
    std::uint64_t state = 1;
    for (int i = 0; i < 20'000; ++i) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      const double u = static_cast<double>(state >> 11) * 0x1p-53;
      values.push_back((i % 3 == 0 ? -1 : 1) * std::exp(u * 12 - 6));
      sketch.add(values.back());
    }
    std::sort(values.begin(), values.end());
    for (double q = 0; q <= 1; q += 0.01) {
      const double exact = values[static_cast<std::size_t>(q * 19'999)];
      ASSERT_NEAR(sketch.quantile(q), exact, std::fabs(exact) * error * 1.0001) << q;
    }
  }
}

TEST(Sketch, MergesAndStaysBounded) {
  Sketch a(0.001), b(0.001), all(0.001);
  for (int i = -300; i < 300; ++i) {
    const double v = std::pow(10.0, i);
    (i % 2 == 0 ? a : b).add(v);
    all.add(v);
  }
  a.merge(b);
  EXPECT_EQ(a.count(), 600U);
  EXPECT_EQ(a.quantile(0.999), all.quantile(0.999));
  EXPECT_EQ(a.percentiles().max, 1e299);
  EXPECT_TRUE(std::isnan(Sketch().quantile(0.5)));
  all.add(kInfinity);
  all.add(0);
  all.add(std::nan(""));
  EXPECT_EQ(all.count(), 602U);
}

TEST(Summary, ForgetsWhatIsOld) {
  os::ManualClock clock;
  SummaryOptions options;
  options.clock = &clock;
  Summary summary(options);
  for (int i = 1; i <= 100; ++i) summary.observe(i);
  auto shot = summary.snapshot();
  EXPECT_NEAR(shot.quantiles[0].second, 50, 1.1);
  EXPECT_NEAR(shot.percentiles.p99, 99, 1.1);
  EXPECT_EQ(shot.sum, 5050);
  clock.advance(minutes(9));
  summary.observe(1000);
  EXPECT_EQ(summary.snapshot().percentiles.count, 101U);
  clock.advance(minutes(4));
  shot = summary.snapshot();
  EXPECT_EQ(shot.percentiles.count, 1U);
  EXPECT_EQ(shot.count, 101U);
  clock.advance(hours(100));
  EXPECT_TRUE(std::isnan(summary.snapshot().quantiles[0].second));
}

// Source: the definition of PromQL's histogram_quantile().
TEST(BucketQuantile, Interpolates) {
  const std::vector<std::pair<double, double>> buckets{{1, 2}, {2, 4}, {kInfinity, 5}};
  EXPECT_EQ(bucket_quantile(0.2, buckets), 0.5);
  EXPECT_EQ(bucket_quantile(0.6, buckets), 1.5);
  EXPECT_EQ(bucket_quantile(0.99, buckets), 2);
  EXPECT_EQ(bucket_quantile(-1, buckets), -kInfinity);
  EXPECT_EQ(bucket_quantile(2, buckets), kInfinity);
  EXPECT_TRUE(std::isnan(bucket_quantile(0.5, {})));
  EXPECT_TRUE(std::isnan(bucket_quantile(0.5, {{1, 1}})));
  EXPECT_TRUE(std::isnan(bucket_quantile(0.5, {{1, 0}, {kInfinity, 0}})));
}

struct Filled {
  Filled() {
    auto requests =
        registry.counters("http_requests_total", "Requests by \"code\".", {"method", "code"});
    requests.with({"GET", "200"}).increment(3);
    requests.with({"GET", "500"}).increment(1, {{{"trace_id", "abc"}}, 1, 5.5});
    registry.gauge("temperature_celsius", "Heat\nhere", {.unit = "celsius"}).set(21.5);
    auto& latency = registry.histogram("latency_seconds", "", {.bounds = {0.5, 1}});
    latency.observe(0.25);
    latency.observe(0.75, {{{"trace_id", "x"}}, 0, {}});
    registry.summary("size_bytes", "Sizes", {.quantiles = {0.5}}).observe(100);
    registry.info("build", "Version", {{"version", "1.0\\\"\n"}});
    registry.gauge_callback("now", "Computed", [] { return 7.0; });
  }
  Registry registry;
};

TEST(Exposition, OpenMetrics) {
  Filled f;
  const std::string text = write_openmetrics(f.registry.collect());
  EXPECT_EQ(text,
            "# TYPE build info\n# HELP build Version\n"
            "build_info{version=\"1.0\\\\\\\"\\n\"} 1\n"
            "# TYPE http_requests counter\n# HELP http_requests Requests by \\\"code\\\".\n"
            "http_requests_total{method=\"GET\",code=\"200\"} 3\n"
            "http_requests_total{method=\"GET\",code=\"500\"} 1 # {trace_id=\"abc\"} 1 5.5\n"
            "# TYPE latency_seconds histogram\n"
            "latency_seconds_bucket{le=\"0.5\"} 1\n"
            "latency_seconds_bucket{le=\"1.0\"} 2 # {trace_id=\"x\"} 0.75\n"
            "latency_seconds_bucket{le=\"+Inf\"} 2\n"
            "latency_seconds_count 2\nlatency_seconds_sum 1\n"
            "# TYPE now gauge\n# HELP now Computed\nnow 7\n"
            "# TYPE size_bytes summary\n# HELP size_bytes Sizes\n"
            "size_bytes{quantile=\"0.5\"} 100\nsize_bytes_count 1\nsize_bytes_sum 100\n"
            "# TYPE temperature_celsius gauge\n# UNIT temperature_celsius celsius\n"
            "# HELP temperature_celsius Heat\\nhere\ntemperature_celsius 21.5\n# EOF\n");
  const auto back = parse_openmetrics(text);
  ASSERT_TRUE(back.has_value()) << back.error().to_string();
  EXPECT_EQ(write_openmetrics(*back), text);
}

TEST(Exposition, Prometheus) {
  Filled f;
  const std::string text = write_prometheus(f.registry.collect());
  EXPECT_NE(text.find("# TYPE http_requests_total counter\n"
                      "http_requests_total{method=\"GET\",code=\"200\"} 3\n"),
            std::string::npos);
  EXPECT_NE(text.find("# TYPE build_info gauge\n"), std::string::npos);
  EXPECT_EQ(text.find("# {"), std::string::npos) << "this format has no exemplars";
  EXPECT_EQ(text.find("EOF"), std::string::npos);
  const auto back = parse_prometheus(text);
  ASSERT_TRUE(back.has_value()) << back.error().to_string();
  ASSERT_EQ(back->size(), 6U);
  EXPECT_EQ((*back)[2].name, "latency_seconds");
  EXPECT_EQ((*back)[2].samples.size(), 5U);
}

TEST(Exposition, ProtobufHasItsFields) {
  Registry registry;
  registry.counter("a", "h").increment(2);
  // MetricFamily{name "a_total", help "h", type COUNTER, metric{counter{value 2.0}}}, 27 bytes.
  const std::string expected(
      "\x1b\x0a\x07"
      "a_total\x12\x01h\x18\x00\x22\x0b\x1a\x09\x09\x00\x00\x00\x00\x00\x00\x00\x40",
      28);
  EXPECT_EQ(write_protobuf(registry.collect()), expected);
  Filled f;
  HistogramOptions options;
  options.native = true;
  auto& native = f.registry.histogram("native", "", options);
  for (int i = 0; i < 100; ++i) native.observe(i);
  EXPECT_GT(write_protobuf(f.registry.collect()).size(), 300U);
}

TEST(Registry, GivesTheSameInstrumentAgain) {
  Registry registry;
  registry.counter("a_total", "").increment();
  registry.counter("a", "").increment();
  EXPECT_EQ(registry.counter("a", "").value(), 2);
  EXPECT_DEATH(registry.gauge("a", ""), "type == type");
  EXPECT_DEATH(registry.counter("0bad", ""), "is_valid_metric_name");
}

TEST(Registry, BoundsTheNumberOfSeries) {
  Registry registry;
  auto family = registry.counters("a", "", {"user"}, {.series_max = 10});
  for (int i = 0; i < 1000; ++i) family.with({std::to_string(i)}).increment();
  const auto families = registry.collect();
  ASSERT_EQ(families[0].samples.size(), 11U);
  EXPECT_EQ(families[0].samples[10].labels[0].second, "_overflow");
  EXPECT_EQ(families[0].samples[10].value, 990);
  family.with({"3"}).increment();
  EXPECT_EQ(family.with({"3"}).value(), 2);
}

TEST(Registry, MayBeUsedByManyThreads) {
  Registry registry;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&registry, t] {
      auto counters = registry.counters("c", "", {"t"});
      auto& histogram = registry.histogram("h", "", {.native = true});
      auto& summary = registry.summary("s", "");
      for (int i = 0; i < 2000; ++i) {
        counters.with({std::to_string(t)}).increment();
        histogram.observe(i, {{{"i", "1"}}, 0, {}});
        summary.observe(i);
        if (i % 500 == 0) (void)write_openmetrics(registry.collect());
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(registry.histogram("h", "").snapshot().count, 8000U);
}

TEST(OpenMetrics, SaysWhereItIsWrong) {
  const auto result = parse_openmetrics("# TYPE a gauge\na 1x\n# EOF\n");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().offset(), 19U);
  EXPECT_FALSE(parse_openmetrics("a{b=\"1\",b=\"2\"} 1\n# EOF\n").has_value());
  EXPECT_FALSE(parse_openmetrics("a 1\na 2\n# EOF\n").has_value());
}

TEST(Prometheus, ReadsWhatPrometheusReads) {
  // Source: the example of the text format's description (prometheus.io/docs).
  const char* text = R"(# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000

# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\""} 1.458255915e9

# Minimalistic line:
metric_without_timestamp_and_labels 12.47

# A weird metric from before the epoch:
something_weird{problem="division by zero"} +Inf -3982045

# TYPE rpc summary
rpc{quantile="0.01", } 3102
rpc_sum 1.7560473e+07
rpc_count 2693
)";
  const auto families = parse_prometheus(text);
  ASSERT_TRUE(families.has_value()) << families.error().to_string();
  ASSERT_EQ(families->size(), 5U);
  EXPECT_EQ((*families)[0].samples[1].value, 3);
  EXPECT_EQ((*families)[0].samples[1].timestamp, 1395066363.0);
  EXPECT_EQ((*families)[1].samples[0].labels[1].second, "Cannot find file:\n\"FILE.TXT\"");
  EXPECT_EQ((*families)[4].samples.size(), 3U);
  for (const char* bad : {"a", "a{", "a{b} 1", "a{b=\"c} 1", "1 1", "a 1 1.5", "a 1 1 1", "a x",
                          "# TYPE a what\n", "a 1\n# TYPE a gauge\n", "a{b=\"1\" c=\"2\"} 1"})
    EXPECT_FALSE(parse_prometheus(bad).has_value()) << bad;
}

}  // namespace
}  // namespace avila::metrics

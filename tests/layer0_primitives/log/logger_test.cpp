#include <gtest/gtest.h>
#include <avila/log/log.hpp>
#include <avila/log/sample.hpp>
#include <avila/log/sinks.hpp>
#include <avila/log/span.hpp>

#include <atomic>
#include <memory>
#include <thread>

namespace avila::log {
namespace {

struct Fixture {
  explicit Fixture(LoggerOptions options = {}) : sink(std::make_shared<MemorySink>()) {
    options.sinks = {sink};
    options.clock = &clock;
    logger = Logger(std::move(options));
  }
  std::vector<std::string> lines() {
    logger.flush();
    return sink->lines();
  }
  os::ManualClock clock{{1'795'224'000'123'456'789}};
  std::shared_ptr<MemorySink> sink;
  Logger logger;
};

constexpr std::string_view kBegin = R"({"time":"2026-11-21T01:20:00.123456Z","level":")";

TEST(Logger, WritesEveryKindOfField) {
  Fixture f;
  AVILA_LOG_TO(f.logger, Info, "hello", {"int", -5}, {"uint", 18446744073709551615U},
               {"double", 1.5}, {"bool", true}, {"text", "a \"quoted\" one"},
               {"string", std::string("s")}, {"duration", milliseconds(1500)},
               {"when", WallTime{1}}, {"error", Error(Errc::NotFound, "no such thing")});
  ASSERT_EQ(f.lines().size(), 1U);
  EXPECT_EQ(f.lines()[0],
            std::string(kBegin) +
                R"(info","message":"hello","int":-5,"uint":18446744073709551615,"double":1.5,)"
                R"("bool":true,"text":"a \"quoted\" one","string":"s","duration":1.5,)"
                R"("when":"1970-01-01T00:00:00.000000001Z","error":"no such thing"})");
}

TEST(Logger, EvaluatesNothingWhenDisabled) {
  Fixture f;
  int evaluated = 0;
  const auto value = [&evaluated] { return ++evaluated; };
  AVILA_LOG_TO(f.logger, Debug, "no", {"x", value()});
  EXPECT_EQ(evaluated, 0);
  f.logger.set_level(Level::Debug);
  AVILA_LOG_TO(f.logger, Debug, "yes", {"x", value()});
  EXPECT_EQ(evaluated, 1);
  EXPECT_EQ(f.lines().size(), 1U);
  Logger nowhere;
  EXPECT_FALSE(nowhere.enabled(Level::Fatal));
  nowhere.write(Level::Fatal, "is fine");
}

TEST(Logger, HandlesAddFieldsNameAndTrace) {
  Fixture f;
  const Logger child = f.logger.with({{"user", 7}}).named("http").traced({1, 2, 3});
  child.with({{"deeper", "yes"}}).write(Level::Warn, "m", {{"last", 1}});
  f.logger.write(Level::Info, "plain");
  ASSERT_EQ(f.lines().size(), 2U);
  EXPECT_EQ(f.lines()[0],
            std::string(kBegin) +
                R"(warn","logger":"http","message":"m",)"
                R"("trace_id":"00000000000000010000000000000002","span_id":"0000000000000003",)"
                R"("user":7,"deeper":"yes","last":1})");
  EXPECT_EQ(f.lines()[1], std::string(kBegin) + R"(info","message":"plain"})");
}

TEST(Logger, RedactsMarkedValuesAndWellKnownKeys) {
  Fixture f;
  f.logger.write(Level::Info, "m",
                 {{"a", secret(std::string("hunter2"))},
                  {"password", "hunter2"},
                  {"DB_Password", "hunter2"},
                  {"x-api_key", "hunter2"},
                  {"tokens", 5},
                  {"notpassword", "shown"}});
  EXPECT_EQ(f.lines()[0].find("hunter2"), std::string::npos);
  EXPECT_NE(f.lines()[0].find(R"("a":"[redacted]")"), std::string::npos);
  EXPECT_NE(f.lines()[0].find(R"("tokens":5)"), std::string::npos);
  EXPECT_NE(f.lines()[0].find(R"("notpassword":"shown")"), std::string::npos);
}

TEST(Logger, LimitsWhatOneRecordHolds) {
  Fixture f;
  const std::string huge(100'000, 'x');
  f.logger.write(Level::Info, huge, {{"a", huge}, {"b", huge}, {"c", huge}, {"d", huge}});
  const std::string line = f.lines()[0];
  EXPECT_LT(line.size(), kRecordBytesMax + 1000);
  EXPECT_NE(line.find("\"b\":"), std::string::npos);
  EXPECT_EQ(line.find("\"d\":"), std::string::npos);
  std::vector<Field> many(1000, Field("k", 1));
  f.logger.write(Level::Info, "m", std::span<const Field>(many));
  const std::string second = f.lines()[1];
  std::size_t count = 0;
  for (std::size_t at = 0; (at = second.find("\"k\":1", at)) != std::string::npos; ++at) ++count;
  EXPECT_EQ(count, kFieldsMax);
}

TEST(Logger, LosesNothingFromManyThreadsWhenItBlocks) {
  LoggerOptions options;
  options.full = FullPolicy::Block;
  options.ring_bytes = 1;  // the least there is
  Fixture f(std::move(options));
  constexpr int kThreads = 4, kEach = 5000;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      const Logger mine = f.logger.with({{"thread", t}});
      for (int i = 0; i < kEach; ++i)
        AVILA_LOG_TO(mine, Info, "m", {"i", i},
                     {"pad", std::string(static_cast<std::size_t>(i % 200), 'p')});
    });
  for (auto& thread : threads) thread.join();
  const auto lines = f.lines();
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(kThreads * kEach));
  std::vector<int> next(kThreads, 0);  // each thread's lines are whole and in its order
  for (const std::string& line : lines) {
    const int t = line[line.find("\"thread\":") + 9] - '0';
    const int i = std::atoi(line.c_str() + line.find("\"i\":") + 4);
    ASSERT_EQ(i, next[static_cast<std::size_t>(t)]++);
    ASSERT_EQ(line.back(), '}');
    ASSERT_NE(line.find("\"pad\":\"" + std::string(static_cast<std::size_t>(i % 200), 'p') + "\""),
              std::string::npos);
  }
  EXPECT_EQ(f.logger.stats().dropped, 0U);
  EXPECT_EQ(f.logger.stats().records, lines.size());
}

/// A sink that waits until it is let go on.
class GateSink final : public Sink {
 public:
  Result<void> write(const Record&) override {
    ++count;
    open.wait(false);
    return {};
  }
  std::atomic<bool> open{false};
  std::atomic<int> count{0};
};

TEST(Logger, DropsAndCountsWhenTheSinkIsStuck) {
  auto gate = std::make_shared<GateSink>();
  auto memory = std::make_shared<MemorySink>();
  LoggerOptions options;
  options.sinks = {gate, memory};
  options.ring_bytes = 1;
  Logger logger(std::move(options));
  const std::string value(1000, 'v');
  for (int i = 0; i < 2000; ++i) logger.write(Level::Info, "m", {{"v", value}});
  const std::uint64_t dropped = logger.stats().dropped;
  EXPECT_GT(dropped, 1000U);
  EXPECT_LT(dropped, 2000U);
  gate->open = true;
  gate->open.notify_all();
  logger.flush();
  const auto lines = memory->lines();
  ASSERT_EQ(lines.size(), 2000 - dropped + 1);
  EXPECT_NE(lines.back().find("dropped"), std::string::npos);
  EXPECT_NE(lines.back().find("\"count\":" + std::to_string(dropped)), std::string::npos);
}

TEST(Logger, TheLastHandleWritesWhatIsLeft) {
  auto sink = std::make_shared<MemorySink>();
  {
    LoggerOptions options;
    options.sinks = {sink};
    const Logger logger(std::move(options));
    for (int i = 0; i < 1000; ++i) logger.write(Level::Info, "m");
  }
  EXPECT_EQ(sink->lines().size(), 1000U);
}

TEST(Logger, SynchronousOnesWriteAtOnce) {
  LoggerOptions options;
  options.synchronous = true;
  Fixture f(std::move(options));
  f.logger.write(Level::Info, "m");
  EXPECT_EQ(f.sink->lines().size(), 1U);
}

TEST(Logger, IsWokenWhenItHasSlept) {
  Fixture f;
  for (int round = 0; round < 3; ++round) {
    f.logger.write(Level::Info, "m");
    const auto expected = static_cast<std::size_t>(round + 1);
    for (int i = 0; i < 5000 && f.sink->lines().size() < expected; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_EQ(f.sink->lines().size(), expected) << "without any flush()";
    std::this_thread::sleep_for(std::chrono::milliseconds(30));  // it falls asleep
  }
}

TEST(Logger, SinksHaveLevelsOfTheirOwn) {
  Fixture f;
  f.sink->set_level(Level::Error);
  f.logger.write(Level::Warn, "no");
  f.logger.write(Level::Error, "yes");
  EXPECT_EQ(f.lines().size(), 1U);
}

TEST(Logger, TheProcessHasOne) {
  auto sink = std::make_shared<MemorySink>();
  LoggerOptions options;
  options.sinks = {sink};
  options.level = Level::Debug;
  set_global_logger(Logger(std::move(options)));
  AVILA_LOG_DEBUG("debug", {"a", 1});
  AVILA_LOG_TRACE("trace");
  AVILA_LOG_ERROR("plain");
  global_logger().set_level(Level::Off);
  AVILA_LOG_FATAL("not any more");
  global_logger().set_level(Level::Info);
  for (int i = 0; i < 100; ++i) AVILA_LOG_SAMPLED(Info, 10, "sampled", {"i", i});
  for (int i = 0; i < 100; ++i) AVILA_LOG_LIMITED(Info, 0.001, "limited", {"i", i});
  global_logger().flush();
  EXPECT_EQ(sink->lines().size(), 2U + 10U + 1U);
  EXPECT_NE(sink->lines().back().find("\"suppressed\":0"), std::string::npos);
  set_global_logger(Logger());
  AVILA_LOG_ERROR("nowhere");
}

TEST(RateLimit, LetsTheRateAndTheBurstPass) {
  RateLimit limit(10, 3);
  Instant now{0};
  int passed = 0;
  for (int i = 0; i < 10; ++i) passed += limit.pass(now) ? 1 : 0;
  EXPECT_EQ(passed, 3);
  EXPECT_EQ(limit.take_suppressed(), 7U);
  EXPECT_EQ(limit.take_suppressed(), 0U);
  passed = 0;
  for (int i = 0; i < 1000; ++i) {
    now = now + milliseconds(10);
    passed += limit.pass(now) ? 1 : 0;
  }
  EXPECT_EQ(passed, 100);
}

TEST(Span, LogsItsEndWithinItsTrace) {
  Fixture f;
  f.logger.set_level(Level::Debug);
  {
    Span root(f.logger, "request", Level::Info, &f.clock);
    f.clock.advance(milliseconds(5));
    Span child = root.child("query");
    EXPECT_EQ(child.context().trace_low, root.context().trace_low);
    EXPECT_EQ(child.parent(), root.context().span);
    EXPECT_NE(child.context().span, root.context().span);
    child.fail(Error(Errc::Io, "disk"));
    f.clock.advance(milliseconds(2));
    child.end();
    root.logger().write(Level::Info, "inside");
  }
  const auto lines = f.lines();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_NE(lines[0].find(R"("level":"warn","message":"query")"), std::string::npos);
  EXPECT_NE(lines[0].find(R"("duration":0.002)"), std::string::npos);
  EXPECT_NE(lines[0].find(R"("error":"disk")"), std::string::npos);
  EXPECT_NE(lines[1].find("trace_id"), std::string::npos);
  EXPECT_NE(lines[2].find(R"("message":"request")"), std::string::npos);
}

TEST(Span, ReadsAndWritesTraceparent) {
  // Source: W3C Trace Context §3.2, the example.
  TraceContext context;
  const char* text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  ASSERT_TRUE(parse_traceparent(text, context));
  EXPECT_EQ(context.span, 0xb7ad6b7169203331U);
  EXPECT_EQ(format_traceparent(context), text);
  for (const char* bad : {"", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
                          "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                          "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                          "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                          "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
                          "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01x",
                          "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})
    EXPECT_FALSE(parse_traceparent(bad, context)) << bad;
  EXPECT_TRUE(parse_traceparent(std::string("01") + (text + 2) + "-more", context));
  EXPECT_TRUE(new_trace().has_trace());
}

TEST(Level, HasNames) {
  EXPECT_EQ(to_string(Level::Warn), "warn");
  EXPECT_EQ(parse_level("WARNING"), Level::Warn);
  EXPECT_EQ(parse_level("Error"), Level::Error);
  EXPECT_EQ(parse_level("nonsense", Level::Debug), Level::Debug);
}

}  // namespace
}  // namespace avila::log

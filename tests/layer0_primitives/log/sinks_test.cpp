#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <avila/log/log.hpp>
#include <avila/log/sinks.hpp>
#include <avila/os/memory_file_system.hpp>

#include <algorithm>

#include "avila_test/tools.hpp"

namespace avila::log {
namespace {

Record record_of(std::string_view message, std::span<const Field> fields = {}) {
  Record record;
  record.time = {1'795'224'000'123'456'789};
  record.message = message;
  record.fields = fields;
  return record;
}

std::string json(std::string_view message, std::span<const Field> fields = {}) {
  std::string line;
  append_json(line, record_of(message, fields));
  return line;
}

TEST(Format, JsonEscapesWhatCouldForgeALine) {
  const Field fields[] = {{"k\n", "a\r\n\t\x01\x7f\"\\"}, {"level", 3}};
  EXPECT_EQ(json("m\n{\"level\":\"fatal\"}", fields),
            R"({"time":"2026-11-21T01:20:00.123456Z","level":"info",)"
            R"("message":"m\n{\"level\":\"fatal\"}",)"
            R"("k\n":"a\r\n\t\u0001\u007f\"\\","level_":3})"
            "\n");
}

TEST(Format, ReplacesWhatIsNotUtf8) {
  const auto message = [](std::string_view text) {
    const std::string line = json(text);
    const std::size_t at = line.find("\"message\":\"") + 11;
    return line.substr(at, line.size() - at - 3);
  };
  EXPECT_EQ(message("é€😀"), "é€😀");
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(message("\xC0\xAF"), bad + bad);            // overlong
  EXPECT_EQ(message("\xED\xA0\x80"), bad + bad + bad);  // a surrogate
  EXPECT_EQ(message("\xE2\x82"), bad + bad);            // cut off
  EXPECT_EQ(message("\xF4\x90\x80\x80"), bad + bad + bad + bad);
  EXPECT_EQ(message("a\xFFz"), "a" + bad + "z");
}

TEST(Format, JsonHasNoNanAndPrettyIsReadable) {
  const Field fields[] = {{"nan", 0.0 / 0.0},  {"inf", -1.0 / 0.0},          {"text", "two words"},
                          {"bare", "word"},    {"took", microseconds(1500)}, {"empty", ""},
                          {"secret", Secret{}}};
  EXPECT_NE(json("m", fields).find(R"("nan":"NaN","inf":"-Infinity")"), std::string::npos);
  std::string line;
  append_pretty(line, record_of("it\x1b[31m happened", fields));
  EXPECT_EQ(line,
            "2026-11-21T01:20:00.123Z INFO  it\\u001b[31m happened nan=\"NaN\" inf=\"-Infinity\" "
            "text=\"two words\" bare=word took=1.5ms empty=\"\" secret=[redacted]\n");
}

TEST(StreamSink, WritesWholeLinesAndSurvivesAClosedPipe) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  StreamSink sink(ends[1], Format::Json);
  ASSERT_TRUE(sink.write(record_of("one")).has_value());
  ASSERT_TRUE(sink.flush().has_value());
  char text[4096];
  const ssize_t got = ::read(ends[0], text, sizeof text);
  EXPECT_EQ(std::string(text, static_cast<std::size_t>(got)), json("one"));
  ::close(ends[1]);
  ASSERT_TRUE(sink.write(record_of("two")).has_value());
  EXPECT_FALSE(sink.flush().has_value());
  EXPECT_TRUE(sink.flush().has_value()) << "what failed is not kept";
  ::close(ends[0]);
}

TEST(StreamSink, DoesNotBlockOnAFullNonBlockingPipe) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_NONBLOCK), 0);
  StreamSink sink(ends[1], Format::Json);
  Result<void> result;
  const std::string big(10'000, 'x');
  for (int i = 0; i < 20 && result.has_value(); ++i) {
    ASSERT_TRUE(sink.write(record_of(big)).has_value());
    result = sink.flush();
  }
  EXPECT_FALSE(result.has_value());
  ::close(ends[0]);
  ::close(ends[1]);
}

std::vector<std::string> names(os::FileSystem& files) {
  std::vector<std::string> all;
  const auto entries = files.list("/");
  for (const auto& entry : *entries) all.push_back(entry.name);
  return all;
}

TEST(FileSink, RotatesBySizeAndKeepsSome) {
  os::MemoryFileSystem files;
  FileSinkOptions options;
  options.rotate_bytes = 300;
  options.keep = 3;
  auto sink = FileSink::open(files, "/app.log", options);
  ASSERT_TRUE(sink.has_value());
  for (int i = 0; i < 40; ++i) {
    Record record = record_of("line " + std::to_string(i));
    const std::string message = "line " + std::to_string(i);
    record.message = message;
    record.time = {record.time.ns + i * 1'000'000'000LL};
    ASSERT_TRUE((*sink)->write(record).has_value());
    ASSERT_TRUE((*sink)->flush().has_value());
  }
  const auto left = names(files);
  ASSERT_EQ(left.size(), 4U);
  EXPECT_EQ(left[0], "app.log");
  EXPECT_TRUE(std::is_sorted(left.begin(), left.end()));
  std::string all;
  for (std::size_t i = 1; i < left.size(); ++i) {
    const std::string text = *files.read_text("/" + left[i]);
    EXPECT_LE(text.size(), 300U);
    all += text;
  }
  all += *files.read_text("/app.log");
  EXPECT_NE(all.find("line 39"), std::string::npos);
  EXPECT_LT(all.find("line 37"), all.find("line 38"));
}

TEST(FileSink, RotatesByTimeAndNamesTheSecondOfTheSameTime) {
  os::MemoryFileSystem files;
  FileSinkOptions options;
  options.rotate_every = hours(24);
  options.rotate_bytes = 100;
  auto sink = FileSink::open(files, "/app.log", options);
  Record record = record_of("m");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE((*sink)->write(record).has_value());
  record.time = record.time + hours(30);
  ASSERT_TRUE((*sink)->write(record).has_value());
  sink->reset();
  EXPECT_EQ(names(files), (std::vector<std::string>{"app.log", "app.log.20261121T012000Z",
                                                    "app.log.20261121T012000Z-001",
                                                    "app.log.20261121T012000Z-002"}));
}

TEST(FileSink, HandsRotatedFilesToTheHook) {
  os::MemoryFileSystem files;
  FileSinkOptions options;
  options.rotate_bytes = 1;
  options.on_rotated = [](os::FileSystem& fs, const std::string& rotated) -> Result<void> {
    AVILA_TRY(const std::string text, fs.read_text(rotated));
    AVILA_TRY_VOID(fs.write_atomically(rotated + ".small", as_bytes(text.substr(0, 1))));
    return fs.remove(rotated);
  };
  auto sink = FileSink::open(files, "/app.log", options);
  ASSERT_TRUE((*sink)->write(record_of("one")).has_value());
  ASSERT_TRUE((*sink)->write(record_of("two")).has_value());
  sink->reset();
  EXPECT_EQ(names(files), (std::vector<std::string>{"app.log", "app.log.20261121T012000Z.small"}));
}

TEST(FileSink, AFullDiskLosesWholeLinesAndSaysSoLater) {
  os::MemoryFileSystem files(1, {.capacity_bytes = 400});
  auto sink = FileSink::open(files, "/app.log");
  LoggerOptions options;
  options.sinks = {*sink};
  Logger logger(std::move(options));
  for (int i = 0; i < 100; ++i) {
    logger.write(Level::Info, "m", {{"i", i}});
    logger.flush();
  }
  EXPECT_GT((*sink)->lost_lines(), 50U);
  EXPECT_GT(logger.stats().sink_errors, 50U);
  const std::string text = *files.read_text("/app.log");
  EXPECT_EQ(text.back(), '\n');
  files.set_faults({});
  logger.write(Level::Info, "after");
  logger.flush();
  const std::string later = *files.read_text("/app.log");
  EXPECT_NE(later.find("\"message\":\"after\""), std::string::npos);
  EXPECT_NE(later.find("this log sink had failed"), std::string::npos);
}

TEST(FileSink, AppendsToWhatIsThereAndReopens) {
  avila_test::TempDir folder;
  os::FileSystem& files = os::real_file_system();
  const std::string path = folder / "app.log";
  for (int i = 0; i < 2; ++i) {
    auto sink = FileSink::open(files, path);
    ASSERT_TRUE((*sink)->write(record_of("m")).has_value());
  }
  EXPECT_EQ(*files.read_text(path), json("m") + json("m"));
  auto sink = FileSink::open(files, path);
  ASSERT_TRUE(files.rename(path, folder / "moved").has_value());
  ASSERT_TRUE((*sink)->reopen().has_value());
  ASSERT_TRUE((*sink)->write(record_of("m")).has_value());
  ASSERT_TRUE((*sink)->flush().has_value());
  EXPECT_EQ(*files.read_text(path), json("m"));
  EXPECT_FALSE(FileSink::open(files, folder / "no/such/folder").has_value());
}

}  // namespace
}  // namespace avila::log

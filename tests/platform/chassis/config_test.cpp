#include <gtest/gtest.h>
#include <avila/chassis/config.hpp>
#include <avila/os/memory_file_system.hpp>

namespace avila::chassis {
namespace {

constexpr Setting kSettings[] = {
    {"listen", SettingKind::Text, "127.0.0.1", "address"},
    {"limits.body_bytes", SettingKind::Bytes, "16MB", "largest body", 1024, 1 << 30},
    {"limits.query_time", SettingKind::Duration, "30s", "longest query", 1, INT64_MAX},
    {"limits.connections", SettingKind::Integer, "1024", "connections", 1, 100'000},
    {"fsync", SettingKind::Boolean, "true", "sync"},
};

struct Files {
  os::MemoryFileSystem files;
  explicit Files(std::string_view text) {
    EXPECT_TRUE(files.write_atomically("avila.toml", as_bytes(text)).has_value());
  }
};

Result<Config> load(std::string_view file, std::map<std::string, std::string> environment = {},
                    Overrides overrides = {}) {
  Files files(file);
  const auto look_up = [&](const std::string& name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional(found->second);
  };
  return Config::load(kSettings, files.files, "avila.toml", look_up, overrides);
}

TEST(Config, LaterSourcesWin) {
  const auto config =
      load("listen = \"0.0.0.0\"\n[limits]\nbody_bytes = \"64KiB\"\nconnections = 7\n",
           {{"AVILA_LIMITS_CONNECTIONS", "8"}, {"AVILA_FSYNC", "false"}, {"PATH", "/bin"}},
           {{"listen", "::1"}});
  ASSERT_TRUE(config.has_value()) << config.error().to_string();
  EXPECT_EQ(config->text("listen"), "::1");
  EXPECT_EQ(config->bytes("limits.body_bytes"), 65536U);
  EXPECT_EQ(config->integer("limits.connections"), 8);
  EXPECT_FALSE(config->boolean("fsync"));
  EXPECT_EQ(config->duration("limits.query_time"), seconds(30));
}

TEST(Config, ErrorsNameTheSettingAndItsOrigin) {
  EXPECT_NE(load("nope = 1").error().to_string().find("avila.toml: no setting 'nope'"),
            std::string::npos);
  EXPECT_NE(load("", {{"AVILA_LIMITS_CONNECTIONS", "0"}})
                .error()
                .to_string()
                .find("environment: limits.connections: 0 is out of bounds (1 to 100000)"),
            std::string::npos);
  EXPECT_NE(load("", {}, {{"fsync", "maybe"}})
                .error()
                .to_string()
                .find("command line: fsync: expected true or false"),
            std::string::npos);
  EXPECT_NE(load("[limits]\nquery_time = \"3 weeks\"").error().to_string().find("expected a time"),
            std::string::npos);
  EXPECT_NE(load("a = ").error().to_string().find("avila.toml: line 1"), std::string::npos);
}

TEST(Config, WritesAFileItReadsBack) {
  const auto config = load("", {}, {{"limits.query_time", "250ms"}, {"limits.connections", "5"}});
  const auto again = load(config->to_toml());
  ASSERT_TRUE(again.has_value()) << again.error().to_string() << config->to_toml();
  EXPECT_EQ(again->duration("limits.query_time"), milliseconds(250));
  EXPECT_EQ(again->integer("limits.connections"), 5);
  EXPECT_EQ(again->to_toml(), config->to_toml());
}

TEST(Config, SizesAndTimes) {
  EXPECT_EQ(*parse_bytes("64KiB"), 65536);
  EXPECT_EQ(*parse_bytes("16MB"), 16'000'000);
  EXPECT_EQ(*parse_bytes("12"), 12);
  EXPECT_FALSE(parse_bytes("KiB").has_value());
  EXPECT_FALSE(parse_bytes("99999999999GiB").has_value());
  EXPECT_FALSE(parse_bytes("-5").has_value());
  EXPECT_EQ(*parse_duration("2h"), hours(2));
  EXPECT_EQ(*parse_duration("5"), seconds(5));
  EXPECT_FALSE(parse_duration("5 parsecs").has_value());
}

}  // namespace
}  // namespace avila::chassis

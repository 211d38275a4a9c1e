#include <gtest/gtest.h>
#include <avila/cli/rows.hpp>
#include <avila/cli/terminal.hpp>

namespace avila::cli {
namespace {

const std::vector<std::string> kRows = {R"({"name":"São Paulo","population":44411238})",
                                        R"({"name":"Acre","tags":["a","b"],"population":830018})"};

TEST(Rows, TableAlignsNumbersRightAndTextLeft) {
  EXPECT_EQ(*format_rows(kRows, Format::Table, 0),
            "name       population  tags\n"
            "─────────  ──────────  ─────────\n"
            "São Paulo    44411238\n"
            "Acre           830018  [\"a\",\"b\"]\n");
}

TEST(Rows, TableIsCutToTheTerminal) {
  const std::vector<std::string> rows = {R"({"text":")" + std::string(200, 'x') + R"("})"};
  const std::string table = *format_rows(rows, Format::Table, 20);
  for (std::size_t start = 0; start < table.size();) {
    const auto end = table.find('\n', start);
    EXPECT_LE(display_width(table.substr(start, end - start)), 20U);
    start = end + 1;
  }
  EXPECT_NE(table.find("…"), std::string::npos);
}

TEST(Rows, CsvQuotesWhatItMust) {
  const std::vector<std::string> rows = {R"({"a":"x,y","b":"say \"hi\"","c":null,"d":1.5})"};
  EXPECT_EQ(*format_rows(rows, Format::Csv, 0), "a,b,c,d\n\"x,y\",\"say \"\"hi\"\"\",,1.5\n");
}

TEST(Rows, JsonIsOneArray) {
  EXPECT_EQ(*format_rows(std::vector<std::string>{"1", "{}"}, Format::Json, 0), "[\n1,\n{}\n]\n");
  EXPECT_EQ(*format_rows({}, Format::Json, 0), "[]\n");
}

TEST(Rows, ScalarsHaveOneColumn) {
  EXPECT_EQ(*format_rows(std::vector<std::string>{"3", "\"x\""}, Format::Csv, 0),
            "value\n3\nx\n");
  EXPECT_EQ(*format_rows({}, Format::Table, 80), "");
}

TEST(Rows, UnknownFormatIsAnError) {
  EXPECT_TRUE(parse_format("xml").error().is(Errc::InvalidArgument));
  EXPECT_EQ(*parse_format("csv"), Format::Csv);
}

TEST(Terminal, WidthCountsColumnsNotBytes) {
  EXPECT_EQ(display_width("São"), 3U);
  EXPECT_EQ(display_width("日本"), 4U);
  EXPECT_EQ(display_width("e\xCC\x81"), 1U);
}

TEST(Terminal, HumanNumbers) {
  EXPECT_EQ(human_bytes(12'300'000), "12.3 MB");
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_seconds(12.2), "12s");
  EXPECT_EQ(human_seconds(187), "3m07s");
  EXPECT_EQ(human_seconds(3720), "1h02m");
}

}  // namespace
}  // namespace avila::cli

#include <gtest/gtest.h>
#include <avila/cli/import.hpp>
#include <avila/os/memory_file_system.hpp>

namespace avila::cli {
namespace {

struct Read {
  std::vector<ImportItem> items;
  std::string error;
};

Read read_all(std::string_view text, ImportOptions options) {
  os::MemoryFileSystem files;
  auto out = files.open("in", {.write = true, .create = true});
  (void)(*out)->append(as_bytes(text));
  auto reader = open_import(std::move(*files.open("in")), options);
  Read read;
  while (true) {
    auto item = reader->next();
    if (!item.has_value()) {
      read.error = item.error().to_string();
      return read;
    }
    if (!item->has_value()) return read;
    read.items.push_back(std::move(**item));
  }
}

std::string joined(const Read& read) {
  std::string text;
  for (const ImportItem& item : read.items)
    text += item.problem.empty() ? item.json : '!' + item.problem, text += '\n';
  return text + read.error;
}

TEST(Import, JsonArraysValuesAndPointers) {
  EXPECT_EQ(joined(read_all("\xEF\xBB\xBF [ {\"a\": \"]}\\\"\"} , {} ]", {})),
            "{\"a\":\"]}\\\"\"}\n{}\n");
  EXPECT_EQ(joined(read_all("{\"a\":1}\n{\"a\":2}", {})), "{\"a\":1}\n{\"a\":2}\n");
  EXPECT_EQ(joined(read_all(R"({"skip":[{"x":1}],"deep":{"list":[{"y":1},{"y":2}]}})",
                            {.path = "/deep/list"})),
            "{\"y\":1}\n{\"y\":2}\n");
  EXPECT_EQ(joined(read_all(R"({"a/b":[{"y":1}]})", {.path = "/a~1b"})), "{\"y\":1}\n");
  EXPECT_NE(read_all("{}", {.path = "a"}).error.find("begins with '/'"), std::string::npos);
  EXPECT_EQ(joined(read_all("[]", {})), "");
}

TEST(Import, BadDocumentsAreRejectedOneByOne) {
  const Read read = read_all(R"([{"a":1}, 5, {"a":tru}, {"b":2}])", {});
  ASSERT_EQ(read.items.size(), 4U);
  EXPECT_EQ(read.items[1].problem, "not an object");
  EXPECT_NE(read.items[2].problem, "");
  EXPECT_EQ(read.items[3].json, "{\"b\":2}");
  EXPECT_EQ(read.items[3].position, 3U);
  EXPECT_EQ(read.items[0].offset_end, 8U);
}

TEST(Import, NothingIsPassedOverInSilence) {
  EXPECT_NE(read_all(R"([{"a":1}] [{"a":2}])", {}).error.find("nothing behind the array"),
            std::string::npos);
  EXPECT_NE(read_all(R"([{"a":1} {"a":2}])", {}).error.find("expected ','"), std::string::npos);
  EXPECT_NE(read_all(R"([{"a":1},])", {}).error.find("expected a JSON value"), std::string::npos);
  EXPECT_EQ(read_all(R"({"l":[{"a":1}],"m":2})", {.path = "/l"}).error, "");
  const ImportOptions csv{.format = ImportFormat::Csv};
  EXPECT_NE(read_all("a,b,a\n1,2,3\n", csv).error.find("two columns are called 'a'"),
            std::string::npos);
  EXPECT_NE(read_all(std::string(101, '.') + "x\n1\n", csv).error.find("kMaxImportNesting"),
            std::string::npos);
  const std::string cell = '"' + std::string(9U << 20, 'x') + '"';
  EXPECT_NE(read_all("a,b\n" + cell + ',' + cell + '\n', csv).error.find("a row over"),
            std::string::npos);
}

TEST(Import, ABrokenFileSaysWhere) {
  EXPECT_NE(read_all(R"([{"a":1}, {"b")", {}).error.find("ends within the value"),
            std::string::npos);
  EXPECT_NE(read_all(R"([{"a":1})", {}).error.find("expected ']'"), std::string::npos);
  EXPECT_NE(read_all(R"({"a":[]})", {.path = "/b"}).error.find("no member 'b'"), std::string::npos);
  EXPECT_NE(read_all(R"({"b":5})", {.path = "/b"}).error.find("expected an array"),
            std::string::npos);
}

TEST(Import, NdjsonGoesLineByLine) {
  EXPECT_EQ(joined(read_all("{\"a\":1}\n\n  {\"a\":2}\nnope\n{\"a\":3}",
                            {.format = ImportFormat::Ndjson}))
                .substr(0, 16),
            "{\"a\":1}\n{\"a\":2}\n");
  const Read read = read_all("{\"a\":1}\nnope\n{\"a\":3}", {.format = ImportFormat::Ndjson});
  ASSERT_EQ(read.items.size(), 3U);
  EXPECT_NE(read.items[1].problem, "");
  EXPECT_EQ(read.items[2].json, "{\"a\":3}");
}

TEST(Import, GeoJsonFeaturesAreFlattened) {
  const std::string text = R"({"type":"FeatureCollection","features":[
    {"type":"Feature","id":7,"properties":{"name":"Brazil"},"geometry":{"type":"Point","coordinates":[1,2]}},
    {"type":"Nope"}]})";
  const Read read = read_all(text, {.format = ImportFormat::GeoJson});
  ASSERT_EQ(read.items.size(), 2U) << read.error;
  EXPECT_EQ(read.items[0].json,
            R"({"name":"Brazil","id":"7","geometry":{"type":"Point","coordinates":[1,2]}})");
  EXPECT_EQ(read.items[1].problem, "not a GeoJSON Feature");
}

TEST(Import, CsvTypesQuotesAndNesting) {
  const std::string text =
      "id,n,ok,text,a.b,a.c\r\n1,2.5,true,\"x, "
      "\"\"y\"\"\nz\",007,\r\n\r\n\"2\",-1e3,no,\"\",,5\n3,4\n";
  const Read read = read_all(text, {.format = ImportFormat::Csv});
  ASSERT_EQ(read.items.size(), 3U);
  EXPECT_EQ(read.items[0].json,
            R"({"id":1,"n":2.5,"ok":true,"text":"x, \"y\"\nz","a":{"b":"007"}})");
  EXPECT_EQ(read.items[1].json.substr(0, 9), R"({"id":"2")");
  EXPECT_NE(read.items[1].json.find(R"("text":"","a":{"c":5})"), std::string::npos)
      << read.items[1].json;
  EXPECT_EQ(read.items[2].problem, "2 cells, the first row has 6");
  EXPECT_NE(read_all("a\n\"x", {.format = ImportFormat::Csv}).error.find("ends within quotes"),
            std::string::npos);
  EXPECT_NE(read_all("", {.format = ImportFormat::Csv}).error.find("empty file"),
            std::string::npos);
  EXPECT_EQ(
      joined(read_all("a;b\n1;x\n",
                      {.format = ImportFormat::Csv, .csv_separator = ';', .text_only = true})),
      "{\"a\":\"1\",\"b\":\"x\"}\n");
}

TEST(Import, FormatsByName) {
  EXPECT_EQ(*import_format("", "x.geojson"), ImportFormat::GeoJson);
  EXPECT_EQ(*import_format("", "dir.csv/x.jsonl"), ImportFormat::Ndjson);
  EXPECT_EQ(*import_format("csv", "x.dat"), ImportFormat::Csv);
  EXPECT_FALSE(import_format("", "x.dat").has_value());
}

}  // namespace
}  // namespace avila::cli

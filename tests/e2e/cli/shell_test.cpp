// The command line as a person and a script use it: exit statuses, output formats, import and
// export.
#include <fstream>

#include "platform.hpp"

namespace avila_test {
namespace {

struct Cli : ::testing::Test {
  TempDir folder;
  Platform platform{folder / "data"};
  void SetUp() override {
    ::setenv("XDG_CONFIG_HOME", (folder / "config").c_str(), 1);
    ::setenv("XDG_CACHE_HOME", (folder / "cache").c_str(), 1);
    ASSERT_TRUE(platform.start()) << platform.output();
  }
  void TearDown() override { EXPECT_EQ(platform.stop(), 0); }
  std::string file(const std::string& name, const std::string& text) {
    std::ofstream(folder / name) << text;
    return folder / name;
  }
};

CommandResult avl(const std::string& words) {
  return run_command(AVILA_BIN_DIR "/avl " + words + " 2>&1");
}

TEST_F(Cli, StatusesAndHints) {
  EXPECT_EQ(avl("--help").status, 0);
  EXPECT_EQ(avl("db import --help").status, 0);
  EXPECT_EQ(avl("db frobnicate").status, 2);
  EXPECT_EQ(avl("up --only storage --data " + platform.data()).status, 1);
  const CommandResult none = platform.avl("db drop none --yes");
  EXPECT_EQ(none.status, 1);
  EXPECT_TRUE(none.out.starts_with("avl: error: ")) << none.out;
  EXPECT_EQ(none.out.find('\x1b'), std::string::npos) << "no colours in a pipe";
  const CommandResult nowhere = avl("db list --endpoint http://127.0.0.1:1 --api-key x");
  EXPECT_EQ(nowhere.status, 1);
  EXPECT_NE(nowhere.out.find("avl up"), std::string::npos) << nowhere.out;
  const CommandResult stranger = platform.avl("db list --api-key wrong");
  EXPECT_EQ(stranger.status, 1);
  const CommandResult busy = avl("up --port-base 0 --data " + platform.data());
  EXPECT_EQ(busy.status, 1);
  EXPECT_NE(busy.out.find("in use by another process"), std::string::npos) << busy.out;
}

TEST_F(Cli, QueriesInThreeFormats) {
  const std::string query =
      "db query demo \"SELECT s.id, s.area_km2 FROM states s WHERE s.region = @r ORDER BY s.id\" "
      "--param r=Sul ";
  EXPECT_EQ(platform.avl(query + "--format csv").out,
            "id,area_km2\nPR,199299\nRS,281707\nSC,95731\n");
  EXPECT_EQ(platform.avl(query + "--format json").out,
            "[\n{\"id\":\"PR\",\"area_km2\":199299},\n{\"id\":\"RS\",\"area_km2\":281707},\n{"
            "\"id\":\"SC\",\"area_km2\":95731}\n]\n");
  EXPECT_EQ(platform.avl(query).out,
            "id  area_km2\n──  ────────\nPR    199299\nRS    281707\nSC     95731\n");
  EXPECT_EQ(platform.avl("db query demo 'SELEC'").status, 1);
  EXPECT_NE(platform.avl(query + "--explain").out.find("\"access\""), std::string::npos);
}

TEST_F(Cli, DocumentsByHand) {
  EXPECT_EQ(platform.avl("db create shop").status, 0);
  EXPECT_EQ(
      platform
          .avl("db create-collection shop.items --partition-key /tenant --index by_price:/price")
          .status,
      0);
  EXPECT_EQ(platform.avl("db create-collection shop.items").status, 1);
  const std::string path = file("one.json", R"({"id":"a 1","tenant":"t","price":3})");
  EXPECT_EQ(platform.avl("db put shop.items " + path).out, "stored a 1\n");
  EXPECT_NE(platform.avl("db get shop.items 'a 1'").out.find("\"price\": 3"), std::string::npos);
  EXPECT_EQ(platform.avl("db get shop.items 'a 1' --pk '[\"u\"]'").status, 1);
  EXPECT_EQ(platform.avl("db index create shop.items by_name:/name,/price").status, 0);
  EXPECT_NE(platform.avl("db index list shop.items").out.find("by_name"), std::string::npos);
  EXPECT_EQ(platform.avl("db index drop shop.items by_name").status, 0);
  EXPECT_NE(platform.avl("db collections shop --output json").out.find("\"by_price\""),
            std::string::npos);
  EXPECT_EQ(platform.avl("db delete shop.items 'a 1'").status, 0);
  EXPECT_EQ(platform.avl("db get shop.items 'a 1'").status, 1);
  EXPECT_EQ(platform.avl("db drop shop").status, 1) << "nobody to ask";
  EXPECT_EQ(platform.avl("db drop shop --yes").status, 0);
}

TEST_F(Cli, ImportsCountRejectAndGoOn) {
  platform.avl("db create shop");
  platform.avl("db create-collection shop.rows");
  std::string csv = "id,n,name\n";
  for (int i = 0; i < 1'200; ++i)
    csv += std::to_string(i) + ',' + std::to_string(i * i) + ",row " + std::to_string(i) + '\n';
  const CommandResult good = platform.avl("db import shop.rows " + file("rows.csv", csv));
  EXPECT_EQ(good.status, 0) << good.out;
  EXPECT_NE(good.out.find("imported 1200 documents"), std::string::npos) << good.out;
  EXPECT_EQ(platform
                .avl("db query shop 'SELECT VALUE r.n FROM rows r WHERE r.id = @id' --param "
                     "id='\"7\"' --format csv")
                .out,
            "value\n49\n");
  const CommandResult bad = platform.avl("db import shop.rows " +
                                         file("bad.ndjson", "{\"x\":1}\nnope\n[1]\n{\"x\":2}\n") +
                                         " --rejects " + (folder / "rejects"));
  EXPECT_EQ(bad.status, 1);
  EXPECT_NE(bad.out.find("imported 2 documents"), std::string::npos) << bad.out;
  EXPECT_NE(bad.out.find("rejected 2"), std::string::npos) << bad.out;
  EXPECT_EQ(run_command("wc -l < " + (folder / "rejects")).out, "2\n");
  // The same file again stores nothing twice, although its documents have no id.
  platform.avl("db import shop.rows " + (folder / "bad.ndjson"));
  EXPECT_EQ(
      platform.avl("db query shop 'SELECT VALUE COUNT(1) FROM rows r WHERE r.x > 0' --format csv")
          .out,
      "value\n2\n");

  const CommandResult exported = platform.avl("db export shop.rows " + (folder / "out.ndjson"));
  EXPECT_EQ(exported.status, 0) << exported.out;
  EXPECT_EQ(run_command("wc -l < " + (folder / "out.ndjson")).out, "1202\n");
}

TEST_F(Cli, ProfilesAreKeptPrivately) {
  const std::string endpoint = "http://127.0.0.1:" + std::to_string(platform.port());
  EXPECT_EQ(avl("configure --endpoint " + endpoint + " --api-key " + platform.api_key()).status, 0);
  EXPECT_EQ(run_command("stat -c %a " + (folder / "config/avl/config.toml")).out, "600\n");
  EXPECT_NE(avl("db list").out.find("demo"), std::string::npos);
  EXPECT_EQ(avl("db list --profile other").status, 1);
}

TEST_F(Cli, TheShellTakesStatementsOverLines) {
  const std::string script =
      file("script", "\\use demo\nSELECT s.id\nFROM states s\nWHERE s.population > @min;\n");
  const std::string with_set =
      file("script2",
           "\\use demo\n\\format csv\n\\set min 20000000\nSELECT s.id\nFROM states s\n"
           "WHERE s.population > @min ORDER BY s.id;\n\\quit\nnever\n");
  const CommandResult shell = run_command(AVILA_BIN_DIR "/avl db shell --data " + platform.data() +
                                          " < " + with_set + " 2>&1");
  EXPECT_EQ(shell.status, 0) << shell.out;
  EXPECT_EQ(shell.out, "id\nMG\nSP\n");
  const CommandResult wrong = run_command(AVILA_BIN_DIR "/avl db shell --data " + platform.data() +
                                          " < " + script + " 2>&1");
  EXPECT_NE(wrong.out.find("error:"), std::string::npos) << "a parameter is missing: " << wrong.out;
}

TEST_F(Cli, BenchPrintsQuantiles) {
  for (const char* operation : {"insert", "get", "query"}) {
    const CommandResult bench = platform.avl(
        std::string("bench db --json --seconds 1 --connections 4 --documents 200 --operation ") +
        operation);
    EXPECT_EQ(bench.status, 0) << bench.out;
    EXPECT_NE(bench.out.find("\"errors\":0"), std::string::npos) << bench.out;
    EXPECT_NE(bench.out.find("\"p99_ms\":"), std::string::npos) << bench.out;
  }
}

TEST_F(Cli, ASecondSignalIsNotNeeded) {
  EXPECT_EQ(platform.stop(), 0);
  ASSERT_TRUE(platform.start());
  EXPECT_NE(platform.output().find("\nready in "), std::string::npos);
}

}  // namespace
}  // namespace avila_test

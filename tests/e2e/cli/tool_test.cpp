// `avl tool …` beside the programs that people know: coreutils, b3sum, xxhsum, jq, grep, bc.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "avila_test/tools.hpp"

namespace {

using avila_test::CommandResult;
using avila_test::run_command;

const std::string kAvl = std::string(AVILA_BIN_DIR) + "/avl tool ";

class Tool : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string text;
    for (int i = 0; i < 40'000; ++i) text += "line " + std::to_string(i * 7919) + " of text\n";
    write("text", text);
    write("empty", "");
    std::string bytes;
    for (int i = 0; i < 300'001; ++i) bytes += static_cast<char>(i * 131 % 251);
    write("bytes", bytes);
  }
  void write(const std::string& name, const std::string& content) {
    std::ofstream(folder_ / name, std::ios::binary) << content;
  }
  /// In the folder, with stderr left out.
  CommandResult in_folder(const std::string& command) {
    return run_command("cd '" + folder_.path() + "' && LC_ALL=C " + command + " 2>/dev/null");
  }
  void expect_same(const std::string& ours, const std::string& theirs) {
    const CommandResult a = in_folder(kAvl + ours), b = in_folder(theirs);
    EXPECT_EQ(a.status, b.status) << ours;
    if (a.out != b.out) {
      const auto at = static_cast<std::size_t>(
          std::mismatch(a.out.begin(), a.out.end(), b.out.begin(), b.out.end()).first -
          a.out.begin());
      ADD_FAILURE() << ours << "\n  ours:   …" << a.out.substr(at, 80) << "\n  theirs: …"
                    << b.out.substr(at, 80);
    }
    EXPECT_FALSE(b.out.empty()) << theirs;
  }

  avila_test::TempDir folder_;
};

TEST_F(Tool, HashesAsCoreutilsDo) {
  for (const char* alg : {"md5", "sha1", "sha224", "sha256", "sha384", "sha512"})
    expect_same("hash " + std::string(alg) + " text empty bytes",
                std::string(alg) + "sum text empty bytes");
  expect_same("hash blake2b text bytes", "b2sum text bytes");
  expect_same("hash sha256 <bytes", "sha256sum <bytes");
  expect_same("hash sha256 text - <bytes", "sha256sum text - <bytes");
}

TEST_F(Tool, HashesAsB3sumAndXxhsumDo) {
  AVILA_REQUIRE_PROGRAM("b3sum");
  AVILA_REQUIRE_PROGRAM("xxhsum");
  expect_same("hash blake3 text empty bytes", "b3sum text empty bytes");
  expect_same("hash blake3 --length 100 bytes", "b3sum --length 100 bytes");
  expect_same("hash xxh128 text empty bytes", "xxhsum -H2 text empty bytes");
}

TEST_F(Tool, HashesAsOpensslDoes) {
  AVILA_REQUIRE_PROGRAM("openssl");
  for (const char* alg : {"sha3-224", "sha3-256", "sha3-384", "sha3-512"})
    expect_same("hash " + std::string(alg) + " bytes",
                "openssl dgst -" + std::string(alg) + " -r bytes | sed 's/ [*]/  /'");
  expect_same("hash shake128 --length 77 bytes",
              "openssl dgst -shake128 -xoflen 77 -r bytes | sed 's/ [*]/  /'");
}

TEST_F(Tool, HashesKnownValues) {
  write("nine", "123456789");
  EXPECT_EQ(in_folder(kAvl + "hash crc32 nine").out, "cbf43926  nine\n");
  EXPECT_EQ(in_folder(kAvl + "hash crc32c nine").out, "e3069283  nine\n");
  EXPECT_EQ(in_folder(kAvl + "hash crc64nvme nine").out, "ae8b14860a799888  nine\n");
  EXPECT_EQ(
      in_folder(kAvl + "hash siphash --key 000102030405060708090a0b0c0d0e0f empty").out.size(),
      16U + 2 + 6);
  EXPECT_EQ(in_folder(kAvl + "hash siphash empty").status, 2) << "needs a key";
  EXPECT_EQ(in_folder(kAvl + "hash nothing empty").status, 2);
  EXPECT_EQ(in_folder(kAvl + "hash").status, 2);
  EXPECT_EQ(in_folder(kAvl + "hash sha256 text absent").status, 1);
  EXPECT_EQ(in_folder(kAvl + "hash sha256 text >/dev/full").status, 1);
}

TEST_F(Tool, ChecksListsOfHashes) {
  write("odd\nname\\", "x");
  ASSERT_EQ(in_folder("sha256sum text empty bytes odd* >list").status, 0);
  expect_same("hash sha256 --check list", "sha256sum --check list");
  write("empty", "no longer");
  expect_same("hash sha256 --check list", "sha256sum --check list");
  ASSERT_EQ(in_folder("rm bytes").status, 0);
  expect_same("hash sha256 --check list", "sha256sum --check list");
  EXPECT_EQ(in_folder(kAvl + "hash sha512 --check list").status, 1) << "of another algorithm";
  ASSERT_EQ(in_folder(kAvl + "hash sha256 text odd* >ours && sha256sum --check ours").status, 0);
}

TEST_F(Tool, PrintsJsonAsJqDoes) {
  AVILA_REQUIRE_PROGRAM("jq");
  write("a.json", R"({"b":[1,2,{"x":"\u00e3\n"}],"a":null,"e":[],"o":{},"n":-12.5,"t":true})");
  expect_same("json a.json", "jq . a.json");
  expect_same("json --pretty <a.json", "jq . a.json");
  expect_same("json --compact a.json", "jq -c . a.json");
  expect_same("json --compact --pointer /b/2 a.json", "jq -c .b[2] a.json");
  EXPECT_EQ(in_folder(kAvl + "json --pointer /c a.json").status, 1);
  EXPECT_EQ(in_folder(kAvl + "json --check a.json").out, "");
  EXPECT_EQ(in_folder(kAvl + "json --check a.json").status, 0);
  write("bad.json", "{\"a\":01}");
  EXPECT_EQ(in_folder(kAvl + "json --check bad.json").status, 1);
  EXPECT_EQ(in_folder(kAvl + "json bad.json").out, "");
  write("long", "[123456789012345678901234567890.5e-7,1,1]");
  EXPECT_EQ(in_folder(kAvl + "json --compact long").out,
            "[123456789012345678901234567890.5e-7,1,1]\n");
}

TEST_F(Tool, MakesIdentifiers) {
  const auto lines = [&](const std::string& arguments) {
    const CommandResult result = in_folder(kAvl + "id " + arguments);
    EXPECT_EQ(result.status, 0) << arguments;
    std::set<std::string> all;
    for (std::size_t at = 0, end; (end = result.out.find('\n', at)) != std::string::npos;
         at = end + 1)
      all.insert(result.out.substr(at, end - at));
    return all;
  };
  for (const char* kind : {"uuid", "uuid4", "uuid7", "ulid", "ksuid", "snowflake", "nanoid"}) {
    EXPECT_EQ(lines(kind).size(), 1U);
    EXPECT_EQ(lines(std::string(kind) + " -n 5000").size(), 5000U) << kind;
  }
  EXPECT_EQ((*lines("uuid7").begin())[14], '7');
  EXPECT_EQ(in_folder(kAvl + "id nothing").status, 2);
  EXPECT_EQ(in_folder(kAvl + "id uuid -n 0").status, 1);
  EXPECT_EQ(in_folder(kAvl + "id uuid -n").status, 2);
}

TEST_F(Tool, SearchesAsGrepDoes) {
  expect_same("regex '^line [0-9]*7 of' text", "grep -E '^line [0-9]*7 of' text");
  expect_same("regex -o '[0-9]+7' text", "grep -Eo '[0-9]+7' text");
  expect_same("regex -c 7 text", "grep -c 7 text");
  expect_same("regex -vc 7 text", "grep -vc 7 text");
  expect_same("regex -n -i 'LINE 79190 ' text", "grep -n -i 'LINE 79190 ' text");
  expect_same("regex 99 text text", "grep -H 99 text text");
  expect_same("regex 99 <text", "grep 99 <text");
  EXPECT_EQ(in_folder(kAvl + "regex nowhere text").status, 1);
  EXPECT_EQ(in_folder(kAvl + "regex '(' text").status, 2);
  const CommandResult wrong = run_command(kAvl + "regex 'a(b' /dev/null 2>&1");
  EXPECT_NE(wrong.out.find('^'), std::string::npos) << "points at the place: " << wrong.out;
}

TEST_F(Tool, CalculatesAsBcDoes) {
  AVILA_REQUIRE_PROGRAM("bc");
  for (const char* expression :
       {"2^1000", "(1+2)*3-4", "-7/2*2", "10%3", "123456789123456789*987654321987654321", "2^64-1",
        "1000000007^20 % 998244353", "0.1+0.2"})
    EXPECT_EQ(in_folder(kAvl + "calc '" + expression + "'").status, 0) << expression;
  for (const char* whole : {"2^1000", "(1+2)*3-4", "10%3", "2^64-1", "7^77 % 1000003",
                            "123456789123456789*987654321987654321"})
    expect_same("calc '" + std::string(whole) + "'",
                "env BC_LINE_LENGTH=0 sh -c \"echo '" + std::string(whole) + "' | bc\"");
  EXPECT_EQ(in_folder(kAvl + "calc 'gcd(84,36)'").out, "12\n");
  EXPECT_EQ(in_folder(kAvl + "calc 'lcm(4,6)'").out, "12\n");
  EXPECT_EQ(in_folder(kAvl + "calc 'sqrt(144)'").out, "12\n");
  EXPECT_EQ(in_folder(kAvl + "calc 'modpow(3,200,1000007)'").out,
            in_folder("echo '3^200 % 1000007' | bc").out);
  EXPECT_EQ(in_folder(kAvl + "calc 'fact(20)'").out, "2432902008176640000\n");
  EXPECT_EQ(in_folder(kAvl + "calc '0.1+0.2'").out, "0.3\n");
  EXPECT_EQ(in_folder(kAvl + "calc '1/0'").status, 1);
  EXPECT_EQ(in_folder(kAvl + "calc '9^9^9^9'").status, 1) << "too large, and says so at once";
  EXPECT_EQ(in_folder(kAvl + "calc '2+'").status, 1);
}

TEST_F(Tool, EncodesAndDecodes) {
  expect_same("encode base64 bytes", "base64 -w0 bytes; echo");
  expect_same("encode base32 bytes", "base32 -w0 bytes; echo");
  for (const char* format : {"base64", "base64url", "base32", "hex", "percent"}) {
    const std::string there_and_back = kAvl + "encode " + format + " bytes | " + kAvl + "decode " +
                                       format + " | cmp - bytes && echo same";
    EXPECT_EQ(in_folder(there_and_back).out, "same\n") << format;
  }
  ASSERT_EQ(in_folder("base64 bytes >wrapped").status, 0);
  EXPECT_EQ(in_folder(kAvl + "decode base64 wrapped | cmp - bytes && echo same").out, "same\n");
  EXPECT_EQ(in_folder("echo 'abc$' | " + kAvl + "decode base64").status, 1);
  EXPECT_EQ(in_folder("echo zz | " + kAvl + "decode hex").status, 1);
  EXPECT_EQ(in_folder(kAvl + "encode rot13 text").status, 2);
}

TEST_F(Tool, CompressesForTheFormatsOwnProgramsAndBack) {
  for (const char* level : {"", "-1 ", "-6 ", "-9 "})
    expect_same("compress --format gzip " + std::string(level) + "text | gzip -dc", "cat text");
  ASSERT_EQ(in_folder("gzip -c bytes > bytes.gz && zstd -q -c bytes > bytes.zst").status, 0);
  expect_same("decompress --format gzip bytes.gz", "cat bytes");
  expect_same("decompress --format zstd < bytes.zst", "cat bytes");
  expect_same("compress --format zstd -19 text | zstd -dc", "cat text");
  expect_same("compress --format zstd -11 text | zstd -dc", "cat text");
  for (const char* format : {"deflate", "zlib", "gzip", "zstd", "lz4"}) {
    const std::string flags = "compress --format " + std::string(format);
    expect_same(flags + " bytes | " + kAvl + "de" + flags + " -", "cat bytes");
  }
  for (const char* format : {"deflate", "zlib", "zstd", "lz4"}) {
    const std::string flags = "compress --dictionary text --format " + std::string(format);
    expect_same(flags + " text | " + kAvl + "de" + flags, "cat text");
  }
  EXPECT_EQ(in_folder(kAvl + "decompress --format gzip text").status, 1);
  EXPECT_EQ(in_folder(kAvl + "compress --format gzip text | head -c 50 | " + kAvl +
                      "decompress --format gzip").status, 1);
  EXPECT_EQ(in_folder(kAvl + "decompress --format rar text").status, 2);
  EXPECT_EQ(in_folder(kAvl + "compress text").status, 2);
  EXPECT_EQ(in_folder(kAvl + "compress --format gzip -25 text").status, 2);
}

}  // namespace

// Both ways with the programs that people have: gzip, Python's zlib, zstd, brotli.
#include <avila/compress/codec.hpp>
#include <avila/compress/zstd.hpp>
#include <avila_test/tools.hpp>

#include "sample.hpp"

namespace {

using namespace avila;
using avila_test::Bytes, avila_test::read, avila_test::sample, avila_test::write;
using compress::Format;

std::vector<Bytes> samples() {
  std::vector<Bytes> all;
  for (const std::size_t size : {0UL, 1UL, 100UL, 5000UL, 300'000UL, 1'500'000UL})
    all.push_back(sample(size, size));
  Bytes noise(200'000);
  std::uint64_t state = 1;
  for (auto& b : noise) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    b = static_cast<std::byte>(state >> 56);
  }
  all.push_back(noise);
  for (auto& b : noise) {  // every byte, the ones with few bits more often
    state = state * 6364136223846793005U + 1442695040888963407U;
    b &= static_cast<std::byte>(state >> 48);
  }
  all.push_back(noise);
  all.push_back(Bytes(400'000));
  std::string words;  // of two, three and four bytes a letter
  for (int i = 0; i < 5000; ++i) {
    static constexpr const char* kWords[] = {"ação ", "coração — ", "日本語。", "Ελλάδα ", "🌍 "};
    state = state * 6364136223846793005U + 1442695040888963407U;
    words += kWords[(state >> 50) % 5];
  }
  all.emplace_back(as_bytes(words).begin(), as_bytes(words).end());
  return all;
}

struct Tool {
  Format format;
  const char* program;
  std::string decompress;             // in ours, out theirs
  std::vector<std::string> compress;  // in plain, out theirs.packed
};

void both_ways(const Tool& tool) {
  AVILA_REQUIRE_PROGRAM(tool.program);
  const avila_test::TempDir dir;
  const std::string in_folder = "cd " + dir.path() + " && ";
  const auto range = compress::levels(tool.format);
  for (const Bytes& in : samples()) {
    write(dir / "plain", in);
    for (int level = range.min; level <= range.max; ++level) {
      if (in.size() > 1'000'000 && level > 9) continue;
      SCOPED_TRACE("level " + std::to_string(level) + " size " + std::to_string(in.size()));
      const auto packed = compress::compress(tool.format, in, {.level = level});
      ASSERT_TRUE(packed.has_value()) << packed.error().to_string();
      write(dir / "ours", *packed);
      const auto run = avila_test::run_command(in_folder + tool.decompress + " 2>&1");
      ASSERT_EQ(run.status, 0) << run.out;
      ASSERT_TRUE(read(dir / "theirs") == in);
    }
    for (const std::string& command : tool.compress) {
      SCOPED_TRACE(command + " size " + std::to_string(in.size()));
      const auto run = avila_test::run_command(in_folder + command + " 2>&1");
      ASSERT_EQ(run.status, 0) << run.out;
      const auto out = compress::decompress(tool.format, read(dir / "theirs.packed"));
      ASSERT_TRUE(out.has_value()) << out.error().to_string();
      ASSERT_TRUE(*out == in);
    }
  }
}

TEST(CompressInterop, Gzip) {
  both_ways({Format::Gzip,
             "gzip",
             "gzip -dc < ours > theirs",
             {"gzip -1 -c plain > theirs.packed", "gzip -9 -c plain > theirs.packed",
              "(gzip -c plain; gzip -nc /dev/null) > theirs.packed"}});
}

// A program for `command -p python3 -c`, so that the system's own is taken.
std::string python(const std::string& program) {
  return "command -p python3 -c 'import sys, zlib; r = sys.stdin.buffer; w = sys.stdout.buffer; " +
         program + "'";
}

TEST(CompressInterop, PythonsZlib) {
  both_ways({Format::Zlib,
             "python3",
             python("w.write(zlib.decompress(r.read()))") + " < ours > theirs",
             {python("w.write(zlib.compress(r.read(), 1))") + " < plain > theirs.packed",
              python("w.write(zlib.compress(r.read(), 9))") + " < plain > theirs.packed",
              python("c = zlib.compressobj(6, 8, 9); w.write(c.compress(r.read()) + c.flush())") +
                  " < plain > theirs.packed"}});
}

TEST(CompressInterop, PythonsRawDeflate) {
  const auto packer = [](const std::string& arguments) {
    return python("c = zlib.compressobj(" + arguments +
                  "); w.write(c.compress(r.read()) + c.flush())") +
           " < plain > theirs.packed";
  };
  both_ways({Format::Deflate,
             "python3",
             python("w.write(zlib.decompress(r.read(), -15))") + " < ours > theirs",
             {packer("0, 8, -15"), packer("6, 8, -15, 9, 2"), packer("6, 8, -15, 1, 3"),
              packer("6, 8, -15, 9, 4")}});
}

TEST(CompressInterop, PythonsZlibDictionary) {
  AVILA_REQUIRE_PROGRAM("python3");
  const avila_test::TempDir dir;
  const std::string in_folder = "cd " + dir.path() + " && ";
  const Bytes dictionary = sample(20'000, 1), in = sample(60'000, 1);
  write(dir / "dictionary", dictionary);
  write(dir / "plain", in);
  write(dir / "ours", *compress::compress(Format::Zlib, in, {.dictionary = dictionary}));
  const std::string load = "z = open(\"dictionary\", \"rb\").read(); ";
  auto run = avila_test::run_command(
      in_folder +
      python(load + "d = zlib.decompressobj(zdict=z); w.write(d.decompress(r.read()))") +
      " < ours > theirs 2>&1");
  ASSERT_EQ(run.status, 0);
  ASSERT_TRUE(read(dir / "theirs") == in);
  run = avila_test::run_command(
      in_folder +
      python(load + "c = zlib.compressobj(9, zdict=z); w.write(c.compress(r.read()) + c.flush())") +
      " < plain > theirs.packed");
  ASSERT_EQ(run.status, 0);
  const Bytes theirs = read(dir / "theirs.packed");
  const auto out = compress::decompress(Format::Zlib, theirs, {.dictionary = dictionary});
  ASSERT_TRUE(out.has_value()) << out.error().to_string();
  EXPECT_TRUE(*out == in);
  EXPECT_TRUE(compress::decompress(Format::Zlib, theirs).error().is(Errc::InvalidArgument));
  EXPECT_FALSE(compress::decompress(Format::Zlib, theirs, {.dictionary = in}).has_value());
}

TEST(CompressInterop, Zstd) {
  both_ways({Format::Zstd,
             "zstd",
             "zstd -q -dc < ours > theirs",
             {"zstd -q -1 -c plain > theirs.packed", "zstd -q -c < plain > theirs.packed",
              "zstd -q -19 --no-check -c plain > theirs.packed",
              "zstd -q --fast=5 -c plain > theirs.packed",
              "zstd -q --ultra -22 --long=24 -c plain > theirs.packed"}});
}

TEST(CompressInterop, Brotli) {
  both_ways(
      {Format::Brotli,
       "brotli",
       "brotli -dc < ours > theirs",
       {"brotli -0 -c plain > theirs.packed", "brotli -5 -c plain > theirs.packed",
        "brotli -9 -w 16 -c plain > theirs.packed", "brotli -q 11 -c plain > theirs.packed"}});
}

TEST(CompressInterop, ZstdDictionaries) {
  AVILA_REQUIRE_PROGRAM("zstd");
  const avila_test::TempDir dir;
  const std::string in_folder = "cd " + dir.path() + " && ";
  for (int i = 0; i < 200; ++i)
    write(dir / ("sample" + std::to_string(i)), sample(1000, static_cast<std::uint64_t>(i)));
  auto run =
      avila_test::run_command(in_folder + "zstd -q --train sample* --maxdict=8000 -o trained 2>&1");
  ASSERT_EQ(run.status, 0) << run.out;
  write(dir / "raw", sample(9000, 7));
  std::vector<Bytes> samples;
  for (std::uint64_t i = 0; i < 200; ++i) samples.push_back(sample(1000, i));
  const std::vector<ByteSpan> spans(samples.begin(), samples.end());
  write(dir / "ours_trained", *compress::zstd::train_dictionary(spans, 8000));
  for (const std::string name : {"trained", "raw", "ours_trained"})
    for (const std::size_t size : {10UL, 900UL, 50'000UL}) {
      const Bytes dictionary = read(dir / name), in = sample(size, 300);
      write(dir / "plain", in);
      for (const int level : {1, 3, 6, 13}) {
        SCOPED_TRACE(name + " level " + std::to_string(level) + " size " + std::to_string(size));
        const auto ours =
            compress::compress(Format::Zstd, in, {.level = level, .dictionary = dictionary});
        ASSERT_TRUE(ours.has_value()) << ours.error().to_string();
        write(dir / "ours", *ours);
        run = avila_test::run_command(in_folder + "zstd -q -dc -D " + name + " < ours > theirs");
        ASSERT_EQ(run.status, 0);
        ASSERT_TRUE(read(dir / "theirs") == in);
        run = avila_test::run_command(in_folder + "zstd -q -" + std::to_string(level) + " -c -D " +
                                      name + " plain > theirs.packed");
        ASSERT_EQ(run.status, 0);
        const Bytes theirs = read(dir / "theirs.packed");
        const auto out = compress::decompress(Format::Zstd, theirs, {.dictionary = dictionary});
        ASSERT_TRUE(out.has_value()) << out.error().to_string();
        ASSERT_TRUE(*out == in);
      }
    }
}

}  // namespace

// Frames both ways with the lz4 program.
#include <avila/compress/lz4_frame.hpp>
#include <avila_test/tools.hpp>

#include "sample.hpp"

namespace {

using namespace avila;
using avila_test::Bytes, avila_test::read, avila_test::sample, avila_test::write;

TEST(Lz4Interop, TheProgramReadsOurFrames) {
  AVILA_REQUIRE_PROGRAM("lz4");
  const avila_test::TempDir dir;
  const Bytes dictionary = sample(70'000, 1);
  write(dir / "dictionary", dictionary);
  int n = 0;
  for (const std::size_t size : {0UL, 1UL, 1000UL, 900'000UL, 4'500'000UL})
    for (const int level : {-3, 1, 3, 9, 11})
      for (const bool linked : {false, true}) {
        if (size > 1'000'000 && level > 3) continue;
        const Bytes in = sample(size, 2);
        const bool with_dictionary = ++n % 4 == 0;
        compress::lz4::FrameOptions options{
            .block_size = static_cast<compress::lz4::BlockSize>(4 + n % 4),
            .linked_blocks = linked,
            .block_checksums = n % 3 == 0,
            .content_checksum = n % 5 != 0,
            .level = level};
        if (with_dictionary) options.dictionary = dictionary;
        const auto frame = compress::lz4::compress_frame(in, options);
        ASSERT_TRUE(frame.has_value());
        write(dir / "ours.lz4", *frame);
        const auto run = avila_test::run_command(
            "lz4 -d -f -q " + (with_dictionary ? "-D " + (dir / "dictionary") + " " : "") +
            (dir / "ours.lz4") + " " + (dir / "theirs") + " 2>&1");
        ASSERT_EQ(run.status, 0) << run.out << " size " << size << " level " << level;
        ASSERT_TRUE(read(dir / "theirs") == in) << size << " " << level;
      }
}

TEST(Lz4Interop, WeReadTheProgramsFrames) {
  AVILA_REQUIRE_PROGRAM("lz4");
  const avila_test::TempDir dir;
  const Bytes dictionary = sample(70'000, 1);
  write(dir / "dictionary", dictionary);
  for (const std::size_t size : {0UL, 5UL, 70'000UL, 700'000UL}) {
    const Bytes in = sample(size, 3);
    write(dir / "in", in);
    for (const std::string flags :
         {"-1", "-9", "-12", "--fast=5", "-B4", "-B5 -BD", "-B4 -BX", "--no-frame-crc",
          "--content-size", "-B4 -BD -BX --content-size -9", "-BI -B4 -D DICTIONARY",
          "-B4 -BD -D DICTIONARY"}) {
      std::string full = flags;
      const bool with_dictionary = full.ends_with("DICTIONARY");
      if (with_dictionary) full.replace(full.size() - 10, 10, dir / "dictionary");
      const auto run = avila_test::run_command("lz4 -f -q " + full + " " + (dir / "in") + " " +
                                               (dir / "theirs.lz4") + " 2>&1");
      ASSERT_EQ(run.status, 0) << run.out;
      const auto out = compress::lz4::decompress_frames(
          read(dir / "theirs.lz4"), {}, with_dictionary ? ByteSpan(dictionary) : ByteSpan());
      ASSERT_TRUE(out.has_value()) << flags << ": " << out.error().to_string();
      ASSERT_TRUE(*out == in) << flags;
    }
  }
}

TEST(Lz4Interop, HighCompressionIsAsSmallAsTheirs) {
  AVILA_REQUIRE_PROGRAM("lz4");
  const avila_test::TempDir dir;
  const Bytes in = sample(800'000, 4);
  write(dir / "in", in);
  for (const int level : {3, 9, 12}) {
    const auto run = avila_test::run_command("lz4 -f -q -" + std::to_string(level) + " " +
                                             (dir / "in") + " " + (dir / "theirs.lz4"));
    ASSERT_EQ(run.status, 0);
    const auto theirs = static_cast<double>(std::filesystem::file_size(dir / "theirs.lz4"));
    const auto ours =
        static_cast<double>(compress::lz4::compress_frame(in, {.level = level})->size());
    std::printf("level %d: ours / theirs = %.4f\n", level, ours / theirs);
    EXPECT_LT(ours, theirs * (level == 3 ? 1.08 : 1.03));
  }
}

}  // namespace

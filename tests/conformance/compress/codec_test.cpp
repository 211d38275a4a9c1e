// The deflate, zstd, brotli and snappy suites, and round trips of the corpus.
#include <avila/compress/codec.hpp>
#include <avila/compress/snappy.hpp>
#include <avila/hash/sha256.hpp>
#include <avila_test/conformance.hpp>

namespace {

using namespace avila;
using compress::Format;
namespace fs = std::filesystem;

// The string or number after `"key":`, searched from `at` on, which moves behind it.
std::string value_after(const std::string& text, const std::string& key, std::size_t& at) {
  const std::size_t found = text.find('"' + key + "\":", at);
  if (found == std::string::npos) return {};
  std::size_t begin = found + key.size() + 3;
  while (begin < text.size() && (text[begin] == ' ' || text[begin] == '"')) ++begin;
  at = text.find_first_of("\",}", begin);
  return text.substr(begin, at - begin);
}

std::string sha256_hex(ByteSpan bytes) {
  std::string hex;
  for (const std::byte b : hash::sha256(bytes)) {
    static constexpr char kDigits[] = "0123456789abcdef";
    hex += kDigits[static_cast<unsigned>(b) >> 4];
    hex += kDigits[static_cast<unsigned>(b) & 15];
  }
  return hex;
}

struct Case {
  fs::path file;
  std::string length, digest;
};

// Lists of {"file":…,"len":…,"sha256":…}, or {name:{"len":…,"sha256":…}} beside the files.
std::vector<Case> cases_below(const fs::path& folder) {
  std::vector<Case> cases;
  for (const auto& list : avila_test::files_below(folder, "expected.json")) {
    const std::string text = avila_test::read_file(list);
    const bool named = text.find("\"file\"") != std::string::npos;
    for (std::size_t at = 0;;) {
      Case one;
      if (named) {
        const std::string name = value_after(text, "file", at);
        if (name.empty()) break;
        one.file = list.parent_path().parent_path() / name;
        if (!fs::exists(one.file)) one.file = list.parent_path() / name;
      } else {
        const std::size_t open = text.find(":{", at);
        if (open == std::string::npos) break;
        const std::size_t quote = text.rfind('"', open - 2);
        one.file = list.parent_path() / text.substr(quote + 1, open - quote - 2);
        at = open;
      }
      one.length = value_after(text, "len", at);
      one.digest = value_after(text, "sha256", at);
      cases.push_back(one);
    }
  }
  return cases;
}

void expect_content(avila_test::SuiteReport& report, const Case& one, Format format) {
  const std::string bytes = avila_test::read_file(one.file);
  const auto content = compress::decompress(format, as_bytes(bytes));
  const std::string name = one.file.filename().string();
  if (!content.has_value()) {
    report.fail(name + ": " + content.error().to_string());
    return;
  }
  report.check(std::to_string(content->size()) == one.length && sha256_hex(*content) == one.digest,
               name);
}

TEST(CompressConformance, Deflate) {
  AVILA_REQUIRE_SUITE("deflate");
  avila_test::SuiteReport report("deflate");
  for (const Case& one : cases_below(avila_test::suite_path("deflate"))) {
    const std::string name = one.file.filename().string();
    const bool zlib = name.find(".zlib") != std::string::npos;
    expect_content(report, one,
                   name.ends_with(".gz") ? Format::Gzip
                   : zlib                ? Format::Zlib
                                         : Format::Deflate);
  }
  report.finish();
}

// A skippable frame alone, or frames cut at a frame's end, have content too: nothing.
TEST(CompressConformance, Zstd) {
  AVILA_REQUIRE_SUITE("zstd");
  avila_test::SuiteReport report("zstd");
  for (const Case& one : cases_below(avila_test::suite_path("zstd")))
    expect_content(report, one, Format::Zstd);
  for (const auto& file : avila_test::files_below(avila_test::suite_path("zstd"))) {
    const std::string folder = file.parent_path().filename().string();
    const std::string bytes = avila_test::read_file(file), name = file.filename().string();
    if (folder == "golden-decompression-errors") {
      report.check(!compress::decompress(Format::Zstd, as_bytes(bytes)).has_value(), name);
    } else if (folder == "golden-dictionaries") {
      report.check(
          compress::make_decoder(Format::Zstd, {.dictionary = as_bytes(bytes)}).has_value(), name);
    }
  }
  report.finish();
}

TEST(CompressConformance, Snappy) {
  AVILA_REQUIRE_SUITE("snappy");
  avila_test::SuiteReport report("snappy");
  const auto decompress = [](const std::string& bytes) -> Result<std::vector<std::byte>> {
    AVILA_TRY(const std::size_t size, compress::snappy::uncompressed_size(as_bytes(bytes)));
    if (size > 1U << 30) return Error(Errc::LimitExceeded, "a bomb");
    std::vector<std::byte> content(size);
    AVILA_TRY_VOID(compress::snappy::decompress(as_bytes(bytes), content));
    return content;
  };
  const auto folder = avila_test::suite_path("snappy");
  for (const auto& file : avila_test::files_below(folder, ".rawsnappy")) {
    const auto content = decompress(avila_test::read_file(file));
    auto plain = file;
    plain.replace_extension();
    report.check(content.has_value() && as_text(*content) == avila_test::read_file(plain),
                 file.filename().string());
  }
  if (fs::exists(folder / "bad"))
    for (const auto& file : avila_test::files_below(folder / "bad"))
      report.check(!decompress(avila_test::read_file(file)).has_value(), file.filename().string());
  report.finish();
}

// NAME.compressed and NAME.compressed.NN hold NAME.
TEST(CompressConformance, Brotli) {
  AVILA_REQUIRE_SUITE("brotli");
  avila_test::SuiteReport report("brotli");
  for (const auto& file : avila_test::files_below(avila_test::suite_path("brotli"))) {
    const std::string name = file.filename().string();
    const std::size_t dot = name.find(".compressed");
    if (dot == std::string::npos) continue;
    const std::string bytes = avila_test::read_file(file);
    const auto content = compress::decompress(Format::Brotli, as_bytes(bytes));
    if (!content.has_value()) {
      report.fail(name + ": " + content.error().to_string());
      continue;
    }
    report.check(
        as_text(*content) == avila_test::read_file(file.parent_path() / name.substr(0, dot)), name);
  }
  report.finish();
}

}  // namespace

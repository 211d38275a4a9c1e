// The lz4 suite: frames made by the reference tool, with length and SHA-256 of their content.
#include <avila/compress/lz4_frame.hpp>
#include <avila/hash/sha256.hpp>
#include <avila_test/conformance.hpp>

namespace {

using namespace avila;

// The string or number after `"key":`, searched from `at` on, which moves behind it.
std::string value_after(const std::string& text, const std::string& key, std::size_t& at) {
  const std::size_t found = text.find('"' + key + "\":", at);
  if (found == std::string::npos) return {};
  std::size_t begin = found + key.size() + 3;
  while (begin < text.size() && (text[begin] == ' ' || text[begin] == '"')) ++begin;
  at = text.find_first_of("\",}", begin);
  return text.substr(begin, at - begin);
}

TEST(CompressConformance, Lz4) {
  AVILA_REQUIRE_SUITE("lz4");
  avila_test::SuiteReport report("lz4");
  for (const auto& list : avila_test::files_below(avila_test::suite_path("lz4"), "expected.json")) {
    const std::string text = avila_test::read_file(list);
    for (std::size_t at = 0;;) {
      const std::string name = value_after(text, "file", at);
      if (name.empty()) break;
      const std::string length = value_after(text, "len", at);
      const std::string digest = value_after(text, "sha256", at);
      auto path = list.parent_path().parent_path() / name;
      if (!std::filesystem::exists(path)) path = list.parent_path() / name;
      const std::string bytes = avila_test::read_file(path);
      const auto content = compress::lz4::decompress_frames(as_bytes(bytes));
      if (!content.has_value()) {
        report.fail(name + ": " + content.error().to_string());
        continue;
      }
      std::string hex;
      for (const std::byte b : hash::sha256(*content)) {
        static constexpr char kDigits[] = "0123456789abcdef";
        hex += kDigits[static_cast<unsigned>(b) >> 4];
        hex += kDigits[static_cast<unsigned>(b) & 15];
      }
      report.check(std::to_string(content->size()) == length && hex == digest, name);
    }
  }
  report.finish();
}

}  // namespace

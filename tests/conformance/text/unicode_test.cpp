#include <avila/text/grapheme.hpp>
#include <avila/text/normalize.hpp>
#include <avila/text/utf8.hpp>

#include <avila_test/conformance.hpp>

#include <algorithm>
#include <sstream>

namespace avila::text {
namespace {

std::string encoded(const std::string& hex_words) {
  std::istringstream in(hex_words);
  std::string out;
  for (std::string word; in >> word;)
    append_utf8(out, static_cast<char32_t>(std::stoul(word, nullptr, 16)));
  return out;
}

std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    line = line.substr(0, line.find('#'));
    if (line.find_first_not_of(" \t\r") != std::string::npos) lines.push_back(line);
  }
  return lines;
}

TEST(UnicodeConformance, Normalization) {
  AVILA_REQUIRE_SUITE("unicode");
  avila_test::SuiteReport report("unicode/normalization");
  for (const auto& file : avila_test::files_below(avila_test::suite_path("unicode"), ".txt")) {
    if (file.filename().string().find("Normalization") == std::string::npos) continue;
    for (const std::string& line : lines_of(file)) {
      if (line[0] == '@') continue;
      std::string column[5];
      std::istringstream in(line);
      for (std::string& text : column) {
        std::getline(in, text, ';');
        text = encoded(text);
      }
      bool good = true;
      // The header of NormalizationTest.txt: the forms of columns 1-3 and of 4-5.
      for (int i = 0; i < 5; ++i) {
        good &= nfc(column[i]) == (i < 3 ? column[1] : column[3]);
        good &= nfd(column[i]) == (i < 3 ? column[2] : column[4]);
        good &= normalize(column[i], Form::Nfkc) == column[3];
        good &= normalize(column[i], Form::Nfkd) == column[4];
        good &= is_normalized(column[i], Form::Nfc) == (nfc(column[i]) == column[i]);
        good &= is_normalized(column[i], Form::Nfd) == (nfd(column[i]) == column[i]);
      }
      report.check(good, line);
    }
  }
  report.finish();
}

TEST(UnicodeConformance, GraphemeBreak) {
  AVILA_REQUIRE_SUITE("unicode");
  avila_test::SuiteReport report("unicode/grapheme");
  for (const auto& file : avila_test::files_below(avila_test::suite_path("unicode"), ".txt")) {
    if (file.filename().string().find("GraphemeBreakTest") == std::string::npos) continue;
    for (const std::string& line : lines_of(file)) {
      std::istringstream in(line);
      std::vector<std::string> expected;
      for (std::string word; in >> word;) {
        if (word == "\xC3\xB7") {  // ÷
          expected.emplace_back();
        } else if (word != "\xC3\x97") {  // ×
          expected.back() += encoded(word);
        }
      }
      expected.pop_back();  // the last ÷ ends the text
      std::string text;
      for (const std::string& cluster : expected) text += cluster;
      std::vector<std::string> found;
      for (const std::string_view cluster : graphemes(text)) found.emplace_back(cluster);
      report.check(found == expected, line);
    }
  }
  report.finish();
}

}  // namespace
}  // namespace avila::text

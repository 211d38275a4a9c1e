// regex.*: all matches of a pattern in the text-like and JSON inputs of bench.hpp, groups in the
// lines that say so.
#include "bench.hpp"

#include <avila/regex/regex.hpp>

int main(int argc, char** argv) {
  bench::init(argc, argv);
  const std::string text = bench::text_like(1 << 20, 3);
  const std::string json = bench::json_twitter(4000);
  const struct {
    const char* name;
    const std::string& text;
    const char* pattern;
    bool groups;
  } lines[] = {
      {"literal", json, "profile_image_url", false},
      {"alternation", json, "created_at|retweeted|hashtags|followers|screen_name|lang", false},
      {"case-insensitive", json, "(?i)Iso_Language", false},
      {"class", text, "[a-z]+ing", false},
      {"words", text, R"((?-u)\w+)", false},
      {"bounded", text, R"([A-Z][a-z]{3,12}\s[a-z]+)", false},
      {"lines", text, "(?m)^.*[0-9]{3}.*$", false},
      {"quoted", json, R"("[^"]*")", false},
      {"groups", json, R"(("\w+"):(\d+))", true},
      {"groups-date", json, R"((\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d))", true},
  };
  for (const auto& line : lines) {
    const auto re = avila::regex::Regex::compile(line.pattern);
    bench::need(re.has_value(), "the pattern is refused");
    bench::mbs(std::string("regex.") + line.name, static_cast<double>(line.text.size()), [&] {
      std::size_t found = 0;
      if (line.groups) {
        auto all = re->captures_all(line.text);
        while (const auto captures = all.next()) found += (*captures)[1].size();
      } else {
        found = re->count(line.text);
      }
      bench::keep(found);
    });
  }
  return 0;
}

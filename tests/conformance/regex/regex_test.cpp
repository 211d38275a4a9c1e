// conformance/regex: the suite of Rust's regex, in TOML. Every case runs through find and captures,
// and where the case allows it through each engine alone.
#include <gtest/gtest.h>
#include <avila/regex/detail/engines.hpp>
#include <avila/regex/regex.hpp>
#include <avila/serde/toml.hpp>
#include <avila/text/utf8.hpp>

#include <algorithm>
#include <filesystem>
#include <map>

#include "avila_test/conformance.hpp"

namespace {
using namespace avila::regex;
using avila::serde::toml::Kind;
using avila::serde::toml::Value;
using avila_test::SuiteReport;

constexpr std::size_t kNone = std::string_view::npos;

// regex-lite.toml says of itself that it tests where the "lite" engine differs from the full one:
// "regex-lite uses ASCII definitions for Perl character classes", "only supports ASCII-aware case
// insensitive matching", "a dot always matches a full codepoint". unicode.toml asks the opposite.
const std::map<std::string, std::string> kExcluded = {
    {"regex-lite/perl-class-decimal", "lite: \\d is ASCII; unicode/perl4 wants Unicode"},
    {"regex-lite/perl-class-space", "lite: \\s is ASCII; unicode/perl7 wants Unicode"},
    {"regex-lite/perl-class-word", "lite: \\w is ASCII; unicode/perl1 wants Unicode"},
    {"regex-lite/word-boundary-negated", "lite: \\B is ASCII; unicode/wb-100 wants Unicode"},
    {"regex-lite/negated-class-always-matches-codepoint",
     "lite: (?-u)[^a] is a code point; no-unicode/negate2 wants a byte"},
    {"regex-lite/case-insensitive-is-ascii-only",
     "lite: case is ASCII; no-unicode/case3 wants Unicode"},
};

struct Expected {
  std::uint32_t pattern = 0;
  std::vector<std::size_t> spans;  // start, end of each group given
  bool operator==(const Expected&) const = default;
};

struct Case {
  std::string name;
  std::vector<std::string> regexes;
  std::string haystack;
  std::vector<Expected> matches;
  std::size_t start = 0, end = kNone, limit = kNone;
  bool anchored = false, compiles = true, overlapping = false, earliest = false;
  Options options;
};

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'n': out += '\n'; break;
      case 'r': out += '\r'; break;
      case 't': out += '\t'; break;
      case '0': out += '\0'; break;
      case 'x':
        out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
        i += 2;
        break;
      default: out += text[i];
    }
  }
  return out;
}

void read_span(const Value& value, std::vector<std::size_t>& out) {
  if (value.items().empty()) {
    out.insert(out.end(), {kNone, kNone});
    return;
  }
  for (const Value& edge : value.items())
    out.push_back(static_cast<std::size_t>(edge.as_integer()));
}

Expected read_match(const Value& value) {
  Expected out;
  const Value* spans = &value;
  if (value.is(Kind::Table)) {
    out.pattern = static_cast<std::uint32_t>(value.find("id")->as_integer());
    spans = value.find("span") != nullptr ? value.find("span") : value.find("spans");
  }
  if (!spans->items().empty() && spans->items()[0].is(Kind::Integer)) {
    read_span(*spans, out.spans);
  } else {
    for (const Value& span : spans->items()) read_span(span, out.spans);
  }
  return out;
}

Case read_case(const Value& test, const std::string& file) {
  Case out;
  const auto flag = [&test](const char* name, bool otherwise) {
    const Value* value = test.find(name);
    return value != nullptr ? value->as_boolean() : otherwise;
  };
  const auto word = [&test](const char* name) {
    const Value* value = test.find(name);
    return value != nullptr ? value->as_text() : std::string();
  };
  out.name = file + "/" + word("name");
  if (test.find("regex")->is(Kind::Array)) {
    for (const Value& regex : test.find("regex")->items()) out.regexes.push_back(regex.as_text());
  } else {
    out.regexes.push_back(word("regex"));
  }
  const bool escaped = flag("unescape", false);
  out.haystack = escaped ? unescape(word("haystack")) : word("haystack");
  for (const Value& match : test.find("matches")->items()) out.matches.push_back(read_match(match));
  if (const Value* bounds = test.find("bounds"); bounds != nullptr) {
    if (bounds->is(Kind::Table)) {
      out.start = static_cast<std::size_t>(bounds->find("start")->as_integer());
      out.end = static_cast<std::size_t>(bounds->find("end")->as_integer());
    } else {
      out.start = static_cast<std::size_t>(bounds->items()[0].as_integer());
      out.end = static_cast<std::size_t>(bounds->items()[1].as_integer());
    }
  }
  if (const Value* limit = test.find("match-limit"); limit != nullptr)
    out.limit = static_cast<std::size_t>(limit->as_integer());
  out.anchored = flag("anchored", false);
  out.compiles = flag("compiles", true);
  out.options.case_insensitive = flag("case-insensitive", false);
  out.options.unicode = flag("unicode", true);
  out.options.utf8 = flag("utf8", true);
  const std::string line_end = unescape(word("line-terminator"));
  if (!line_end.empty()) out.options.line_terminator = static_cast<std::uint8_t>(line_end[0]);
  if (word("match-kind") == "all") out.options.match_kind = MatchKind::All;
  out.overlapping = word("search-kind") == "overlapping";
  out.earliest = word("search-kind") == "earliest";
  return out;
}

std::string shown(const std::vector<Expected>& matches) {
  std::string out;
  for (const Expected& match : matches) {
    out += " #" + std::to_string(match.pattern) + "(";
    for (const std::size_t edge : match.spans)
      out += edge == kNone ? "- " : std::to_string(edge) + " ";
    out += ")";
  }
  return out;
}

// As many groups as the case gives.
bool same(const std::vector<Expected>& wanted, const std::vector<Expected>& got) {
  if (wanted.size() != got.size()) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].pattern != got[i].pattern) return false;
    const std::size_t count = std::min(wanted[i].spans.size(), got[i].spans.size());
    if (!std::equal(wanted[i].spans.begin(), wanted[i].spans.begin() + count, got[i].spans.begin()))
      return false;
  }
  return true;
}

std::string judge(const Case& test) {
  std::vector<std::string_view> patterns(test.regexes.begin(), test.regexes.end());
  const auto regex = Regex::compile_many(patterns, test.options);
  if (!test.compiles) return regex.has_value() ? "compiled" : "";
  if (!regex.has_value()) return explain(regex.error(), patterns.empty() ? "" : patterns[0]);
  const Input input(test.haystack, test.start, test.end, test.anchored, test.earliest);

  const auto complaint = [&](const char* how, const std::vector<Expected>& got) {
    if (same(test.matches, got)) return std::string();
    return std::string(how) + ": wanted" + shown(test.matches) + ", got" + shown(got);
  };
  if (regex->is_match(input) == test.matches.empty()) return "is_match";
  std::vector<Expected> got;
  if (test.overlapping) {
    std::vector<Expected> wanted = test.matches;
    for (const Match& m : regex->find_overlapping(input))
      got.push_back({m.pattern, {m.start, m.end}});
    std::string wrong = complaint("overlapping", got);
    if (!wrong.empty() || test.options.match_kind != MatchKind::All) return wrong;
    std::vector<std::uint32_t> ids;
    for (const Expected& match : wanted) ids.push_back(match.pattern);
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return regex->matching_patterns(input) == ids ? "" : "matching_patterns";
  }
  Matches matches = regex->find_all(input);
  while (got.size() < test.limit) {
    const auto match = matches.next();
    if (!match) break;
    got.push_back({match->pattern, {match->start, match->end}});
  }
  if (std::string wrong = complaint("find", got); !wrong.empty()) return wrong;
  got.clear();
  CapturesAll all = regex->captures_all(input);
  while (got.size() < test.limit) {
    const auto captures = all.next();
    if (!captures) break;
    Expected one{captures->pattern(), {}};
    for (std::size_t i = 0; i < captures->size(); ++i) {
      const auto group = captures->get(i);
      one.spans.insert(one.spans.end(), {group ? group->start : kNone, group ? group->end : kNone});
    }
    got.push_back(one);
  }
  if (std::string wrong = complaint("captures", got); !wrong.empty()) return wrong;
  // The first match again, by each engine that can. Engines know nothing of code points.
  if (test.matches.empty() || (test.matches[0].spans[0] == test.matches[0].spans[1])) return "";
  for (const auto engine : {detail::Engine::Pike, detail::Engine::LazyDfa, detail::Engine::OnePass,
                            detail::Engine::BitState}) {
    const auto answer = detail::run_engine(*regex, engine, input);
    if (!answer.ran) continue;
    if (!answer.match || answer.match->start != test.matches[0].spans[0] ||
        answer.match->end != test.matches[0].spans[1])
      return "engine " + std::to_string(static_cast<int>(engine));
  }
  return "";
}

TEST(Conformance, RustRegexSuite) {
  AVILA_REQUIRE_SUITE("regex");
  SuiteReport report("regex");
  for (const auto& path : avila_test::files_below(avila_test::suite_path("regex"), ".toml")) {
    const auto document = avila::serde::toml::parse(avila_test::read_file(path));
    ASSERT_TRUE(document.has_value()) << path << ": " << document.error().to_string();
    for (const Value& test : document->find("test")->items()) {
      const Case one = read_case(test, path.stem().string());
      if (kExcluded.contains(one.name)) {
        report.exclude();
        continue;
      }
      const std::string wrong = judge(one);
      report.check(wrong.empty(), one.name + ": " + wrong);
    }
  }
  report.finish();
}

}  // namespace

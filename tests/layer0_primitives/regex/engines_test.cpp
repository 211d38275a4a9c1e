// Engines against each other, against a backtracking matcher, and their steps counted.
#include <gtest/gtest.h>
#include <avila/regex/detail/engines.hpp>
#include <avila/regex/detail/literal_kernels.hpp>
#include <avila/regex/regex.hpp>

#include <functional>
#include <random>
#include <thread>

namespace avila::regex {
namespace {

using detail::Engine;
constexpr std::size_t kNone = std::string_view::npos;

// A random pattern, and a matcher by backtracking that is the definition of what it means.
struct Reference {
  enum class Kind { Char, Any, Pair, Start, End, Word, Concat, Or, Repeat, Group };
  Kind kind = Kind::Char;
  char c = 'a';
  int min = 0, max = 0;  // max < 0: no limit
  bool greedy = true;
  std::size_t group = 0;
  std::vector<Reference> parts;

  bool can_be_empty() const {
    switch (kind) {
      case Kind::Char:
      case Kind::Any:
      case Kind::Pair: return false;
      case Kind::Repeat: return min == 0 || parts[0].can_be_empty();
      case Kind::Or:
        for (const auto& part : parts)
          if (part.can_be_empty()) return true;
        return false;
      default:
        for (const auto& part : parts)
          if (!part.can_be_empty()) return false;
        return true;
    }
  }

  std::string text() const {
    switch (kind) {
      case Kind::Char: return {c};
      case Kind::Any: return ".";
      case Kind::Pair: return c == 'a' ? "[ab]" : "[^a]";
      case Kind::Start: return "^";
      case Kind::End: return "$";
      case Kind::Word: return c == 'a' ? "\\b" : "\\B";
      case Kind::Group: return "(" + parts[0].text() + ")";
      case Kind::Repeat: {
        const std::string count =
            "{" + std::to_string(min) + "," + (max < 0 ? "" : std::to_string(max)) + "}";
        return "(?:" + parts[0].text() + ")" + count + (greedy ? "" : "?");
      }
      default: break;
    }
    std::string out;
    for (const auto& part : parts) {
      if (kind == Kind::Or && &part != &parts[0]) out += "|";
      out +=
          kind == Kind::Concat && part.kind == Kind::Or ? "(?:" + part.text() + ")" : part.text();
    }
    return out;
  }
};

using Next = std::function<bool(std::size_t)>;

struct Backtracker {
  std::string_view text;
  std::vector<std::size_t> groups;

  static bool word(char c) { return c >= 'a' && c <= 'z'; }

  bool run(const Reference& node, std::size_t at, const Next& next) {
    using Kind = Reference::Kind;
    switch (node.kind) {
      case Kind::Char: return at < text.size() && text[at] == node.c && next(at + 1);
      case Kind::Any: return at < text.size() && text[at] != '\n' && next(at + 1);
      case Kind::Pair:
        return at < text.size() &&
               (node.c == 'a' ? text[at] == 'a' || text[at] == 'b' : text[at] != 'a') &&
               next(at + 1);
      case Kind::Start: return at == 0 && next(at);
      case Kind::End: return at == text.size() && next(at);
      case Kind::Word: {
        const bool before = at > 0 && word(text[at - 1]);
        const bool after = at < text.size() && word(text[at]);
        return ((before != after) == (node.c == 'a')) && next(at);
      }
      case Kind::Concat: return concat(node, 0, at, next);
      case Kind::Or:
        for (const Reference& part : node.parts)
          if (run(part, at, next)) return true;
        return false;
      case Kind::Group: {
        const std::size_t old_start = groups[2 * node.group];
        const std::size_t old_end = groups[2 * node.group + 1];
        if (run(node.parts[0], at, [&](std::size_t end) {
              const std::size_t start_now = groups[2 * node.group];
              const std::size_t end_now = groups[2 * node.group + 1];
              groups[2 * node.group] = at;
              groups[2 * node.group + 1] = end;
              if (next(end)) return true;
              groups[2 * node.group] = start_now;
              groups[2 * node.group + 1] = end_now;
              return false;
            }))
          return true;
        groups[2 * node.group] = old_start;
        groups[2 * node.group + 1] = old_end;
        return false;
      }
      case Kind::Repeat: return repeat(node, 0, at, next);
    }
    return false;
  }

  bool concat(const Reference& node, std::size_t part, std::size_t at, const Next& next) {
    if (part == node.parts.size()) return next(at);
    return run(node.parts[part], at,
               [&](std::size_t end) { return concat(node, part + 1, end, next); });
  }

  bool repeat(const Reference& node, int count, std::size_t at, const Next& next) {
    const auto more = [&] {
      return (node.max < 0 || count < node.max) && run(node.parts[0], at, [&](std::size_t end) {
               return repeat(node, count + 1, end, next);
             });
    };
    if (count < node.min) return more();
    return node.greedy ? more() || next(at) : next(at) || more();
  }

  // Spans of all groups of the leftmost-first match; nothing where there is none.
  std::vector<std::size_t> search(const Reference& root, std::size_t group_count) {
    for (std::size_t start = 0; start <= text.size(); ++start) {
      groups.assign(2 * group_count, kNone);
      std::size_t stop = 0;
      if (run(root, start, [&](std::size_t end) { return stop = end, true; })) {
        groups[0] = start;
        groups[1] = stop;
        return groups;
      }
    }
    return {};
  }
};

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}
  std::size_t groups = 1;

  int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }

  Reference node(int depth) {
    using Kind = Reference::Kind;
    Reference out;
    out.c = static_cast<char>('a' + below(2));
    const int pick = below(depth > 0 ? 16 : 8);
    if (pick < 4) {
      out.kind = Kind::Char;
      out.c = static_cast<char>('a' + below(3));
    } else if (pick < 8) {
      constexpr Kind kLeaves[] = {Kind::Any,   Kind::Pair, Kind::Pair,
                                  Kind::Start, Kind::End,  Kind::Word};
      out.kind = kLeaves[below(6)];
    } else if (pick < 11) {
      out.kind = Kind::Concat;
      for (int i = 2 + below(2); i > 0; --i) out.parts.push_back(node(depth - 1));
    } else if (pick < 13) {
      out.kind = Kind::Or;
      for (int i = 2 + below(2); i > 0; --i) out.parts.push_back(node(depth - 1));
    } else if (pick < 15) {
      Reference body = node(depth - 1);
      if (body.can_be_empty()) return body;
      out.kind = Kind::Repeat;
      out.min = below(3);
      out.max = below(2) == 0 ? -1 : out.min + below(3);
      if (out.max == 0) out.max = 1;
      out.greedy = below(2) == 0;
      out.parts.push_back(std::move(body));
    } else {
      out.kind = Kind::Group;
      out.group = groups++;
      out.parts.push_back(node(depth - 1));
    }
    return out;
  }

  std::string text() {
    std::string out;
    for (int i = below(10); i > 0; --i) out += "aabbc \n"[below(7)];
    return out;
  }

 private:
  std::mt19937 random_;
};

// Groups are numbered by their opening parentheses, from the left.
void number(Reference& node, std::size_t& next) {
  if (node.kind == Reference::Kind::Group) node.group = next++;
  for (Reference& part : node.parts) number(part, next);
}

TEST(Engines, AgreeWithABacktrackingMatcher) {
  for (unsigned seed = 1; seed <= 3'000; ++seed) {
    Generator generator(seed);
    Reference root = generator.node(4);
    std::size_t groups = 1;
    number(root, groups);
    const std::string pattern = root.text();
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + pattern);
    const auto re = Regex::compile(pattern);
    ASSERT_TRUE(re.has_value()) << explain(re.error(), pattern);
    ASSERT_EQ(re->group_count(), groups);
    for (int i = 0; i < 6; ++i) {
      const std::string text = generator.text();
      Backtracker backtracker{text, {}};
      const auto wanted = backtracker.search(root, groups);
      for (const auto engine : {Engine::Auto, Engine::Pike, Engine::LazyDfa, Engine::BitState}) {
        const auto got = detail::run_engine(*re, engine, text);
        ASSERT_TRUE(got.ran);
        ASSERT_EQ(got.match.has_value(), !wanted.empty()) << text << int(engine);
        if (wanted.empty()) continue;
        ASSERT_EQ(got.match->start, wanted[0]) << text << int(engine);
        ASSERT_EQ(got.match->end, wanted[1]) << text << int(engine);
        if (engine != Engine::LazyDfa) {
          ASSERT_EQ(got.spans, wanted) << text << int(engine);
        }
      }
    }
  }
}

TEST(Engines, AgreeOnUnicodeAndEmptyLoops) {
  const char* patterns[] = {"(?:|a)*",
                            "(a|b|)*?c",
                            "(?:a*)*b",
                            R"((\w+)\s(\w+))",
                            R"(\b\w+\b)",
                            R"((?i)(ß|é)+x?)",
                            R"([^a]*(a|é))",
                            R"((^|b)+a)",
                            R"(\B.\b)",
                            R"((?m)^(.*)$)",
                            R"((a*)(b|c)?$)",
                            R"((?:\b|a)+é)",
                            R"((|a)+(b))",
                            R"(\p{Greek}+|.)",
                            R"((?mR)^|$)",
                            R"((a)|(b)|(c))",
                            R"(\b{start}.\b{end-half})",
                            "x{3,5}?y",
                            "(?:(a)|b)*"};
  for (const char* pattern : patterns) {
    for (const bool utf8 : {true, false}) {
      const auto re = Regex::compile(pattern, {.utf8 = utf8});
      ASSERT_TRUE(re.has_value()) << explain(re.error(), pattern);
      std::mt19937 random(7);
      for (int i = 0; i < 200; ++i) {
        std::string text;
        for (auto n = random() % 12; n > 0; --n) {
          constexpr const char* kPieces[] = {"a", "b",  "c",  "é", "γ", " ",
                                             "x", "\n", "\r", "y", "ß", "xxx"};
          text += kPieces[random() % 12];
        }
        for (const bool anchored : {false, true}) {
          const Input input(text, 0, kNone, anchored);
          const auto wanted = detail::run_engine(*re, Engine::Pike, input);
          for (const auto engine : {Engine::LazyDfa, Engine::OnePass, Engine::BitState}) {
            const auto got = detail::run_engine(*re, engine, input);
            if (!got.ran) continue;
            ASSERT_EQ(got.match.has_value(), wanted.match.has_value())
                << pattern << " " << text << int(engine);
            if (!wanted.match) continue;
            ASSERT_EQ(got.match->start, wanted.match->start) << pattern << " " << text;
            ASSERT_EQ(got.match->end, wanted.match->end) << pattern << " " << text;
            if (engine != Engine::LazyDfa) {
              ASSERT_EQ(got.spans, wanted.spans) << pattern << " " << text;
            }
          }
        }
      }
    }
  }
}

TEST(Engines, StepsGrowLinearlyWithTheText) {
  const struct {
    const char *pattern, *unit, *end;
  } cases[] = {{"(a*)*b", "a", ""},           {"(x+x+)+y", "x", ""},
               {"(a|aa)+$", "a", "b"},        {"(a|a)*c", "a", ""},
               {"(.*)(.*)(.*)q", "a", ""},    {"((a{1,4}){1,4}){1,4}b", "a", ""},
               {"(?:a?){20}a{20}b", "a", ""}, {"^(([a-z])+.)+[A-Z]([a-z])+$", "a", ""},
               {R"((\w+\s?)+$)", "ab ", "!"}, {"(é|éé)+x", "é", ""}};
  for (const auto& c : cases) {
    const auto re = Regex::compile(c.pattern);
    ASSERT_TRUE(re.has_value());
    for (const auto engine :
         {Engine::Auto, Engine::Pike, Engine::LazyDfa, Engine::OnePass, Engine::BitState}) {
      const auto steps = [&](int times) {
        std::string text;
        for (int i = 0; i < times; ++i) text += c.unit;
        text += c.end;
        return detail::run_engine(*re, engine, Input(text)).steps;
      };
      steps(4'000);  // the states of the automaton exist from now on
      const auto once = static_cast<double>(steps(1'000));
      const auto four = static_cast<double>(steps(4'000));
      EXPECT_LE(four, 4.2 * once + 100) << c.pattern << " engine " << int(engine);
    }
  }
}

// (a?){n}a{n} against a^n: 2^n ways for a backtracking engine.
TEST(Engines, StepsAreBoundedByInstructionsTimesBytes) {
  for (const int n : {10, 20, 40, 80}) {
    const std::string count = "{" + std::to_string(n) + "}";
    const auto re = Regex::compile("(a?)" + count + "a" + count);
    ASSERT_TRUE(re.has_value());
    const std::string text(static_cast<std::size_t>(n), 'a');
    for (const auto engine : {Engine::Pike, Engine::LazyDfa, Engine::BitState}) {
      const auto answer = detail::run_engine(*re, engine, Input(text));
      ASSERT_TRUE(answer.match.has_value());
      EXPECT_EQ(answer.match->text, text);
      EXPECT_LE(answer.steps, 25U * static_cast<unsigned>(n * n)) << n << " " << int(engine);
    }
  }
}

TEST(Engines, AutomatonForgetsAndGivesUpWithinItsMemory) {
  const std::string_view pattern = "[ab]*a[ab]{12}c";  // 2^12 states
  const auto small = Regex::compile(pattern, {.dfa_memory = 20'000});
  const auto large = Regex::compile(pattern);
  ASSERT_TRUE(small.has_value() && large.has_value());
  std::mt19937 random(3);
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += random() % 50 == 0 ? 'c' : "ab"[random() % 2];
  EXPECT_EQ(small->count(text), large->count(text));
  EXPECT_GT(large->count(text), 10U);
  // A search that gave up does not spoil those after it.
  const auto later = detail::run_engine(*small, Engine::LazyDfa, "aaaaaaaaaaaaaac");
  EXPECT_TRUE(later.ran);
  EXPECT_TRUE(later.match.has_value());
}

TEST(Engines, ThreadsShareARegex) {
  const auto re = Regex::compile(R"((\w+)@(\w+)\.com)");
  ASSERT_TRUE(re.has_value());
  std::vector<std::thread> threads;
  std::array<std::size_t, 4> counts{};
  for (std::size_t t = 0; t < counts.size(); ++t)
    threads.emplace_back([&re, &counts, t] {
      const std::string text = "x ana@mail.com, " + std::string(t, 'y') + " bob@host.com é";
      for (int i = 0; i < 200; ++i)
        for (const Captures& c : re->captures_all(text)) counts[t] += c[1].size();
    });
  for (auto& thread : threads) thread.join();
  for (const std::size_t count : counts) EXPECT_EQ(count, 200U * 6);
}

TEST(LiteralKernels, AgreeWithPortable) {
  std::mt19937 random(11);
  std::vector<std::uint8_t> text(300);
  for (auto& b : text) b = static_cast<std::uint8_t>("abcdefgh"[random() % 8]);
  for (int round = 0; round < 300; ++round) {
    detail::BytePair pair{};
    for (int i = 0; i < 2; ++i) {
      pair.byte[i] = static_cast<std::uint8_t>("abcdefghz"[random() % 9]);
      pair.offset[i] = random() % 8;
    }
    detail::GroupTables tables;
    tables.positions = static_cast<unsigned>(1 + random() % 3);
    for (unsigned k = 0; k < tables.positions; ++k)
      for (unsigned g = 0; g < 8; ++g) {
        const auto b = static_cast<std::uint8_t>("abcdefghz"[random() % 9]);
        tables.low[k][b & 15] |= static_cast<std::uint8_t>(1U << g);
        tables.high[k][b >> 4] |= static_cast<std::uint8_t>(1U << g);
      }
    if (round % 3 == 0)
      for (auto& nibble : tables.low[0]) nibble &= 1;
    const std::size_t from = random() % 40;
    const std::size_t last = random() % 200;
    const auto wanted = detail::find_pair_kernels().back().run(text.data() + from, last, pair);
    for (const auto& kernel : detail::find_pair_kernels()) {
      if (!kernel.supported()) continue;
      EXPECT_EQ(kernel.run(text.data() + from, last, pair), wanted) << kernel.name;
    }
    const auto hit = detail::find_group_kernels().back().run(text.data() + from, last, tables);
    for (const auto& kernel : detail::find_group_kernels()) {
      if (!kernel.supported()) continue;
      const auto got = kernel.run(text.data() + from, last, tables);
      EXPECT_EQ(got.at, hit.at) << kernel.name;
      EXPECT_EQ(got.groups, hit.groups) << kernel.name;
    }
    const auto place = detail::find_sets_kernels().back().run(text.data() + from, last, tables);
    for (const auto& kernel : detail::find_sets_kernels()) {
      if (!kernel.supported()) continue;
      EXPECT_EQ(kernel.run(text.data() + from, last, tables), place) << kernel.name;
    }
  }
}

// Literals, alone and in sets, at every place around the ends of blocks.
TEST(Literals, AreFoundWhereTheyLie) {
  const char* patterns[] = {"x", "xy", "xyzzy", "xy|zz", "x|y|z|w", "(?i)xyz", "ab|cd|ef|gh|xy|ij"};
  for (const char* pattern : patterns) {
    const auto re = Regex::compile(pattern);
    ASSERT_TRUE(re.has_value());
    for (std::size_t before = 0; before < 70; ++before)
      for (std::size_t after = 0; after < 40; after += 13) {
        const std::string text = std::string(before, '.') + "xyzzy" + std::string(after, '.');
        const auto got = re->find(text);
        const auto wanted = detail::run_engine(*re, Engine::Pike, text).match;
        ASSERT_TRUE(got.has_value() && wanted.has_value());
        EXPECT_EQ(got->start, before);
        EXPECT_EQ(got->end, wanted->end);
      }
  }
}

}  // namespace
}  // namespace avila::regex

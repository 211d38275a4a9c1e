#include <gtest/gtest.h>
#include <avila/json/document.hpp>
#include <avila/json/sax.hpp>
#include <avila/json/stream.hpp>
#include <avila/json/value.hpp>
#include <avila/simd/dispatch.hpp>
#include <avila/text/number.hpp>

#include <cmath>
#include <memory>
#include <vector>

#include "fast_parser.hpp"
#include "structural.hpp"

namespace {
using namespace avila::json;
using avila::Errc;

struct SplitMix64 {
  std::uint64_t state;
  std::uint64_t next() {
    std::uint64_t z = (state += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t n) { return next() % n; }
};

Value random_value(SplitMix64& random, int depth) {
  switch (random.below(depth > 0 ? 9 : 7)) {
    case 0: return nullptr;
    case 1: return random.below(2) == 0;
    case 2: return static_cast<std::int64_t>(random.next() >> random.below(64));
    case 3: return random.next() | std::uint64_t{1} << 63;
    case 4: {
      const double d = std::bit_cast<double>(random.next());
      return std::isfinite(d) ? d : 0.5;
    }
    case 5: return static_cast<double>(static_cast<std::int64_t>(random.next())) * 1e-9;
    case 6: {
      static constexpr std::string_view kParts[] = {
          "a",  "\"", "\\", "\n",   "é",
          "日", "😀", "/",  "\x01", "plain text of some length that fills a vector"};
      std::string text;
      for (std::size_t n = random.below(8); n > 0; --n) text += kParts[random.below(10)];
      return text;
    }
    case 7: {
      Value array = Value::make_array();
      for (std::size_t n = random.below(8); n > 0; --n)
        array.push_back(random_value(random, depth - 1));
      return array;
    }
    default: {
      Value object = Value::make_object();
      for (std::size_t n = random.below(8); n > 0; --n)
        object.set("k" + std::to_string(random.below(100)), random_value(random, depth - 1));
      return object;
    }
  }
}

// Text with spaces in odd places, so that tokens meet every place of a block.
std::string spread(const std::string& compact, SplitMix64& random) {
  std::string out;
  bool in_string = false;
  for (std::size_t i = 0; i < compact.size(); ++i) {
    const char c = compact[i];
    if (!in_string && std::string_view(",:[]{}").find(c) != std::string_view::npos) {
      out.append(random.below(4), ' ');
      out += c;
      out.append(random.below(4), " \n\t\r"[random.below(4)]);
      continue;
    }
    out += c;
    if (in_string && c == '\\') {
      out += compact[++i];
    } else if (c == '"') {
      in_string = !in_string;
    }
  }
  return out;
}

TEST(Parser, AgreesWithTheValueParserOnRandomDocuments) {
  Parser parser;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    SplitMix64 random{seed};
    Value root = Value::make_array();
    for (std::size_t n = random.below(40); n > 0; --n) root.push_back(random_value(random, 4));
    const std::string compact = to_string(root);
    const std::string text = spread(compact, random);
    auto element = parser.parse(text);
    ASSERT_TRUE(element.has_value()) << element.error().to_string();
    EXPECT_EQ(to_string(*element), compact);
    EXPECT_EQ(to_value(*element), root);
    auto value = parse(text);
    ASSERT_TRUE(value.has_value());
    EXPECT_EQ(*value, root);
    avila::json::detail::FastParser fast;
    EXPECT_TRUE(fast.parse(text, {})) << "the fast parser gave up on valid text";
    const auto pretty = parse(to_pretty_string(root));
    ASSERT_TRUE(pretty.has_value());
    EXPECT_EQ(*pretty, root);
  }
}

TEST(Parser, AgreesWithTheValueParserOnDamagedDocuments) {
  Parser parser;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SplitMix64 random{seed};
    Value root = Value::make_array();
    for (int n = 0; n < 6; ++n) root.push_back(random_value(random, 3));
    const std::string good = to_string(root);
    for (int i = 0; i < 60; ++i) {
      std::string text = good;
      const std::size_t at = random.below(text.size());
      switch (random.below(3)) {
        case 0: text[at] = "\"\\[]{},:0-.eE\x01\xFFt "[random.below(17)]; break;
        case 1: text.erase(at, 1 + random.below(3)); break;
        default: text.insert(at, 1, "\"\\[]{},:0-.eE\x01\xFFt "[random.below(17)]); break;
      }
      const auto element = parser.parse(text);
      const auto value = parse(text);
      ASSERT_EQ(element.has_value(), value.has_value()) << text;
      avila::json::detail::FastParser fast;
      if (value.has_value() && (value->is_array() || value->is_object())) {
        EXPECT_TRUE(fast.parse(text, {})) << text;
      } else {
        EXPECT_FALSE(fast.parse(text, {})) << text;
      }
      if (value.has_value()) {
        EXPECT_EQ(to_value(*element), *value) << text;
      } else {
        EXPECT_EQ(element.error().to_string(), value.error().to_string()) << text;
      }
    }
  }
}

// Documents larger than a chunk: strings, escapes and characters cut at every place of the edge.
TEST(Parser, CarriesTokensOverTheEdgeOfAChunk) {
  constexpr std::size_t kEdge = 1U << 15;
  const std::string tails[] = {
      R"("\u00e9\n\ud83d\ude00x")", "\"日本語日本語\"", "12345678901234567",
      "-1.2345678901234e-12",       R"("\\\\\\\\\"")",  "true"};
  Parser parser;
  for (const std::string& tail : tails) {
    for (std::size_t shift = 0; shift < 48; ++shift) {
      const std::string filler(kEdge - 40 + shift - 4, 'x');
      const std::string text = "[\"" + filler + "\"," + tail + ",{\"k\":\"after\"}]";
      const auto element = parser.parse(text);
      const auto value = parse(text);
      ASSERT_TRUE(element.has_value()) << tail << " " << shift << element.error().to_string();
      ASSERT_EQ(to_value(*element), *value) << tail << " " << shift;
      avila::json::detail::FastParser fast;
      EXPECT_TRUE(fast.parse(text, {}));
    }
  }
  std::string bad = "[\"" + std::string(kEdge - 3, 'x') + "\xE6\x97\"]";
  const auto refused = parser.parse(bad);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().offset(), kEdge - 1);
}

TEST(Structural, EveryKernelAgreesWithPortable) {
  SplitMix64 random{5};
  for (int round = 0; round < 300; ++round) {
    std::string text(64 * (1 + random.below(6)), ' ');
    for (char& c : text)
      c = random.below(3) == 0 ? static_cast<char>(random.next())
                               : "\"\\\\[]{},: \n\t01ae\x0C\x1A\""[random.below(19)];
    std::vector<std::vector<std::uint32_t>> results;
    for (const auto& kernel : avila::json::detail::index_kernels()) {
      if (!kernel.supported()) continue;
      std::vector<std::uint32_t> out(text.size() + avila::json::detail::kIndexSlack);
      avila::json::detail::IndexState state;
      std::string copy(text.size(), 0);
      auto* end = kernel.run(text.data(), 1, 7, state, out.data(), copy.data());
      end = kernel.run(text.data() + 64, text.size() / 64 - 1, 71, state, end, copy.data() + 64);
      ASSERT_EQ(copy, text);
      out.resize(static_cast<std::size_t>(end - out.data()));
      for (const std::uint64_t flag :
           {state.escaped, state.in_string, state.scalar, std::uint64_t{state.control != 0},
            std::uint64_t{state.high != 0}})
        out.push_back(static_cast<std::uint32_t>(flag));
      results.push_back(std::move(out));
      ASSERT_EQ(results.front(), results.back()) << kernel.name;
    }
  }
}

TEST(Parser, SaysWhereAndWhatWasExpected) {
  struct Case {
    const char* text;
    std::uint64_t offset;
    const char* part;
  };
  const Case cases[] = {
      {"", 0, "expected a value, found the end"},
      {"[1,]", 3, "expected a value, found ']'"},
      {"[1 2]", 3, "expected ',' or ']', found '2'"},
      {R"({"a":1 "b":2})", 7, "expected ',' or '}'"},
      {R"({"a" 1})", 5, "expected ':'"},
      {R"({1:2})", 1, "expected a string or '}'"},
      {R"({"a":1,})", 7, "expected a string as the name"},
      {"[1]x", 3, "expected the end of the text"},
      {"[tru]", 1, "expected true, false or null"},
      {"nul", 0, "expected true, false or null"},
      {"[01]", 2, "may not begin with 0"},
      {"[1.]", 3, "expected a digit after the point"},
      {"[1e]", 3, "expected a digit in the exponent"},
      {"[-]", 2, "expected a digit"},
      {"[1-2]", 2, "unexpected character in a number"},
      {"[1e999]", 1, "beyond the range of a double"},
      {"[\"a", 1, "not closed"},
      {"[\"a\nb\"]", 3, "control character"},
      {"[\"\xFF\"]", 2, "not UTF-8"},
      {R"(["\x"])", 2, "unknown escape"},
      {R"(["\u12g4"])", 2, "four hexadecimal digits"},
      {R"(["\ud800"])", 2, "unpaired surrogate"},
      {R"(["\udc00"])", 2, "unpaired surrogate"},
      {"[\x01]", 1, "found byte 0x01"},
  };
  Parser parser;
  for (const Case& c : cases) {
    const auto value = parse(c.text);
    const auto element = parser.parse(c.text);
    ASSERT_FALSE(value.has_value()) << c.text;
    ASSERT_FALSE(element.has_value()) << c.text;
    EXPECT_EQ(value.error().offset(), c.offset) << c.text << value.error().to_string();
    EXPECT_NE(value.error().to_string().find(c.part), std::string::npos)
        << value.error().to_string();
    EXPECT_EQ(value.error().to_string(), element.error().to_string());
  }
}

TEST(Parser, HoldsItsLimits) {
  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_TRUE(Parser().parse(nested(128)).has_value());
  EXPECT_TRUE(Parser().parse(nested(129)).error().is(Errc::LimitExceeded));
  EXPECT_TRUE(parse(nested(129)).error().is(Errc::LimitExceeded));
  EXPECT_TRUE(Parser({.max_depth = 1'000'000})
                  .parse(nested(kMaxDepth + 1))
                  .error()
                  .is(Errc::LimitExceeded));
  EXPECT_TRUE(Parser({.max_depth = 1'000'000}).parse(nested(kMaxDepth)).has_value());
  EXPECT_TRUE(Parser({.max_size = 3}).parse("[1,2]").error().is(Errc::LimitExceeded));
  EXPECT_TRUE(parse("[1,2]", {.max_size = 3}).error().is(Errc::LimitExceeded));
  EXPECT_TRUE(parse(std::string(100'000, '[')).error().is(Errc::LimitExceeded));
}

TEST(Parser, KeepsOrRefusesDuplicates) {
  const char* text = R"({"x":{"a":1,"b":2,"a":3}})";
  Parser parser;
  const Element root = parser.parse(text).value();
  EXPECT_EQ(root.find("x")->find("a")->get_int64(), 3);
  EXPECT_EQ(root.find("x")->size(), 3U);
  EXPECT_EQ(to_string(*parse(text)), R"({"x":{"a":3,"b":2}})");
  const ParseOptions strict{.duplicates = Duplicates::Refuse};
  const auto element = Parser(strict).parse(text);
  const auto value = parse(text, strict);
  ASSERT_FALSE(element.has_value());
  ASSERT_FALSE(value.has_value());
  EXPECT_EQ(element.error().offset(), 18U);
  EXPECT_EQ(value.error().offset(), 18U);
  EXPECT_TRUE(Parser(strict).parse(R"({"a":{"a":1},"b":[{"a":2}]})").has_value());
}

TEST(Parser, KeepsNumbersExactly) {
  const char* text =
      "[9223372036854775807,-9223372036854775808,18446744073709551615,-0,0,1E2,"
      "18446744073709551616,0.1234567890123456789,1e400,-0.0]          "
      "                                                                      ";
  Parser parser;
  EXPECT_FALSE(parser.parse(text).has_value());
  Parser exact({.big_numbers = BigNumbers::KeepText});
  const Element root = exact.parse(text).value();
  EXPECT_EQ(root.at(0)->get_int64(), INT64_MAX);
  EXPECT_EQ(root.at(1)->get_int64(), INT64_MIN);
  EXPECT_EQ(root.at(2)->get_uint64(), UINT64_MAX);
  EXPECT_FALSE(root.at(2)->get_int64().has_value());
  EXPECT_TRUE(std::signbit(*root.at(3)->get_double()));
  EXPECT_EQ(root.at(4)->kind(), Kind::Int);
  EXPECT_EQ(root.at(5)->get_int64(), 100);
  EXPECT_EQ(root.at(6)->get_number_text(), "18446744073709551616");
  EXPECT_EQ(root.at(7)->get_number_text(), "0.1234567890123456789");
  EXPECT_EQ(root.at(8)->get_number_text(), "1e400");
  EXPECT_EQ(to_value(root), *parse(text, {.big_numbers = BigNumbers::KeepText}));
  EXPECT_EQ(to_string(root),
            "[9223372036854775807,-9223372036854775808,18446744073709551615,-0.0,0,"
            "100.0,18446744073709551616,0.1234567890123456789,1e400,-0.0]");
}

TEST(Parser, FractionsOfEveryLengthAreExact) {
  std::uint64_t seed = 1;
  const auto digits = [&](unsigned n) {
    std::string text;
    for (unsigned i = 0; i < n; ++i) {
      seed = seed * 6364136223846793005U + 1442695040888963407U;
      text += static_cast<char>('0' + (seed >> 33) % 10);
    }
    return text;
  };
  avila::json::Parser parser;
  for (unsigned whole = 1; whole <= 22; ++whole)
    for (unsigned fraction = 1; fraction <= 24; ++fraction)
      for (const char* behind : {",", "]", " ", "e7,", "E-3]"}) {
        std::string first = digits(whole);
        if (first[0] == '0' && whole > 1) first[0] = '7';
        const std::string sign = fraction % 2 == 0 ? "-" : "";
        const std::string end(behind);
        const std::string number =
            sign + first + '.' + digits(fraction) + end.substr(0, end.size() - 1);
        // Room on both sides: numbers near the ends of a text go another way.
        const std::string text = "[" + std::string(40, ' ') + number +
                                 (end.back() == ' ' ? " " : "") + "," + std::string(80, ' ') + "1]";
        const auto root = parser.parse(text);
        ASSERT_TRUE(root.has_value()) << text;
        ASSERT_EQ(root->at(0)->get_double(), *avila::text::parse_double(number)) << number;
      }
  for (const char* bad : {"1.", "1.x", "01.5", "1.5.5", "-.5", "1.5-", "12345678901234567.1x"}) {
    const std::string text = "[" + std::string(40, ' ') + bad + "," + std::string(80, ' ') + "1]";
    EXPECT_FALSE(parser.parse(text).has_value()) << bad;
  }
}

TEST(Parser, IsReusedAndNeedsNoInputKept) {
  Parser parser;
  for (int i = 0; i < 3; ++i) {
    auto text = std::make_unique<std::string>("[\"" + std::string(100, 'a') + "\\n\",{\"k\":[]}]");
    const Element root = parser.parse(*text).value();
    text.reset();
    EXPECT_EQ(root.at(0)->get_string()->size(), 101U);
    EXPECT_EQ(root.at(1)->find("k")->size(), 0U);
  }
  EXPECT_GT(parser.memory(), 0U);
  parser.shrink();
  EXPECT_EQ(parser.parse("[ 7 ]").value().at(0)->get_int64(), 7);
  EXPECT_EQ(parser.parse("\xEF\xBB\xBF[\"bom\"]").value().at(0)->get_string(), "bom");
}

struct Recorder : Handler {
  std::string log;
  bool null() override { return log += "n ", true; }
  bool boolean(bool b) override { return log += b ? "t " : "f ", true; }
  bool int64(std::int64_t i) override { return log += "i" + std::to_string(i) + " ", true; }
  bool uint64(std::uint64_t u) override { return log += "u" + std::to_string(u) + " ", true; }
  bool double_(double d) override { return log += "d" + std::to_string(d) + " ", true; }
  bool string(std::string_view s) override { return log += "s(" + std::string(s) + ") ", true; }
  bool key(std::string_view s) override { return log += "k(" + std::string(s) + ") ", s != "stop"; }
  bool begin_array() override { return log += "[ ", true; }
  bool end_array() override { return log += "] ", true; }
  bool begin_object() override { return log += "{ ", true; }
  bool end_object() override { return log += "} ", true; }
};

TEST(EventReader, GivesTheSameEventsForEveryCut) {
  const std::string text =
      "\xEF\xBB\xBF {\"k\\u00e9y\": [1, -2.5e3, true, false, null, \"日本\\ud83d\\ude00\\\\\"], "
      "\"u\": 18446744073709551615, \"e\": {}} \n";
  Recorder whole;
  ASSERT_TRUE(parse_events(text, whole).has_value());
  EXPECT_EQ(whole.log,
            "{ k(kéy) [ i1 d-2500.000000 t f n s(日本😀\\) ] k(u) u18446744073709551615 "
            "k(e) { } } ");
  for (std::size_t first = 0; first <= text.size(); ++first) {
    Recorder cut;
    EventReader reader(cut);
    ASSERT_TRUE(reader.feed(std::string_view(text).substr(0, first)).has_value()) << first;
    ASSERT_TRUE(reader.feed(std::string_view(text).substr(first)).has_value()) << first;
    ASSERT_TRUE(reader.finish().has_value()) << first;
    EXPECT_TRUE(reader.done());
    EXPECT_EQ(cut.log, whole.log) << first;
  }
  Recorder bytes;
  EventReader reader(bytes);
  for (const char c : text) ASSERT_TRUE(reader.feed({&c, 1}).has_value());
  ASSERT_TRUE(reader.finish().has_value());
  EXPECT_EQ(bytes.log, whole.log);
}

TEST(EventReader, ReportsTheOffsetInTheWholeText) {
  Recorder recorder;
  EventReader reader(recorder);
  ASSERT_TRUE(reader.feed("[1, 2").has_value());
  const auto refused = reader.feed(" x]");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().offset(), 6U);
  EXPECT_FALSE(reader.feed("]").has_value());
  EventReader cut(recorder);
  ASSERT_TRUE(cut.feed("[\"abc").has_value());
  EXPECT_FALSE(cut.finish().has_value());
  EventReader small(recorder, {.max_size = 8});
  ASSERT_TRUE(small.feed("[1,2,").has_value());
  EXPECT_TRUE(small.feed("3,4,5]").error().is(Errc::LimitExceeded));
  EXPECT_TRUE(parse_events(R"({"stop":1})", recorder).error().is(Errc::Cancelled));
}

TEST(LineReader, TakesDocumentsFromChunks) {
  LineReader reader;
  reader.feed("{\"a\":1}\n\n[2");
  auto row = reader.next();
  ASSERT_TRUE(row.has_value() && row->has_value());
  EXPECT_EQ((*row)->find("a")->get_int64(), 1);
  row = reader.next();
  ASSERT_TRUE(row.has_value());
  EXPECT_FALSE(row->has_value());
  reader.feed("]\r\nbroken\n\"last\"");
  row = reader.next();
  EXPECT_EQ((*row)->at(0)->get_int64(), 2);
  EXPECT_EQ(reader.line(), 3U);
  row = reader.next();
  ASSERT_FALSE(row.has_value());
  EXPECT_NE(row.error().to_string().find("line 4"), std::string::npos);
  row = reader.next();
  EXPECT_FALSE(row->has_value());
  reader.finish();
  row = reader.next();
  EXPECT_EQ((*row)->get_string(), "last");
  row = reader.next();
  EXPECT_FALSE(row->has_value());
}

TEST(LineReader, DropsLinesThatAreTooLong) {
  LineReader reader({.max_size = 16});
  reader.feed("\"" + std::string(40, 'x'));
  EXPECT_TRUE(reader.next().error().is(Errc::LimitExceeded));
  reader.feed(std::string(40, 'x') + "\"\n[1]\n");
  auto row = reader.next();
  ASSERT_TRUE(row.has_value() && row->has_value());
  EXPECT_EQ((*row)->at(0)->get_int64(), 1);
  EXPECT_EQ(reader.line(), 2U);
}

}  // namespace

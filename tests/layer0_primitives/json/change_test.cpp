// Pointer, patches, JSONPath, on-demand reading: vectors from the appendices of the RFCs.
#include <gtest/gtest.h>
#include <avila/json/on_demand.hpp>
#include <avila/json/patch.hpp>
#include <avila/json/path.hpp>
#include <avila/json/pointer.hpp>

namespace {
using namespace avila::json;
using avila::Errc;

Value make(std::string_view text) {
  auto value = parse(text);
  EXPECT_TRUE(value.has_value()) << text << value.error().to_string();
  return std::move(value).value();
}

TEST(Pointer, FollowsRfc6901) {
  const char* text = R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6,
                         " ":7,"m~n":8})";
  const Value root = make(text);
  Parser parser;
  const Element element = parser.parse(text).value();
  const std::pair<const char*, const char*> plain[] = {{"/foo", R"(["bar","baz"])"},
                                                       {"/foo/0", "\"bar\""},
                                                       {"/", "0"},
                                                       {"/a~1b", "1"},
                                                       {"/c%d", "2"},
                                                       {"/e^f", "3"},
                                                       {"/g|h", "4"},
                                                       {"/i\\j", "5"},
                                                       {"/k\"l", "6"},
                                                       {"/ ", "7"},
                                                       {"/m~0n", "8"}};
  for (const auto& [pointer, expected] : plain) {
    const Pointer parsed = Pointer::parse(pointer).value();
    ASSERT_NE(parsed.find(root), nullptr) << pointer;
    EXPECT_EQ(to_string(*parsed.find(root)), expected);
    EXPECT_EQ(to_string(*parsed.find(element)), expected);
    EXPECT_EQ(parsed.to_string(), pointer);
  }
  EXPECT_EQ(Pointer::parse("").value().find(root), &root);
  const std::pair<const char*, const char*> fragments[] = {
      {"#/foo/0", "\"bar\""}, {"#/", "0"},      {"#/a~1b", "1"},  {"#/c%25d", "2"},
      {"#/e%5Ef", "3"},       {"#/g%7Ch", "4"}, {"#/i%5Cj", "5"}, {"#/k%22l", "6"},
      {"#/%20", "7"},         {"#/m~0n", "8"}};
  for (const auto& [fragment, expected] : fragments)
    EXPECT_EQ(to_string(*Pointer::parse_fragment(fragment).value().find(root)), expected);
  for (const char* absent :
       {"/foo/2", "/foo/-", "/foo/00", "/foo/01", "/foo/x", "/nope", "/foo/0/x"})
    EXPECT_EQ(Pointer::parse(absent).value().find(root), nullptr) << absent;
  EXPECT_EQ(Pointer::parse("foo").error().offset(), 0U);
  EXPECT_EQ(Pointer::parse("/a~2").error().offset(), 2U);
  EXPECT_EQ(Pointer::parse("/a~").error().offset(), 2U);
  EXPECT_FALSE(Pointer::parse_fragment("/a").has_value());
  EXPECT_TRUE(Pointer::parse(std::string(1025, '/')).error().is(Errc::LimitExceeded));
}

struct PatchCase {
  const char* document;
  const char* patch;
  const char* result;  // null: refused
};

TEST(Patch, FollowsTheExamplesOfRfc6902) {
  const PatchCase cases[] = {
      {R"({"foo":"bar"})", R"([{"op":"add","path":"/baz","value":"qux"}])",
       R"({"baz":"qux","foo":"bar"})"},
      {R"({"foo":["bar","baz"]})", R"([{"op":"add","path":"/foo/1","value":"qux"}])",
       R"({"foo":["bar","qux","baz"]})"},
      {R"({"baz":"qux","foo":"bar"})", R"([{"op":"remove","path":"/baz"}])", R"({"foo":"bar"})"},
      {R"({"foo":["bar","qux","baz"]})", R"([{"op":"remove","path":"/foo/1"}])",
       R"({"foo":["bar","baz"]})"},
      {R"({"baz":"qux","foo":"bar"})", R"([{"op":"replace","path":"/baz","value":"boo"}])",
       R"({"baz":"boo","foo":"bar"})"},
      {R"({"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}})",
       R"([{"op":"move","from":"/foo/waldo","path":"/qux/thud"}])",
       R"({"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}})"},
      {R"({"foo":["all","grass","cows","eat"]})",
       R"([{"op":"move","from":"/foo/1","path":"/foo/3"}])",
       R"({"foo":["all","cows","eat","grass"]})"},
      {R"({"baz":"qux","foo":["a",2,"c"]})",
       R"([{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}])",
       R"({"baz":"qux","foo":["a",2,"c"]})"},
      {R"({"baz":"qux"})", R"([{"op":"test","path":"/baz","value":"bar"}])", nullptr},
      {R"({"foo":"bar"})", R"([{"op":"add","path":"/child","value":{"grandchild":{}}}])",
       R"({"foo":"bar","child":{"grandchild":{}}})"},
      {R"({"foo":"bar"})", R"([{"op":"add","path":"/baz","value":"qux","xyz":123}])",
       R"({"foo":"bar","baz":"qux"})"},
      {R"({"foo":"bar"})", R"([{"op":"add","path":"/baz/bat","value":"qux"}])", nullptr},
      {R"({"/":9,"~1":10})", R"([{"op":"test","path":"/~01","value":10}])", R"({"/":9,"~1":10})"},
      {R"({"/":9,"~1":10})", R"([{"op":"test","path":"/~01","value":"10"}])", nullptr},
      {R"({"foo":["bar"]})", R"([{"op":"add","path":"/foo/-","value":["abc","def"]}])",
       R"({"foo":["bar",["abc","def"]]})"},
      // and what the text of the standard asks
      {R"({"a":1})", R"([{"op":"copy","from":"/a","path":"/b"}])", R"({"a":1,"b":1})"},
      {R"({"a":{"b":1}})", R"([{"op":"move","from":"/a","path":"/a/b"}])", nullptr},
      {R"({"a":1})", R"([{"op":"move","from":"/a","path":"/a"}])", R"({"a":1})"},
      {R"({"a":1})", R"([{"op":"replace","path":"","value":[1]}])", "[1]"},
      {R"({"a":1})", R"([{"op":"replace","path":"/b","value":1}])", nullptr},
      {R"({"a":1})", R"([{"op":"remove","path":"/b"}])", nullptr},
      {R"({"a":1})", R"([{"op":"copy","from":"/b","path":"/c"}])", nullptr},
      {R"({"a":1})", R"([{"op":"add","path":"/b"}])", nullptr},
      {R"({"a":1})", R"([{"op":"spam","path":"/b"}])", nullptr},
      {R"({"a":1})", R"([{"path":"/b"}])", nullptr},
      {R"({"a":1})", R"([{"op":"add","value":1}])", nullptr},
      {R"({"a":1})", R"([{"op":"copy","path":"/b"}])", nullptr},
      {R"({"a":1})", R"(["add"])", nullptr},
      {R"({"a":1})", R"({"op":"add"})", nullptr},
      {"[1]", R"([{"op":"add","path":"/2","value":1}])", nullptr},
      {"[1]", R"([{"op":"add","path":"/01","value":1}])", nullptr},
      {"[1]", R"([{"op":"add","path":"/1","value":2}])", "[1,2]"},
  };
  for (const PatchCase& c : cases) {
    SCOPED_TRACE(c.patch);
    Value document = make(c.document);
    const auto applied = apply_patch(document, make(c.patch));
    ASSERT_EQ(applied.has_value(), c.result != nullptr);
    EXPECT_EQ(document, make(c.result != nullptr ? c.result : c.document));
  }
}

TEST(Patch, ChangesNothingWhenOneOperationFails) {
  Value document = make(R"({"a":1})");
  const auto applied = apply_patch(document, make(R"([{"op":"add","path":"/b","value":2},
                                                      {"op":"test","path":"/a","value":9}])"));
  ASSERT_FALSE(applied.has_value());
  EXPECT_TRUE(applied.error().is(Errc::PreconditionFailed));
  EXPECT_NE(applied.error().to_string().find("operation 1"), std::string::npos);
  EXPECT_EQ(to_string(document), R"({"a":1})");
}

TEST(Patch, SetsAndIncrementsWhereAsked) {
  const PatchOptions extended{.extended = true};
  const PatchCase cases[] = {
      {R"({"a":[1,2]})", R"([{"op":"set","path":"/a/0","value":9}])", R"({"a":[9,2]})"},
      {R"({"a":[1,2]})", R"([{"op":"set","path":"/a/-","value":9}])", R"({"a":[1,2,9]})"},
      {R"({"a":1})", R"([{"op":"set","path":"/b","value":null}])", R"({"a":1,"b":null})"},
      {R"({"a":1})", R"([{"op":"set","path":"","value":[]}])", R"([])"},
      {R"({"a":1})", R"([{"op":"incr","path":"/a","value":-3}])", R"({"a":-2})"},
      {R"({"a":1})", R"([{"op":"incr","path":"/b","value":4}])", R"({"a":1,"b":4})"},
      {R"({"a":0.5})", R"([{"op":"incr","path":"/a","value":1}])", R"({"a":1.5})"},
      {R"({"a":9223372036854775807})", R"([{"op":"incr","path":"/a","value":1}])",
       R"({"a":9223372036854775808.0})"},
      {R"({"a":-9223372036854775808})", R"([{"op":"incr","path":"/a","value":-1}])",
       R"({"a":-9223372036854775809.0})"},
  };
  for (const PatchCase& c : cases) {
    Value document = make(c.document);
    EXPECT_TRUE(apply_patch(document, make(c.patch)).error().is(Errc::Malformed)) << c.patch;
    const auto applied = apply_patch(document, make(c.patch), extended);
    ASSERT_TRUE(applied.has_value()) << c.patch << applied.error().to_string();
    EXPECT_EQ(document, make(c.result)) << c.patch;
  }
  const auto refused = [&](const char* patch) {
    Value document = make(R"({"a":1,"s":"x","m":1.7e308})");
    return apply_patch(document, make(patch), extended).error();
  };
  EXPECT_TRUE(refused(R"([{"op":"incr","path":"/s","value":1}])").is(Errc::InvalidArgument));
  EXPECT_TRUE(refused(R"([{"op":"incr","path":"/a","value":"1"}])").is(Errc::Malformed));
  EXPECT_TRUE(refused(R"([{"op":"incr","path":"/x/y","value":1}])").is(Errc::NotFound));
  EXPECT_TRUE(refused(R"([{"op":"incr","path":"/m","value":1.7e308}])").is(Errc::OutOfRange));
  Value document = make("{}");
  EXPECT_TRUE(apply_patch(document, make(R"([{"op":"add","path":"/a","value":1},
      {"op":"add","path":"/b","value":1}])"),
                          {.max_operations = 1})
                  .error()
                  .is(Errc::LimitExceeded));
}

TEST(Patch, BoundsGrowth) {
  Value document = make(R"([[1,1,1,1,1,1,1,1,1,1]])");
  Value patch = Value::make_array();
  for (int i = 0; i < 40; ++i) patch.push_back(make(R"({"op":"copy","from":"","path":"/-"})"));
  EXPECT_TRUE(apply_patch(document, patch).error().is(Errc::LimitExceeded));
  EXPECT_EQ(document.size(), 1U);
}

TEST(MergePatch, FollowsAppendixAOfRfc7396) {
  const PatchCase cases[] = {
      {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
      {R"({"a":"b"})", R"({"a":null})", R"({})"},
      {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
      {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
      {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
      {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
      {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
      {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
      {R"({"a":"foo"})", "null", "null"},
      {R"({"a":"foo"})", "\"bar\"", "\"bar\""},
      {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
      {"[1,2]", R"({"a":"b","c":null})", R"({"a":"b"})"},
      {"{}", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
  };
  for (const PatchCase& c : cases) {
    Value document = make(c.document);
    merge_patch(document, make(c.patch));
    EXPECT_EQ(document, make(c.result)) << c.document << c.patch;
  }
}

TEST(Diff, LeadsFromOneToTheOther) {
  const char* documents[] = {"null",
                             "[]",
                             "{}",
                             "[1,2,3]",
                             "[1,3]",
                             "[0,1,2,3,4]",
                             R"({"a":1,"b":[1,2]})",
                             R"({"a":{"b":{"c":[1,2,3]}},"~/":1})",
                             R"({"a":{"b":{"c":[1,9,3,4]}},"~/":2})",
                             R"([{"x":1},{"y":2}])",
                             R"([{"x":1},{"z":0},{"y":3}])"};
  for (const char* from : documents)
    for (const char* to : documents) {
      Value document = make(from);
      const Value patch = diff(document, make(to));
      ASSERT_TRUE(apply_patch(document, patch).has_value()) << from << to << to_string(patch);
      EXPECT_EQ(document, make(to)) << to_string(patch);
      if (from == to) {
        EXPECT_EQ(patch.size(), 0U);
      }
      Value merged = make(from);
      merge_patch(merged, merge_diff(merged, make(to)));
      EXPECT_EQ(merged, make(to));
    }
}

const char* const kStore = R"({"store":{"book":[
  {"category":"reference","author":"Nigel Rees","title":"Sayings of the Century","price":8.95},
  {"category":"fiction","author":"Evelyn Waugh","title":"Sword of Honour","price":12.99},
  {"category":"fiction","author":"Herman Melville","title":"Moby Dick","isbn":"0-553-21311-3",
   "price":8.99},
  {"category":"fiction","author":"J. R. R. Tolkien","title":"The Lord of the Rings",
   "isbn":"0-395-19395-8","price":22.99}],"bicycle":{"color":"red","price":399}}})";

std::string query(const Value& root, std::string_view path) {
  const auto parsed = Path::parse(path);
  EXPECT_TRUE(parsed.has_value()) << path << parsed.error().to_string();
  if (!parsed.has_value()) return "";
  std::string out;
  const std::vector<const Value*> nodes = parsed->select(root).value();
  for (const Value* value : nodes) out += (out.empty() ? "" : " ") + to_string(*value);
  return out;
}

TEST(Path, FollowsTheExamplesOfRfc9535) {
  const Value store = make(kStore);
  EXPECT_EQ(query(store, "$.store.book[*].author"),
            R"("Nigel Rees" "Evelyn Waugh" "Herman Melville" "J. R. R. Tolkien")");
  EXPECT_EQ(query(store, "$..author"), query(store, "$.store.book[*].author"));
  EXPECT_EQ(query(store, "$.store..price"), "8.95 12.99 8.99 22.99 399");
  EXPECT_EQ(query(store, "$..book[2].title"), "\"Moby Dick\"");
  EXPECT_EQ(query(store, "$..book[-1].title"), "\"The Lord of the Rings\"");
  EXPECT_EQ(query(store, "$..book[0,1].price"), "8.95 12.99");
  EXPECT_EQ(query(store, "$..book[:2].price"), "8.95 12.99");
  EXPECT_EQ(query(store, "$..book[?@.isbn].price"), "8.99 22.99");
  EXPECT_EQ(query(store, "$..book[?@.price<10].price"), "8.95 8.99");
  EXPECT_EQ(query(store, "$['store']['bicycle'][\"color\"]"), "\"red\"");

  const Value letters = make(R"(["a","b","c","d","e","f","g"])");
  EXPECT_EQ(query(letters, "$[1:3]"), R"("b" "c")");
  EXPECT_EQ(query(letters, "$[5:]"), R"("f" "g")");
  EXPECT_EQ(query(letters, "$[1:5:2]"), R"("b" "d")");
  EXPECT_EQ(query(letters, "$[5:1:-2]"), R"("f" "d")");
  EXPECT_EQ(query(letters, "$[::-1]"), R"("g" "f" "e" "d" "c" "b" "a")");
  EXPECT_EQ(query(letters, "$[0:2:0]"), "");
  EXPECT_EQ(query(letters, "$[0, 0]"), R"("a" "a")");
  EXPECT_EQ(query(letters, "$[9]"), "");

  const Value data = make(R"({"obj":{"x":"y"},"arr":[2,3]})");
  const std::pair<const char*, bool> comparisons[] = {
      {"$.absent1 == $.absent2", true},
      {"$.absent1 <= $.absent2", true},
      {"$.absent == 'g'", false},
      {"$.absent1 != $.absent2", false},
      {"$.absent != 'g'", true},
      {"1 <= 2", true},
      {"1 > 2", false},
      {"13 == '13'", false},
      {"'a' <= 'b'", true},
      {"'a' > 'b'", false},
      {"$.obj == $.arr", false},
      {"$.obj != $.arr", true},
      {"$.obj == $.obj", true},
      {"$.arr == $.arr", true},
      {"$.obj == 17", false},
      {"$.obj <= $.arr", false},
      {"$.obj < $.arr", false},
      {"$.obj <= $.obj", true},
      {"1 <= $.arr", false},
      {"1 >= $.arr", false},
      {"true <= true", true},
      {"true > true", false},
      {"1 == 1.0", true},
      {"length($.arr) == 2", true},
      {"length('aé日') == 3", true},
      {"count($..*) == 5", true},
      {"value($..x) == 'y'", true},
      {"length(1) == 1", false},
      {"!(1 == 2) && 1 == 1", true},
      {"1 == 2 || (1 == 1 && $.arr)", true},
      {"!$.nope", true},
  };
  for (const auto& [text, holds] : comparisons)
    EXPECT_EQ(query(data, "$[?" + std::string(text) + "]").empty(), !holds) << text;
  EXPECT_EQ(query(make(R"({"a b":{"\u263a":1},"'":2})"), R"($["a b"]['\u263A'])"), "1");
  EXPECT_EQ(query(make(R"({"a b":1,"'":2})"), R"($['\''])"), "2");
  EXPECT_EQ(query(make("[[1],[2,[3]]]"), "$..[0]"), "[1] 1 2 3");
}

TEST(Path, SaysWhatItExpected) {
  const std::pair<const char*, std::uint64_t> bad[] = {
      {"", 0},
      {"a", 0},
      {"$.", 2},
      {"$..", 3},
      {"$[", 2},
      {"$[01]", 2},
      {"$[-0]", 2},
      {"$['a]", 2},
      {"$[1", 3},
      {"$[1,]", 4},
      {"$ ", 1},
      {"$[?@.a==]", 8},
      {"$[?1]", 4},
      {"$[?@..a==1]", 3},
      {"$[?(@.a]", 7},
      {"$[9007199254740992]", 2},
      {"$[?nope(@)==1]", 3},
      {"$[?count(1)==1]", 9},
      {"$['\\x']", 2},
      {"$[?match(@.a)]", 12},
      {"$[?match(@..a,'x')]", 9},
      {"$[?match(@.a,'x')==true]", 17},
      {"$[?true==search(@.a,'x')]", 9},
      {"$[?search(@.a,'x','y')]", 17},
  };
  for (const auto& [text, offset] : bad) {
    const auto parsed = Path::parse(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().offset(), offset) << text << " " << parsed.error().to_string();
  }
  EXPECT_TRUE(Path::parse("$[?" + std::string(100, '(') + "@").error().is(Errc::LimitExceeded));
}

// The examples of RFC 9535, table 12, and the grammar of RFC 9485.
TEST(Path, MatchesAndSearches) {
  const Value data = make(
      R"({"a":[3,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}],"p":["a.c","abc","x"],"r":"a.c"})");
  EXPECT_EQ(query(data, "$.a[?match(@.b, '[jk]')]"), R"({"b":"j"} {"b":"k"})");
  EXPECT_EQ(query(data, "$.a[?search(@.b, '[jk]')]"), R"({"b":"j"} {"b":"k"} {"b":"kilo"})");
  EXPECT_EQ(query(data, "$.a[?!search(@.b, 'k') && @.b]"), R"({"b":"j"} {"b":{}})");
  EXPECT_EQ(query(data, "$.p[?match(@, $.r)]"), R"("a.c" "abc")");  // a pattern in the document
  EXPECT_EQ(query(data, "$.p[?match(@, $.nope)]"), "");
  EXPECT_EQ(query(data, "$.p[?match(@, 1)]"), "");
  const struct {
    const char *pattern, *text;
    bool matches;
  } cases[] = {{"a|b", "b", true},
               {"a|b", "ab", false},
               {"", "", true},
               {"^a$", "^a$", true},
               {"^a$", "a", false},
               {"a#&~b", "a#&~b", true},
               {".", "\\n", false},
               {".", "\\u2028", true},
               {"\\\\.", ".", true},
               {"[a-c-]+", "b-", true},
               {"[-a]+", "a-", true},
               {"[^a]", "b", true},
               {"\\\\p{Lu}\\\\P{Nd}", "AB", true},
               {"[\\\\p{L}5]+", "a5", true},
               {"a{2}", "aa", true},
               {"a{1,}", "aaa", true},
               {"a{1,2}", "aaa", false},
               {"(ab)+", "abab", true},
               {"\\\\n", "\\n", true},
               {"a&&b", "a&&b", true},
               // no I-Regexp: no match
               {"\\\\d", "1", false},
               {"[[a]]", "a", false},
               {"a{,2}", "a", false},
               {"a*?", "a", false},
               {"(?:a)", "a", false},
               {"[]", "", false},
               {"a)", "a", false},
               {"(a", "a", false},
               {"[a-]b-", "ab-", true},
               {"\\\\p{Greek}", "a", false},
               {"a{2,1}", "aa", false},
               {"*", "", false},
               {"[z-a]", "z", false},
               {"]", "]", false}};
  for (const auto& c : cases) {
    const std::string text = std::string("$[?match(@, '") + c.pattern + "')]";
    EXPECT_EQ(!query(make("[\"" + std::string(c.text) + "\"]"), text).empty(), c.matches)
        << text << " " << c.text;
  }
}

TEST(Path, BoundsItsWork) {
  Value root = Value::make_array();
  for (int i = 0; i < 1200; ++i) root.push_back(i);
  EXPECT_TRUE(
      Path::parse("$[?$[?$[?@ > 5]]]").value().select(root).error().is(Errc::LimitExceeded));
}

TEST(Lazy, ReadsWithoutParsingTheRest) {
  const std::string text =
      R"( {"skip":[1,{"x":"}]\""}],"k\u00e9y":"a\nb","n":-12,"u":18446744073709551615,
      "d":2.5,"t":true,"z":null,"list":[10,20,{"deep":"plain"}], "broken": tru e} )";
  const LazyValue root = lazy(text).value();
  std::string scratch;
  EXPECT_EQ(root.kind(), Kind::Object);
  EXPECT_EQ(root.find("n").value()->get_int64().value(), -12);
  EXPECT_EQ(root.find("u").value()->get_uint64().value(), UINT64_MAX);
  EXPECT_FALSE(root.find("u").value()->get_int64().has_value());
  EXPECT_EQ(root.find("d").value()->get_double().value(), 2.5);
  EXPECT_TRUE(root.find("t").value()->get_bool().value());
  EXPECT_TRUE(root.find("z").value()->is_null());
  EXPECT_EQ(root.find("kéy").value()->get_string(scratch).value(), "a\nb");
  const auto list = root.find("list").value();
  EXPECT_EQ(list->at(1).value()->get_int64().value(), 20);
  EXPECT_FALSE(list->at(3).value().has_value());
  const auto deep = list->at(2).value()->find("deep").value()->get_string(scratch).value();
  EXPECT_TRUE(deep.data() > text.data() && deep.data() < text.data() + text.size()) << "a view";
  EXPECT_EQ(list->raw().value(), R"([10,20,{"deep":"plain"}])");
  int sum = 0;
  const auto walked = list->for_each_element([&](LazyValue e) -> avila::Result<void> {
    if (e.kind() == Kind::Int) sum += static_cast<int>(e.get_int64().value());
    return {};
  });
  EXPECT_TRUE(walked.has_value());
  EXPECT_EQ(sum, 30);
  std::string keys;
  const auto members =
      root.for_each_member([&](std::string_view key, LazyValue) -> avila::Result<void> {
        keys += key;
        keys += ' ';
        return {};
      });
  EXPECT_FALSE(members.has_value()) << "the damaged value ends the walk";
  EXPECT_EQ(keys, "skip kéy n u d t z list broken ");
}

TEST(Lazy, SaysWhereItIsMalformed) {
  EXPECT_FALSE(lazy("  ").has_value());
  EXPECT_TRUE(lazy("[1]", {.max_size = 2}).error().is(Errc::LimitExceeded));
  EXPECT_EQ(lazy("[1 2]").value().at(1).error().offset(), 3U);
  EXPECT_EQ(lazy("[1,]").value().at(1).error().offset(), 3U);
  EXPECT_EQ(lazy(R"({"a" 1})").value().find("b").error().offset(), 5U);
  EXPECT_EQ(lazy(R"({"a":1,2})").value().find("b").error().offset(), 7U);
  EXPECT_FALSE(lazy("[[1]").value().at(1).has_value());
  EXPECT_FALSE(lazy("\"abc").value().raw().has_value());
  EXPECT_FALSE(lazy("[1}").value().raw().has_value());
  EXPECT_FALSE(lazy("5").value().find("a").has_value());
  std::string scratch;
  EXPECT_EQ(lazy("\"a\xFF\"").value().get_string(scratch).error().offset(), 2U);
  EXPECT_EQ(lazy(R"("\q")").value().get_string(scratch).error().offset(), 1U);
  EXPECT_FALSE(lazy("12x").value().get_int64().has_value());
  EXPECT_FALSE(lazy("tru").value().get_bool().has_value());
  EXPECT_TRUE(lazy(std::string(200, '[') + std::string(200, ']'))
                  .value()
                  .raw()
                  .error()
                  .is(Errc::Malformed));
}

}  // namespace

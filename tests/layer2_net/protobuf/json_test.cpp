// Cases: Protocol Buffers documentation, "ProtoJSON Format".
#include <gtest/gtest.h>
#include <avila/protobuf/json.hpp>
#include <avila/protobuf/pool.hpp>

#include <cmath>
#include <limits>

#include "schemas.hpp"

namespace avila::protobuf {
namespace {

class Json : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    pool_ = new DescriptorPool;
    must_add(*pool_, "all.proto", kEverything);
    must_add(*pool_, "old.proto", kProto2);
  }
  static void TearDownTestSuite() { delete pool_; }
  static const MessageDescriptor& all() { return *pool_->find_message("t.All"); }
  /// The text read and printed again, or what was wrong with it.
  static std::string again(std::string_view text, const JsonParseOptions& parse = {},
                           const JsonPrintOptions& print = {}) {
    const auto message = from_json(all(), text, parse);
    if (!message.has_value()) return "error: " + message.error().to_string();
    const auto out = to_json(*message, print);
    return out.has_value() ? *out : "cannot print: " + out.error().to_string();
  }
  static bool refused(std::string_view text) { return again(text).starts_with("error: "); }
  static DescriptorPool* pool_;
};
DescriptorPool* Json::pool_ = nullptr;

TEST_F(Json, EveryKindComesBack) {
  for (
      const char* text : {
          R"({})",
          R"({"i32":-5,"i64":"-9223372036854775808","u32":4294967295})",
          R"({"u64":"18446744073709551615","s32":1,"s64":"2","f32":3,"f64":"4","sf32":5})",
          R"({"sf64":"6","flt":1.5,"dbl":-0.1,"flag":true,"text":"a\"ç","data":"AP8="})",
          R"({"color":"RED"})",
          R"({"color":77})",
          R"({"nested":{"id":1,"child":{},"tags":["a",""]}})",
          R"({"maybeInt":0,"maybeText":""})",
          R"({"ints":[1,2,3],"loose":["-1"],"texts":["x"],"messages":[{},{"id":2}]})",
          R"({"colors":["RED","BLUE",9]})",
          R"({"counts":{"a":1,"b":2},"byId":{"-7":{"id":1},"5":{}},"byFlag":{"false":"","true":"eA=="}})",
          R"({"choiceNumber":"5"})",
          R"({"any":{"@type":"type.googleapis.com/t.All","i32":5,"nested":{"id":1}}})",
          R"({"any":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"1.500s"}})",
          R"({"any":{"@type":"x/google.protobuf.Any","value":{"@type":"y/t.All"}}})",
          R"({"any":{}})",
          R"({"time":"1972-01-01T10:00:20.021Z"})",
          R"({"time":"0001-01-01T00:00:00Z"})",
          R"({"time":"9999-12-31T23:59:59.999999999Z"})",
          R"({"time":"1969-12-31T23:59:59.500Z"})",
          R"({"duration":"-0.500s"})",
          R"({"duration":"315576000000s","mask":"fooBar,baz.quxQuux"})",
          R"({"object":{"a":null,"b":[1,"x",{"c":true}],"d":1.5}})",
          R"({"value":null,"list":[null,[],{}],"empty":{}})",
          R"({"value":"x"})",
          R"({"boxedInt":"0","boxedText":"","boxedBytes":"","boxedBool":false,"boxedDouble":0})",
          R"({"boxedDouble":"NaN"})",
          R"({"values":[null,1],"times":{"k":"2026-01-01T00:00:00Z"}})",
          R"({"doubles":["NaN","Infinity","-Infinity",1e+300,5e-324,1]})",
          R"({"other":"x"})",
      }) {
    std::string wanted = text;
    if (const auto at = wanted.find("1e+300"); at != std::string::npos) wanted.erase(at + 2, 1);
    EXPECT_EQ(again(text), wanted);
  }
}

TEST_F(Json, ReadsWhatOthersWrite) {
  const struct {
    const char *text, *is;
  } cases[] = {
      {R"({"maybe_int":1,"renamed_field":"x"})", R"({"maybeInt":1,"other":"x"})"},
      {R"({"i32":"5","u32":"7","flt":"1.5","dbl":"1e2"})",
       R"({"i32":5,"u32":7,"flt":1.5,"dbl":100})"},
      {R"({"i32":1.0,"i64":1e3,"u64":5})", R"({"i32":1,"i64":"1000","u64":"5"})"},
      {R"({"i64":9223372036854775807})", R"({"i64":"9223372036854775807"})"},
      {R"({"u64":18446744073709551615})", R"({"u64":"18446744073709551615"})"},
      {R"({"i32":-0,"i64":"-0"})", R"({})"},
      {R"({"data":"-_"})", R"({"data":"+w=="})"},
      {R"({"data":"AP8"})", R"({"data":"AP8="})"},
      {R"({"color":1})", R"({"color":"RED"})"},
      {R"({"color":"CRIMSON"})", R"({"color":"RED"})"},
      {R"({"color":-2})", R"({"color":"BLUE"})"},
      {R"({"i32":null,"nested":null,"ints":null,"counts":null,"time":null,"boxedInt":null})", "{}"},
      {R"({"choiceText":null,"choiceNumber":1})", R"({"choiceNumber":"1"})"},
      {R"({"null":null})", "{}"},
      {R"({"null":"NULL_VALUE","i32":1})", R"({"i32":1})"},
      {R"({"time":"2026-01-01T01:00:00.1+01:00"})", R"({"time":"2026-01-01T00:00:00.100Z"})"},
      {R"({"time":"2026-01-01T00:00:00.123456-03:30"})",
       R"({"time":"2026-01-01T03:30:00.123456Z"})"},
      {R"({"duration":"1.000000001s","mask":""})", R"({"duration":"1.000000001s","mask":""})"},
      {R"({"boxedInt":5,"boxedText":"x"})", R"({"boxedInt":"5","boxedText":"x"})"},
      {R"({"flt":3.4028235e38})", R"({"flt":3.4028235e38})"},
      {R"({"any":{"i32":5,"@type":"a/t.All"}})", R"({"any":{"@type":"a/t.All","i32":5}})"},
      {" \n{ \"i32\" : 1 } ", R"({"i32":1})"},
  };
  for (const auto& one : cases) EXPECT_EQ(again(one.text), one.is) << one.text;
}

TEST_F(Json, RefusesWhatIsWrong) {
  for (const char* text : {
           "",
           "[]",
           "null",
           R"({"nothing":1})",
           R"({"i32":2147483648})",
           R"({"i32":1.5})",
           R"({"i32":"1.5"})",
           R"({"i32":""})",
           R"({"i32":" 1"})",
           R"({"i32":"0x1"})",
           R"({"i32":"01"})",
           R"({"i32":"+1"})",
           R"({"i32":true})",
           R"({"i32":[1]})",
           R"({"u32":-1})",
           R"({"u64":18446744073709551616})",
           R"({"u64":"-1"})",
           R"({"i64":9223372036854775808})",
           R"({"flt":3.5e38})",
           R"({"flt":"nan"})",
           R"({"dbl":1e400})",
           R"({"dbl":"1e400"})",
           R"({"flag":1})",
           R"({"flag":"true"})",
           R"({"text":5})",
           R"({"text":"\ud800"})",
           R"({"data":"A"})",
           R"({"data":"A*=="})",
           R"({"data":"AP8=="})",
           R"({"color":"PURPLE"})",
           R"({"color":1.5})",
           R"({"nested":5})",
           R"({"ints":5})",
           R"({"ints":[null]})",
           R"({"messages":[null]})",
           R"({"counts":[]})",
           R"({"counts":{"a":null}})",
           R"({"byId":{"x":{}}})",
           R"({"byId":{"5":null}})",
           R"({"byId":{"5":{},"5.0":{}}})",
           R"({"byFlag":{"1":""}})",
           R"({"choiceText":"a","choiceNumber":1})",
           R"({"i32":1,"i32":2})",
           R"({"maybeInt":1,"maybe_int":2})",
           R"({"any":{"i32":1}})",
           R"({"any":{"@type":"t.All"}})",
           R"({"any":{"@type":"x/unknown.Type"}})",
           R"({"any":{"@type":5}})",
           R"({"any":{"@type":"x/google.protobuf.Duration"}})",
           R"({"any":{"@type":"x/google.protobuf.Duration","value":"1s","more":1}})",
           R"({"time":"2026-02-30T00:00:00Z"})",
           R"({"time":"2026-01-01T00:00:00"})",
           R"({"time":"2026-01-01t00:00:00Z"})",
           R"({"time":"2026-01-01T24:00:00Z"})",
           R"({"time":"2026-01-01T00:00:00.Z"})",
           R"({"time":"0001-01-01T00:00:00+01:00"})",
           R"({"time":"2026-01-01T00:00:00Zx"})",
           R"({"time":5})",
           R"({"duration":"1"})",
           R"({"duration":"s"})",
           R"({"duration":"1.s"})",
           R"({"duration":"1.0000000001s"})",
           R"({"duration":"315576000001s"})",
           R"({"duration":"+1s"})",
           R"({"mask":"foo_bar"})",
           R"({"object":[]})",
           R"({"list":{}})",
           R"({"value":1e400})",
           R"({"empty":{"x":1}})",
           R"({"boxedInt":"x"})",
       })
    EXPECT_TRUE(refused(text)) << text << " → " << again(text);
}

TEST_F(Json, SaysWhere) {
  EXPECT_NE(again(R"({"nested":{"tags":["a",5]}})").find("nested: tags: [1]: expected a string"),
            std::string::npos);
}

TEST_F(Json, UnknownFieldsMayBeIgnored) {
  const JsonParseOptions ignore{.ignore_unknown_fields = true};
  EXPECT_EQ(again(R"({"x":{"y":[1]},"i32":1,"color":"PURPLE","colors":["RED","PINK"]})", ignore),
            R"({"i32":1,"colors":["RED"]})");
  EXPECT_EQ(again(R"({"nested":{"nope":1}})", ignore), R"({"nested":{}})");
}

TEST_F(Json, PrintsAsAsked) {
  EXPECT_EQ(again(R"({"maybeInt":1,"color":"RED"})", {}, {.original_names = true}),
            R"({"color":"RED","maybe_int":1})");
  EXPECT_EQ(again(R"({"color":"RED"})", {}, {.enums_as_numbers = true}), R"({"color":1})");
  EXPECT_EQ(again(R"({"i32":1,"ints":[1]})", {}, {.indent = 2}),
            "{\n  \"i32\": 1,\n  \"ints\": [\n    1\n  ]\n}");
  const std::string zeroes = again("{}", {}, {.print_zeroes = true});
  EXPECT_NE(zeroes.find(R"("i32":0)"), std::string::npos);
  EXPECT_NE(zeroes.find(R"("ints":[])"), std::string::npos);
  EXPECT_NE(zeroes.find(R"("color":"COLOR_UNKNOWN")"), std::string::npos);
  EXPECT_EQ(zeroes.find("maybeInt"), std::string::npos);
  EXPECT_EQ(zeroes.find("nested"), std::string::npos);
}

TEST_F(Json, RefusesToPrintWhatJsonCannotSay) {
  const auto refused_to_print = [&](const DynamicMessage& message) {
    const auto text = to_json(message);
    return !text.has_value() && text.error().is(Errc::InvalidArgument);
  };
  const auto at = [&](DynamicMessage& message, std::string_view name) -> DynamicMessage& {
    return message.mutable_message(*message.type().find_field(name));
  };
  DynamicMessage time(all()), duration(all()), mask(all()), any(all()), value(all());
  ASSERT_TRUE(at(time, "time").set("seconds", std::int64_t{253'402'300'800}).has_value());
  EXPECT_TRUE(refused_to_print(time));
  ASSERT_TRUE(at(duration, "duration").set("seconds", std::int64_t{1}).has_value());
  ASSERT_TRUE(at(duration, "duration").set("nanos", std::int32_t{-1}).has_value());
  EXPECT_TRUE(refused_to_print(duration));
  ASSERT_TRUE(at(mask, "mask").add("paths", std::string("fooBar")).has_value());
  EXPECT_TRUE(refused_to_print(mask));
  ASSERT_TRUE(at(any, "any").set("type_url", std::string("x/t.All")).has_value());
  ASSERT_TRUE(at(any, "any").set("value", std::string("\x08")).has_value());
  EXPECT_FALSE(to_json(any).has_value());
  ASSERT_TRUE(at(any, "any").set("type_url", std::string("x/who.Knows")).has_value());
  EXPECT_TRUE(refused_to_print(any));
  ASSERT_TRUE(
      at(value, "value").set("number_value", std::numeric_limits<double>::infinity()).has_value());
  EXPECT_TRUE(refused_to_print(value));
}

TEST_F(Json, ExtensionsAndProto2) {
  const MessageDescriptor& old = *pool_->find_message("t2.Old");
  const char* const text =
      R"({"id":1,"kind":"ONE","group":{"x":3,"inner":[{"s":"q"}]},"[t2.added]":"e",)"
      R"("[t2.Old.within]":4})";
  const auto message = from_json(old, text);
  ASSERT_TRUE(message.has_value()) << message.error().to_string();
  EXPECT_EQ(to_json(*message).value(), text);
  EXPECT_FALSE(from_json(old, "{}").has_value());
  EXPECT_FALSE(from_json(old, R"({"id":1,"kind":7})").has_value());
  EXPECT_FALSE(from_json(old, R"({"id":1,"[t2.nothing]":7})").has_value());
}

TEST_F(Json, LimitsDepthAndSize) {
  const auto nested = [](int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += R"({"child":)";
    text += "{}";
    text.append(static_cast<std::size_t>(depth), '}');
    return R"({"nested":)" + text + '}';
  };
  EXPECT_FALSE(refused(nested(99)));
  EXPECT_TRUE(refused(nested(100)));
  EXPECT_TRUE(refused(R"({"value":)" + std::string(5000, '[') + std::string(5000, ']') + '}'));
  EXPECT_TRUE(from_json(all(), "{}", {.size_max = 1}).error().is(Errc::LimitExceeded));
  std::string any = R"({"@type":"x/t.All"})";
  for (int i = 0; i < 30; ++i) any = R"({"@type":"x/google.protobuf.Any","value":)" + any + '}';
  EXPECT_EQ(again(R"({"any":)" + any + '}'), R"({"any":)" + any + '}');
}

}  // namespace
}  // namespace avila::protobuf

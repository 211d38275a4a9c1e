#include <gtest/gtest.h>
#include <avila/protobuf/dynamic.hpp>
#include <avila/protobuf/pool.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "schemas.hpp"

namespace avila::protobuf {
namespace {

TEST(Pool, LinksEveryKindOfField) {
  DescriptorPool pool;
  const FileDescriptor* file = must_add(pool, "all.proto", kEverything);
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(file->syntax, Syntax::Proto3);
  const MessageDescriptor* all = pool.find_message("t.All");
  ASSERT_NE(all, nullptr);
  EXPECT_EQ(pool.find_message("t.All.Nested")->containing, all);
  EXPECT_TRUE(all->find_field("ints")->packed);
  EXPECT_FALSE(all->find_field("loose")->packed);
  EXPECT_TRUE(all->find_field("counts")->is_map());
  EXPECT_EQ(all->find_field("counts")->message_type->name, "CountsEntry");
  EXPECT_EQ(all->find_field("by_id")->json_name, "byId");
  EXPECT_EQ(all->find_field_by_json_name("other")->name, "renamed_field");
  EXPECT_FALSE(all->find_field("i32")->has_presence);
  EXPECT_TRUE(all->find_field("maybe_int")->has_presence);
  EXPECT_TRUE(all->find_field("nested")->has_presence);
  EXPECT_EQ(all->find_field("maybe_int")->real_oneof(), nullptr);
  ASSERT_EQ(all->oneofs.size(), 3U);
  EXPECT_EQ(all->oneofs[0].fields.size(), 3U);
  EXPECT_TRUE(all->oneofs[1].synthetic);
  EXPECT_EQ(all->oneofs[1].name, "_maybe_int");
  EXPECT_EQ(all->find_field(48U)->name, "renamed_field");
  EXPECT_EQ(all->find_field(99U), nullptr);
  EXPECT_EQ(pool.find_enum("t.Color")->find(1)->name, "RED");
  EXPECT_EQ(pool.find_enum("t.Color")->find("CRIMSON")->number, 1);
  const ServiceDescriptor* service = pool.find_service("t.Search");
  ASSERT_NE(service, nullptr);
  EXPECT_TRUE(service->find_method("Many")->client_streaming);
  EXPECT_TRUE(service->find_method("Many")->server_streaming);
  EXPECT_FALSE(service->find_method("One")->client_streaming);
  EXPECT_EQ(service->find_method("Many")->output, all);
  EXPECT_EQ(service->find_method("Many")->options, "\x88\x02\x01");
  EXPECT_EQ(pool.find_method("t.Search.One")->input, all);
  EXPECT_EQ(pool.find_file_containing("t.RED"), file);
  EXPECT_EQ(pool.find_file_containing("t.Search.One"), file);
  EXPECT_EQ(pool.find_file_containing("google.protobuf.Any")->name, "google/protobuf/any.proto");
  EXPECT_EQ(pool.find_file_containing("t"), nullptr);
}

TEST(Pool, LinksProto2) {
  DescriptorPool pool;
  ASSERT_NE(must_add(pool, "old.proto", kProto2), nullptr);
  const MessageDescriptor* old = pool.find_message("t2.Old");
  EXPECT_EQ(std::get<std::string>(old->find_field("name")->default_value), "a\"b\n");
  EXPECT_EQ(std::get<std::string>(old->find_field("raw")->default_value), "\001\377z");
  EXPECT_EQ(std::get<std::int32_t>(old->find_field("kind")->default_value), 2);
  EXPECT_EQ(std::get<double>(old->find_field("ratio")->default_value), -1.5e10);
  EXPECT_EQ(std::get<std::uint64_t>(old->find_field("big")->default_value), UINT64_MAX);
  EXPECT_EQ(old->find_field("group")->type, FieldType::Group);
  EXPECT_TRUE(old->has_required);
  EXPECT_EQ(pool.find_extension("t2.added")->number, 100U);
  EXPECT_EQ(pool.find_extension(*old, 150)->full_name, "t2.Old.within");
  EXPECT_EQ(pool.extensions_of(*old).size(), 4U);
  EXPECT_EQ(pool.find_extension(*old, 151), nullptr);
}

TEST(Pool, BinaryDescriptorsGiveTheSamePool) {
  DescriptorPool pool;
  const FileDescriptor* all = must_add(pool, "all.proto", kEverything);
  const FileDescriptor* old = must_add(pool, "old.proto", kProto2);
  FileDescriptorSet set;
  for (const FileDescriptor* file : DescriptorPool::with_dependencies({all, old}))
    set.file.insert(set.file.begin(), file->proto);  // dependencies last: the pool sorts them
  DescriptorPool other;
  const auto read = FileDescriptorSet::parse(as_bytes(set.serialize()));
  ASSERT_TRUE(read.has_value());
  const auto added = other.add(*read);
  ASSERT_TRUE(added.has_value()) << added.error().to_string();
  for (const FileDescriptor* file : pool.files())
    EXPECT_EQ(other.find_file(file->name)->serialize(), file->serialize()) << file->name;
  const std::string bytes = all->serialize();
  EXPECT_TRUE(other.add_serialized(as_bytes(bytes)).has_value());
  EXPECT_FALSE(other.add(all->proto).has_value());
}

TEST(Pool, ImportsThroughTheResolver) {
  const std::map<std::string, std::string, std::less<>> files = {
      {"a.proto",
       "syntax='proto3'; package a; import 'b.proto'; message A { b.B b = 1; c.C c=2; }"},
      {"b.proto", "syntax='proto3'; package b; import public 'c.proto'; message B { }"},
      {"c.proto", "syntax='proto3'; package c; import 'd.proto'; message C { d.D d = 1; }"},
      {"d.proto", "syntax='proto3'; package d; message D {} "},
      {"hidden.proto", "syntax='proto3'; import 'b.proto'; message M { d.D d = 1; }"},
      {"circle.proto", "syntax='proto3';\nimport 'circle2.proto';"},
      {"circle2.proto", "syntax='proto3'; import 'circle.proto';"},
      {"lost.proto", "syntax='proto3';\n  import 'nowhere.proto';"},
  };
  const auto resolver = [&](std::string_view name) -> Result<std::string> {
    const auto found = files.find(name);
    if (found == files.end()) return Error(Errc::NotFound, "no such file");
    return found->second;
  };
  DescriptorPool pool;
  const auto a = pool.import("a.proto", resolver);
  ASSERT_TRUE(a.has_value()) << a.error().to_string();
  EXPECT_EQ(pool.files().size(), 4U);
  EXPECT_EQ(pool.files().back(), *a);
  EXPECT_EQ(pool.import("b.proto", resolver).value(), pool.find_file("b.proto"));

  const auto hidden = pool.import("hidden.proto", resolver);
  ASSERT_FALSE(hidden.has_value());
  EXPECT_NE(hidden.error().to_string().find("not imported"), std::string::npos);
  EXPECT_EQ(pool.find_message("M"), nullptr);
  EXPECT_TRUE(pool.import("circle.proto", resolver).error().is(Errc::LimitExceeded));
  const auto lost = pool.import("lost.proto", resolver);
  ASSERT_FALSE(lost.has_value());
  EXPECT_NE(lost.error().to_string().find("lost.proto:2:10"), std::string::npos)
      << lost.error().to_string();
}

TEST(Pool, ResolvesNamesAsCppDoes) {
  EXPECT_EQ(refusal("syntax='proto3'; package a.b; message M { message N {} N n=1; M.N m=2; "
                    "b.M.N o=3; a.b.M.N p=4; .a.b.M.N q=5; }"),
            "");
  // The innermost "b" is the message M.b, which holds no N.
  const std::string inner =
      refusal("syntax='proto3'; package a.b; message M { message b {} message N {} b.M.N n=1; }");
  EXPECT_NE(inner.find("innermost"), std::string::npos) << inner;
  // A field is no type: the search goes on outwards.
  EXPECT_EQ(refusal("syntax='proto3'; message N {} message M { int32 x = 1; N N = 2; N y = 3; }"),
            "");
}

TEST(Pool, SaysWhereAndWhat) {
  const struct {
    const char *text, *says;
  } cases[] = {
      {"syntax='proto3';\nmessage M {\n  int32 a = ;\n}", "t.proto:3:13: expected the number"},
      {"edition = '2023';", "t.proto:1:1: editions are not supported"},
      {"syntax='proto4';", "t.proto:1:8: syntax is"},
      {"syntax='proto3'; message M { Foo f = 1; }", "t.proto:1:30: \"Foo\" is not defined"},
      {"syntax='proto3'; message M { required int32 f = 1; }", "no required fields"},
      {"syntax='proto2'; message M { int32 f = 1; }", "expected required, optional or repeated"},
      {"syntax='proto3'; message M { int32 a = 1; int32 b = 1; }", "taken by field a"},
      {"syntax='proto3'; message M { int32 a = 0; }", "between 1 and 536870911"},
      {"syntax='proto3'; message M { int32 a = 536870912; }", "between 1 and 536870911"},
      {"syntax='proto3'; message M { int32 a = 19500; }", "19000 to 19999"},
      {"syntax='proto3'; message M { int32 a = 5; reserved 4 to 6; }", "reserved number 5"},
      {"syntax='proto3'; message M { int32 a = 5; reserved 'a'; }", "\"a\" is reserved"},
      {"syntax='proto3'; message M { reserved 4 to 6, 6; }", "overlaps"},
      {"syntax='proto3'; message M { int32 a = 1; string a = 2; }", "already defined as a field"},
      {"syntax='proto3'; message M { int32 a_b = 1; int32 aB = 2; }", "JSON name"},
      {"syntax='proto3'; enum E { A = 1; }", "must be 0"},
      {"syntax='proto3'; enum E { A = 0; B = 0; }", "allow_alias"},
      {"syntax='proto3'; enum E { A = 0; B = 5; reserved 4 to 6; }", "reserved number 5"},
      {"syntax='proto3'; enum E { A = 0; B = 2147483647; reserved 7 to max; }", "reserved number"},
      {"syntax='proto3'; enum E { A = 0; B = -2147483648; reserved -2147483648; }",
       "reserved number"},
      {"syntax='proto3'; enum E { A = 0; reserved 6 to 4; }", "before its start"},
      {"syntax='proto3'; enum E { A = 0; reserved 4 to 6, 9, 6 to 7; }", "overlap"},
      {"syntax='proto3'; enum E { }", "no values"},
      {"syntax='proto3'; enum E { A = 0; } enum F { A = 0; }", "beside it"},
      {"syntax='proto3'; enum E { A = 0; B = 2147483648; }", "beyond 2147483647"},
      {"syntax='proto3'; message M { map<float, int32> m = 1; }", "a map's key"},
      {"syntax='proto3'; message M { repeated map<int32, int32> m = 1; }", "no label"},
      {"syntax='proto3'; message M { oneof o { } }", "has no fields"},
      {"syntax='proto3'; message M { oneof o { repeated int32 a = 1; } }", "no label"},
      {"syntax='proto3'; message M { int32 a = 1 [default = 3]; }", "proto3 has no default"},
      {"syntax='proto3'; message M { int32 a = 1 [packed = true]; }", "[packed = true]"},
      {"syntax='proto3'; message M { int32 a = 1 [nothing = true]; }", "there is no option"},
      {"syntax='proto3'; message M { int32 a = 1 [deprecated = 3]; }", "true or false"},
      {"syntax='proto3'; option java_package = 3;", "takes a text"},
      {"syntax='proto3'; option java_package = 'a'; option java_package = 'b';", "set twice"},
      {"syntax='proto3'; option optimize_for = FAST;", "\"FAST\" is none"},
      {"syntax='proto3'; option (foo) = 1;", "\"foo\" is not defined"},
      {"syntax='proto3'; message M { optional group G = 1 { } }", "no groups"},
      {"syntax='proto3'; message M { extensions 1 to 5; }", "no extension ranges"},
      {"syntax='proto2'; message M { extensions 5; } extend M { optional int32 a = 6; }",
       "does not offer"},
      {"syntax='proto2'; message M { extensions 5; } extend M { optional int32 a = 5; optional "
       "int32 b = 5; }",
       "taken by a"},
      {"syntax='proto2'; message M { optional int32 a = 1 [default = 99999999999]; }", "range"},
      {"syntax='proto2'; message M { optional bool a = 1 [default = 1]; }", "true or false"},
      {"syntax='proto2'; enum E { A=1; } message M { optional E a = 1 [default = B]; }",
       "no value \"B\""},
      {"syntax='proto2'; message M { option map_entry = true; }", "not set by hand"},
      {"syntax='proto3'; service S { rpc A(int32) returns (M); } message M {}", "not defined"},
      {"syntax='proto3'; service S { rpc A(E) returns (E); } enum E { X = 0; }", "not a message"},
      {"syntax='proto3'; import 'x.proto';", "t.proto:1:25"},
      {"syntax='proto3'; message M { string s = 1 [json_name = 'a\\q']; }", "escape"},
      {"syntax='proto3'; message M { string s = 1", "expected"},
      {"syntax='proto3'; /* no end", "a comment that does not end"},
      {"syntax='proto3'; option java_package = \"abc", "a string that does not end"},
      {"syntax='proto3'; message M { int32 a = 08; }", "octal"},
      {"syntax='proto3'; message M { int32 a = 1b; }", "space between"},
      {"syntax='proto3'; message M\x01 {}", "no place outside"},
      {"syntax='proto3'; package a; package b;", "one package"},
      {"syntax='proto3'; import 'a'; import 'a';", "imported twice"},
      {"syntax='proto3'; message google {} message M { google.protobuf.Any a = 1; }", "innermost"},
      {"message M { optional int32 syntax = 1; } syntax = 'proto3';", "must be the first"},
  };
  for (const auto& one : cases) {
    const std::string said = refusal(one.text);
    EXPECT_NE(said.find(one.says), std::string::npos) << one.text << "\n→ " << said;
  }
}

TEST(Pool, ChecksRangesOfBinaryEnums) {
  FileDescriptorProto file = parse_proto("t.proto", "syntax='proto3'; enum E { A = 0; }").value();
  file.enum_type[0].reserved_range.push_back({6, 4});
  DescriptorPool pool;
  const auto added = pool.add(std::move(file));
  ASSERT_FALSE(added.has_value());
  EXPECT_NE(added.error().to_string().find("goes upwards"), std::string::npos);
}

TEST(Pool, LimitsNesting) {
  const auto nested = [](int depth) {
    std::string text = "syntax='proto3';";
    for (int i = 0; i < depth; ++i) text += "message M" + std::to_string(i) + " {";
    return text + std::string(static_cast<std::size_t>(depth), '}');
  };
  EXPECT_EQ(refusal(nested(32)), "");
  EXPECT_NE(refusal(nested(33)).find("32 deep"), std::string::npos);
  EXPECT_NE(refusal(nested(100'000)).find("32 deep"), std::string::npos);
}

TEST(Pool, LimitsNamesOfOptions) {
  // (o).r.r… = {…}: the name of the option, or its value, goes down `depth` messages.
  const auto option = [](int named, int braces) {
    std::string text =
        "syntax='proto3'; import 'google/protobuf/descriptor.proto';"
        "message R { R r = 1; int32 n = 2; }"
        "extend google.protobuf.FileOptions { R o = 50000; } option (o)";
    for (int i = 0; i < named; ++i) text += ".r";
    text += " = {";
    for (int i = 0; i < braces; ++i) text += "r {";
    return text + std::string(static_cast<std::size_t>(braces) + 1, '}') + ";";
  };
  EXPECT_EQ(refusal(option(31, 0)), "");
  EXPECT_NE(refusal(option(32, 0)).find("32 deep"), std::string::npos);
  EXPECT_EQ(refusal(option(0, 32)), "");
  EXPECT_NE(refusal(option(0, 33)).find("32 deep"), std::string::npos);
  EXPECT_NE(refusal(option(0, 200'000)).find("32 deep"), std::string::npos);
}

TEST(Pool, LimitsFullNames) {
  const std::string half(500, 'p');
  const auto file = [&](std::size_t message) {
    return "syntax='proto3'; package " + half + "; message " + std::string(message, 'M') + " {}";
  };
  EXPECT_EQ(refusal(file(1024 - 501)), "");
  EXPECT_NE(refusal(file(1024 - 500)).find("over 1024 bytes"), std::string::npos);
  EXPECT_NE(refusal("package " + std::string(1025, 'p') + ";").find("over 1024 bytes"),
            std::string::npos);
}

TEST(Pool, LimitsRowsOfImportsHoweverTheyCome) {
  const auto file = [](int n) {
    std::string text = "syntax='proto3';";
    if (n > 0) text += "import '" + std::to_string(n - 1) + "';";
    return text;
  };
  DescriptorPool one_by_one;
  for (int n = 0; n <= 101; ++n) {
    const auto added = one_by_one.add_text(std::to_string(n), file(n));
    EXPECT_EQ(added.has_value(), n <= 100) << n;
    EXPECT_TRUE(added.has_value() || added.error().is(Errc::LimitExceeded));
  }
  FileDescriptorSet set;
  for (int n = 0; n <= 20'000; ++n)
    set.file.push_back(parse_proto(std::to_string(n), file(n)).value());
  DescriptorPool of_a_set;
  EXPECT_TRUE(of_a_set.add(set).error().is(Errc::LimitExceeded));
  std::reverse(set.file.begin(), set.file.end());
  DescriptorPool of_its_reverse;
  EXPECT_TRUE(of_its_reverse.add(set).error().is(Errc::LimitExceeded));
  DescriptorPool by_resolver;
  const auto resolver = [&](std::string_view name) -> Result<std::string> {
    return file(std::stoi(std::string(name)));
  };
  EXPECT_TRUE(by_resolver.import("100", resolver).has_value());
  EXPECT_TRUE(by_resolver.import("20000", resolver).error().is(Errc::LimitExceeded));
}

// Work that grows with the square of these would take minutes.
TEST(Pool, ReadsLongFiles) {
  const auto numbers = [](int step, std::string before, const char* between, const char* after) {
    std::string text;
    for (int i = 20'000; i < 120'000; ++i)
      text += before + std::to_string(i) + between + std::to_string(step * i) + after;
    return text;
  };
  EXPECT_EQ(
      refusal("syntax='proto3'; message M {" + numbers(1, "optional int32 f", "=", ";") + "}"), "");
  std::string reserved = "reserved 1";
  for (int i = 20'000; i < 120'000; ++i) reserved += "," + std::to_string(2 * i + 1);
  EXPECT_EQ(
      refusal("syntax='proto3'; enum E { Z = 0; " + numbers(2, "V", "=", ";") + reserved + "; }"),
      "");
  EXPECT_EQ(refusal("syntax='proto2'; message M { extensions 1" + numbers(1, ",", " to ", "") +
                    "; } extend M {" + numbers(1, "optional int32 e", "=", ";") + "}"),
            "");
}

TEST(Pool, ManyThreadsAddAndLookUp) {
  DescriptorPool pool;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&pool, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string name = "M" + std::to_string(t) + "_" + std::to_string(i);
        const auto own = pool.add_text(name, "syntax='proto3'; message " + name + " {}");
        EXPECT_TRUE(own.has_value()) << own.error().to_string();
        EXPECT_EQ(pool.find_message(name)->name, name);
        // The same bytes from all.
        const std::string shared = "S" + std::to_string(i);
        FileDescriptorProto file;
        file.name = shared;
        file.syntax = "proto3";
        file.message_type.resize(1);
        file.message_type[0].name = shared;
        EXPECT_TRUE(pool.add_serialized(as_bytes(file.serialize())).has_value());
        EXPECT_EQ(pool.find_file_containing(shared)->name, shared);
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(pool.files().size(), 4U * 50 + 50);
}

TEST(Pool, KeywordsAreNamesToo) {
  EXPECT_EQ(refusal("syntax='proto3'; message stream {} message map {}"
                    "message M { map map = 1; optional map option = 2; int32 reserved = 3; "
                    "string oneof = 4; bool returns = 5; }"
                    "service service { rpc rpc(stream) returns (stream stream); }"),
            "");
}

TEST(Pool, InterpretsCustomOptions) {
  DescriptorPool pool;
  const FileDescriptor* file = must_add(pool, "opt.proto", R"schema(
    syntax = "proto3";
    package o;
    import "google/protobuf/descriptor.proto";
    message Rule {
      int32 min = 1;
      repeated string names = 2;
      Rule inner = 3;
      map<string, int32> limits = 4;
      enum Mode { NONE = 0; STRICT = 1; }
      Mode mode = 5;
      double ratio = 6;
    }
    extend google.protobuf.FieldOptions {
      Rule rule = 50001;
      optional sint32 number = 50002;
      repeated string labels = 50003;
    }
    extend google.protobuf.MessageOptions { float weight = 50001; }
    extend google.protobuf.MethodOptions { Rule.Mode mode = 50001; }
    message M {
      option (weight) = -2.5;
      string a = 1 [(rule).min = 5, (o.rule).inner.min = -6, (number) = -7,
                    (labels) = "x", (labels) = "y", deprecated = true];
      string b = 2 [(.o.rule) = {
        min: 1, names: ["p", 'q' "r"]; inner { min: 2 names: "z" }  # comment
        limits { key: "k" value: 9 } limits: < key: "j" >
        mode: STRICT ratio: -inf
      }];
    }
    service S { rpc R(M) returns (M) { option (mode) = STRICT; } }
  )schema");
  ASSERT_NE(file, nullptr);
  const MessageDescriptor& options = *pool.find_message("google.protobuf.FieldOptions");
  const MessageDescriptor* m = pool.find_message("o.M");
  const auto read = [&](const FieldDescriptor& field) {
    return DynamicMessage::parse(options, as_bytes(field.options)).value();
  };
  const FieldDescriptor& rule_field = *pool.find_extension("o.rule");
  const DynamicMessage a = read(*m->find_field("a"));
  const DynamicMessage* rule = a.message(rule_field);
  ASSERT_NE(rule, nullptr);
  EXPECT_EQ(std::get<std::int32_t>(rule->get("min")), 5);
  EXPECT_EQ(std::get<std::int32_t>(a.get(*pool.find_extension("o.number"))), -7);
  EXPECT_EQ(a.list(*pool.find_extension("o.labels")).size(), 2U);
  EXPECT_TRUE(std::get<bool>(a.get("deprecated")));
  const DynamicMessage b = read(*m->find_field("b"));
  rule = b.message(rule_field);
  ASSERT_NE(rule, nullptr);
  EXPECT_EQ(std::get<std::string>(rule->list(*rule->type().find_field("names")).at(1)), "qr");
  EXPECT_EQ(rule->map(*rule->type().find_field("limits")).size(), 2U);
  EXPECT_EQ(std::get<std::int32_t>(rule->get("mode")), 1);
  EXPECT_LT(std::get<double>(rule->get("ratio")), -1e300);
  EXPECT_EQ(pool.find_method("o.S.R")->options.substr(0, 3), std::string("\x88\xB5\x18", 3));
}

TEST(Pool, WellKnownFilesAreThere) {
  const DescriptorPool& pool = DescriptorPool::well_known();
  EXPECT_EQ(pool.files().size(), 11U);
  EXPECT_NE(pool.find_message("google.protobuf.Timestamp"), nullptr);
  EXPECT_NE(pool.find_message("google.protobuf.FileDescriptorProto"), nullptr);
  EXPECT_TRUE(
      pool.find_message("google.protobuf.SourceCodeInfo.Location")->find_field("path")->packed);
}

TEST(Pool, AnEarlierFailureLeavesNoTrace) {
  DescriptorPool pool;
  EXPECT_FALSE(
      pool.add_text("a.proto", "syntax='proto3'; message A {} message B { C c = 1; }").has_value());
  EXPECT_EQ(pool.find_message("A"), nullptr);
  EXPECT_TRUE(pool.add_text("a.proto", "syntax='proto3'; message A {}").has_value());
}

}  // namespace
}  // namespace avila::protobuf

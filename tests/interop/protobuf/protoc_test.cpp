// Differential: protoc's descriptors of the same files, protoc's encoding of the same texts, and
// Python's protobuf for JSON in both directions.
#include <avila/protobuf/dynamic.hpp>
#include <avila/protobuf/json.hpp>
#include <avila/protobuf/pool.hpp>
#include <avila_test/tools.hpp>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>

#include "../../layer2_net/protobuf/schemas.hpp"

namespace {
using namespace avila::protobuf;
using avila_test::run_command;
using avila_test::TempDir;

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void put(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

constexpr std::string_view kOptions = R"schema(
  syntax = "proto3";
package options.test;
import "google/protobuf/descriptor.proto";
option java_package = "a.b";
option optimize_for = CODE_SIZE;
option (file_note) = "n" "ote";
message Rule {
  int32 min = 1;
  repeated string names = 2;
  Rule inner = 3;
  map<string, int32> limits = 4;
  enum Mode { NONE = 0; STRICT = 1; reserved 5 to 9, 20 to max; reserved "OLD"; }
  Mode mode = 5;
  double ratio = 6;
  repeated sint64 numbers = 7;
}
extend google.protobuf.FileOptions { string file_note = 50001; }
extend google.protobuf.FieldOptions { Rule rule = 50001; optional sint32 number = 50002;
  repeated string labels = 50003; bytes raw = 50004; }
extend google.protobuf.MessageOptions { float weight = 50001; }
extend google.protobuf.EnumOptions { uint64 big = 50001; }
extend google.protobuf.EnumValueOptions { bool fine = 50001; }
extend google.protobuf.ServiceOptions { fixed32 id = 50001; }
extend google.protobuf.MethodOptions { Rule.Mode mode = 50001; }
extend google.protobuf.OneofOptions { double d = 50001; }
message M {
  option (weight) = -2.5;
  option deprecated = true;
  string a = 1 [(options.test.rule).inner.min = -6, (number) = -7,
                (labels) = "x", (labels) = "y", deprecated = true, (raw) = "\001\xFF"];
  string b = 2 [(.options.test.rule) = {
    min: 1, names: ["p", 'q' "r"]; inner { min: 2 names: "z" }
    limits { key: "k" value: 9 }
    mode: STRICT ratio: -1.5 numbers: [-1, 0x10, 010]
  }, json_name = "BB"];
  oneof o { option (d) = 1e10; int32 x = 3; string y = 4 [ctype = CORD]; }
  repeated int32 packed = 5 [packed = false];
  reserved 10 to 20, 30, 1000 to max;
  reserved "p", "q";
  optional M child = 6;
}
enum E { option (big) = 18446744073709551615; ZERO = 0 [(fine) = true]; NEG = -5; }
service S {
  option (id) = 7;
  rpc R(M) returns (stream M) { option (mode) = STRICT; option idempotency_level = IDEMPOTENT; }
  rpc Q(stream .options.test.M) returns (Rule) {}
}
)schema";

constexpr std::string_view kDefaults = R"schema(
  syntax = "proto2";
import public "google/protobuf/any.proto";
import weak "google/protobuf/empty.proto";
message D {
  optional float f1 = 1 [default = 0.1];
  optional double d1 = 2 [default = 0.1];
  optional double d2 = 3 [default = 1e22];
  optional double d3 = 4 [default = -inf];
  optional double d4 = 5 [default = nan];
  optional double d5 = 6 [default = 123456789012345678];
  optional double d6 = 7 [default = 3.141592653589793];
  optional float f2 = 8 [default = 3.4e38];
  optional int64 i1 = 9 [default = -9223372036854775808];
  optional uint32 u1 = 10 [default = 0xFF];
  optional int32 i2 = 11 [default = 017];
  optional string s1 = 12 [default = "\t'\"\\\303\251\u00e9"];
  optional bytes b1 = 13 [default = "\t'\"\\\000\377?\?"];
  optional bool y = 14 [default = true];
  optional double d7 = 15 [default = 5];
  optional double d8 = 16 [default = -0.0];
  optional double d9 = 17 [default = 1e-7];
  optional google.protobuf.Any any = 18;
  message Inner { extend D { repeated string within = 120 [deprecated = true]; } }
  extensions 100 to 199 [deprecated_is_not_here];
}
)schema";

class Protoc : public testing::Test {
 protected:
  void SetUp() override {
    AVILA_REQUIRE_PROGRAM("protoc");
    put(dir_ / "all.proto", kEverything);
    put(dir_ / "old.proto", kProto2);
    put(dir_ / "options.proto", kOptions);
    std::string defaults(kDefaults);
    defaults.erase(defaults.find(" [deprecated_is_not_here]"), 25);
    put(dir_ / "defaults.proto", defaults);
    // Where Debian keeps the well-known files is where protoc looks by itself; without them, ours.
    for (const std::string_view name : well_known_protos()) {
      std::filesystem::create_directories(dir_ / "google/protobuf");
      put(dir_ / std::string(name), well_known_proto(name));
    }
  }
  avila::Result<std::string> text_of(std::string_view name) const {
    const std::string path = dir_ / std::string(name);
    if (!std::filesystem::exists(path)) return avila::Error(avila::Errc::NotFound, "no such file");
    return contents(path);
  }
  TempDir dir_;
  DescriptorPool pool_;
};

TEST_F(Protoc, DescriptorSetsAreTheSameBytes) {
  for (const std::string name : {"all.proto", "old.proto", "defaults.proto", "options.proto"}) {
    SCOPED_TRACE(name);
    const auto ours = pool_.import(name, [&](std::string_view file) { return text_of(file); });
    ASSERT_TRUE(ours.has_value()) << ours.error().to_string();
    const auto ran = run_command("cd " + dir_.path() + " && protoc -I . --include_imports " +
                                 "--descriptor_set_out=set.bin " + name + " 2>&1");
    ASSERT_EQ(ran.status, 0) << ran.out;
    FileDescriptorSet set;
    for (const FileDescriptor* file : DescriptorPool::with_dependencies({*ours}))
      set.file.push_back(file->proto);
    const std::string theirs = contents(dir_ / "set.bin");
    const auto parsed = FileDescriptorSet::parse(avila::as_bytes(theirs));
    ASSERT_TRUE(parsed.has_value());
    ASSERT_EQ(parsed->file.size(), set.file.size());
    const MessageDescriptor& type =
        *DescriptorPool::well_known().find_message("google.protobuf.FileDescriptorProto");
    for (std::size_t i = 0; i < set.file.size(); ++i) {
      const auto shown = [&](const FileDescriptorProto& file) {
        return to_json(*DynamicMessage::parse(type, avila::as_bytes(file.serialize())),
                       {.indent = 1})
            .value();
      };
      EXPECT_EQ(shown(set.file[i]), shown(parsed->file[i]));
      EXPECT_TRUE(set.file[i].serialize() == parsed->file[i].serialize()) << set.file[i].name;
    }
    EXPECT_TRUE(set.serialize() == theirs);
    // And theirs links.
    DescriptorPool other;
    const auto added = other.add(*parsed);
    EXPECT_TRUE(added.has_value()) << added.error().to_string();
  }
}

TEST_F(Protoc, WellKnownFilesAreThoseOfTheSystem) {
  const std::string folder = "/usr/include/google/protobuf/";
  if (!std::filesystem::exists(folder + "any.proto")) {
    std::printf("SKIPPED: %s is not installed (libprotobuf-dev)\n", folder.c_str());
    GTEST_SKIP();
  }
  for (const std::string_view name : well_known_protos()) {
    const std::string text = contents("/usr/include/" + std::string(name));
    DescriptorPool pool;
    const auto theirs = pool.add_text(name, text);
    ASSERT_TRUE(theirs.has_value()) << theirs.error().to_string();
    EXPECT_TRUE((*theirs)->serialize() == DescriptorPool::well_known().find_file(name)->serialize())
        << name;
  }
}

/// Messages of random content, by the descriptor.
class Generator {
 public:
  explicit Generator(unsigned long long seed) : random_(seed) {}

  DynamicMessage message(const MessageDescriptor& type, int depth) {
    DynamicMessage out(type);
    for (const FieldDescriptor& field : type.fields) {
      if (below(3) != 0) continue;
      if (field.is_message() && depth == 0) continue;
      if (special(out, field)) continue;
      if (field.is_map()) {
        for (std::uint64_t i = below(4); i > 0; --i) {
          const Value key = value(field.message_type->fields[0], depth);
          MapKey map_key;
          std::visit(
              [&](const auto& k) {
                if constexpr (requires { map_key = k; }) map_key = k;
              },
              key);
          EXPECT_TRUE(
              out.insert(field, map_key, value(field.message_type->fields[1], depth)).has_value());
        }
      } else if (field.is_repeated()) {
        for (std::uint64_t i = below(4); i > 0; --i)
          EXPECT_TRUE(out.add(field, value(field, depth)).has_value());
      } else {
        EXPECT_TRUE(out.set(field, value(field, depth)).has_value());
      }
    }
    return out;
  }

 private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }

  /// Well-known types take values that have a JSON form.
  bool special(DynamicMessage& out, const FieldDescriptor& field) {
    if (!field.is_message() || field.is_map()) return false;
    const std::string& name = field.message_type->full_name;
    return name == "google.protobuf.Any" || (field.is_repeated() && name.ends_with(".Value")) ||
           (name.ends_with(".Value") && (out.mutable_message(field), fill(out, field)));
  }
  bool fill(DynamicMessage& out, const FieldDescriptor& field) {
    return out.mutable_message(field).set("string_value", std::string("v")).has_value();
  }

  Value value(const FieldDescriptor& field, int depth) {
    const std::uint64_t bits = below(4) == 0 ? below(100) : random_();
    switch (field.type) {
      case FieldType::Double: return std::ldexp(static_cast<double>(bits >> 20), -13);
      case FieldType::Float: return static_cast<float>(bits % 100'000) / 8;
      case FieldType::Bool: return bits % 2 == 0;
      case FieldType::String: return "té\"" + std::to_string(bits % 1000);
      case FieldType::Bytes: return std::string(bits % 20, static_cast<char>(bits));
      case FieldType::Enum:
        return field.enum_type->values[bits % field.enum_type->values.size()].number;
      case FieldType::Message:
      case FieldType::Group: return MessageBox(well_known(*field.message_type, bits, depth));
      default: break;
    }
    Value out = zero_value(field);
    std::visit(
        [&](auto& v) {
          using T = std::decay_t<decltype(v)>;
          if constexpr (std::is_integral_v<T>) v = static_cast<T>(bits);
        },
        out);
    return out;
  }

  DynamicMessage well_known(const MessageDescriptor& type, std::uint64_t bits, int depth) {
    DynamicMessage out(type);
    if (type.full_name == "google.protobuf.Timestamp") {
      (void)out.set("seconds", static_cast<std::int64_t>(bits % 315'537'897'599) - 62'135'596'800);
      (void)out.set("nanos", static_cast<std::int32_t>(bits % 2 == 0 ? 0 : bits % 1'000'000'000));
      return out;
    }
    if (type.full_name == "google.protobuf.Duration") {
      (void)out.set("seconds", static_cast<std::int64_t>(bits % 315'576'000'000));
      (void)out.set("nanos", static_cast<std::int32_t>(bits % 1'000'000'000));
      return out;
    }
    if (type.full_name == "google.protobuf.FieldMask") {
      (void)out.add("paths", std::string("foo_bar.baz"));
      (void)out.add("paths", std::string("qux"));
      return out;
    }
    if (type.full_name == "google.protobuf.Value") {
      (void)out.set("number_value", static_cast<double>(bits % 1000));
      return out;
    }
    return message(type, depth - 1);
  }

  std::mt19937_64 random_;
};

TEST_F(Protoc, ReadsWhatWeWriteAndTheReverse) {
  const auto file = pool_.import("all.proto", [&](std::string_view name) { return text_of(name); });
  ASSERT_TRUE(file.has_value());
  const MessageDescriptor& type = *pool_.find_message("t.All");
  for (unsigned seed = 1; seed <= 25; ++seed) {
    SCOPED_TRACE(seed);
    const DynamicMessage message = Generator(seed).message(type, 3);
    const std::string bytes = message.serialize().value();
    put(dir_ / "in.bin", bytes);
    const auto decoded =
        run_command("cd " + dir_.path() +
                    " && protoc -I . --decode=t.All all.proto < in.bin > text.txt "
                    "&& protoc -I . --encode=t.All --deterministic_output all.proto "
                    "< text.txt > out.bin");
    ASSERT_EQ(decoded.status, 0);
    const auto again = DynamicMessage::parse(type, avila::as_bytes(contents(dir_ / "out.bin")));
    ASSERT_TRUE(again.has_value()) << again.error().to_string();
    EXPECT_EQ(*again, message);
    EXPECT_EQ(again->serialize().value(), bytes);
  }
}

TEST_F(Protoc, PythonAgreesOnJson) {
  if (run_command("/usr/bin/python3 -c 'import google.protobuf' 2>&1").status != 0) {
    std::printf("SKIPPED: python3-protobuf is not installed\n");
    GTEST_SKIP();
  }
  const auto file = pool_.import("all.proto", [&](std::string_view name) { return text_of(name); });
  ASSERT_TRUE(file.has_value());
  const MessageDescriptor& type = *pool_.find_message("t.All");
  ASSERT_EQ(
      run_command("cd " + dir_.path() + " && protoc -I . --python_out=. all.proto 2>&1").status, 0);
  constexpr unsigned kCases = 200;
  for (unsigned seed = 1; seed <= kCases; ++seed) {
    DynamicMessage message = Generator(seed).message(type, 3);
    if (seed % 5 == 0) {  // Any, by way of JSON
      const auto any = from_json(
          type,
          R"({"any":{"@type":"type.googleapis.com/t.All","i32":7,"time":"2020-01-01T00:00:00Z"}})");
      ASSERT_TRUE(any.has_value());
      ASSERT_TRUE(message.merge(avila::as_bytes(any->serialize().value())).has_value());
    }
    const std::string number = std::to_string(seed);
    put(dir_ / (number + ".bin"), message.serialize().value());
    const auto text = to_json(message);
    ASSERT_TRUE(text.has_value()) << text.error().to_string();
    put(dir_ / (number + ".json"), *text);
  }
  // Ours: their parser gives the message back. Theirs: written for our parser.
  put(dir_ / "check.py", R"(
import sys
from google.protobuf import json_format
import all_pb2
for i in range(1, int(sys.argv[1]) + 1):
    want = all_pb2.All.FromString(open('%d.bin' % i, 'rb').read())
    got = json_format.Parse(open('%d.json' % i, encoding='utf-8').read(), all_pb2.All())
    if got != want:
        print('differs', i, open('%d.json' % i).read())
        sys.exit(1)
    open('%d.theirs' % i, 'w', encoding='utf-8').write(json_format.MessageToJson(want))
print('ok')
)");
  const auto ran = run_command("cd " + dir_.path() + " && /usr/bin/python3 check.py " +
                               std::to_string(kCases) + " 2>err.txt");
  ASSERT_EQ(ran.out, "ok\n") << contents(dir_ / "err.txt");
  for (unsigned seed = 1; seed <= kCases; ++seed) {
    const std::string number = std::to_string(seed);
    const auto theirs = from_json(type, contents(dir_ / (number + ".theirs")));
    ASSERT_TRUE(theirs.has_value()) << theirs.error().to_string();
    EXPECT_EQ(theirs->serialize().value(), contents(dir_ / (number + ".bin"))) << number;
  }
}

TEST_F(Protoc, RefusesTheSameFiles) {
  const char* const kCases[] = {
      "syntax='proto3'; message M { int32 a = 1; int32 a = 2; }",
      "syntax='proto3'; message M { int32 a = 1; int32 b = 1; }",
      "syntax='proto3'; message M { required int32 a = 1; }",
      "syntax='proto3'; message M { int32 a = 19000; }",
      "syntax='proto3'; message M { int32 a = 536870911; }",
      "syntax='proto3'; message M { N a = 1; } message N {}",
      "syntax='proto3'; message M { int32 fooBar = 1; int32 foo_bar = 2; }",
      "syntax='proto3'; enum E { A = 1; }",
      "syntax='proto3'; enum E { A = 0; B = 0; }",
      "syntax='proto3'; enum E { option allow_alias = true; A = 0; B = 0; }",
      "syntax='proto3'; message M { map<string, M> m = 1; }",
      "syntax='proto3'; message M { map<double, M> m = 1; }",
      "syntax='proto3'; message M { oneof o {} }",
      "syntax='proto3'; message M { oneof o { map<int32, int32> a = 1; } }",
      "syntax='proto3'; message M { reserved 1 to 5; reserved 3; }",
      "syntax='proto3'; message M { reserved 'a'; int32 a = 1; }",
      "syntax='proto3'; message M { reserved 5; int32 a = 5; }",
      "syntax='proto2'; message M { optional int32 a = 1 [default = 1.5]; }",
      "syntax='proto2'; message M { optional float a = 1 [default = 1.5]; }",
      "syntax='proto2'; message M { optional string a = 1 [default = 1]; }",
      "syntax='proto2'; message M { extensions 5 to 10; } extend M { optional int32 a = 4; }",
      "syntax='proto2'; message M { extensions 5 to 10; } extend M { optional int32 a = 6; }",
      "syntax='proto2'; message M { extensions 5 to 10; } extend M { required int32 a = 6; }",
      "syntax='proto2'; message M { extensions 5 to 10; optional int32 a = 7; }",
      "syntax='proto2'; message M { repeated group G = 1 { optional int32 a = 1; } }",
      "syntax='proto2'; message M { repeated group g = 1 { optional int32 a = 1; } }",
      "syntax='proto2'; message M { oneof o { int32 a = 1; group G = 2 { } } }",
      "syntax='proto2'; message M { repeated int32 a = 1 [packed = true]; }",
      "syntax='proto2'; message M { repeated string a = 1 [packed = true]; }",
      "syntax='proto2'; message M { optional int32 a = 1 [json_name = 'x', deprecated = true]; }",
      "syntax='proto3'; import 'old.proto'; message M { t2.Closed c = 1; }",
      "syntax='proto3'; import 'old.proto'; message M { t2.Old c = 1; }",
      "syntax='proto3'; import 'old.proto'; extend t2.Old { int32 c = 1500; }",
      "syntax='proto3'; import 'old.proto'; service S { rpc A(t2.Old) returns (t2.Closed); }",
      "syntax='proto3'; package t2; import 'old.proto'; message Old {}",
      "syntax='proto3'; package t2.Old; import 'old.proto';",
      "syntax='proto3'; message M { int32 a = 1;; } ; option java_package = 'x';",
      "syntax='proto3'; message M { option (x) = 1; }",
      "syntax='proto3'; message M { option deprecated = 1; }",
      "syntax='proto3'; message M { int32 a = 1 [ctype = CORD, jstype = JS_NUMBER]; }",
      "syntax='proto3'; message M { int64 a = 1 [jstype = JS_STRING]; }",
      "syntax='proto3'; message M { int32 a = 0x1F; int32 b = 010; }",
      "syntax='proto3'; message M { int32 a = 1 }",
      "syntax='proto3'; message M { int32 a = -1; }",
      "syntax='proto3'; message M { int32 = 1; }",
      "syntax='proto3'; message M { message N { .M.N n = 1; N m = 2; M.N o = 3; } N p = 1; }",
      "syntax='proto3'; message A { message A { message A {} A.A x = 1; } A.A.A y = 1; }",
      "syntax='proto3'; enum E { A = 0; reserved -5 to 5; }",
      "syntax='proto3'; enum E { A = 0; reserved -5 to -1, 1 to max; reserved 'B'; }",
      "syntax='proto3'; enum E { A = 0; B = -2147483648; C = 2147483647; }",
  };
  int at = 0;
  for (const char* text : kCases) {
    const std::string name = "case" + std::to_string(at++) + ".proto";
    put(dir_ / name, text);
    const bool theirs = run_command("cd " + dir_.path() +
                                    " && protoc -I . --descriptor_set_out=x " + name + " 2>err.txt")
                            .status == 0;
    DescriptorPool pool;
    const auto ours = pool.import(name, [&](std::string_view file) { return text_of(file); });
    EXPECT_EQ(ours.has_value(), theirs)
        << text << "\nwe: " << (ours.has_value() ? "fine" : ours.error().to_string())
        << "\nprotoc: " << contents(dir_ / "err.txt");
  }
}

}  // namespace

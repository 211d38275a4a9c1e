// Schemas that the tests share.
#pragma once
#include <gtest/gtest.h>
#include <avila/protobuf/pool.hpp>

#include <string>
#include <string_view>

namespace avila::protobuf {

inline const FileDescriptor* must_add(DescriptorPool& pool, std::string_view name,
                                      std::string_view text) {
  const auto file = pool.add_text(name, text);
  EXPECT_TRUE(file.has_value()) << (file.has_value() ? "" : file.error().to_string());
  return file.has_value() ? *file : nullptr;
}

/// What adding the text says; empty where it is fine.
inline std::string refusal(std::string_view text) {
  DescriptorPool pool;
  const auto file = pool.add_text("t.proto", text);
  return file.has_value() ? std::string() : file.error().to_string();
}

inline constexpr std::string_view kEverything = R"schema(
  syntax = "proto3";
package t;
import "google/protobuf/any.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/empty.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
enum Color {
  option allow_alias = true;
  COLOR_UNKNOWN = 0;
  RED = 1;
  CRIMSON = 1;
  BLUE = -2;
}
message All {
  message Nested {
    int32 id = 1;
    Nested child = 2;
    repeated string tags = 3;
  }
  int32 i32 = 1;
  int64 i64 = 2;
  uint32 u32 = 3;
  uint64 u64 = 4;
  sint32 s32 = 5;
  sint64 s64 = 6;
  fixed32 f32 = 7;
  fixed64 f64 = 8;
  sfixed32 sf32 = 9;
  sfixed64 sf64 = 10;
  float flt = 11;
  double dbl = 12;
  bool flag = 13;
  string text = 14;
  bytes data = 15;
  Color color = 16;
  Nested nested = 17;
  optional int32 maybe_int = 18;
  optional string maybe_text = 19;
  repeated int32 ints = 20;
  repeated sint64 loose = 21 [packed = false];
  repeated string texts = 22;
  repeated Nested messages = 23;
  repeated Color colors = 24;
  map<string, int32> counts = 25;
  map<int32, Nested> by_id = 26;
  map<bool, bytes> by_flag = 27;
  oneof choice {
    string choice_text = 28;
    int64 choice_number = 29;
    Nested choice_message = 30;
  }
  google.protobuf.Any any = 31;
  google.protobuf.Timestamp time = 32;
  google.protobuf.Duration duration = 33;
  google.protobuf.FieldMask mask = 34;
  google.protobuf.Struct object = 35;
  google.protobuf.Value value = 36;
  google.protobuf.ListValue list = 37;
  google.protobuf.Empty empty = 38;
  google.protobuf.Int64Value boxed_int = 39;
  google.protobuf.StringValue boxed_text = 40;
  google.protobuf.BytesValue boxed_bytes = 41;
  google.protobuf.BoolValue boxed_bool = 42;
  google.protobuf.DoubleValue boxed_double = 43;
  google.protobuf.NullValue null = 44;
  repeated google.protobuf.Value values = 45;
  map<string, google.protobuf.Timestamp> times = 46;
  repeated double doubles = 47;
  string renamed_field = 48 [json_name = "other"];
  reserved 100 to 110, 200;
  reserved "old", "older";
}
service Search {
  rpc One(All) returns (All);
  rpc Many(stream All.Nested) returns (stream t.All) {
    option deprecated = true;
  }
}
)schema";

inline constexpr std::string_view kProto2 = R"schema(
  syntax = "proto2";
package t2;
enum Closed { ONE = 1; TWO = 2; }
enum Zeroed { ZERO = 0; UNO = 1; }
message Old {
  required int32 id = 1;
  optional string name = 2 [default = "a\"b\n"];
  optional Closed kind = 3 [default = TWO];
  repeated Closed kinds = 4;
  repeated int32 packed_ints = 5 [packed = true];
  optional double ratio = 6 [default = -1.5e10];
  optional bytes raw = 7 [default = "\001\377z"];
  optional group Group = 8 {
    optional int32 x = 1;
    repeated group Inner = 2 { optional string s = 3; }
  }
  optional float infinite = 9 [default = inf];
  map<string, Zeroed> map = 10;
  optional uint64 big = 11 [default = 0xFFFFFFFFFFFFFFFF];
  extensions 100 to 199, 1000 to max;
  extend Old { optional int32 within = 150; }
}
extend Old {
  optional string added = 100;
  repeated Old more = 1000;
  optional group Extra = 101 { optional int32 y = 1; }
}
)schema";

}  // namespace avila::protobuf

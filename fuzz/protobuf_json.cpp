// JSON to messages: what is accepted prints, and the print reads and prints the same.
#include <avila/error/assert.hpp>
#include <avila/protobuf/json.hpp>
#include <avila/protobuf/pool.hpp>
#include <cstdint>

using namespace avila;
using namespace avila::protobuf;

namespace {

const MessageDescriptor& schema() {
  static DescriptorPool* const pool = [] {
    auto* made = new DescriptorPool;
    AVILA_ASSERT(made->add_text("f.proto", R"schema(
syntax = "proto3";
import "google/protobuf/any.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
enum E { ZERO = 0; ONE = 1; }
message M {
  int32 i = 1; int64 l = 2; uint64 u = 3; float f = 4; double d = 5; bool b = 6; string s = 7;
  bytes y = 8; E e = 9; M m = 10; repeated M ms = 11; map<string, M> by = 12; map<int32, E> n = 13;
  map<bool, double> q = 14; oneof o { string oa = 15; int32 ob = 16; }
  google.protobuf.Any any = 17; google.protobuf.Timestamp t = 18; google.protobuf.Duration du = 19;
  google.protobuf.FieldMask k = 20; google.protobuf.Value v = 21; google.protobuf.Int64Value w = 22;
}
)schema")
                     .has_value());
    return made;
  }();
  return *pool->find_message("M");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 1 << 15) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto message = from_json(schema(), text, {.ignore_unknown_fields = (data[0] & 1) != 0});
  if (!message.has_value()) return 0;
  const auto printed = to_json(*message);
  if (!printed.has_value()) return 0;  // an Any within an Any, say, that goes too deep
  const auto again = from_json(schema(), *printed);
  if (!again.has_value()) {
    AVILA_ASSERT(again.error().is(Errc::LimitExceeded));
    return 0;
  }
  AVILA_ASSERT(to_json(*again).value() == *printed);
  const auto bytes = message->serialize();
  if (!bytes.has_value()) {
    AVILA_ASSERT(bytes.error().is(Errc::LimitExceeded));
    return 0;
  }
  const auto parsed = DynamicMessage::parse(schema(), as_bytes(*bytes));
  AVILA_ASSERT(parsed.has_value());
  AVILA_ASSERT(to_json(*parsed).value() == *printed);
  return 0;
}

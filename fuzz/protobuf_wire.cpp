// Messages of a fixed schema: what is read is written so that it reads the same again, generated
// code and DynamicMessage agree, and JSON keeps it where JSON can say it.
#include <avila/error/assert.hpp>
#include <avila/protobuf/dynamic.hpp>
#include <avila/protobuf/json.hpp>
#include <avila/protobuf/pool.hpp>
#include <avila/protobuf/wkt/struct.pb.hpp>
#include <cstdint>

#include "protobuf_wire.pb.hpp"

using namespace avila;
using namespace avila::protobuf;

namespace {

constexpr std::string_view kSchema = R"schema(
syntax = "proto3";
package f;
import "google/protobuf/any.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
enum E { ZERO = 0; ONE = 1; MINUS = -1; }
message M {
  int32 i32 = 1; sint64 s64 = 2; fixed32 f32 = 3; double dbl = 4; float flt = 5; bool flag = 6;
  string text = 7; bytes data = 8; E e = 9; M child = 10; repeated M children = 11;
  repeated int32 ints = 12; repeated sint32 loose = 13 [packed = false]; repeated E es = 14;
  map<string, M> by_name = 15; map<int64, E> by_number = 16; optional uint64 maybe = 17;
  oneof o { string a = 18; M b = 19; google.protobuf.NullValue n = 20; }
  google.protobuf.Any any = 21; google.protobuf.Timestamp time = 22;
  google.protobuf.Duration duration = 23; google.protobuf.FieldMask mask = 24;
  google.protobuf.Struct object = 25; google.protobuf.Value value = 26;
  google.protobuf.BytesValue boxed = 27; repeated string texts = 28; repeated double ds = 29;
}
)schema";

const MessageDescriptor& schema() {
  static DescriptorPool* const pool = [] {
    auto* made = new DescriptorPool;
    AVILA_ASSERT(made->add_text("f.proto", kSchema).has_value());
    return made;
  }();
  return *pool->find_message("f.M");
}

void check_dynamic(const MessageDescriptor& type, ByteSpan bytes) {
  const auto message = DynamicMessage::parse(type, bytes);
  if (!message.has_value()) return;
  const auto out = message->serialize();
  AVILA_ASSERT(out.has_value());
  const auto again = DynamicMessage::parse(type, as_bytes(*out));
  AVILA_ASSERT(again.has_value());
  AVILA_ASSERT(again->serialize().value() == *out);
  const auto json = to_json(*message);
  if (!json.has_value()) return;
  // Unknown fields do not travel through JSON, and Any may be written in another way: what comes
  // back prints the same.
  const auto read = from_json(type, *json);
  if (!read.has_value()) {
    AVILA_ASSERT(read.error().is(Errc::LimitExceeded) || read.error().is(Errc::Malformed));
    return;
  }
  const auto printed = to_json(*read);
  AVILA_ASSERT(printed.has_value());
  AVILA_ASSERT(*printed == *json);
}

template <class M>
void check_generated(ByteSpan bytes) {
  const auto made = M::parse(bytes);
  const auto dynamic = DynamicMessage::parse(M::descriptor(), bytes);
  AVILA_ASSERT(made.has_value() == dynamic.has_value());
  if (made.has_value()) AVILA_ASSERT(made->serialize().value() == dynamic->serialize().value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1 << 16) return 0;
  const auto bytes = std::as_bytes(std::span{data, size});
  check_dynamic(schema(), bytes);
  check_generated<wkt::Struct>(bytes);
  check_generated<f2::Old>(bytes);
  return 0;
}

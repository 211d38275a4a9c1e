// Every codec gives the same items whole and in pieces, and keeps no more than its limit.
#include <avila/codec/json.hpp>
#include <avila/codec/length_delimited.hpp>
#include <avila/codec/lines.hpp>
#include <avila/codec/protobuf.hpp>
#include <avila/error/assert.hpp>
#include <avila/protobuf/wkt/struct.pb.hpp>
#include <cstdint>
#include <string>
#include <vector>

using namespace avila;

namespace {

std::string shown(const buffer::Bytes& bytes) { return std::string(bytes.text()); }
std::string shown(const std::string& text) { return text; }
std::string shown(const json::Value& value) { return json::to_string(value); }
std::string shown(const protobuf::wkt::Value& value) { return value.serialize().value(); }

template <class Codec>
std::vector<std::string> decoded(Codec codec, std::string_view bytes, std::size_t piece) {
  std::vector<std::string> out;
  buffer::BytesMut in;
  bool stopped = false;
  const auto take = [&](auto result) {
    if (!result.has_value()) {
      stopped = result.error().message().find("an earlier") != std::string_view::npos;
      out.push_back("!");
      return !stopped;
    }
    if (!result->has_value()) return false;
    out.push_back(shown(**result));
    return true;
  };
  for (std::size_t at = 0; at < bytes.size() && !stopped; at += piece) {
    in.append(bytes.substr(at, piece));
    while (!stopped && take(codec.decode(in))) {
    }
    AVILA_ASSERT(in.size() <= 400 + piece || stopped);
  }
  while (!stopped && take(codec.decode_eof(in))) {
  }
  return out;
}

template <class Codec>
void check(const Codec& codec, std::string_view bytes, std::size_t piece) {
  AVILA_ASSERT(decoded(codec, bytes, bytes.size() + 1) == decoded(codec, bytes, piece));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 1 << 13) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t piece = data[1] % 16 + 1;
  const auto order = (data[0] & 8) != 0 ? codec::ByteOrder::Big : codec::ByteOrder::Little;
  switch (data[0] % 6) {
    case 0:
      check(
          codec::LengthDelimitedCodec({.length_bytes = std::size_t{1} << (data[0] >> 6),
                                       .order = order,
                                       .length_offset = static_cast<std::size_t>(data[0] >> 4 & 3),
                                       .length_adjustment = data[1] % 5 - 2,
                                       .payload_bytes_max = 300}),
          bytes, piece);
      break;
    case 1: check(codec::LinesCodec({.line_bytes_max = 50}), bytes, piece); break;
    case 2: check(codec::JsonCodec({.value_bytes_max = 200}), bytes, piece); break;
    case 3:
      check(codec::JsonCodec({.framing = codec::JsonFraming::Concatenated, .value_bytes_max = 200}),
            bytes, piece);
      break;
    case 4: check(codec::VarintCodec(300), bytes, piece); break;
    default: check(codec::ProtobufCodec<protobuf::wkt::Value>(300), bytes, piece); break;
  }
  return 0;
}

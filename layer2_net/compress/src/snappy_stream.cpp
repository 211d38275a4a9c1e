#include "snappy_stream.hpp"

#include <algorithm>
#include <avila/compress/snappy.hpp>
#include <avila/hash/crc32c.hpp>
#include <avila/primitives/endian.hpp>

namespace avila::compress::detail {
namespace {

constexpr std::size_t kMaxChunk = 65536;
constexpr unsigned kCompressed = 0, kStored = 1, kIdentifier = 0xFF;
constexpr std::string_view kIdentifierText = "sNaPpY";

std::uint32_t masked_crc(ByteSpan content) {
  const std::uint32_t crc = hash::crc32c(content);
  return (crc >> 15 | crc << 17) + 0xA282EAD8U;
}

void put_chunk_header(std::byte* at, unsigned type, std::size_t size) {
  at[0] = static_cast<std::byte>(type);
  for (unsigned i = 0; i < 3; ++i) at[1 + i] = static_cast<std::byte>(size >> (8 * i) & 0xFF);
}

}  // namespace

Result<Stop> SnappyDecoder::run(const std::byte*& in, const std::byte* end, Output& out) {
  const std::byte* const start = in;
  const auto bad = [&](std::string_view what) {
    return damaged("snappy: " + std::string(what), static_cast<std::uint64_t>(in - start));
  };
  while (true) {
    if (skip_left_ != 0) {
      const auto part = std::min<std::size_t>(skip_left_, static_cast<std::size_t>(end - in));
      in += part;
      skip_left_ -= static_cast<std::uint32_t>(part);
      if (skip_left_ != 0) return Stop::NeedInput;
    }
    const auto all = static_cast<std::size_t>(end - in);
    if (all == 0 && begun_ && in != start) return Stop::Finished;  // any chunk may be the last
    if (all != 0 && !begun_ && static_cast<unsigned>(*in) != kIdentifier)
      return bad("the stream identifier is missing");
    if (all < 4) return Stop::NeedInput;
    const auto type = static_cast<unsigned>(*in);
    const std::size_t size = load_le32(in) >> 8;
    if (type == kIdentifier) {
      if (size != kIdentifierText.size()) return bad("a damaged stream identifier");
      if (all < 4 + size) return Stop::NeedInput;
      if (as_text({in + 4, size}) != kIdentifierText) return bad("a damaged stream identifier");
      begun_ = true;
      in += 4 + size;
      continue;
    }
    if (type >= 0x80) {  // padding, and what later versions may add
      in += 4;
      skip_left_ = static_cast<std::uint32_t>(size);
      continue;
    }
    if (type > kStored) return bad("a chunk of unknown type");
    if (size < 4 || size > 4 + snappy::compress_bound(kMaxChunk)) return bad("a chunk's size");
    if (all < 4 + size) return Stop::NeedInput;
    const ByteSpan body{in + 8, size - 4};
    std::size_t content = body.size();
    if (type == kCompressed) {
      AVILA_TRY(content, snappy::uncompressed_size(body));
    }
    if (content > kMaxChunk) return bad("a chunk of more than 64 KiB");
    if (content > static_cast<std::size_t>(out.end - out.at)) return Stop::NeedOutput;
    if (type == kCompressed) {
      auto result = snappy::decompress(body, {out.at, content});
      if (!result.has_value()) return bad("a damaged chunk");
    } else if (content != 0) {
      std::memcpy(out.at, body.data(), content);
    }
    if (masked_crc({out.at, content}) != load_le32(in + 4))
      return Error(Errc::Corrupted, "snappy: a chunk's checksum is wrong");
    out.at += content;
    in += 4 + size;
  }
}

void SnappyEncoder::begin(Sink& out) {
  out.resize(out.size() + 4);
  put_chunk_header(out.data() + out.size() - 4, kIdentifier, kIdentifierText.size());
  append(out, as_bytes(kIdentifierText));
}

void SnappyEncoder::encode(const Piece& piece, bool, Sink& out) {
  const ByteSpan content = piece.content();
  if (content.empty()) return;
  const std::size_t start = out.size();
  out.resize(start + 8 + snappy::compress_bound(content.size()));
  std::size_t size = snappy::compress(content, MutableByteSpan(out).subspan(start + 8));
  const bool stored = size >= content.size() - content.size() / 8;
  if (stored) {
    size = content.size();
    std::memcpy(out.data() + start + 8, content.data(), size);
  }
  put_chunk_header(out.data() + start, stored ? kStored : kCompressed, size + 4);
  store_le32(out.data() + start + 4, masked_crc(content));
  out.resize(start + 8 + size);
}

}  // namespace avila::compress::detail

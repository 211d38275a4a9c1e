#include <algorithm>
#include <avila/compress/lz4_frame.hpp>
#include <avila/hash/xxh64.hpp>
#include <avila/primitives/endian.hpp>
#include <cstring>
#include <memory>

#include "lz4_decode.hpp"
#include "lz4_frame_format.hpp"

namespace avila::compress::lz4 {

using namespace detail;

namespace {

Error malformed(std::string_view what, std::uint64_t offset) {
  return Error(StreamError::Damaged, "lz4 frame: " + std::string(what), {.offset = offset});
}

}  // namespace

struct FrameDecoder::Body {
  enum class State : std::uint8_t {
    Magic,       // 4 bytes
    SkipSize,    // 4 bytes
    Skip,        // skip_left bytes
    Descriptor,  // FLG and BD, then what FLG says
    BlockSize,   // 4 bytes
    Block,       // block_size bytes and perhaps a checksum
    Checksum,    // 4 bytes of the content
    Failed,
  };

  Result<void> take_magic();
  Result<void> take_descriptor();
  Result<void> take_block_size();
  Result<void> take_block();
  Result<void> take_checksum();
  Result<void> end_frame();
  void expect(State next, std::size_t bytes) {
    state = next;
    wanted = bytes;
    gathered.clear();
  }

  FrameLimits limits;
  std::vector<std::byte> dictionary;  // its last 64 KiB

  State state = State::Magic;
  std::size_t wanted = 4;           // bytes that complete the current piece
  std::vector<std::byte> gathered;  // of it
  std::uint64_t offset = 0;         // of all input, for errors
  std::uint32_t skip_left = 0;
  bool boundary = true;
  bool finished_frame = false;

  unsigned flags = 0;
  std::size_t block_max = 0;
  std::uint32_t block_header = 0;
  std::optional<std::uint64_t> size;
  std::optional<std::uint32_t> id;
  std::uint64_t content = 0;  // of this frame
  std::uint64_t total = 0;    // of all frames
  hash::Xxh32 content_hash;

  std::vector<std::byte> window;  // history, then the decoded block
  std::size_t history = 0;
  std::size_t decoded = 0;     // bytes of the block
  std::size_t handed_out = 0;  // of them
};

Result<void> FrameDecoder::Body::take_magic() {
  const std::uint32_t magic = load_le32(gathered.data());
  finished_frame = false;
  if (magic == kFrameMagic) {
    boundary = false;
    expect(State::Descriptor, 2);
    return {};
  }
  if ((magic & ~0xFU) == kSkippableMagic) {
    boundary = false;
    expect(State::SkipSize, 4);
    return {};
  }
  if (magic == kLegacyMagic)
    return Error(Errc::Unsupported, "lz4 frame: the legacy format",
                 {.offset = offset - 4, .hint = "recompress it with a current lz4"});
  return malformed("wrong magic number", offset - 4);
}

Result<void> FrameDecoder::Body::take_descriptor() {
  const std::byte* const p = gathered.data();
  flags = static_cast<unsigned>(p[0]);
  const auto bd = static_cast<unsigned>(p[1]);
  const std::size_t start = static_cast<std::size_t>(offset) - gathered.size();
  if ((flags & kVersionMask) != kVersion)
    return Error(Errc::Unsupported, "lz4 frame: version other than 01", {.offset = start});
  if ((flags & kReservedFlag) != 0) return malformed("reserved flag is set", start);
  if ((bd & 0x8F) != 0 || bd >> 4 < 4) return malformed("bad block size", start + 1);
  const std::size_t full =
      3U + ((flags & kContentSize) != 0 ? 8U : 0U) + ((flags & kDictionaryId) != 0 ? 4U : 0U);
  if (gathered.size() < full) {
    wanted = full;
    return {};
  }
  const auto expected = static_cast<std::byte>(hash::xxh32({p, full - 1}) >> 8);
  if (p[full - 1] != expected)
    return Error(Errc::Corrupted, "lz4 frame: header checksum", {.offset = offset - 1});
  std::size_t at = 2;
  size.reset(), id.reset();
  if ((flags & kContentSize) != 0) size = load_le64(p + at), at += 8;
  if ((flags & kDictionaryId) != 0) id = load_le32(p + at);
  block_max = std::size_t{1} << (8 + 2 * (bd >> 4));
  if (block_max > limits.max_block)
    return Error(Errc::LimitExceeded, "lz4 frame: blocks larger than max_block");
  if (size && *size > limits.max_output - total)
    return Error(Errc::LimitExceeded, "lz4 frame: more content than max_output");
  content = 0;
  content_hash.reset();
  history = dictionary.size();
  window.resize(std::max(window.size(), history));
  std::copy(dictionary.begin(), dictionary.end(), window.begin());
  expect(State::BlockSize, 4);
  return {};
}

Result<void> FrameDecoder::Body::take_block_size() {
  block_header = load_le32(gathered.data());
  if (block_header == 0) {  // the end mark
    if ((flags & kContentChecksum) == 0) return end_frame();
    expect(State::Checksum, 4);
    return {};
  }
  const std::size_t bytes = block_header & ~kUncompressed;
  if (bytes > block_max) return malformed("a block larger than the header allows", offset - 4);
  expect(State::Block, bytes + ((flags & kBlockChecksum) != 0 ? 4 : 0));
  return {};
}

Result<void> FrameDecoder::Body::take_block() {
  ByteSpan block(gathered);
  if ((flags & kBlockChecksum) != 0) {
    block = block.first(block.size() - 4);
    if (hash::xxh32(block) != load_le32(block.data() + block.size()))
      return Error(Errc::Corrupted, "lz4 frame: block checksum", {.offset = offset - 4});
  }
  // The block before becomes history, which is moved only when there is twice as much as needed:
  // blocks may be of a byte each.
  if ((flags & kIndependent) == 0) {
    history += decoded;
    if (history >= 2 * kHistory) {
      std::memmove(window.data(), window.data() + history - kHistory, kHistory);
      history = kHistory;
    }
  }
  decoded = handed_out = 0;
  // No more than the limit lets through is decoded.
  const std::uint64_t allowed = limits.max_output - total;
  const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(block_max, allowed));
  if ((block_header & kUncompressed) != 0) {
    if (block.size() > room)
      return Error(Errc::LimitExceeded, "lz4 frame: more content than max_output");
    window.resize(std::max(window.size(), history + block.size()));
    if (!block.empty()) std::memcpy(window.data() + history, block.data(), block.size());
    decoded = block.size();
  } else {
    window.resize(std::max(window.size(), history + room));
    auto wrote =
        detail::decode(block, MutableByteSpan(window).subspan(history, room), window.data(), {});
    if (!wrote.has_value()) {
      if (room == block_max && wrote.error().is(Errc::LimitExceeded))
        return malformed("a block holds more than the header allows", offset - gathered.size());
      return std::move(wrote).error().context("block at byte " +
                                              std::to_string(offset - gathered.size()));
    }
    decoded = *wrote;
  }
  content += decoded;
  total += decoded;
  if (size && content > *size) return malformed("more content than the header says", offset);
  if ((flags & kContentChecksum) != 0) content_hash.update({window.data() + history, decoded});
  expect(State::BlockSize, 4);
  return {};
}

Result<void> FrameDecoder::Body::take_checksum() {
  if (load_le32(gathered.data()) != content_hash.digest())
    return Error(Errc::Corrupted, "lz4 frame: content checksum", {.offset = offset - 4});
  return end_frame();
}

Result<void> FrameDecoder::Body::end_frame() {
  if (size && content != *size) return malformed("less content than the header says", offset);
  boundary = finished_frame = true;
  decoded = handed_out = 0;
  expect(State::Magic, 4);
  return {};
}

FrameDecoder::FrameDecoder(const FrameLimits& limits, ByteSpan dictionary)
    : body_(std::make_unique<Body>()) {
  body_->limits = limits;
  if (dictionary.size() > kHistory) dictionary = dictionary.subspan(dictionary.size() - kHistory);
  body_->dictionary.assign(dictionary.begin(), dictionary.end());
}
FrameDecoder::FrameDecoder(FrameDecoder&&) noexcept = default;
FrameDecoder& FrameDecoder::operator=(FrameDecoder&&) noexcept = default;
FrameDecoder::~FrameDecoder() = default;

bool FrameDecoder::at_boundary() const noexcept {
  return body_->boundary && body_->gathered.empty();
}
std::optional<std::uint64_t> FrameDecoder::content_size() const noexcept { return body_->size; }
std::optional<std::uint32_t> FrameDecoder::dictionary_id() const noexcept { return body_->id; }

Result<Progress> FrameDecoder::decode(ByteSpan in, MutableByteSpan out) {
  using State = Body::State;
  Body& b = *body_;
  Progress progress;
  if (b.state == State::Failed)
    return Error(Errc::InvalidArgument, "lz4 frame: the decoder has failed before");
  while (true) {
    const std::size_t ready = std::min(b.decoded - b.handed_out, out.size());
    if (ready != 0) std::memcpy(out.data(), b.window.data() + b.history + b.handed_out, ready);
    b.handed_out += ready;
    out = out.subspan(ready);
    progress.produced += ready;
    if (b.handed_out < b.decoded) return progress;
    if (b.state == State::Skip) {
      const auto skipped = std::min<std::size_t>(b.skip_left, in.size());
      b.skip_left -= static_cast<std::uint32_t>(skipped);
      b.offset += skipped;
      in = in.subspan(skipped);
      progress.consumed += skipped;
      if (b.skip_left != 0) return progress;
      b.boundary = b.finished_frame = true;
      b.expect(State::Magic, 4);
      progress.finished = true;
      return progress;
    }
    const std::size_t take = std::min(b.wanted - b.gathered.size(), in.size());
    b.gathered.insert(b.gathered.end(), in.begin(), in.begin() + static_cast<std::ptrdiff_t>(take));
    b.offset += take;
    in = in.subspan(take);
    progress.consumed += take;
    if (b.gathered.size() < b.wanted) {
      progress.finished = b.finished_frame && b.gathered.empty();
      return progress;
    }
    Result<void> done;
    switch (b.state) {
      case State::Magic: done = b.take_magic(); break;
      case State::SkipSize:
        b.skip_left = load_le32(b.gathered.data());
        b.expect(State::Skip, 0);
        break;
      case State::Descriptor: done = b.take_descriptor(); break;
      case State::BlockSize: done = b.take_block_size(); break;
      case State::Block: done = b.take_block(); break;
      case State::Checksum: done = b.take_checksum(); break;
      case State::Skip:
      case State::Failed: break;
    }
    if (!done.has_value()) {
      b.state = State::Failed;
      return std::move(done).error();
    }
    if (b.finished_frame && b.state == State::Magic) {
      progress.finished = true;
      return progress;
    }
  }
}

Result<std::vector<std::byte>> decompress_frames(ByteSpan in, const FrameLimits& limits,
                                                 ByteSpan dictionary) {
  if (in.empty()) return Error(StreamError::Truncated, "lz4 frame: the input is empty");
  FrameDecoder decoder(limits, dictionary);
  std::vector<std::byte> content;
  while (true) {
    const std::size_t at = content.size();
    const std::uint64_t expected = decoder.content_size().value_or(0);
    const std::size_t room =
        std::clamp<std::size_t>(static_cast<std::size_t>(expected), 1U << 16, std::size_t{4} << 20);
    content.resize(at + room);
    AVILA_TRY(const Progress step, decoder.decode(in, MutableByteSpan(content).subspan(at)));
    in = in.subspan(step.consumed);
    content.resize(at + step.produced);
    if (!in.empty() || step.produced == room) continue;
    if (decoder.at_boundary()) return content;
    return Error(StreamError::Truncated, "lz4 frame: the input ends inside a frame");
  }
}

}  // namespace avila::compress::lz4

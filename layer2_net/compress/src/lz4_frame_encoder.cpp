#include <algorithm>
#include <avila/compress/lz4.hpp>
#include <avila/compress/lz4_frame.hpp>
#include <avila/error/assert.hpp>
#include <avila/hash/xxh64.hpp>
#include <memory>

#include "lz4_frame_format.hpp"
#include "lz4_hc.hpp"

namespace avila::compress::lz4 {

using namespace detail;

struct FrameEncoder::Body {
  explicit Body(const FrameOptions& chosen);

  void write_header();
  void write_block();
  void write_end();
  void shift_history();
  void restart_positions();

  FrameOptions options;
  std::size_t block_size;
  hash::Xxh32 content_hash;
  std::uint64_t content = 0;

  // The window: history, then the block that is being gathered. Position p of a stream lies at
  // window[p - window_position].
  std::vector<std::byte> window;
  std::size_t history = 0;   // bytes before the block
  std::size_t gathered = 0;  // bytes of the block
  std::uint32_t window_position = kHistory;
  std::size_t dictionary_size = 0;

  std::unique_ptr<PositionTable> table;
  std::unique_ptr<PositionTable> dictionary_table;  // as it is before each independent block
  std::unique_ptr<HashChains> chains;

  std::vector<std::byte> output;  // made, not yet handed out
  std::size_t handed_out = 0;
  bool ended = false;
};

FrameEncoder::Body::Body(const FrameOptions& chosen)
    : options(chosen), block_size(bytes_of(chosen.block_size)) {
  options.level = std::min(options.level, kMaxHcLevel);
  ByteSpan dictionary = options.dictionary;
  if (dictionary.size() > kHistory) dictionary = dictionary.subspan(dictionary.size() - kHistory);
  window.assign(dictionary.begin(), dictionary.end());
  history = dictionary_size = dictionary.size();
  options.dictionary = {};
  if (options.level >= kMinHcLevel) {
    chains = std::make_unique<HashChains>();
  } else {
    table = std::make_unique<PositionTable>();
  }
  restart_positions();
  if (table != nullptr && dictionary_size != 0 && !options.linked_blocks)
    dictionary_table = std::make_unique<PositionTable>(*table);
  write_header();
}

// Tables forget; positions begin above kHistory again, where an empty entry is out of reach.
void FrameEncoder::Body::restart_positions() {
  window_position = kHistory;
  if (chains != nullptr) {
    chains->reset(window_position);
    return;
  }
  table->fill(0);
  const auto start = window_position + static_cast<std::uint32_t>(history);
  if (history >= 8)
    enter_history(*table, {window.data() - window_position, window_position, start, start});
}

void FrameEncoder::Body::write_header() {
  std::byte header[kHeaderMax];
  store_le32(header, kFrameMagic);
  const unsigned flags = kVersion | (options.linked_blocks ? 0 : kIndependent) |
                         (options.block_checksums ? kBlockChecksum : 0) |
                         (options.content_size ? kContentSize : 0) |
                         (options.content_checksum ? kContentChecksum : 0) |
                         (options.dictionary_id ? kDictionaryId : 0);
  header[4] = static_cast<std::byte>(flags);
  header[5] = static_cast<std::byte>(static_cast<unsigned>(options.block_size) << 4);
  std::size_t size = 6;
  if (options.content_size) store_le64(header + size, *options.content_size), size += 8;
  if (options.dictionary_id) store_le32(header + size, *options.dictionary_id), size += 4;
  // The second byte of the hash of the descriptor, magic left out.
  header[size] = static_cast<std::byte>(hash::xxh32({header + 4, size - 4}) >> 8);
  output.insert(output.end(), header, header + size + 1);
}

void FrameEncoder::Body::write_block() {
  const std::byte* const block = window.data() + history;
  if (options.content_checksum) content_hash.update({block, gathered});
  const std::size_t at = output.size();
  output.resize(at + 4 + gathered + 4);
  std::byte* const to = output.data() + at + 4;
  const auto start = window_position + static_cast<std::uint32_t>(history);
  const Window range{window.data() - window_position, window_position, start,
                     start + static_cast<std::uint32_t>(gathered)};
  // What does not get smaller is stored, so one byte less is the limit.
  std::size_t size = 0;
  if (gathered > 1) {
    if (chains != nullptr) {
      size = encode_hc(*chains, range, to, gathered - 1, options.level);
    } else {
      const int acceleration = options.level >= 1 ? 1 : 1 - std::max(options.level, -65535);
      size = encode_fast(*table, range, to, gathered - 1, static_cast<unsigned>(acceleration));
    }
  }
  if (size == 0) {
    std::memcpy(to, block, gathered);
    store_le32(output.data() + at, static_cast<std::uint32_t>(gathered) | kUncompressed);
    size = gathered;
  } else {
    store_le32(output.data() + at, static_cast<std::uint32_t>(size));
  }
  if (options.block_checksums) {
    store_le32(to + size, hash::xxh32({to, size}));
    size += 4;
  }
  output.resize(at + 4 + size);
  shift_history();
}

// After a block: the last 64 KiB become history, or the dictionary is it again.
void FrameEncoder::Body::shift_history() {
  if (!options.linked_blocks) {
    gathered = 0;
    if (dictionary_table != nullptr) {
      *table = *dictionary_table;
    } else {
      restart_positions();
    }
    return;
  }
  const std::size_t filled = history + gathered;
  const std::size_t keep = std::min(filled, kHistory);
  std::memmove(window.data(), window.data() + filled - keep, keep);
  window_position += static_cast<std::uint32_t>(filled - keep);
  history = keep;
  gathered = 0;
  if (window_position > (1U << 30)) restart_positions();
}

void FrameEncoder::Body::write_end() {
  std::byte end[8] = {};
  std::size_t size = 4;
  if (options.content_checksum) store_le32(end + 4, content_hash.digest()), size = 8;
  output.insert(output.end(), end, end + size);
  ended = true;
}

FrameEncoder::FrameEncoder(const FrameOptions& options) : body_(std::make_unique<Body>(options)) {}
FrameEncoder::FrameEncoder(FrameEncoder&&) noexcept = default;
FrameEncoder& FrameEncoder::operator=(FrameEncoder&&) noexcept = default;
FrameEncoder::~FrameEncoder() = default;

Result<Progress> FrameEncoder::encode(ByteSpan in, MutableByteSpan out, Flush flush) {
  Body& b = *body_;
  Progress progress;
  while (true) {
    const std::size_t ready = std::min(b.output.size() - b.handed_out, out.size());
    if (ready != 0) std::memcpy(out.data(), b.output.data() + b.handed_out, ready);
    b.handed_out += ready;
    out = out.subspan(ready);
    progress.produced += ready;
    if (b.handed_out < b.output.size()) return progress;
    b.output.clear();
    b.handed_out = 0;
    if (b.ended) {
      if (!in.empty())
        return Error(Errc::InvalidArgument, "lz4 frame: input after the end of the frame");
      progress.finished = true;
      return progress;
    }
    const std::size_t take = std::min(b.block_size - b.gathered, in.size());
    if (take != 0) {
      if (b.options.content_size && b.content + take > *b.options.content_size)
        return Error(Errc::InvalidArgument, "lz4 frame: more content than announced");
      b.window.resize(std::max(b.window.size(), b.history + b.gathered + take));
      std::memcpy(b.window.data() + b.history + b.gathered, in.data(), take);
      b.gathered += take;
      b.content += take;
      in = in.subspan(take);
      progress.consumed += take;
    }
    const bool full = b.gathered == b.block_size;
    if (full || (flush != Flush::No && in.empty() && b.gathered != 0)) {
      b.write_block();
      continue;
    }
    if (flush != Flush::Finish) return progress;
    if (b.options.content_size && b.content != *b.options.content_size)
      return Error(Errc::InvalidArgument, "lz4 frame: less content than announced");
    b.write_end();
  }
}

Result<std::vector<std::byte>> compress_frame(ByteSpan in, FrameOptions options) {
  if (!options.content_size) options.content_size = in.size();
  FrameEncoder encoder(options);
  std::vector<std::byte> frame;
  for (bool finished = false; !finished;) {
    const std::size_t at = frame.size();
    frame.resize(at + std::min(in.size() + kHeaderMax + 32, std::size_t{1} << 20));
    AVILA_TRY(const Progress step,
              encoder.encode(in, MutableByteSpan(frame).subspan(at), Flush::Finish));
    in = in.subspan(step.consumed);
    frame.resize(at + step.produced);
    finished = step.finished;
  }
  return frame;
}

std::vector<std::byte> skippable_frame(ByteSpan payload, unsigned variant) {
  AVILA_ASSERT(variant < 16);
  AVILA_ASSERT(payload.size() <= 0xFFFFFFFFU);
  std::vector<std::byte> frame(8);
  store_le32(frame.data(), kSkippableMagic + variant);
  store_le32(frame.data() + 4, static_cast<std::uint32_t>(payload.size()));
  frame.insert(frame.end(), payload.begin(), payload.end());
  return frame;
}

}  // namespace avila::compress::lz4

// The Zstandard decoder, RFC 8878.
#pragma once
#include <avila/hash/xxh64.hpp>

#include "core.hpp"
#include "zstd_dictionary.hpp"

namespace avila::compress::detail::zstd {

class ZstdDecoder final : public DecoderCore {
 public:
  static Result<std::unique_ptr<ZstdDecoder>> create(const DecoderOptions& options);
  Result<Stop> run(const std::byte*& in, const std::byte* end, Output& out) override;
  bool at_boundary() const noexcept override { return state_ == State::Magic && frames_ != 0; }
  bool takes_more() const noexcept override { return true; }
  Needs needs() const noexcept override { return {window_, kMaxBlock}; }

 private:
  enum class State : std::uint8_t { Magic, Skip, Block, Checksum };

  Result<Stop> take_magic(const std::byte*& in, const std::byte* end);
  Result<bool> take_header(const std::byte*& in, const std::byte* end);
  Result<bool> take_block(const std::byte*& in, const std::byte* end, Output& out);
  Result<void> compressed_block(ByteSpan block, Output& out);
  /// Sets literals_; the bytes it took.
  Result<std::size_t> read_literals(ByteSpan block);
  Result<std::size_t> read_tables(ByteSpan section, unsigned modes);
  Result<void> run_sequences(ByteSpan bits, std::size_t count, Output& out);

  std::size_t max_window_;
  std::vector<std::byte> dictionary_;
  std::uint32_t dictionary_id_ = 0;
  bool formatted_ = false;
  Entropy first_;  // what frames with the dictionary begin with

  State state_ = State::Magic;
  std::uint64_t frames_ = 0;
  std::uint32_t skip_left_ = 0;
  std::size_t window_ = 0;
  std::size_t max_block_ = kMaxBlock;
  bool checksum_ = false, last_ = false, with_dictionary_ = false;
  std::uint64_t content_size_ = 0;
  bool has_content_size_ = false;
  std::uint64_t written_ = 0;  // of this frame
  hash::Xxh64 hash_;
  Entropy entropy_;
  ByteSpan literals_;  // of the block: in it, or in the room
  std::unique_ptr<std::byte[]> literal_room_;
};

}  // namespace avila::compress::detail::zstd

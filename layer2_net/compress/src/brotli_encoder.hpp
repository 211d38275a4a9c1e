// The Brotli encoder: a meta-block a piece, its literals coded by context from level 5 on.
#pragma once
#include "bit_writer.hpp"
#include "zstd_search.hpp"

namespace avila::compress::detail::brotli {

struct Command {
  std::uint32_t insert, copy;      // lengths; copy 0: the literals at the end
  std::uint16_t symbol, distance;  // kNoDistance: implied by the symbol
  std::uint32_t distance_extra;
};

class BrotliEncoder final : public EncoderCore {
 public:
  explicit BrotliEncoder(int level);
  Shape shape() const noexcept override { return {kWindow - kPiece, kPiece}; }
  void begin(Sink& out) override;
  void prime(const Piece& piece) override { search_.prime(piece); }
  void encode(const Piece& piece, bool last, Sink& out) override;
  void flush(Sink& out) override;
  void forget() override { search_.forget(); }

 private:
  static constexpr unsigned kWindowBits = 22;
  static constexpr std::size_t kWindow = (std::size_t{1} << kWindowBits) - 16;
  static constexpr std::size_t kPiece = std::size_t{256} << 10;

  void make_commands(ByteSpan content, std::span<const zstd::Sequence> sequences);
  void write_meta_block(const Piece& piece, Sink& out);
  void write_header(std::size_t size, bool stored);

  bool contexts_;
  zstd::Search search_;
  zstd::RecentOffsets recent_;
  std::vector<Command> commands_;
  std::array<std::uint32_t, 4> ring_ = {4, 11, 15, 16};  // the last distance first
  BitWriter writer_;
};

}  // namespace avila::compress::detail::brotli

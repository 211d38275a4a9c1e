// The Brotli encoder: a meta-block a piece, its literals coded by context from level 3 on.
#pragma once
#include "bit_writer.hpp"
#include "brotli_optimal.hpp"
#include "zstd_search.hpp"

namespace avila::compress::detail::brotli {

class BrotliEncoder final : public EncoderCore {
 public:
  /// `size` of the content; ~0: not known.
  BrotliEncoder(int level, std::uint64_t size);
  Shape shape() const noexcept override { return {kWindow - kPiece, kPiece}; }
  void begin(Sink& out) override;
  void prime(const Piece& piece) override;
  void encode(const Piece& piece, bool last, Sink& out) override;
  void flush(Sink& out) override;
  void forget() override;

 private:
  static constexpr std::size_t kPiece = std::size_t{256} << 10;

  void search(const Piece& piece);
  /// `distance` is a symbol, with its extra bits.
  void add_command(std::uint32_t insert, std::uint32_t copy, std::uint32_t size, unsigned distance,
                   std::uint32_t extra);
  std::span<const Command> commands() const noexcept { return {commands_.get(), count_}; }
  void write_meta_block(const Piece& piece, Sink& out);
  // Without block types.
  void write_unsplit(const Piece& piece, Sink& out);
  void write_header(std::size_t size, bool stored);

  bool contexts_;                       // literals are coded by context
  std::size_t thorough_from_;           // so many literals are worth a closer look at theirs
  std::optional<zstd::Search> search_;  // up to level 9
  zstd::RecentOffsets recent_;
  std::optional<Optimal> optimal_;
  std::unique_ptr<Command[]> commands_;
  std::size_t count_ = 0, room_ = 0;  // of commands_
  Ring ring_ = {4, 11, 15, 16};       // the last distance first
  BitWriter writer_;
};

}  // namespace avila::compress::detail::brotli

// The DEFLATE encoder, and zlib and gzip around it.
#pragma once
#include "bit_writer.hpp"
#include "deflate_block.hpp"
#include "deflate_chains.hpp"
#include "deflate_fast.hpp"

namespace avila::compress::detail {

class DeflateCore : public EncoderCore {
 public:
  enum class Wrapper : std::uint8_t { None, Zlib, Gzip };

  DeflateCore(Wrapper wrapper, int level, ByteSpan dictionary);
  Shape shape() const noexcept override { return {kDeflateWindow, kPieceSize}; }
  void begin(Sink& out) override;
  void prime(const Piece& dictionary) override;
  void encode(const Piece& piece, bool last, Sink& out) override;
  void flush(Sink& out) override { write_deflate_sync(writer_, out); }
  void forget() override;

 private:
  static constexpr std::size_t kPieceSize = 256U << 10;
  void parse_fast(const Piece& piece, bool last, Sink& out);
  void parse_greedy(const Piece& piece, bool last, Sink& out);
  template <bool kTwice>
  void parse_lazy(const Piece& piece, bool last, Sink& out);
  void finish_wrapper(Sink& out);

  Wrapper wrapper_;
  int level_;
  std::uint32_t dictionary_id_ = 0;
  bool has_dictionary_ = false;
  std::uint32_t check_, size_ = 0;
  BitWriter writer_;
  std::vector<DeflateSequence> sequences_;
  std::unique_ptr<DeflateChains> chains_;
  std::unique_ptr<DeflateFast> fast_;
};

}  // namespace avila::compress::detail

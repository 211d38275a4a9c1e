// The Zstandard encoder: one frame of blocks.
#pragma once
#include <avila/hash/xxh64.hpp>

#include "zstd_search.hpp"

namespace avila::compress::detail::zstd {

class ZstdEncoder final : public EncoderCore {
 public:
  /// options.level within levels().
  static Result<std::unique_ptr<ZstdEncoder>> create(const EncoderOptions& options);
  explicit ZstdEncoder(const Effort& effort) : effort_(effort), search_(effort) {}

  Shape shape() const noexcept override {
    return {std::size_t{1} << effort_.window_log, kMaxBlock};
  }
  ByteSpan history_of(ByteSpan dictionary) const override;
  void begin(Sink& out) override;
  void prime(const Piece& dictionary) override { search_.prime(dictionary); }
  void encode(const Piece& piece, bool last, Sink& out) override;
  void flush(Sink&) override {}  // blocks end at a byte
  void forget() override { search_.forget(); }

 private:
  Effort effort_;
  Search search_;
  BlockWriter writer_;
  RecentOffsets recent_;
  hash::Xxh64 hash_;
  bool checksum_ = true;
  std::optional<std::uint64_t> content_size_;
  std::uint32_t dictionary_id_ = 0;
};

}  // namespace avila::compress::detail::zstd

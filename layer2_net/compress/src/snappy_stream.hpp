// Snappy's framing format, framing_format.txt.
#pragma once
#include "core.hpp"

namespace avila::compress::detail {

class SnappyDecoder final : public DecoderCore {
 public:
  Result<Stop> run(const std::byte*& in, const std::byte* end, Output& out) override;
  bool at_boundary() const noexcept override { return begun_ && skip_left_ == 0; }
  bool takes_more() const noexcept override { return true; }
  Needs needs() const noexcept override { return {0, 65536}; }

 private:
  bool begun_ = false;
  std::uint32_t skip_left_ = 0;
};

class SnappyEncoder final : public EncoderCore {
 public:
  Shape shape() const noexcept override { return {0, 65536}; }
  void begin(Sink& out) override;
  void prime(const Piece&) override {}
  void encode(const Piece& piece, bool last, Sink& out) override;
  void flush(Sink&) override {}
  void forget() override {}
};

}  // namespace avila::compress::detail

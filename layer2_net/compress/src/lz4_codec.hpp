// LZ4 frames behind Encoder and Decoder.
#pragma once
#include <avila/compress/lz4_frame.hpp>

namespace avila::compress::detail {

class Lz4Encoder final : public Encoder {
 public:
  explicit Lz4Encoder(const lz4::FrameOptions& options) : encoder_(options) {}
  Result<Progress> encode(ByteSpan in, MutableByteSpan out, Flush flush) override {
    if (finished_ && in.empty()) return Progress{.finished = true};
    auto progress = encoder_.encode(in, out, flush);
    finished_ = progress.has_value() && progress->finished;
    return progress;
  }

 private:
  lz4::FrameEncoder encoder_;
  bool finished_ = false;
};

class Lz4Decoder final : public Decoder {
 public:
  Lz4Decoder(const lz4::FrameLimits& limits, ByteSpan dictionary) : decoder_(limits, dictionary) {}
  Result<Progress> decode(ByteSpan in, MutableByteSpan out) override {
    auto progress = decoder_.decode(in, out);
    failed_ = !progress.has_value();
    begun_ = begun_ || (!failed_ && progress->consumed != 0);
    return progress;
  }
  bool at_boundary() const noexcept override {
    return begun_ && !failed_ && decoder_.at_boundary();
  }

 private:
  lz4::FrameDecoder decoder_;
  bool begun_ = false, failed_ = false;
};

}  // namespace avila::compress::detail

// zlib (RFC 1950) and gzip (RFC 1952) around DEFLATE.
#pragma once
#include "inflate.hpp"

namespace avila::compress::detail {

inline constexpr std::size_t kMaxGzipHeader = 128U << 10;  // name, comment and extra field too

class ZlibDecoder final : public DecoderCore {
 public:
  explicit ZlibDecoder(ByteSpan dictionary);
  Result<Stop> run(const std::byte*& in, const std::byte* end, Output& out) override;
  bool at_boundary() const noexcept override { return state_ == State::Done; }
  bool takes_more() const noexcept override { return false; }
  Needs needs() const noexcept override { return body_.needs(); }

 private:
  enum class State : std::uint8_t { Header, Body, Trailer, Done };
  InflateCore body_;
  State state_ = State::Header;
  std::uint32_t dictionary_id_;
  bool has_dictionary_;
  bool plain_ = false;  // the stream does without the dictionary that was given
  std::uint32_t check_ = 1;
  InflateCore undictionaried_;
};

class GzipDecoder final : public DecoderCore {
 public:
  Result<Stop> run(const std::byte*& in, const std::byte* end, Output& out) override;
  bool at_boundary() const noexcept override { return state_ == State::Header && members_ != 0; }
  bool takes_more() const noexcept override { return true; }
  Needs needs() const noexcept override { return body_.needs(); }

 private:
  enum class State : std::uint8_t { Header, Body, Trailer };
  Result<bool> take_header(const std::byte*& in, const std::byte* end);
  InflateCore body_;
  State state_ = State::Header;
  std::uint64_t members_ = 0;
  std::uint32_t check_ = 0, size_ = 0;
};

}  // namespace avila::compress::detail

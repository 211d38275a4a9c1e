#include <algorithm>
#include <avila/hash/crc32.hpp>

#include "deflate_wrappers.hpp"

namespace avila::compress::detail {

// RFC 1952, 2.3. False when it goes on beyond `end`.
Result<bool> GzipDecoder::take_header(const std::byte*& in, const std::byte* end) {
  constexpr unsigned kHeaderCheck = 2, kExtra = 4, kName = 8, kComment = 16, kReserved = 0xE0;
  const auto all = static_cast<std::size_t>(end - in);
  constexpr std::uint8_t kMagic[] = {0x1F, 0x8B, 8};
  for (std::size_t i = 0; i < std::min<std::size_t>(all, 3); ++i)
    if (static_cast<std::uint8_t>(in[i]) != kMagic[i]) {
      if (i == 2) return Error(Errc::Unsupported, "gzip: a method other than deflate");
      return damaged(members_ == 0 ? "not in gzip format" : "no gzip member follows the last", i);
    }
  if (all < 10) return false;
  const auto flags = static_cast<unsigned>(in[3]);
  if ((flags & kReserved) != 0) return damaged("gzip: reserved flags are set", 3);
  std::size_t at = 10;
  const auto more = [&]() -> Result<bool> {
    if (all < kMaxGzipHeader) return false;
    return Error(Errc::LimitExceeded, "gzip: the header is longer than 128 KiB");
  };
  if ((flags & kExtra) != 0) {
    if (all < at + 2) return more();
    at += 2 + load_le16(in + at);
  }
  for (const unsigned text : {kName, kComment}) {
    if ((flags & text) == 0) continue;
    if (at >= all) return more();
    // Sought from its start on at every call, which may bring a byte: memchr() is fast.
    const auto* const zero =
        static_cast<const std::byte*>(std::memchr(in + at, 0, std::min(all, kMaxGzipHeader) - at));
    if (zero == nullptr) return more();
    at = static_cast<std::size_t>(zero - in) + 1;
  }
  if ((flags & kHeaderCheck) != 0) {
    if (all < at + 2) return more();
    if (load_le16(in + at) != (hash::crc32({in, at}) & 0xFFFFU))
      return Error(Errc::Corrupted, "gzip: the header's checksum is wrong", {.offset = at});
    at += 2;
  }
  if (at > all) return more();
  in += at;
  return true;
}

Result<Stop> GzipDecoder::run(const std::byte*& in, const std::byte* end, Output& out) {
  if (state_ == State::Header) {
    if (members_ != 0) {  // gzip's own padding, as of tapes
      const std::byte* const padding = in;
      while (in != end && *in == std::byte{0}) ++in;
      if (in == end) return padding == in ? Stop::NeedInput : Stop::Finished;
    }
    AVILA_TRY(const bool whole, take_header(in, end));
    if (!whole) return Stop::NeedInput;
    body_.restart();
    check_ = size_ = 0;
    state_ = State::Body;
  }
  if (state_ == State::Body) {
    const std::byte* const from = out.at;
    AVILA_TRY(const Stop stop, body_.run(in, end, out));
    check_ = hash::crc32({from, out.at}, check_);
    size_ += static_cast<std::uint32_t>(out.at - from);
    if (stop != Stop::Finished) return stop;
    state_ = State::Trailer;
  }
  if (end - in < 8) return Stop::NeedInput;
  if (load_le32(in) != check_)
    return Error(Errc::Corrupted, "gzip: the CRC-32 of the content is wrong");
  if (load_le32(in + 4) != size_)
    return Error(Errc::Corrupted, "gzip: the length of the content is wrong");
  in += 8;
  ++members_;
  state_ = State::Header;
  return Stop::Finished;
}

}  // namespace avila::compress::detail

#include <avila/hash/adler32.hpp>

#include "deflate_wrappers.hpp"

namespace avila::compress::detail {

ZlibDecoder::ZlibDecoder(ByteSpan dictionary)
    : body_(dictionary),
      dictionary_id_(hash::adler32(dictionary)),
      has_dictionary_(!dictionary.empty()) {}

Result<Stop> ZlibDecoder::run(const std::byte*& in, const std::byte* end, Output& out) {
  if (state_ == State::Header) {
    const auto left = static_cast<std::size_t>(end - in);
    if (left < 2) return Stop::NeedInput;
    const std::uint32_t header = load_be16(in);
    if (header % 31 != 0) return damaged("zlib: the header's check bits are wrong", 0);
    if ((header >> 8 & 15) != 8)
      return Error(Errc::Unsupported, "zlib: a method other than deflate", {.offset = 0});
    if ((header >> 12) > 7) return damaged("zlib: a window above 32 KiB", 0);
    plain_ = (header & 0x20) == 0;
    if (!plain_) {
      if (left < 6) return Stop::NeedInput;
      if (!has_dictionary_)
        return Error(Errc::InvalidArgument, "zlib: the stream needs a dictionary",
                     {.offset = 2, .hint = "give the dictionary it was made with"});
      if (load_be32(in + 2) != dictionary_id_)
        return Error(Errc::InvalidArgument, "zlib: the stream needs another dictionary",
                     {.offset = 2});
      in += 4;
    }
    in += 2;
    state_ = State::Body;
  }
  if (state_ == State::Body) {
    const std::byte* const from = out.at;
    AVILA_TRY(const Stop stop, (plain_ ? undictionaried_ : body_).run(in, end, out));
    check_ = hash::adler32({from, out.at}, check_);
    if (stop != Stop::Finished) return stop;
    state_ = State::Trailer;
  }
  if (state_ == State::Trailer) {
    if (end - in < 4) return Stop::NeedInput;
    if (load_be32(in) != check_)
      return Error(Errc::Corrupted, "zlib: the Adler-32 of the content is wrong");
    in += 4;
    state_ = State::Done;
  }
  return Stop::Finished;
}

}  // namespace avila::compress::detail

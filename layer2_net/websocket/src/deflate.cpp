#include "deflate.hpp"

#include <avila/compress/codec.hpp>
#include <avila/websocket/connection.hpp>

namespace avila::websocket::detail {

namespace {
constexpr std::string_view kTail("\0\0\xff\xff", 4);  // of an empty stored block (section 7.2.1)
constexpr std::size_t kPieceBytes = 16 * 1024;

MutableByteSpan bytes_from(std::string& text, std::size_t offset) noexcept {
  return {reinterpret_cast<std::byte*>(text.data()) + offset, text.size() - offset};
}
}  // namespace

Deflater::Deflater() noexcept = default;
Deflater::~Deflater() = default;
Inflater::Inflater() noexcept = default;
Inflater::~Inflater() = default;

Result<std::string> Deflater::run(std::string_view message, int level, bool takeover) {
  if (encoder_ == nullptr) {
    AVILA_TRY(encoder_, compress::make_encoder(compress::Format::Deflate, {.level = level}));
  }
  ByteSpan in = as_bytes(message);
  std::string out;
  while (true) {
    const std::size_t before = out.size();
    out.resize(before + kPieceBytes);
    AVILA_TRY(const compress::Progress progress,
              encoder_->encode(in, bytes_from(out, before), compress::Flush::Block));
    in = in.subspan(progress.consumed);
    out.resize(before + progress.produced);
    if (in.empty() && progress.produced < kPieceBytes) break;
  }
  if (!takeover) encoder_.reset();
  if (std::string_view(out).ends_with(kTail)) out.resize(out.size() - kTail.size());
  return out;
}

Result<std::string> Inflater::run(std::string_view message, std::size_t limit_bytes,
                                  bool takeover) {
  if (decoder_ == nullptr) {
    // The limit is of each message, and held below.
    AVILA_TRY(decoder_,
              compress::make_decoder(compress::Format::Deflate, {.max_output = ~std::uint64_t{0}}));
  }
  std::string out;
  bool finished = false;
  for (const std::string_view part : {message, kTail}) {
    ByteSpan in = as_bytes(part);
    while (!finished) {
      const std::size_t before = out.size();
      out.resize(before + kPieceBytes);
      auto progress = decoder_->decode(in, bytes_from(out, before));
      if (!progress.has_value())
        return Error(WebSocketError::InvalidPayload, progress.error().to_string());
      in = in.subspan(progress->consumed);
      out.resize(before + progress->produced);
      if (out.size() > limit_bytes)
        return Error(WebSocketError::TooBig, "the message is larger than is accepted");
      finished = progress->finished;
      if (in.empty() && progress->produced < kPieceBytes) break;
    }
  }
  if (finished || !takeover) decoder_.reset();
  return out;
}

}  // namespace avila::websocket::detail

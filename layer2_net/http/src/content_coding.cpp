#include <algorithm>
#include <avila/compress/codec.hpp>
#include <avila/error/assert.hpp>
#include <avila/future/scheduler.hpp>
#include <avila/http/content_coding.hpp>
#include <utility>

namespace avila::http {

namespace {

constexpr std::size_t kDecodeBytes = 32 * 1024;  // handed out at once
constexpr std::size_t kEncodePiece = 64 * 1024;  // between two yields

compress::Format format_of(Coding coding) noexcept {
  switch (coding) {
    case Coding::Gzip: return compress::Format::Gzip;
    case Coding::Deflate: return compress::Format::Zlib;
    case Coding::Brotli: return compress::Format::Brotli;
    case Coding::Zstd: break;
  }
  return compress::Format::Zstd;
}

/// About where more time buys little more.
int level_of(Coding coding, int level) noexcept {
  if (level != 0) return level;
  switch (coding) {
    case Coding::Gzip:
    case Coding::Deflate: return 4;
    case Coding::Brotli: return 3;
    case Coding::Zstd: break;
  }
  return 2;
}

Error too_large() {
  return Error(HttpError::BodyTooLarge, "the decoded body is larger than is accepted");
}

/// RFC 1950 §2.2: method 8, and a header that is a multiple of 31. Senders of raw DEFLATE exist.
bool is_zlib(ByteSpan head) noexcept {
  const auto first = std::to_integer<unsigned>(head[0]);
  if ((first & 15U) != 8) return false;
  return head.size() < 2 || (first * 256 + std::to_integer<unsigned>(head[1])) % 31 == 0;
}

/// One coding, in steps.
class Unpacker {
 public:
  Unpacker(Coding coding, const DecodeLimits& limits) : coding_(coding), limits_(limits) {}

  /// Takes from `in`; the part of `room` that was written.
  Result<MutableByteSpan> step(ByteSpan& in, MutableByteSpan room) {
    if (decoder_ == nullptr) {
      if (in.empty()) return room.first(0);
      const bool raw = coding_ == Coding::Deflate && !is_zlib(in);
      AVILA_TRY(decoder_,
                compress::make_decoder(
                    raw ? compress::Format::Deflate : format_of(coding_),
                    {.max_output = limits_.body_bytes, .max_window = limits_.window_bytes}));
    }
    auto progress = decoder_->decode(in, room);
    if (!progress.has_value()) {
      if (progress.error().is(Errc::LimitExceeded)) return too_large();
      return std::move(progress).error().context(to_string(coding_));
    }
    in = in.subspan(progress->consumed);
    if (progress->finished && progress->consumed == 0 && progress->produced == 0 && !in.empty())
      return Error(Errc::Malformed, "bytes follow the end of the coded body");
    full_ = progress->produced == room.size();
    return room.first(progress->produced);
  }
  /// Whether there may be more without more input.
  bool full() const noexcept { return full_; }
  Result<void> end() const {
    if (decoder_ == nullptr) return {};
    return decoder_->end().context(to_string(coding_));
  }

 private:
  Coding coding_;
  DecodeLimits limits_;
  std::unique_ptr<compress::Decoder> decoder_;
  bool full_ = false;
};

class DecodingReader final : public BodyReader {
 public:
  DecodingReader(BodyReader& from, std::unique_ptr<BodyReader> owned, Coding coding,
                 const DecodeLimits& limits)
      : from_(from),
        owned_(std::move(owned)),
        unpacker_(coding, limits),
        room_(new std::byte[kDecodeBytes]) {}

  Task<Result<ByteSpan>> read() override {
    const MutableByteSpan room(room_.get(), kDecodeBytes);
    while (true) {
      if (pending_.empty() && !unpacker_.full()) {
        if (ended_) co_return ByteSpan();
        auto piece = co_await from_.read();
        AVILA_CO_TRY(pending_, std::move(piece));
        if (pending_.empty()) {
          ended_ = true;
          AVILA_CO_TRY_VOID(unpacker_.end());
          co_return ByteSpan();
        }
      }
      AVILA_CO_TRY(const MutableByteSpan decoded, unpacker_.step(pending_, room));
      if (!decoded.empty()) co_return ByteSpan(decoded);
    }
  }
  const Headers& trailers() const noexcept override { return from_.trailers(); }
  void interrupt() noexcept override { from_.interrupt(); }

 private:
  BodyReader& from_;
  std::unique_ptr<BodyReader> owned_;
  Unpacker unpacker_;
  std::unique_ptr<std::byte[]> room_;
  ByteSpan pending_;
  bool ended_ = false;
};

/// One that somebody else owns.
class BorrowedReader final : public BodyReader {
 public:
  explicit BorrowedReader(BodyReader& from) noexcept : from_(from) {}
  Task<Result<ByteSpan>> read() override { return from_.read(); }
  const Headers& trailers() const noexcept override { return from_.trailers(); }
  void interrupt() noexcept override { from_.interrupt(); }

 private:
  BodyReader& from_;
};

class EncodedSource final : public BodySource {
 public:
  EncodedSource(Body body, Coding coding, int level)
      : body_(std::move(body)), coding_(coding), level_(level) {}

  Task<Result<void>> write_to(BodyWriter& writer) override {
    EncodingWriter encoding(writer, coding_, level_);
    if (BodySource* source = body_.source(); source != nullptr) {
      auto written = co_await source->write_to(encoding);
      AVILA_CO_TRY_VOID(std::move(written));
    } else {
      for (ByteSpan rest = body_.bytes(); !rest.empty();) {
        const ByteSpan piece = rest.first(std::min(rest.size(), kEncodePiece));
        rest = rest.subspan(piece.size());
        auto written = co_await encoding.write(piece);
        AVILA_CO_TRY_VOID(std::move(written));
        co_await future::yield();  // compressing is long work for a thread that others wait for
      }
    }
    auto finished = co_await encoding.finish();
    co_return finished;
  }

 private:
  Body body_;
  Coding coding_;
  int level_;
};

}  // namespace

std::string_view to_string(Coding coding) noexcept {
  switch (coding) {
    case Coding::Gzip: return "gzip";
    case Coding::Deflate: return "deflate";
    case Coding::Brotli: return "br";
    case Coding::Zstd: break;
  }
  return "zstd";
}

std::optional<Coding> parse_coding(std::string_view name) noexcept {
  for (const Coding coding : {Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd})
    if (equal_ignoring_case(name, to_string(coding))) return coding;
  if (equal_ignoring_case(name, "x-gzip")) return Coding::Gzip;  // RFC 9110 §8.4.1.3
  return std::nullopt;
}

Result<std::vector<Coding>> parse_content_encoding(std::string_view value,
                                                   const DecodeLimits& limits) {
  std::vector<Coding> codings;
  while (const auto element = next_list_element(value)) {
    if (equal_ignoring_case(*element, "identity")) continue;
    const auto coding = parse_coding(*element);
    if (!coding) return Error(Errc::Unsupported, "a content coding that is not known");
    if (codings.size() == limits.codings)
      return Error(Errc::LimitExceeded, "too many content codings, one upon the other");
    codings.push_back(*coding);
  }
  return codings;
}

std::unique_ptr<BodyReader> decode_body(std::unique_ptr<BodyReader> from,
                                        const std::vector<Coding>& codings,
                                        const DecodeLimits& limits) {
  for (auto coding = codings.rbegin(); coding != codings.rend(); ++coding) {
    BodyReader& inner = *from;
    from = std::make_unique<DecodingReader>(inner, std::move(from), *coding, limits);
  }
  return from;
}

std::unique_ptr<BodyReader> decode_body(BodyReader& from, const std::vector<Coding>& codings,
                                        const DecodeLimits& limits) {
  return decode_body(std::make_unique<BorrowedReader>(from), codings, limits);
}

Result<std::string> decode_text(std::string_view body, const std::vector<Coding>& codings,
                                const DecodeLimits& limits) {
  std::string text(body);
  std::string room(kDecodeBytes, '\0');
  const MutableByteSpan space(reinterpret_cast<std::byte*>(room.data()), room.size());
  for (auto coding = codings.rbegin(); coding != codings.rend(); ++coding) {
    Unpacker unpacker(*coding, limits);
    std::string decoded;
    ByteSpan rest = as_bytes(text);
    while (!rest.empty() || unpacker.full()) {
      AVILA_TRY(const MutableByteSpan piece, unpacker.step(rest, space));
      decoded += as_text(piece);
    }
    AVILA_TRY_VOID(unpacker.end());
    text = std::move(decoded);
  }
  return text;
}

EncodingWriter::EncodingWriter(BodyWriter& to, Coding coding, int level)
    : to_(to), room_(new std::byte[kRoomBytes]) {
  auto encoder = compress::make_encoder(format_of(coding), {.level = level_of(coding, level)});
  AVILA_ASSERT(encoder.has_value());  // without a dictionary nothing can be wrong
  encoder_ = std::move(*encoder);
}

EncodingWriter::~EncodingWriter() = default;

Task<Result<void>> EncodingWriter::encode(ByteSpan bytes, compress::Flush flush) {
  const MutableByteSpan room(room_.get(), kRoomBytes);
  while (true) {
    AVILA_CO_TRY(const compress::Progress step, encoder_->encode(bytes, room, flush));
    bytes = bytes.subspan(step.consumed);
    if (step.produced > 0) {
      const ByteSpan piece = room.first(step.produced);
      auto written = co_await to_.write(piece);
      AVILA_CO_TRY_VOID(std::move(written));
    }
    if (step.finished || (bytes.empty() && step.produced < room.size())) co_return Result<void>();
  }
}

Task<Result<void>> EncodingWriter::write(ByteSpan bytes) {
  return encode(bytes, compress::Flush::No);
}

Task<Result<void>> EncodingWriter::flush() {
  const ByteSpan nothing;
  auto ended = co_await encode(nothing, compress::Flush::Block);
  AVILA_CO_TRY_VOID(std::move(ended));
  auto flushed = co_await to_.flush();
  co_return flushed;
}

Task<Result<void>> EncodingWriter::finish() { return encode({}, compress::Flush::Finish); }

Body encode_body(Body body, Coding coding, int level) {
  return Body::stream(std::make_unique<EncodedSource>(std::move(body), coding, level));
}

Result<std::string> encode_text(ByteSpan bytes, Coding coding, int level) {
  AVILA_TRY(const auto packed,
            compress::compress(format_of(coding), bytes, {.level = level_of(coding, level)}));
  return std::string(as_text(packed));
}

}  // namespace avila::http

#include <algorithm>
#include <avila/http/parser.hpp>
#include <cstring>

#include "chars.hpp"

namespace avila::http {

namespace {

Error fail(HttpError code, std::string_view what) { return Error(code, what); }

/// chunk-ext of RFC 9112 §7.1.1: *( ";" name [ "=" ( token / quoted-string ) ] ). The optional
/// white space around the separators is not taken: no sender in use makes it, attackers do.
bool is_chunk_extension(std::string_view text) noexcept {
  std::size_t at = 0;
  const auto token = [&] {
    const std::size_t start = at;
    while (at < text.size() && detail::kTokenChar[static_cast<unsigned char>(text[at])]) ++at;
    return at > start;
  };
  while (at < text.size()) {
    if (text[at++] != ';') return false;
    if (!token()) return false;
    if (at >= text.size() || text[at] != '=') continue;
    ++at;
    if (at >= text.size() || text[at] != '"') {
      if (!token()) return false;
      continue;
    }
    for (++at; at < text.size() && text[at] != '"'; ++at) {
      if (text[at] == '\\') ++at;
      if (at >= text.size() || !detail::is_value_byte(text[at])) return false;
    }
    if (at >= text.size()) return false;
    ++at;
  }
  return true;
}

/// RFC 9110 §6.5.1: fields that frame, route or authenticate mean nothing in a trailer.
bool is_forbidden_trailer(std::string_view name) noexcept {
  for (const std::string_view forbidden :
       {"transfer-encoding", "content-length", "host", "content-encoding", "content-type",
        "content-range", "trailer", "authorization", "cookie", "set-cookie", "connection",
        "cache-control", "expect", "te", "max-forwards", "range"}) {
    if (equal_ignoring_case(name, forbidden)) return true;
  }
  return false;
}

}  // namespace

BodyDecoder::BodyDecoder(Framing framing, const ParseLimits& limits) : limits_(limits) {
  switch (framing.kind) {
    case Framing::Kind::None: state_ = State::Done; break;
    case Framing::Kind::Length:
      state_ = framing.length == 0 ? State::Done : State::Length;
      remaining_ = framing.length;
      break;
    case Framing::Kind::Chunked: state_ = State::Size; break;
    case Framing::Kind::UntilClose: state_ = State::UntilClose; break;
  }
}

std::optional<std::uint64_t> BodyDecoder::remaining() const noexcept {
  if (state_ == State::Done) return 0;
  if (state_ == State::Length) return remaining_;
  return std::nullopt;
}

Result<BodyDecoder::Step> BodyDecoder::next(ByteSpan input) {
  Step step;
  switch (state_) {
    case State::Done: return step;
    case State::Length:
    case State::UntilClose: {
      std::size_t n = input.size();
      if (state_ == State::Length)
        n = static_cast<std::size_t>(std::min<std::uint64_t>(n, remaining_));
      if (n > limits_.body_bytes - std::min(limits_.body_bytes, decoded_))
        return fail(HttpError::BodyTooLarge, "the body is larger than is accepted");
      step = {n, input.first(n)};
      decoded_ += n;
      if (state_ == State::Length) {
        remaining_ -= n;
        if (remaining_ == 0) state_ = State::Done;
      }
      return step;
    }
    default: return next_chunked(input);
  }
}

Result<BodyDecoder::Step> BodyDecoder::next_chunked(ByteSpan input) {
  Step step;
  while (state_ != State::Done && step.consumed < input.size()) {
    const ByteSpan rest = input.subspan(step.consumed);
    if (state_ == State::Data) {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(rest.size(), remaining_));
      step.data = rest.first(n);
      step.consumed += n;
      remaining_ -= n;
      decoded_ += n;
      if (remaining_ == 0) state_ = State::DataEnd;
      return step;
    }
    std::size_t limit = limits_.chunk_line_bytes;
    HttpError too_long = HttpError::BadChunkExtension;
    HttpError bad = HttpError::BadChunkSize;
    if (state_ == State::DataEnd) {
      limit = 0;
      too_long = bad = HttpError::MissingChunkEnd;
    } else if (state_ == State::Trailer) {
      limit =
          limits_.trailer_bytes - std::min<std::uint64_t>(limits_.trailer_bytes, trailer_bytes_);
      too_long = HttpError::HeadersTooLarge;
      bad = HttpError::BadTrailer;
    }
    const std::string_view text = as_text(rest);
    const std::size_t had = line_.size();
    AVILA_TRY(const std::optional<std::string_view> line, take_line(text, limit, too_long, bad));
    if (!line) {
      step.consumed = input.size();
      return step;
    }
    step.consumed += line->size() + 2 - had;
    if (state_ == State::Size) {
      AVILA_TRY_VOID(chunk_size_line(*line));
    } else if (state_ == State::DataEnd) {
      state_ = State::Size;
    } else if (line->empty()) {
      state_ = State::Done;
    } else {
      AVILA_TRY_VOID(trailer_line(*line));
    }
    line_.clear();
  }
  return step;
}

/// A line without its CRLF, or nothing when it has not ended: then all of `input` is kept.
Result<std::optional<std::string_view>> BodyDecoder::take_line(std::string_view input,
                                                               std::size_t limit,
                                                               HttpError too_long, HttpError bad) {
  const std::size_t lf = input.find('\n');
  const std::string_view part = input.substr(0, lf == std::string_view::npos ? lf : lf + 1);
  if (line_.size() + part.size() > limit + 2) {
    if (limit == 0) return fail(bad, "a chunk must end with CRLF");
    return fail(too_long, "the line is too long");
  }
  if (lf == std::string_view::npos) {
    // A CR may only be the last byte, waiting for its LF; what follows a CR must be it.
    if (line_.ends_with('\r') || part.substr(0, part.size() - 1).find('\r') != part.npos)
      return fail(bad, "carriage return without line feed");
    if (limit == 0 && !part.empty() && part[0] != '\r')
      return fail(bad, "a chunk must end with CRLF");
    line_.append(part);
    return std::optional<std::string_view>{};
  }
  std::string_view whole = part;
  if (!line_.empty()) {
    line_.append(part);
    whole = line_;
  }
  if (whole.size() < 2 || whole[whole.size() - 2] != '\r')
    return fail(bad, "line feed without carriage return");
  whole.remove_suffix(2);
  if (whole.find('\r') != std::string_view::npos)
    return fail(bad, "carriage return without line feed");
  return std::optional<std::string_view>{whole};
}

Result<void> BodyDecoder::chunk_size_line(std::string_view line) {
  std::uint64_t size = 0;
  std::size_t digits = 0;
  while (digits < line.size() && detail::hex_value(line[digits]) >= 0) {
    if (digits == 16) return fail(HttpError::BadChunkSize, "a chunk size of more than 16 digits");
    size = size << 4 | static_cast<std::uint64_t>(detail::hex_value(line[digits]));
    ++digits;
  }
  if (digits == 0) return fail(HttpError::BadChunkSize, "a chunk size is hexadecimal digits");
  const std::string_view extension = line.substr(digits);
  if (!extension.empty()) {
    if (extension[0] != ';')
      return fail(HttpError::BadChunkSize, "only ';' may follow the chunk size");
    extension_bytes_ += extension.size();
    if (extension_bytes_ > limits_.chunk_extension_bytes || !is_chunk_extension(extension))
      return fail(HttpError::BadChunkExtension, "malformed or too many chunk extensions");
  }
  if (size > limits_.body_bytes - std::min(limits_.body_bytes, decoded_))
    return fail(HttpError::BodyTooLarge, "the body is larger than is accepted");
  remaining_ = size;
  state_ = size == 0 ? State::Trailer : State::Data;
  return {};
}

Result<void> BodyDecoder::trailer_line(std::string_view line) {
  trailer_bytes_ += line.size() + 2;
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  if (colon == std::string_view::npos || !is_token(name) || !is_field_value(line.substr(colon + 1)))
    return fail(HttpError::BadTrailer, "a trailer is a token, ':' and a value");
  if (trailers_.size() >= limits_.header_count)
    return fail(HttpError::TooManyHeaders, "too many trailer fields");
  if (!is_forbidden_trailer(name)) trailers_.add(name, trim_ows(line.substr(colon + 1)));
  return {};
}

Result<void> BodyDecoder::end_of_input() {
  if (state_ == State::UntilClose) state_ = State::Done;
  if (state_ != State::Done)
    return Error(Errc::Closed, "the connection was closed before the end of the body");
  return {};
}

std::size_t write_chunk_head(char* to, std::uint64_t size) noexcept {
  char digits[16];
  std::size_t n = 0;
  do {
    digits[n++] = "0123456789abcdef"[size & 15];
    size >>= 4;
  } while (size != 0);
  for (std::size_t i = 0; i < n; ++i) to[i] = digits[n - 1 - i];
  to[n] = '\r';
  to[n + 1] = '\n';
  return n + 2;
}

}  // namespace avila::http

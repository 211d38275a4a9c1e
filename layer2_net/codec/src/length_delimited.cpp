#include <algorithm>
#include <avila/codec/length_delimited.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/primitives/integer.hpp>

namespace avila::codec {
namespace {

std::uint64_t load_length(const std::byte* from, std::size_t bytes, ByteOrder order) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    const std::size_t at = order == ByteOrder::Big ? i : bytes - 1 - i;
    value = value << 8 | std::to_integer<std::uint64_t>(from[at]);
  }
  return value;
}

}  // namespace

LengthDelimitedCodec::LengthDelimitedCodec(LengthDelimitedOptions options)
    : options_(std::move(options)) {
  const std::size_t bytes = options_.length_bytes;
  AVILA_ASSERT(bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8);
}

Result<std::optional<buffer::Bytes>> LengthDelimitedCodec::decode(buffer::BytesMut& in) {
  if (failed_) return Error(Errc::Malformed, "an earlier frame was wrong");
  const std::size_t header = options_.length_offset + options_.length_bytes;
  if (in.size() < header) return std::optional<buffer::Bytes>();
  const std::uint64_t length =
      load_length(in.data() + options_.length_offset, options_.length_bytes, options_.order);
  const auto payload = Checked<std::int64_t>(length) + Checked(options_.length_adjustment);
  if (payload.has_value() && *payload < 0) {
    failed_ = true;
    return Error(Errc::Malformed, "a frame whose length is less than its header's");
  }
  if (!payload.has_value() ||
      static_cast<std::uint64_t>(*payload) > std::uint64_t{options_.payload_bytes_max}) {
    failed_ = true;
    return Error(Errc::LimitExceeded,
                 "a frame over " + std::to_string(options_.payload_bytes_max) + " bytes");
  }
  const std::size_t whole = header + static_cast<std::size_t>(*payload);
  if (in.size() < whole) return std::optional<buffer::Bytes>();
  buffer::Bytes frame = in.split_to(whole);
  frame.consume(std::min(options_.skip_bytes.value_or(header), whole));
  return std::optional<buffer::Bytes>(std::move(frame));
}

Result<std::optional<buffer::Bytes>> LengthDelimitedCodec::decode_eof(buffer::BytesMut& in) {
  AVILA_TRY(auto frame, decode(in));
  if (!frame && !in.empty()) {
    failed_ = true;
    return Error(Errc::Malformed, "the stream ends within a frame");
  }
  return frame;
}

Result<void> LengthDelimitedCodec::encode(const buffer::Bytes& payload, buffer::BytesMut& out) {
  const auto length = Checked<std::int64_t>(payload.size()) - Checked(options_.length_adjustment);
  const bool fits = length.has_value() && *length >= 0 &&
                    (options_.length_bytes == 8 ||
                     static_cast<std::uint64_t>(*length) >> (8 * options_.length_bytes) == 0);
  if (payload.size() > options_.payload_bytes_max || !fits)
    return Error(Errc::LimitExceeded, "a payload that its length field or the limit forbids");
  for (std::size_t i = 0; i < options_.length_offset; ++i)
    out.append_byte(i < options_.prefix.size() ? static_cast<std::byte>(options_.prefix[i])
                                               : std::byte{0});
  const auto value = static_cast<std::uint64_t>(*length);
  for (std::size_t i = 0; i < options_.length_bytes; ++i) {
    const std::size_t at = options_.order == ByteOrder::Big ? options_.length_bytes - 1 - i : i;
    out.append_byte(static_cast<std::byte>(value >> (8 * at)));
  }
  out.append(payload.span());
  return {};
}

}  // namespace avila::codec

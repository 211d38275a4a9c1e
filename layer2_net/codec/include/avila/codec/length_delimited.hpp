// Frames that say how long they are: [prefix] length [payload].
#pragma once
#include <avila/buffer/bytes.hpp>
#include <avila/error/result.hpp>
#include <cstdint>
#include <optional>
#include <string>

namespace avila::codec {

enum class ByteOrder : std::uint8_t { Big, Little };

struct LengthDelimitedOptions {
  std::size_t length_bytes = 4;  ///< 1, 2, 4 or 8 (asserted)
  ByteOrder order = ByteOrder::Big;
  std::size_t length_offset = 0;  ///< bytes of a frame before its length
  /// Added to the length to get the bytes behind it: -4 where a length of four bytes counts itself,
  /// +2 where two bytes behind it are not counted.
  std::int64_t length_adjustment = 0;
  /// Bytes dropped at the front of a frame that was read; absent: all up to the payload.
  std::optional<std::size_t> skip_bytes;
  std::size_t payload_bytes_max = std::size_t{8} << 20;
  std::string prefix;  ///< what encode() writes before the length; zeroes where it is too short
};

/// After an error every call fails: where the next frame begins is not known any more.
class LengthDelimitedCodec {
 public:
  using Item = buffer::Bytes;

  explicit LengthDelimitedCodec(LengthDelimitedOptions options = {});

  /// LimitExceeded, before the payload is waited for; Malformed for a length that the adjustment
  /// makes negative. Items share the buffer's memory.
  Result<std::optional<buffer::Bytes>> decode(buffer::BytesMut& in);
  Result<std::optional<buffer::Bytes>> decode_eof(buffer::BytesMut& in);
  /// LimitExceeded beyond payload_bytes_max, or for a length that its field does not hold.
  Result<void> encode(const buffer::Bytes& payload, buffer::BytesMut& out);

 private:
  LengthDelimitedOptions options_;
  bool failed_ = false;
};

}  // namespace avila::codec

// permessage-deflate (RFC 7692): messages as DEFLATE without the last four bytes.
#pragma once
#include <avila/error/result.hpp>
#include <memory>
#include <string>

namespace avila::compress {
class Encoder;
class Decoder;
}  // namespace avila::compress

namespace avila::websocket::detail {

class Deflater {
 public:
  Deflater() noexcept;
  ~Deflater();
  /// `takeover`: the next message may refer to this one.
  Result<std::string> run(std::string_view message, int level, bool takeover);

 private:
  std::unique_ptr<compress::Encoder> encoder_;
};

class Inflater {
 public:
  Inflater() noexcept;
  ~Inflater();
  /// Errors: WebSocketError::InvalidPayload (no DEFLATE), TooBig (past the limit).
  Result<std::string> run(std::string_view message, std::size_t limit_bytes, bool takeover);

 private:
  std::unique_ptr<compress::Decoder> decoder_;
};

}  // namespace avila::websocket::detail

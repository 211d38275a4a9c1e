// Frames in, messages and control frames out (RFC 6455 section 5), without I/O.
#pragma once
#include <avila/websocket/connection.hpp>

namespace avila::websocket::detail {

enum class Opcode : std::uint8_t {
  Continuation = 0,
  Text = 1,
  Binary = 2,
  Close = 8,
  Ping = 9,
  Pong = 10,
};

/// `mask`: of 4 bytes, or null. Appends to `out`.
void append_frame_head(std::string& out, Opcode opcode, bool final, bool compressed,
                       std::uint64_t payload_bytes, const std::uint8_t* mask);
/// XORs with the mask, the first byte with mask[phase % 4].
void apply_mask(char* bytes, std::size_t size, const std::uint8_t* mask,
                std::size_t phase) noexcept;

struct Event {
  Opcode opcode = Opcode::Text;  ///< Text and Binary are whole messages
  std::string data;
  bool compressed = false;
};

class Decoder {
 public:
  Decoder(Role role, bool deflate, std::size_t message_bytes, std::size_t fragments) noexcept
      : role_(role), deflate_(deflate), message_bytes_(message_bytes), fragments_max_(fragments) {}

  /// Takes bytes off the front of `input` up to the end of the next event; nothing when all of it
  /// was taken without one. Errors: WebSocketError.
  Result<std::optional<Event>> next(std::string_view& input);

 private:
  Result<bool> take_head(std::string_view& input);
  Result<void> check_head(std::uint8_t first, std::uint8_t second);
  Result<std::optional<Event>> finish_frame();

  const Role role_;
  const bool deflate_;
  const std::size_t message_bytes_, fragments_max_;
  char head_[14] = {};
  std::size_t head_size_ = 0;
  bool in_payload_ = false;
  Opcode opcode_ = Opcode::Text;
  bool final_ = false;
  std::uint8_t mask_[4] = {};
  std::uint64_t left_ = 0;  // of the payload
  std::size_t phase_ = 0;   // of the mask
  std::string control_;     // payload of a control frame
  bool in_message_ = false;
  bool compressed_ = false;
  Opcode kind_ = Opcode::Text;
  std::string message_;
  std::size_t valid_ = 0;  // bytes of a text that are known to be UTF-8
  std::size_t fragments_ = 0;
};

/// Whether text that is cut at any byte may go on to be UTF-8. `valid` is moved over what is whole.
bool check_utf8(std::string_view text, std::size_t& valid, bool complete) noexcept;
/// Codes that a Close frame may carry (section 7.4).
bool is_sendable(std::uint16_t code) noexcept;

}  // namespace avila::websocket::detail

#include "decoder.hpp"

#include <algorithm>
#include <avila/primitives/endian.hpp>
#include <avila/text/utf8.hpp>
#include <cstring>

namespace avila::websocket::detail {

void append_frame_head(std::string& out, Opcode opcode, bool final, bool compressed,
                       std::uint64_t payload_bytes, const std::uint8_t* mask) {
  out += static_cast<char>((final ? 0x80 : 0) | (compressed ? 0x40 : 0) | static_cast<int>(opcode));
  const int masked = mask != nullptr ? 0x80 : 0;
  std::byte length[8];
  if (payload_bytes < 126) {
    out += static_cast<char>(masked | static_cast<int>(payload_bytes));
  } else if (payload_bytes <= 0xFFFF) {
    out += static_cast<char>(masked | 126);
    store_be16(length, static_cast<std::uint16_t>(payload_bytes));
    out += as_text(ByteSpan(length, 2));
  } else {
    out += static_cast<char>(masked | 127);
    store_be64(length, payload_bytes);
    out += as_text(length);
  }
  if (mask != nullptr) out.append(reinterpret_cast<const char*>(mask), 4);
}

void apply_mask(char* bytes, std::size_t size, const std::uint8_t* mask,
                std::size_t phase) noexcept {
  std::uint8_t turned[8];
  for (std::size_t i = 0; i < 8; ++i) turned[i] = mask[(phase + i) % 4];
  std::uint64_t wide = 0;
  std::memcpy(&wide, turned, 8);
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + i, 8);
    word ^= wide;
    std::memcpy(bytes + i, &word, 8);
  }
  for (; i < size; ++i) bytes[i] = static_cast<char>(bytes[i] ^ static_cast<char>(turned[i % 4]));
}

namespace {

/// One to three bytes that begin a character and do not end it.
bool begins_character(std::string_view rest) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(rest[i]); };
  const unsigned first = at(0);
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || rest.size() >= length) return false;
  if (rest.size() >= 2) {
    const unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (at(1) < low || at(1) > high) return false;
  }
  return rest.size() < 3 || (at(2) & 0xC0) == 0x80;
}

Error protocol(std::string_view what) { return Error(WebSocketError::Protocol, what); }

}  // namespace

bool check_utf8(std::string_view text, std::size_t& valid, bool complete) noexcept {
  valid += text::valid_utf8_prefix(text.substr(valid));
  const std::string_view rest = text.substr(valid);
  return rest.empty() || (!complete && begins_character(rest));
}

bool is_sendable(std::uint16_t code) noexcept {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

Result<void> Decoder::check_head(std::uint8_t first, std::uint8_t second) {
  const auto opcode = static_cast<Opcode>(first & 0x0F);
  const bool control = (first & 0x08) != 0;
  const bool data = opcode == Opcode::Text || opcode == Opcode::Binary;
  if ((first & 0x30) != 0 || ((first & 0x40) != 0 && !(deflate_ && data)))
    return protocol("a reserved bit is set");
  switch (opcode) {
    case Opcode::Continuation:
      if (!in_message_) return protocol("a continuation of no message");
      break;
    case Opcode::Text:
    case Opcode::Binary:
      if (in_message_) return protocol("a message begins within another");
      break;
    case Opcode::Close:
    case Opcode::Ping:
    case Opcode::Pong:
      if ((first & 0x80) == 0) return protocol("a control frame in fragments");
      if ((second & 0x7F) > 125) return protocol("a control frame above 125 bytes");
      break;
    default: return protocol("an unknown opcode");
  }
  const bool masked = (second & 0x80) != 0;
  if (masked != (role_ == Role::Server))
    return protocol(masked ? "a server's frame is masked" : "a client's frame is not masked");
  if (!control && ++fragments_ > fragments_max_)
    return Error(WebSocketError::TooBig, "the message has too many fragments");
  return {};
}

/// Whether the head is complete.
Result<bool> Decoder::take_head(std::string_view& input) {
  const auto want = [this]() -> std::size_t {
    if (head_size_ < 2) return 2;
    const int length = head_[1] & 0x7F;
    return 2U + (length == 127 ? 8U : length == 126 ? 2U : 0U) + ((head_[1] & 0x80) != 0 ? 4U : 0U);
  };
  while (head_size_ < want()) {
    if (input.empty()) return false;
    head_[head_size_++] = input.front();
    input.remove_prefix(1);
    if (head_size_ == 2)
      AVILA_TRY_VOID(
          check_head(static_cast<std::uint8_t>(head_[0]), static_cast<std::uint8_t>(head_[1])));
  }
  opcode_ = static_cast<Opcode>(head_[0] & 0x0F);
  final_ = (head_[0] & 0x80) != 0;
  left_ = static_cast<std::uint64_t>(head_[1] & 0x7F);
  // Section 5.2: the shortest form, and the highest bit clear.
  if (left_ == 126) {
    left_ = load_be16(head_ + 2);
    if (left_ < 126) return protocol("a length is not in its shortest form");
  } else if (left_ == 127) {
    left_ = load_be64(head_ + 2);
    if (left_ <= 0xFFFF || left_ >> 63 != 0)
      return protocol("a length is not in its shortest form");
  }
  if ((head_[1] & 0x80) != 0) std::memcpy(mask_, head_ + head_size_ - 4, 4);
  const bool control = (head_[0] & 0x08) != 0;
  if (!control && left_ > message_bytes_ - std::min(message_bytes_, message_.size()))
    return Error(WebSocketError::TooBig, "the message is larger than is accepted");
  if (!control && !in_message_) {
    in_message_ = true;
    kind_ = opcode_;
    compressed_ = (head_[0] & 0x40) != 0;
    message_.clear();
    valid_ = 0;
  }
  phase_ = 0;
  head_size_ = 0;
  in_payload_ = true;
  if (control) control_.clear();
  return true;
}

Result<std::optional<Event>> Decoder::next(std::string_view& input) {
  while (true) {
    if (!in_payload_) {
      AVILA_TRY(const bool complete, take_head(input));
      if (!complete) return std::optional<Event>();
    }
    const bool control = opcode_ >= Opcode::Close;
    std::string& to = control ? control_ : message_;
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
    const std::size_t before = to.size();
    to.append(input.substr(0, n));
    if (role_ == Role::Server) apply_mask(to.data() + before, n, mask_, phase_);
    phase_ += n;
    left_ -= n;
    input.remove_prefix(n);
    // Bad text is refused as soon as it is seen (section 8.1).
    if (!control && kind_ == Opcode::Text && !compressed_ &&
        !check_utf8(message_, valid_, final_ && left_ == 0))
      return Error(WebSocketError::InvalidPayload, "a text message is not UTF-8");
    if (left_ > 0) return std::optional<Event>();
    in_payload_ = false;
    AVILA_TRY(std::optional<Event> event, finish_frame());
    if (event.has_value()) return event;
  }
}

Result<std::optional<Event>> Decoder::finish_frame() {
  std::optional<Event> event;
  if (opcode_ >= Opcode::Close) {
    event.emplace(Event{opcode_, std::move(control_), false});
    control_ = std::string();
  } else if (final_) {
    in_message_ = false;
    fragments_ = 0;
    event.emplace(Event{kind_, std::move(message_), compressed_});
    message_ = std::string();
  }
  return event;
}

}  // namespace avila::websocket::detail

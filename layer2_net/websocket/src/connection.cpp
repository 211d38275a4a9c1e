#include <avila/websocket/connection.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <avila/future/scheduler.hpp>
#include <avila/future/sleep.hpp>
#include <avila/future/sync.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/random/chacha.hpp>
#include <avila/text/utf8.hpp>

#include "decoder.hpp"
#include "deflate.hpp"

namespace avila::websocket {

using detail::Event;
using detail::Opcode;

struct Connection::State {
  State(async::Transport& transport_value, std::string received, Role role_value,
        Options options_value, Deflate deflate_value)
      : transport(transport_value),
        role(role_value),
        options(options_value),
        deflate(deflate_value),
        decoder(role_value, deflate_value.on, options_value.message_bytes, options_value.fragments),
        input(std::move(received)) {}

  Task<Result<void>> write(Opcode opcode, std::string payload, bool compress, CancelToken cancel);
  Task<Result<std::size_t>> read_more(CancelToken cancel);
  Task<Result<bool>> handle_control(Event event);
  Task<void> fail(const Error& error);
  Result<std::optional<Message>> open_message(Event event);

  async::Transport& transport;
  const Role role;
  const Options options;
  const Deflate deflate;
  detail::Decoder decoder;
  std::string input;
  std::size_t taken = 0;  // of input
  bool ended = false;     // the peer's Close came, or the transport ended, or we failed
  bool awaiting_pong = false;
  std::optional<Instant> close_by;  // for the peer's Close, once ours was sent
  Closed closed;
  detail::Inflater inflater;
  // Of the senders.
  future::AsyncMutex writing;
  detail::Deflater deflater;
  std::atomic<bool> close_sent{false};
  bool broken = false;  // under `writing`: a frame may be cut
};

namespace {
/// Of the masks of all clients (section 5.3: nobody may foretell them).
std::uint32_t next_mask() {
  static random::SecureRandom random;
  return static_cast<std::uint32_t>(random.next());
}
}  // namespace

Connection::Connection(async::Transport& transport, std::string received, Role role,
                       Options options, Deflate deflate)
    : state_(std::make_unique<State>(transport, std::move(received), role, options, deflate)) {}
Connection::~Connection() = default;

const Closed& Connection::closed() const noexcept { return state_->closed; }
const Deflate& Connection::deflate() const noexcept { return state_->deflate; }

Task<Result<void>> Connection::State::write(Opcode opcode, std::string payload, bool compress,
                                            CancelToken cancel) {
  auto locked = co_await writing.lock(cancel);
  AVILA_CO_TRY(const auto lock, std::move(locked));
  if (broken || close_sent.load()) co_return Error(Errc::Closed, "the WebSocket is closed");
  if (opcode == Opcode::Close) close_sent.store(true);
  bool compressed = false;
  if (compress && deflate.on && payload.size() >= options.deflate_from_bytes) {
    AVILA_CO_TRY(payload, deflater.run(payload, options.deflate_level, deflate.own_takeover));
    compressed = true;
  }
  std::string head;
  std::uint8_t mask[4];
  if (role == Role::Client) {
    store_be32(mask, next_mask());
    detail::apply_mask(payload.data(), payload.size(), mask, 0);
  }
  detail::append_frame_head(head, opcode, true, compressed, payload.size(),
                            role == Role::Client ? mask : nullptr);
  const std::array<ByteSpan, 2> parts{as_bytes(head), as_bytes(payload)};
  const future::Deadline deadline(options.write_timeout, cancel);
  auto written = co_await transport.write_vectored(parts, deadline.token());
  if (written.has_value()) co_return Result<void>();
  broken = true;
  co_return deadline.translate(std::move(written).error(), "send a WebSocket message");
}

/// Reads on; pings when it is silent. 0: the transport ended.
Task<Result<std::size_t>> Connection::State::read_more(CancelToken cancel) {
  if (taken == input.size()) {
    input.clear();
  } else {
    input.erase(0, taken);
  }
  taken = 0;
  const std::size_t before = input.size();
  constexpr std::size_t kReadBytes = 16 * 1024;
  input.resize(before + kReadBytes);
  const MutableByteSpan space(reinterpret_cast<std::byte*>(input.data()) + before, kReadBytes);
  future::Scheduler& scheduler = future::Scheduler::require();
  std::optional<Result<std::size_t>> now;
  while (!now.has_value()) {
    const bool closing = close_sent.load();
    Duration wait = closing ? options.close_timeout : options.ping_interval;
    const bool bounded = wait != Duration::zero();
    if (closing && bounded) {  // however much else the peer says
      if (!close_by.has_value()) close_by = scheduler.now() + wait;
      wait = *close_by - scheduler.now();
      if (wait <= Duration::zero()) {
        input.resize(before);
        co_return Error(Errc::TimedOut, "the peer did not answer our Close");
      }
    }
    now = transport.try_read(space);
    if (now.has_value()) break;
    if (!bounded) {
      auto later = co_await transport.read(space, cancel);
      now.emplace(std::move(later));
      break;
    }
    const future::Deadline deadline(wait, cancel);
    auto later = co_await transport.read(space, deadline.token());
    if (!later.has_value() && deadline.expired()) {
      if (closing) continue;  // its time is over, too
      if (awaiting_pong) {
        input.resize(before);
        co_return Error(Errc::TimedOut, "the peer is silent");
      }
      awaiting_pong = true;
      auto pinged = co_await write(Opcode::Ping, std::string(), false, cancel);
      if (!pinged.has_value() && !close_sent.load()) {
        input.resize(before);
        co_return std::move(pinged).error();
      }
      continue;
    }
    now.emplace(std::move(later));
  }
  input.resize(before + (now->has_value() ? **now : 0));
  if (now->has_value()) awaiting_pong = false;
  co_return std::move(*now);
}

/// Whether the connection goes on.
Task<Result<bool>> Connection::State::handle_control(Event event) {
  if (event.opcode == Opcode::Pong) co_return true;
  if (event.opcode == Opcode::Ping) {
    auto answered = co_await write(Opcode::Pong, std::move(event.data), false, CancelToken());
    if (!answered.has_value() && !close_sent.load()) co_return std::move(answered).error();
    co_return true;
  }
  // Close (section 5.5.1): nothing, or a code and a reason.
  closed = {CloseCode::NoStatus, {}};
  if (event.data.size() == 1) co_return Error(WebSocketError::Protocol, "a Close of one byte");
  if (event.data.size() >= 2) {
    const std::uint16_t code = load_be16(event.data.data());
    if (!detail::is_sendable(code))
      co_return Error(WebSocketError::Protocol, "a Close with a code that may not be sent");
    if (!text::validate_utf8(std::string_view(event.data).substr(2)))
      co_return Error(WebSocketError::InvalidPayload, "the reason of a Close is not UTF-8");
    closed = {static_cast<CloseCode>(code), event.data.substr(2)};
  }
  ended = true;
  if (!close_sent.load()) {
    event.data.resize(std::min<std::size_t>(event.data.size(), 2));
    auto answered = co_await write(Opcode::Close, std::move(event.data), false, CancelToken());
    (void)answered;  // the peer may be gone already: it has said all
  }
  co_return false;
}

Task<void> Connection::State::fail(const Error& error) {
  ended = true;
  const CloseCode code = error.is(WebSocketError::Protocol)         ? CloseCode::ProtocolError
                         : error.is(WebSocketError::InvalidPayload) ? CloseCode::InvalidPayload
                         : error.is(WebSocketError::TooBig)         ? CloseCode::MessageTooBig
                                                                    : CloseCode::GoingAway;
  std::string payload(2, '\0');
  store_be16(payload.data(), static_cast<std::uint16_t>(code));
  payload += error.message().substr(0, 123);
  auto sent = co_await write(Opcode::Close, std::move(payload), false, CancelToken());
  (void)sent;  // the first error is the one that matters
}

Result<std::optional<Message>> Connection::State::open_message(Event event) {
  Message message{event.opcode == Opcode::Text ? Kind::Text : Kind::Binary, std::move(event.data)};
  if (event.compressed) {
    AVILA_TRY(message.data,
              inflater.run(message.data, options.message_bytes, deflate.peer_takeover));
    std::size_t valid = 0;
    if (message.kind == Kind::Text && !detail::check_utf8(message.data, valid, true))
      return Error(WebSocketError::InvalidPayload, "a text message is not UTF-8");
  }
  return std::optional<Message>(std::move(message));
}

Task<Result<std::optional<Message>>> Connection::receive(CancelToken cancel) {
  State& state = *state_;
  while (!state.ended) {
    std::string_view rest = std::string_view(state.input).substr(state.taken);
    auto event = state.decoder.next(rest);
    state.taken = state.input.size() - rest.size();
    if (event.has_value() && event->has_value()) {
      if ((*event)->opcode == Opcode::Text || (*event)->opcode == Opcode::Binary) {
        auto message = state.open_message(std::move(**event));
        if (message.has_value()) co_return std::move(message);
        co_await state.fail(message.error());
        co_return std::move(message).error();
      }
      auto goes_on = co_await state.handle_control(std::move(**event));
      if (!goes_on.has_value()) {
        co_await state.fail(goes_on.error());
        co_return std::move(goes_on).error();
      }
      continue;
    }
    if (!event.has_value()) {
      co_await state.fail(event.error());
      co_return std::move(event).error();
    }
    auto got = co_await state.read_more(cancel);
    if (!got.has_value()) {
      if (got.error().is(Errc::TimedOut)) co_await state.fail(got.error());
      co_return std::move(got).error();
    }
    if (*got == 0) {
      state.ended = true;
      co_return Error(Errc::Closed, "the connection ended without a Close");
    }
  }
  co_return std::optional<Message>();
}

Task<Result<void>> Connection::send(Kind kind, std::string data, CancelToken cancel) {
  if (kind == Kind::Text && !text::validate_utf8(data))
    co_return Error(Errc::InvalidArgument, "a text message is not UTF-8: send it as binary");
  const Opcode opcode = kind == Kind::Text ? Opcode::Text : Opcode::Binary;
  auto sent = co_await state_->write(opcode, std::move(data), true, std::move(cancel));
  co_return std::move(sent);
}

Task<Result<void>> Connection::ping(std::string payload) {
  if (payload.size() > 125) co_return Error(Errc::InvalidArgument, "a ping has at most 125 bytes");
  auto sent = co_await state_->write(Opcode::Ping, std::move(payload), false, CancelToken());
  co_return std::move(sent);
}

Task<Result<void>> Connection::close(CloseCode code, std::string reason) {
  if (!detail::is_sendable(static_cast<std::uint16_t>(code)) || reason.size() > 123 ||
      !text::validate_utf8(reason))
    co_return Error(Errc::InvalidArgument, "no such code, or a reason above 123 bytes of UTF-8");
  if (state_->close_sent.load()) co_return Result<void>();
  std::string payload(2, '\0');
  store_be16(payload.data(), static_cast<std::uint16_t>(code));
  payload += reason;
  auto sent = co_await state_->write(Opcode::Close, std::move(payload), false, CancelToken());
  co_return std::move(sent);
}

}  // namespace avila::websocket

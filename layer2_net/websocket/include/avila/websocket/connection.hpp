// A WebSocket (RFC 6455) over a transport that has been upgraded: whole messages in, whole messages
// out; pings, pongs and the closing handshake by itself.
#pragma once
#include <avila/async/transport.hpp>
#include <avila/error/result.hpp>
#include <avila/future/cancel.hpp>
#include <avila/future/task.hpp>
#include <avila/primitives/duration.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace avila::websocket {

using future::CancelToken;
using future::Task;

enum class Role : std::uint8_t { Client, Server };

/// Section 7.4.1. Others from 3000 to 4999 are the applications'.
enum class CloseCode : std::uint16_t {
  Normal = 1000,
  GoingAway = 1001,
  ProtocolError = 1002,
  UnsupportedData = 1003,
  NoStatus = 1005,  ///< never sent: the peer's Close had no code
  Abnormal = 1006,  ///< never sent: the connection ended without Close
  InvalidPayload = 1007,
  PolicyViolation = 1008,
  MessageTooBig = 1009,
  MandatoryExtension = 1010,
  InternalError = 1011,
  ServiceRestart = 1012,
  TryAgainLater = 1013,
  BadGateway = 1014,
};

AVILA_ERROR_ENUM(WebSocketError, Malformed,
                 Protocol,        // frames that may not be: closed with 1002
                 InvalidPayload,  // text that is not UTF-8: closed with 1007
                 TooBig,          // a message above the limit: closed with 1009
                 Handshake)       // the opening handshake was refused, or is none

enum class Kind : std::uint8_t { Text, Binary };

struct Message {
  Kind kind = Kind::Text;
  std::string data;  ///< UTF-8 for Text
};

/// How the connection ended.
struct Closed {
  CloseCode code = CloseCode::Abnormal;
  std::string reason;
};

/// permessage-deflate as it was negotiated (RFC 7692).
struct Deflate {
  bool on = false;
  bool own_takeover = true;   ///< our messages use what went before
  bool peer_takeover = true;  ///< so do the peer's
};

struct Options {
  std::size_t message_bytes = 16 * 1024 * 1024;  ///< received, decompressed: 1009
  std::size_t fragments = 65'536;                ///< of one message: 1009
  /// Silence after which a ping goes out; the same again without a byte is Errc::TimedOut. Zero:
  /// none.
  Duration ping_interval = seconds(30);
  Duration write_timeout = seconds(30);  ///< for a message to be taken by the transport
  Duration close_timeout = seconds(5);   ///< for the peer's Close after ours
  std::size_t deflate_from_bytes = 256;  ///< smaller messages go uncompressed
  int deflate_level = 6;
};

/// One task receives; any number send.
class Connection {
 public:
  /// `received`: bytes that came behind the handshake. The transport outlives it.
  Connection(async::Transport& transport, std::string received, Role role, Options options = {},
             Deflate deflate = {});
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// The next message; nothing once the peer has closed (its Close is answered) or close() was
  /// called. Errors: WebSocketError (the Close with the right code is sent), TimedOut, Closed (the
  /// transport ended without Close), Cancelled (nothing is lost: call again).
  Task<Result<std::optional<Message>>> receive(CancelToken cancel = {});
  /// In the order of the calls. Text must be UTF-8 (InvalidArgument). Errors: Closed, TimedOut.
  Task<Result<void>> send(Kind kind, std::string data, CancelToken cancel = {});
  Task<Result<void>> send_text(std::string text, CancelToken cancel = {}) {
    return send(Kind::Text, std::move(text), std::move(cancel));
  }
  /// At most 125 bytes; pongs are answered and taken by receive().
  Task<Result<void>> ping(std::string payload = {});
  /// Sends Close. The task that receives then gets the messages that were under way, and the end;
  /// where none receives, call receive() until it gives nothing. `reason`: at most 123 bytes of
  /// UTF-8.
  Task<Result<void>> close(CloseCode code = CloseCode::Normal, std::string reason = {});
  /// What the peer's Close said; Abnormal until then.
  const Closed& closed() const noexcept;
  const Deflate& deflate() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace avila::websocket

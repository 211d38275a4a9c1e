// One request to an endpoint and its response, whatever version of HTTP it speaks.
#pragma once
#include <avila/async/transport.hpp>
#include <avila/error/result.hpp>
#include <avila/http/message.hpp>
#include <avila/http/parser.hpp>
#include <avila/proxy/upstream.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace avila::proxy::detail {

/// What is sent. The texts outlive the exchange.
struct OutgoingHead {
  std::string_view method;
  std::string_view target;  ///< "/path?query", or "*"
  std::string_view authority;
  std::string_view scheme = "http";
  http::Headers headers;  ///< without Host and those of connections and framing
  http::Framing framing;  ///< of the body; None where none follows
  bool expect_continue = false;
  std::string_view upgrade;  ///< "websocket": Upgrade, or an extended CONNECT
};

/// Errors of all: Closed and ConnectionReset (the connection broke), TimedOut, Cancelled,
/// Unavailable (the endpoint did not begin: another may), those of http::HttpError (the response is
/// no HTTP).
class Exchange {
 public:
  virtual ~Exchange() = default;

  /// The head with the whole body, where that is `body`.
  virtual Task<Result<void>> send_head(const OutgoingHead& head, ByteSpan body) = 0;
  virtual Task<Result<void>> send_body(ByteSpan bytes) = 0;
  virtual Task<Result<void>> send_end(const http::Headers& trailers) = 0;
  /// Ends a send_body() that waits, and those to come, without harm to the response. False where
  /// that cannot be.
  virtual bool stop_sending() noexcept = 0;

  /// The final response's head or 101, or before it one that is interim; no 100 (Continue) but the
  /// one that was asked for.
  virtual Task<Result<void>> receive_head() = 0;
  virtual int status() const noexcept = 0;
  bool interim() const noexcept { return status() / 100 == 1 && status() != 101; }
  /// Each field of the head but those of connections and framing.
  virtual void copy_headers(http::Headers& to) const = 0;
  /// Of the body, where it is known.
  virtual std::optional<std::uint64_t> length() const noexcept = 0;

  /// All of what is left of the body where it is here already, and at most `limit` bytes.
  virtual std::optional<std::string> whole_body(std::size_t limit) = 0;
  /// A piece that is there; empty at the end; nothing: receive() waits for it. Valid until the next
  /// call of either.
  virtual std::optional<Result<ByteSpan>> receive_now() = 0;
  virtual Task<Result<ByteSpan>> receive() = 0;
  /// After receive_now() gave nothing: whether receive() will not have to wait all the same.
  virtual bool has_piece() const noexcept = 0;
  virtual const http::Headers& trailers() const noexcept = 0;

  /// After 101 or 2xx to an upgrade: the connection, and what came behind the head.
  virtual std::unique_ptr<async::Transport> take_transport(std::string& received) = 0;
  /// Of the first byte of the request on: false where the endpoint cannot have seen any of it.
  virtual bool sent_any() const noexcept = 0;
  /// Whether its connection had served before: then its breaking says little about the endpoint.
  virtual bool reused() const noexcept = 0;
  virtual void set_total(Duration limit) noexcept = 0;
  /// The request's owner is gone: what waits fails with Cancelled.
  virtual void follow(const CancelToken& cancel) = 0;
  /// The same by ourselves. From any task.
  virtual void abort() noexcept = 0;
  /// The exchange is over. Where all was sent and received, and the connection may serve again, it
  /// is given back to its pool: the pointer is the pool's then.
  static void finish(std::unique_ptr<Exchange> exchange, bool complete);

 protected:
  virtual bool give_back(std::unique_ptr<Exchange>& self) = 0;
};

/// RFC 9110 §15.2: passes the interim response on that receive_head() has given, without some of
/// its fields. All outlive the task.
Task<void> pass_interim(const Exchange& exchange, http::Request& request,
                        const std::vector<std::string>& removed);

/// Whether the field belongs to one connection (RFC 9110 §7.6.1) or to the framing, and is made
/// anew.
bool is_hop_field(std::string_view name) noexcept;

}  // namespace avila::proxy::detail

// Asking one server: the seam to the network, and exchanges over UDP, TCP and TLS.
#pragma once
#include <avila/async/security.hpp>
#include <avila/async/transport.hpp>
#include <avila/dns/message.hpp>
#include <avila/primitives/duration.hpp>
#include <avila/udp/transport.hpp>
#include <memory>

namespace avila::random {
class SecureRandom;
}

namespace avila::dns {

using future::CancelToken;
using future::Task;
using tcp::SocketAddress;

/// Where sockets come from: the system, or a simulation.
class Network {
 public:
  using Socket = Result<std::unique_ptr<udp::DatagramTransport>>;
  using Stream = Result<std::unique_ptr<async::Transport>>;
  virtual ~Network() = default;
  /// A socket for one exchange: on a port that is hard to guess (RFC 5452 section 9.2), connected.
  virtual Socket open_udp(const SocketAddress& server) = 0;
  virtual Task<Stream> connect(SocketAddress server, CancelToken cancel) = 0;
};

/// The machine's. The executor outlives it.
class SystemNetwork final : public Network {
 public:
  explicit SystemNetwork(async::Executor& executor) noexcept : executor_(executor) {}
  Socket open_udp(const SocketAddress& server) override;
  Task<Stream> connect(SocketAddress server, CancelToken cancel) override;

 private:
  async::Executor& executor_;
};

struct ExchangeOptions {
  Duration timeout = seconds(2);  ///< of each transport that is tried
  /// Letters of the question in random case; an answer in another case is not believed, and the
  /// question asked again over TCP (draft-vixie-dnsext-dns0x20).
  bool randomise_case = false;
  /// Answers that do not fit the question, until UDP is given up: somebody guesses.
  int wrong_answers_max = 16;
  bool tcp_only = false;
  random::SecureRandom* random = nullptr;  ///< null: the process's own
};

/// One question to one server, and its answer: over UDP, and over TCP where the answer was
/// truncated or suspicious. The id is set here. What does not come from the server's address and
/// port, with the id and the question asked, is passed over. Errors: TimedOut, Malformed,
/// ConnectionRefused, …
Task<Result<Message>> exchange(Network& network, SocketAddress server, Message query,
                               ExchangeOptions options = {}, CancelToken cancel = {});

/// Over a stream that is connected (RFC 7766): TCP, or TLS (RFC 7858, where queries are padded by
/// RFC 8467 section 4.1: give `pad`).
Task<Result<Message>> exchange_stream(async::Transport& stream, Message query, bool pad = false,
                                      ExchangeOptions options = {}, CancelToken cancel = {});

/// DNS over TLS to one server, in a connection of its own; `host` is the name that its certificate
/// must have.
Task<Result<Message>> exchange_tls(Network& network, async::Security& security,
                                   SocketAddress server, std::string host, Message query,
                                   ExchangeOptions options = {}, CancelToken cancel = {});

/// A message of a stream, without its length; empty at the stream's end.
Task<Result<std::string>> read_framed(async::Transport& stream, CancelToken cancel = {});
Task<Result<void>> write_framed(async::Transport& stream, std::string message,
                                CancelToken cancel = {});
/// Fills an option of zeros in, so that the message has a multiple of `block` bytes (RFC 7830).
void pad_to(Message& message, std::size_t block);

}  // namespace avila::dns

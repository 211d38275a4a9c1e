// A server of DNS: UDP, TCP and TLS in front of a Handler.
#pragma once
#include <avila/async/executor.hpp>
#include <avila/async/security.hpp>
#include <avila/dns/network.hpp>
#include <avila/dns/rate_limit.hpp>
#include <avila/dns/zone.hpp>
#include <memory>

namespace avila::dns {

enum class Channel : std::uint8_t { Udp, Tcp, Tls, Https };

struct Client {
  SocketAddress address;
  Channel channel = Channel::Udp;
};

/// Answers questions. Thread-safe.
class Handler {
 public:
  virtual ~Handler() = default;
  /// A query with one question, opcode QUERY and EDNS version 0 or none. Id, opcode and question of
  /// the answer are the query's.
  virtual Task<Message> handle(Message query, Client client) = 0;
  /// The name that answers to the question are counted as where their rate is limited: one for all
  /// that strangers may choose among and get the same.
  virtual Name counted_as(const Question& question) const { return question.name; }
  /// AXFR over a stream: all messages. Nothing: refused.
  virtual std::optional<std::vector<Message>> transfer(const Message& query, const Client& client) {
    (void)query, (void)client;
    return std::nullopt;
  }
};

/// Serves the zones it has; REFUSED for all else.
class AuthoritativeHandler final : public Handler {
 public:
  struct Options {
    bool allow_transfer = false;  ///< AXFR, to everybody who asks over TCP or TLS
  };
  AuthoritativeHandler() = default;
  explicit AuthoritativeHandler(Options options) : options_(options) {}
  /// Before it serves. The zone with the longest apex answers.
  void add(Zone zone) { zones_.push_back(std::make_unique<const Zone>(std::move(zone))); }

  Message answer(const Message& query) const;
  Task<Message> handle(Message query, Client client) override;
  /// What a wildcard or a DNAME answers counts as the name above it.
  Name counted_as(const Question& question) const override;
  std::optional<std::vector<Message>> transfer(const Message& query, const Client& client) override;

 private:
  const Zone* zone_for(const Question& question) const;
  Options options_;
  std::vector<std::unique_ptr<const Zone>> zones_;
};

struct ServerOptions {
  std::size_t udp_answer_bytes = kUdpBytesEdns;  ///< more is truncated, whatever the client takes
  std::size_t pending_udp = 4096;  ///< queries that are being answered; beyond, they are dropped
  std::size_t connections = 1024;  ///< of TCP and TLS; beyond, they are closed at once
  std::size_t pipelined = 64;      ///< queries of one connection that are being answered
  Duration idle_timeout = seconds(10);  ///< of a connection (RFC 7766 section 6.2.3)
  Duration write_timeout = seconds(10);
  std::optional<RateLimitOptions> rate_limit;  ///< of answers over UDP; nothing: none
};

struct ServerMetrics {
  std::uint64_t queries = 0;
  std::uint64_t dropped = 0;                         ///< over a limit
  std::uint64_t malformed = 0;                       ///< not even a header, or a response
  std::uint64_t rate_dropped = 0, rate_slipped = 0;  ///< answers beyond rate_limit
};

/// Thread-safe. The executor and the handler outlive it.
class Server {
 public:
  Server(async::Executor& executor, Handler& handler, ServerOptions options = {});
  /// What still runs must have ended: call shutdown() first.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// UDP and TCP on the same address; port 0: one that is free for both. The address bound.
  Result<SocketAddress> listen(const SocketAddress& address);
  /// DNS over TLS (RFC 7858). `security` outlives the server.
  Result<SocketAddress> listen_tls(const SocketAddress& address, async::Security& security);
  /// Ends what runs, and waits for it.
  Task<void> shutdown();
  ServerMetrics metrics() const noexcept;

  struct State;

 private:
  std::shared_ptr<State> state_;  // shared with its tasks
};

/// What any channel does around the handler: refuses what is no query, knows versions and opcodes,
/// sets what an answer must have. Nothing: no answer is due.
Task<std::optional<Message>> serve_message(Handler& handler, std::string bytes, Client client);
/// The answer of a datagram, cut to what the client takes.
std::string encode_for_udp(const Message& answer, const Message& query, std::size_t bytes_max);

}  // namespace avila::dns

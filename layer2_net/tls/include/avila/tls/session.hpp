// Resumption: what a client keeps, and the keys and memory of a server.
#pragma once
#include <avila/cell/guarded.hpp>
#include <avila/error/result.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/primitives/secret.hpp>
#include <avila/tls/certificate.hpp>
#include <avila/tls/limits.hpp>
#include <avila/tls/types.hpp>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace avila::tls {

/// What a ticket stands for; the client keeps it as it is, the server inside the ticket.
struct Session {
  ProtocolVersion version = ProtocolVersion::Tls13;
  CipherSuite suite = CipherSuite::Aes128GcmSha256;
  SecretBytes secret;  ///< the PSK (TLS 1.3) or the master secret (TLS 1.2)
  std::uint32_t lifetime_s = 0;
  std::uint32_t age_add = 0;
  WallTime issued;
  std::uint32_t early_data_bytes = 0;  ///< 0: none
  std::string server_name;
  std::string alpn;
  CertificateChain peer_chain;
  std::vector<std::byte> ticket;  ///< the client's
};

/// A client's memory of sessions. Threads share it.
class SessionStore {
 public:
  virtual ~SessionStore() = default;
  virtual void put(std::string_view key, std::shared_ptr<const Session> session) = 0;
  /// Takes one out: tickets of TLS 1.3 are for one use (RFC 8446 appendix C.4).
  virtual std::shared_ptr<const Session> take(std::string_view key) = 0;
};

/// The last `sessions_max` of all hosts, `per_key_max` of each.
class SessionCache final : public SessionStore {
 public:
  explicit SessionCache(std::size_t sessions_max = 1024, std::size_t per_key_max = 4)
      : sessions_max_(sessions_max), per_key_max_(per_key_max) {}
  void put(std::string_view key, std::shared_ptr<const Session> session) override;
  std::shared_ptr<const Session> take(std::string_view key) override;
  std::size_t size() const;

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const Session> session;
  };
  std::size_t sessions_max_, per_key_max_;
  mutable cell::Guarded<std::list<Entry>> entries_;  // newest first
};

struct TicketOptions {
  Duration rotate = hours(12);  ///< a key seals this long, and opens as long again
  std::uint32_t lifetime_s = 24 * 3600;
};

/// Keys that seal sessions into tickets (RFC 5077 section 4 in shape, AES-256-GCM): the current
/// one, and the one before, which still opens. Made in memory, so tickets end with the process.
/// Threads share it.
class TicketKeys {
 public:
  /// Errors: those of the entropy. `clock` and `entropy` outlive it.
  static Result<std::shared_ptr<TicketKeys>> create(TicketOptions options = {},
                                                    os::Entropy& entropy = os::system_entropy(),
                                                    os::Clock& clock = os::real_clock());

  /// Errors: LimitExceeded (it would not fit into kTicketBytesMax), those of the entropy.
  Result<std::vector<std::byte>> seal(const Session& session);
  /// Nothing for a ticket that is not ours, not whole, or too old.
  std::optional<Session> open(ByteSpan ticket);
  const TicketOptions& options() const noexcept { return options_; }
  /// A new key now, as the clock would make one.
  Result<void> rotate();

  static constexpr std::size_t kTicketBytesMax = 16 * 1024;

 private:
  struct Key {
    std::array<std::byte, 16> name{};
    SecretArray<32> bytes;
    WallTime since;
  };
  struct Keys {
    std::shared_ptr<const Key> current, previous;  // shared with those who use them just now
  };
  TicketKeys(TicketOptions options, os::Entropy& entropy, os::Clock& clock) noexcept
      : options_(options), entropy_(entropy), clock_(clock) {}
  Result<std::shared_ptr<const Key>> make_key();
  Result<std::shared_ptr<const Key>> current();

  TicketOptions options_;
  os::Entropy& entropy_;
  os::Clock& clock_;
  cell::Guarded<Keys> keys_;
};

/// Remembers which early data it saw, so that none is taken twice (RFC 8446 section 8.2). Full, or
/// shared by no other server of the same tickets: it refuses, and the handshake goes on without
/// early data. Threads share it.
class ReplayGuard {
 public:
  explicit ReplayGuard(std::size_t entries_max = 100'000, Duration window = seconds(10))
      : entries_max_(entries_max), window_(window) {}
  /// True the first time within the window. `id`: of the handshake, such as its PSK binder.
  bool accept(ByteSpan id, WallTime now);
  /// How far a ticket's age may be off (section 8.3).
  Duration window() const noexcept { return window_; }

 private:
  struct Seen {
    std::unordered_set<std::string> now, before;  // two half-open windows
    WallTime since;
  };
  std::size_t entries_max_;
  Duration window_;
  cell::Guarded<Seen> seen_;
};

}  // namespace avila::tls

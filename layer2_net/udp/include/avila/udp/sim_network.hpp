// A network in memory that loses, repeats, delays and reorders, from a seed.
#pragma once
#include <avila/udp/transport.hpp>
#include <cstdint>

namespace avila::udp {

struct SimNetworkOptions {
  std::uint64_t seed = 1;
  double loss = 0;         ///< probability, of each datagram
  double duplication = 0;  ///< probability that a second copy arrives, with a delay of its own
  double congestion = 0;   ///< probability that an ECN-capable datagram arrives marked
  Duration delay_min{};    ///< each takes its own time, so that later ones overtake earlier ones
  Duration delay_max{};
  std::size_t datagram_bytes_max = 1472;   ///< the path's MTU less 28: longer ones are lost
  std::size_t queue_datagrams_max = 1024;  ///< of a socket: what comes beyond is lost
};

struct SimNetworkMetrics {
  std::uint64_t sent = 0, delivered = 0, lost = 0, duplicated = 0, too_long = 0, overflown = 0,
                unreachable = 0;
};

/// Sockets at addresses of your choice; with async::SimExecutor the same seed and program give the
/// same run. Thread-safe. The network must outlive its sockets.
class SimNetwork final : public Network {
 public:
  explicit SimNetwork(SimNetworkOptions options = {});
  ~SimNetwork() override;
  SimNetwork(const SimNetwork&) = delete;
  SimNetwork& operator=(const SimNetwork&) = delete;

  /// Errc::AddressInUse; port 0 draws one from 49,152 on (RFC 6335 §6).
  Result<std::unique_ptr<DatagramTransport>> bind(const SocketAddress& local) override;
  /// From now on datagrams from one host to the other are lost, or pass again.
  void set_blocked(const IpAddress& from, const IpAddress& to, bool blocked);
  SimNetworkMetrics metrics() const;

  struct State;

 private:
  State* state_;
};

}  // namespace avila::udp

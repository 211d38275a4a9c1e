// Response rate limiting: a server that strangers use to flood others with answers sends fewer.
#pragma once
#include <avila/dns/message.hpp>
#include <avila/primitives/duration.hpp>
#include <avila/tcp/address.hpp>
#include <memory>

namespace avila::os {
class Clock;
class Entropy;
}  // namespace avila::os

namespace avila::dns {

/// Named as in BIND's `rate-limit`. All are answers a second that one network of clients gets; 0:
/// as many as it asks for.
struct RateLimitOptions {
  static constexpr std::uint32_t kPerSecondMax = 1'000'000;
  static constexpr Duration kWindowMax = hours(1);
  static constexpr unsigned kSlipMax = 10;
  static constexpr std::size_t kTableMin = 512, kTableMax = std::size_t{1} << 24;
  static constexpr std::size_t kExemptMax = 1024;

  struct Prefix {
    tcp::IpAddress address;
    unsigned bits = 0;
  };

  std::uint32_t responses_per_second = 5;  ///< of one name and type
  std::uint32_t referrals_per_second = 5;  ///< to one zone
  std::uint32_t nodata_per_second = 5;     ///< of one name
  std::uint32_t nxdomains_per_second = 5;  ///< of one zone
  std::uint32_t errors_per_second = 5;     ///< of any kind
  std::uint32_t all_per_second = 0;        ///< of all the above; never slipped
  /// Who goes on asking beyond the rate is sent nothing until it has paused, so long at most; zero:
  /// it goes on getting its rate.
  Duration window = seconds(15);
  /// Every so many answers that are not sent, one is, empty and truncated: who asks in earnest
  /// comes back over TCP. 1: all; 0: none. Errors are never slipped.
  unsigned slip = 2;
  unsigned ipv4_prefix_length = 24;
  unsigned ipv6_prefix_length = 56;
  std::size_t max_table_size = 20'000;  ///< accounts, of 24 bytes each; rounded up to eights
  std::vector<Prefix> exempt_clients;
  os::Clock* clock = nullptr;      ///< null: the machine's
  os::Entropy* entropy = nullptr;  ///< null: the machine's

  /// Errors: InvalidArgument, with the option and its range.
  Result<void> check() const;
};

/// What an answer is counted as.
enum class ResponseKind : std::uint8_t { Answer, Referral, NoData, NxDomain, Error };
ResponseKind kind_of(const Message& answer) noexcept;

enum class RateVerdict : std::uint8_t { Send, Slip, Drop };

/// Thread-safe. Clock and entropy outlive it.
class ResponseRateLimit {
 public:
  /// What check() refuses is a mistake of the program.
  explicit ResponseRateLimit(RateLimitOptions options);
  ~ResponseRateLimit();
  ResponseRateLimit(const ResponseRateLimit&) = delete;
  ResponseRateLimit& operator=(const ResponseRateLimit&) = delete;

  /// What becomes of an answer to that client. `counted_as`: Handler::counted_as().
  RateVerdict take(const tcp::IpAddress& client, const Message& answer, const Name& counted_as);
  /// Accounts that there is room for: the one closest to its full rate is forgotten first.
  std::size_t capacity() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What a slipped answer comes to: its head and question, truncated.
void truncate_wholly(Message& answer);

}  // namespace avila::dns

// The account of a network, kind and name is one time stamp: when it will have its full rate again
// (the generic cell rate algorithm), with a debt that refused answers run up, as in BIND.
#include <algorithm>
#include <array>
#include <avila/dns/rate_limit.hpp>
#include <avila/error/assert.hpp>
#include <avila/hash/siphash.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <mutex>

namespace avila::dns {
namespace {

constexpr std::size_t kWays = 8;    // accounts that share a place of the table
constexpr std::size_t kLocks = 16;  // guard every 16th place each
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::uint8_t kAllKinds = 0xff;

struct Account {
  std::uint64_t tag = 0;  // of network, kind and name; 0: free
  std::int64_t full_at_ns = INT64_MIN;
  std::uint32_t refused = 0;
};
static_assert(sizeof(Account) == 24, "as the header and the README say");

/// The family of a network and its 4 or 16 bytes, zero beyond the prefix.
std::string network_of(const tcp::IpAddress& address, unsigned bits) {
  const std::size_t size = address.is_v4() ? 4 : 16;
  std::string network(size + 1, '\0');
  network[0] = static_cast<char>(size);
  for (std::size_t i = 0; i < size && bits > 0; ++i) {
    const unsigned kept = std::min(bits, 8U);
    network[i + 1] = static_cast<char>(address.bytes()[i] & (0xffU << (8 - kept) & 0xffU));
    bits -= kept;
  }
  return network;
}

/// Of the first record of a type: the zone that says NXDOMAIN, or that is referred to.
const Name* owner_of(const std::vector<Record>& records, Type type) noexcept {
  for (const Record& record : records)
    if (record.type == type) return &record.owner;
  return nullptr;
}

}  // namespace

ResponseKind kind_of(const Message& answer) noexcept {
  if (answer.rcode == Rcode::NxDomain) return ResponseKind::NxDomain;
  if (answer.rcode != Rcode::NoError) return ResponseKind::Error;
  if (!answer.answers.empty()) return ResponseKind::Answer;
  const bool referral = owner_of(answer.authorities, Type::SOA) == nullptr &&
                        owner_of(answer.authorities, Type::NS) != nullptr;
  return referral ? ResponseKind::Referral : ResponseKind::NoData;
}

void truncate_wholly(Message& answer) {
  answer.answers.clear();
  answer.authorities.clear();
  answer.additionals.clear();
  if (answer.edns.has_value()) answer.edns->options.clear();
  answer.truncated = true;
}

Result<void> RateLimitOptions::check() const {
  const std::pair<const char*, std::uint32_t> rates[] = {
      {"responses_per_second is beyond 1,000,000", responses_per_second},
      {"referrals_per_second is beyond 1,000,000", referrals_per_second},
      {"nodata_per_second is beyond 1,000,000", nodata_per_second},
      {"nxdomains_per_second is beyond 1,000,000", nxdomains_per_second},
      {"errors_per_second is beyond 1,000,000", errors_per_second},
      {"all_per_second is beyond 1,000,000", all_per_second}};
  for (const auto& [what, rate] : rates)
    if (rate > kPerSecondMax) return Error(Errc::InvalidArgument, what);
  if (window < Duration::zero() || window > kWindowMax)
    return Error(Errc::InvalidArgument, "window is not within 0 s and 1 h");
  if (slip > kSlipMax) return Error(Errc::InvalidArgument, "slip is beyond 10");
  if (ipv4_prefix_length < 1 || ipv4_prefix_length > 32)
    return Error(Errc::InvalidArgument, "ipv4_prefix_length is not within 1 and 32");
  if (ipv6_prefix_length < 1 || ipv6_prefix_length > 128)
    return Error(Errc::InvalidArgument, "ipv6_prefix_length is not within 1 and 128");
  if (max_table_size < kTableMin || max_table_size > kTableMax)
    return Error(Errc::InvalidArgument, "max_table_size is not within 512 and 16,777,216");
  if (exempt_clients.size() > kExemptMax)
    return Error(Errc::InvalidArgument, "exempt_clients are more than 1,024");
  for (const Prefix& prefix : exempt_clients)
    if (prefix.bits > (prefix.address.is_v4() ? 32U : 128U))
      return Error(Errc::InvalidArgument, "exempt_clients: " + prefix.address.to_string() +
                                              " has no prefix of " + std::to_string(prefix.bits) +
                                              " bits");
  return {};
}

struct ResponseRateLimit::State {
  explicit State(RateLimitOptions chosen)
      : options(std::move(chosen)),
        clock(options.clock != nullptr ? *options.clock : os::real_clock()),
        accounts((options.max_table_size + kWays - 1) / kWays * kWays) {
    os::Entropy& entropy = options.entropy != nullptr ? *options.entropy : os::system_entropy();
    const auto filled = entropy.fill(secret);
    AVILA_ASSERT(filled.has_value());
  }

  std::uint32_t rate_of(ResponseKind kind) const noexcept {
    switch (kind) {
      case ResponseKind::Answer: return options.responses_per_second;
      case ResponseKind::Referral: return options.referrals_per_second;
      case ResponseKind::NoData: return options.nodata_per_second;
      case ResponseKind::NxDomain: return options.nxdomains_per_second;
      case ResponseKind::Error: return options.errors_per_second;
    }
    return 0;
  }

  bool is_exempt(const tcp::IpAddress& client) const {
    return std::any_of(options.exempt_clients.begin(), options.exempt_clients.end(),
                       [&](const RateLimitOptions::Prefix& prefix) {
                         return network_of(prefix.address, prefix.bits) ==
                                network_of(client, prefix.bits);
                       });
  }

  /// One answer more. 0: it may go; else, how many of the account were refused by now.
  std::uint32_t debit(std::string_view key, std::uint32_t rate, std::int64_t now) {
    const std::uint64_t hashed = hash::siphash_1_3(secret, as_bytes(key));
    const std::uint64_t tag = hashed == 0 ? 1 : hashed;
    const std::size_t place = static_cast<std::size_t>(tag % (accounts.size() / kWays));
    const std::span<Account> ways(accounts.data() + place * kWays, kWays);
    const std::lock_guard guard(locks[place % kLocks]);
    auto account = std::find_if(ways.begin(), ways.end(),
                                [&](const Account& each) { return each.tag == tag; });
    if (account == ways.end()) {
      // Nothing is lost with one that has its full rate again; free places come before those.
      account = std::min_element(ways.begin(), ways.end(), [](const Account& a, const Account& b) {
        return a.full_at_ns < b.full_at_ns;
      });
      *account = Account();
      account->tag = tag;
    }
    const std::int64_t gap = kSecond / rate;
    const std::int64_t next = std::max(account->full_at_ns, now) + gap;
    if (next - now <= kSecond) {
      account->full_at_ns = next;
      return 0;
    }
    if (options.window > Duration::zero())
      account->full_at_ns = std::min(next, now + kSecond + options.window.ns);
    if (++account->refused == 0) account->refused = 1;
    return account->refused;
  }

  const RateLimitOptions options;
  os::Clock& clock;
  std::array<std::byte, 16> secret{};
  std::vector<Account> accounts;
  std::array<std::mutex, kLocks> locks;
};

ResponseRateLimit::ResponseRateLimit(RateLimitOptions options) {
  AVILA_ASSERT(options.check().has_value());
  state_ = std::make_unique<State>(std::move(options));
}

ResponseRateLimit::~ResponseRateLimit() = default;

std::size_t ResponseRateLimit::capacity() const noexcept { return state_->accounts.size(); }

RateVerdict ResponseRateLimit::take(const tcp::IpAddress& client, const Message& answer,
                                    const Name& counted_as) {
  const RateLimitOptions& options = state_->options;
  const tcp::IpAddress address = client.unmapped();
  if (state_->is_exempt(address)) return RateVerdict::Send;
  const std::int64_t now = state_->clock.now().ns;
  const std::string network = network_of(
      address, address.is_v4() ? options.ipv4_prefix_length : options.ipv6_prefix_length);
  const ResponseKind kind = kind_of(answer);
  RateVerdict verdict = RateVerdict::Send;
  if (const std::uint32_t rate = state_->rate_of(kind); rate != 0) {
    std::string key = network;
    key.push_back(static_cast<char>(kind));
    const Name* name = &counted_as;
    if (kind == ResponseKind::Referral) name = owner_of(answer.authorities, Type::NS);
    if (kind == ResponseKind::NxDomain)
      if (const Name* zone = owner_of(answer.authorities, Type::SOA); zone != nullptr) name = zone;
    if (kind != ResponseKind::Error) key += name->lower().wire();
    if (kind == ResponseKind::Answer) {
      // Not that of the question: an alias answers any of them.
      const auto type = static_cast<unsigned>(answer.answers[0].type);
      key.push_back(static_cast<char>(type >> 8));
      key.push_back(static_cast<char>(type));
    }
    if (const std::uint32_t refused = state_->debit(key, rate, now); refused != 0) {
      const bool slips =
          kind != ResponseKind::Error && options.slip != 0 && (refused - 1) % options.slip == 0;
      verdict = slips ? RateVerdict::Slip : RateVerdict::Drop;
    }
  }
  if (options.all_per_second != 0) {
    std::string key = network;
    key.push_back(static_cast<char>(kAllKinds));
    if (state_->debit(key, options.all_per_second, now) != 0) verdict = RateVerdict::Drop;
  }
  return verdict;
}

}  // namespace avila::dns

#include <algorithm>
#include <avila/cell/guarded.hpp>
#include <avila/dns/cache.hpp>
#include <avila/hash/siphash.hpp>
#include <avila/os/entropy.hpp>
#include <list>
#include <unordered_map>

namespace avila::dns {
namespace {

constexpr std::size_t kRecordBytes = sizeof(Record) + 32;  // with what the allocator adds
constexpr std::size_t kEntryBytes = 256;
constexpr Type kAnyType{};  // the key of a name that is not there

std::size_t bytes_of(const std::vector<Record>& records) noexcept {
  std::size_t sum = 0;
  for (const Record& record : records)
    sum += kRecordBytes + record.owner.wire().size() + record.rdata.size();
  return sum;
}

}  // namespace

std::size_t Finding::size_bytes() const noexcept {
  return sizeof(Finding) + bytes_of(records) + bytes_of(dname) + bytes_of(signatures) +
         bytes_of(authorities) + alias.wire().size() + reason.size();
}

struct Cache::State {
  struct Key {
    Name name;
    Type type;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    std::array<std::byte, 16> secret{};
    std::size_t operator()(const Key& key) const noexcept {
      std::string wire = key.name.lower().wire();
      wire.push_back(static_cast<char>(static_cast<unsigned>(key.type) >> 8));
      wire.push_back(static_cast<char>(key.type));
      return hash::siphash_1_3(secret, as_bytes(wire));
    }
  };
  struct Entry {
    Key key;
    FindingPtr finding;
    std::size_t bytes;
  };
  using Order = std::list<Entry>;  // the most recently used first

  explicit State(Hash hash) : table(64, hash) {}

  void drop(Order::iterator at) {
    bytes -= at->bytes;
    table.erase(at->key);
    order.erase(at);
  }
  FindingPtr get(const Name& name, Type type, Instant now, Duration grace) {
    const auto found = table.find({name, type});
    if (found == table.end()) return nullptr;
    const Order::iterator at = found->second;
    if (at->finding->expires + grace <= now) return nullptr;
    order.splice(order.begin(), order, at);
    return at->finding;
  }

  Order order;
  std::unordered_map<Key, Order::iterator, Hash> table;
  std::size_t bytes = 0;
  std::uint64_t hits = 0, misses = 0, evicted = 0;
  mutable std::mutex mutex;
};

Cache::Cache(CacheOptions options) : Cache(options, os::system_entropy()) {}

Cache::Cache(CacheOptions options, os::Entropy& entropy) : options_(options) {
  State::Hash hash;
  const auto filled = entropy.fill(hash.secret);
  AVILA_ASSERT(filled.has_value() && "no entropy for the cache's key");
  state_ = std::make_unique<State>(hash);
}

Cache::~Cache() = default;

FindingPtr Cache::find(const Name& name, Type type, Instant now) {
  const std::lock_guard lock(state_->mutex);
  FindingPtr finding = state_->get(name, type, now, Duration::zero());
  if (finding == nullptr) finding = state_->get(name, kAnyType, now, Duration::zero());
  ++(finding != nullptr ? state_->hits : state_->misses);
  return finding;
}

FindingPtr Cache::find_stale(const Name& name, Type type, Instant now) {
  const std::lock_guard lock(state_->mutex);
  FindingPtr finding = state_->get(name, type, now, options_.stale_max);
  return finding != nullptr ? finding : state_->get(name, kAnyType, now, options_.stale_max);
}

FindingPtr Cache::insert(const Name& name, Type type, Finding finding, Instant now) {
  const bool positive = finding.outcome == Outcome::Records || finding.outcome == Outcome::Alias;
  finding.ttl = std::min(finding.ttl, positive ? options_.ttl_max : options_.negative_ttl_max);
  if (finding.security == Security::Bogus) finding.ttl = std::min(finding.ttl, options_.bogus_ttl);
  finding.expires = now + seconds(finding.ttl);
  const State::Key key{name, finding.outcome == Outcome::NameError ? kAnyType : type};
  const std::size_t bytes = kEntryBytes + finding.size_bytes();
  auto kept = std::make_shared<const Finding>(std::move(finding));
  const std::lock_guard lock(state_->mutex);
  if (const auto old = state_->table.find(key); old != state_->table.end())
    state_->drop(old->second);
  if (kept->ttl == 0 || bytes > options_.bytes_max / 4) return kept;
  state_->order.push_front({key, kept, bytes});
  state_->table.emplace(key, state_->order.begin());
  state_->bytes += bytes;
  while (state_->bytes > options_.bytes_max) {
    state_->drop(std::prev(state_->order.end()));
    ++state_->evicted;
  }
  return kept;
}

void Cache::erase(const Name& name, Type type) {
  const std::lock_guard lock(state_->mutex);
  for (const Type each : {type, kAnyType})
    if (const auto found = state_->table.find({name, each}); found != state_->table.end())
      state_->drop(found->second);
}

void Cache::clear() {
  const std::lock_guard lock(state_->mutex);
  state_->table.clear();
  state_->order.clear();
  state_->bytes = 0;
}

CacheMetrics Cache::metrics() const {
  const std::lock_guard lock(state_->mutex);
  return {state_->hits, state_->misses, state_->evicted, state_->table.size(), state_->bytes};
}

}  // namespace avila::dns

// A limiter a key (client, tenant, address) in bounded memory.
#pragma once
#include <array>
#include <avila/error/assert.hpp>
#include <avila/ratelimit/limiters.hpp>
#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace avila::ratelimit {

constexpr std::size_t kKeysMax = 100'000;

namespace detail {

/// SipHash under a key of the process: strangers choose what is hashed, and must not choose where
/// it ends up.
struct KeyHash {
  std::size_t operator()(std::string_view key) const noexcept;
};

/// A key as it is kept: itself, or the 16 bytes that stand for a long one.
class KeptKey {
 public:
  explicit KeptKey(std::string_view key) noexcept;
  KeptKey(const KeptKey&) = delete;
  KeptKey& operator=(const KeptKey&) = delete;
  std::string_view text() const noexcept { return text_; }

 private:
  std::array<std::byte, 16> digest_;
  std::string_view text_;
};

}  // namespace detail

/// Thread-safe. Room for `keys_max` keys, rounded up to a multiple of 16 shards; a full shard
/// forgets its key that was not used for longest. A forgotten key begins afresh, so choose ample
/// room for all keys that are active within the window. A key takes no more room the longer it is
/// (those over 64 bytes are known by a digest). `Limiter` is TokenBucket, Gcra or
/// SlidingWindow.
template <class Limiter>
class Keyed {
 public:
  explicit Keyed(Rate rate, std::size_t keys_max = kKeysMax)
      : rate_(rate), shard_keys_max_((keys_max + kShards - 1) / kShards) {
    AVILA_ASSERT(keys_max > 0);
  }

  Decision take(std::string_view whole_key, Instant now, std::uint64_t units = 1) {
    const detail::KeptKey kept(whole_key);
    const std::string_view key = kept.text();
    Shard& shard = shards_[detail::KeyHash{}(key) % kShards];
    const std::lock_guard guard(shard.mutex);
    const auto found = shard.index.find(key);
    if (found != shard.index.end()) {
      shard.order.splice(shard.order.begin(), shard.order, found->second);
      return found->second->limiter.take(now, units);
    }
    if (shard.order.size() >= shard_keys_max_) {
      shard.index.erase(std::string_view(shard.order.back().key));
      shard.order.pop_back();
    }
    shard.order.push_front({std::string(key), make(now)});
    shard.index.emplace(std::string_view(shard.order.front().key), shard.order.begin());
    return shard.order.front().limiter.take(now, units);
  }

  void forget(std::string_view whole_key) {
    const detail::KeptKey kept(whole_key);
    const std::string_view key = kept.text();
    Shard& shard = shards_[detail::KeyHash{}(key) % kShards];
    const std::lock_guard guard(shard.mutex);
    const auto found = shard.index.find(key);
    if (found == shard.index.end()) return;
    const auto entry = found->second;
    shard.index.erase(found);
    shard.order.erase(entry);
  }

  std::size_t size() const {
    std::size_t total = 0;
    for (Shard& shard : shards_) {
      const std::lock_guard guard(shard.mutex);
      total += shard.order.size();
    }
    return total;
  }

 private:
  static constexpr std::size_t kShards = 16;
  struct Entry {
    std::string key;
    Limiter limiter;
  };
  struct Shard {
    std::mutex mutex;
    std::list<Entry> order;  // the most recently used first
    std::unordered_map<std::string_view, typename std::list<Entry>::iterator, detail::KeyHash>
        index;
  };
  Limiter make(Instant now) const {
    if constexpr (requires { Limiter(rate_, now); })
      return Limiter(rate_, now);
    else
      return Limiter(rate_);
  }

  Rate rate_;
  std::size_t shard_keys_max_;
  mutable Shard shards_[kShards];
};

}  // namespace avila::ratelimit

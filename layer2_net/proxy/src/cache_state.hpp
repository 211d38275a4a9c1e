// The cache's tables, and who is asking for what.
#pragma once
#include <atomic>
#include <avila/future/sync.hpp>
#include <avila/proxy/cache.hpp>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace avila::proxy {

struct HttpCache::State {
  explicit State(CacheOptions options_value) : options(std::move(options_value)) {}
  void erase(const std::string& key, std::vector<StoredPointer>& dead);

  struct Entry {
    std::vector<StoredPointer> variants;
    std::list<std::string>::iterator place;
  };
  const CacheOptions options;
  mutable std::mutex mutex;
  std::map<std::string, Entry> entries;
  std::list<std::string> order;  // least recently used first
  std::uint64_t bytes = 0;
  /// Requests under way whose answer others wait for.
  std::map<std::string, std::shared_ptr<future::Event>> leading;
  std::atomic<std::uint64_t> hits{0}, misses{0}, stale{0}, revalidated{0}, collapsed{0}, evicted{0};
};

namespace detail {

/// The one that asks for a key; the others wait for it. Over when it goes away.
class Leadership {
 public:
  Leadership() noexcept = default;
  /// Leads where nobody does; else waiting() is what to wait for.
  Leadership(HttpCache::State& state, const std::string& key) : state_(&state), key_(key) {
    const std::lock_guard lock(state.mutex);
    const auto [at, is_new] = state.leading.try_emplace(key);
    if (is_new) {
      at->second = std::make_shared<future::Event>();
    } else {
      state_ = nullptr;
    }
    event_ = at->second;
  }
  Leadership(Leadership&& other) noexcept
      : state_(std::exchange(other.state_, nullptr)),
        key_(std::move(other.key_)),
        event_(std::move(other.event_)) {}
  Leadership& operator=(Leadership&& other) noexcept {
    std::swap(state_, other.state_);
    std::swap(key_, other.key_);
    std::swap(event_, other.event_);
    return *this;
  }
  ~Leadership() { end(); }

  bool leads() const noexcept { return state_ != nullptr; }
  const std::shared_ptr<future::Event>& waiting() const noexcept { return event_; }
  void end() noexcept {
    if (state_ == nullptr) return;
    {
      const std::lock_guard lock(state_->mutex);
      state_->leading.erase(key_);
    }
    state_ = nullptr;
    event_->set();
  }

 private:
  HttpCache::State* state_ = nullptr;
  std::string key_;
  std::shared_ptr<future::Event> event_;  // shared by the leader and those who wait
};

}  // namespace detail
}  // namespace avila::proxy

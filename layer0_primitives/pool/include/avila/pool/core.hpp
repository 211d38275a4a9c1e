// The part of a pool that does not know its objects' type. Use Pool<T>.
#pragma once
#include <avila/error/result.hpp>
#include <avila/os/clock.hpp>
#include <avila/pool/options.hpp>
#include <functional>
#include <memory>

namespace avila::pool::detail {

struct Hooks {
  std::function<Result<void*>()> make;
  std::function<bool(void*)> validate;  ///< may be empty
  std::function<bool(void*)> recycle;   ///< may be empty
  void (*destroy)(void*) noexcept = nullptr;
};

/// Thread-safe. Hooks run without a lock of the pool. Lives as long as the pool or a lease.
class Core {
 public:
  static Result<std::shared_ptr<Core>> create(Hooks hooks, const Options& options,
                                              os::Clock& clock);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  Result<void*> try_acquire();
  Result<void*> acquire(Duration timeout);
  void give_back(void* object) noexcept;
  void discard(void* object) noexcept;
  std::size_t evict();
  void close() noexcept;
  Stats stats() const;

 private:
  struct State;
  explicit Core(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace avila::pool::detail

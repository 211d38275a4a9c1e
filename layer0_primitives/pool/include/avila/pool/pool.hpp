// Pool<T>: objects that are costly to make (connections, buffers, contexts), kept and lent out.
#pragma once
#include <avila/pool/core.hpp>
#include <functional>
#include <memory>
#include <utility>

namespace avila::pool {

/// How objects come and go. Called from the threads that use the pool, several at a time.
template <class T>
struct Hooks {
  std::function<Result<std::unique_ptr<T>>()> make;
  std::function<bool(T&)>
      validate;  ///< before an idle object is lent: false destroys it. May be empty
  std::function<bool(T&)> recycle;  ///< when one comes back: false destroys it. May be empty
};

/// Thread-safe. Leases may outlive the pool.
template <class T>
class Pool {
 public:
  class Lease;

  /// Makes `options.preallocate` objects. Fails with InvalidArgument (options, no `make`) or with
  /// what `make` said. `clock` outlives the pool and its leases; it dates idle objects.
  static Result<Pool> create(Hooks<T> hooks, const Options& options,
                             os::Clock& clock = os::real_clock()) {
    detail::Hooks raw;
    if (hooks.make)
      raw.make = [make = std::move(hooks.make)]() -> Result<void*> {
        auto made = make();
        if (!made.has_value()) return std::move(made).error();
        return static_cast<void*>(made->release());
      };
    if (hooks.validate)
      raw.validate = [f = std::move(hooks.validate)](void* p) { return f(*static_cast<T*>(p)); };
    if (hooks.recycle)
      raw.recycle = [f = std::move(hooks.recycle)](void* p) { return f(*static_cast<T*>(p)); };
    raw.destroy = [](void* p) noexcept { delete static_cast<T*>(p); };
    AVILA_TRY(auto core, detail::Core::create(std::move(raw), options, clock));
    return Pool(std::move(core));
  }

  Pool(Pool&&) noexcept = default;
  Pool& operator=(Pool&&) noexcept = default;
  ~Pool() {
    if (core_) core_->close();
  }

  /// An idle object, or a new one while there are fewer than max_objects. Never waits for one:
  /// WouldBlock when all are out, Closed after close(), or what `make` said.
  Result<Lease> try_acquire() { return lend(core_->try_acquire()); }
  /// The same, but waits for one to come back: TimedOut after `timeout` of real time. Waiters are
  /// not served in order.
  Result<Lease> acquire(Duration timeout = Duration::max()) {
    return lend(core_->acquire(timeout));
  }

  /// Destroys objects that have been idle for idle_limit, oldest first, down to min_idle; their
  /// number. acquire and the return of a lease do this as well, for the shard that they touch.
  std::size_t evict() { return core_->evict(); }
  /// Destroys idle objects and wakes all waiters with Closed. Objects that are out are destroyed
  /// when they come back.
  void close() noexcept { core_->close(); }
  Stats stats() const { return core_->stats(); }

 private:
  explicit Pool(std::shared_ptr<detail::Core> core) noexcept : core_(std::move(core)) {}
  Result<Lease> lend(Result<void*> object) {
    if (!object.has_value()) return std::move(object).error();
    return Lease(core_, static_cast<T*>(*object));
  }
  std::shared_ptr<detail::Core> core_;  // shared with the leases
};

/// One object, back in the pool at the end of the scope. Used by one thread at a time.
template <class T>
class Pool<T>::Lease {
 public:
  Lease(Lease&& other) noexcept
      : core_(std::move(other.core_)), object_(std::exchange(other.object_, nullptr)) {}
  Lease& operator=(Lease&& other) noexcept {
    if (this != &other) {
      release();
      core_ = std::move(other.core_);
      object_ = std::exchange(other.object_, nullptr);
    }
    return *this;
  }
  ~Lease() { release(); }

  T& operator*() const noexcept { return *object_; }
  T* operator->() const noexcept { return object_; }
  T* get() const noexcept { return object_; }  ///< null after release, discard or a move
  explicit operator bool() const noexcept { return object_ != nullptr; }

  /// Gives it back now.
  void release() noexcept {
    if (object_ != nullptr) core_->give_back(std::exchange(object_, nullptr));
  }
  /// Destroys it instead: the connection is broken.
  void discard() noexcept {
    if (object_ != nullptr) core_->discard(std::exchange(object_, nullptr));
  }

 private:
  friend Pool;
  Lease(std::shared_ptr<detail::Core> core, T* object) noexcept
      : core_(std::move(core)), object_(object) {}
  std::shared_ptr<detail::Core> core_;
  T* object_;
};

}  // namespace avila::pool

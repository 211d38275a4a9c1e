// A model checker for lock-free code: runs a small program of two or three threads in every
// interleaving of its atomic operations, and lets each load return every value that the C++20
// memory model allows, not only the newest. The code under test takes `model::Platform` in the
// place of atom::StdPlatform.
//
// What it finds: failed check()s, data races on Plain<T>, use of destroyed objects, objects never
// destroyed, deadlock and livelock. It explores depth first by re-running with a recorded list of
// choices; `Options` bound the preemptions (Musuvathi and Qadeer, "Iterative context bounding",
// 2007) and the stale reads of a run, and within those bounds it is exhaustive.
//
// The memory model: each store keeps what its writer knew ("view": per location, the oldest store
// it may still read); acquiring a release store joins that knowledge, fences as in Kang et al., "A
// promising semantics for relaxed-memory concurrency" (2017), without promises. So it has store
// buffering, message passing, IRIW and coherence, but no load buffering (a load never sees a store
// that runs after it), and modification order is the order in which stores run. A compare_exchange
// may fail on a stale value; the weak form does not fail otherwise.
//
// Not for builds with ThreadSanitizer, whose runtime has the operators new and delete that the
// checker replaces (and which finds nothing to watch in one thread): AVILA_MODEL_ABSENT is defined
// there.
//
// Run the code in `body` with model::spawn/join/check only: no gtest macro inside. One file of the
// test executable includes model_run.hpp, which keeps the memory of a run until its end.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__SANITIZE_THREAD__)
#define AVILA_MODEL_ABSENT 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define AVILA_MODEL_ABSENT 1
#endif
#endif

namespace avila_test::model {

struct Options {
  int preemptions = 2;  ///< times that a thread which could go on is made to wait, in one run
  int stale_reads = 2;  ///< loads in one run that return another value than the newest
  std::size_t runs_max = 3'000'000;
};
struct Outcome {
  bool complete = false;  ///< every run within the bounds was made (always false after a failure)
  std::size_t runs = 0;
  std::string failure;  ///< empty when none
  std::string trace;    ///< of the failed run: thread, operation, value
};
/// Runs `body` in every way. Not reentrant; the calling thread only.
Outcome explore(const Options& options, const std::function<void()>& body);

/// One order in the source, and the next weaker one in its place.
struct Weakening {
  const char* file;
  int line;
  bool on_failure;  ///< the second order of a compare_exchange
  std::memory_order from, to;
  friend bool operator==(const Weakening&, const Weakening&) = default;
  std::string to_string() const;  ///< "hazard.hpp:97 release -> relaxed"
};
/// Explores each of `cases` with each order that they use made one step weaker, one at a time, and
/// returns those that no case notices: the orders that the cases do not show to be needed.
std::vector<Weakening> unneeded_orders(const Options& options,
                                       const std::vector<std::function<void()>>& cases);

inline constexpr int kThreadsMax = 4;  // the body is thread 0

/// For the body: starts a thread (at most kThreadsMax - 1 at a time), waits for all of them.
void spawn(std::function<void()> work);
void join();
/// Fails the run.
void check(bool condition, const char* what);

namespace detail {

struct Value {
  std::uint64_t low = 0, high = 0;
  friend bool operator==(const Value&, const Value&) = default;
};
template <class T>
Value pack(const T& value) noexcept {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(Value));
  Value out;
  std::memcpy(static_cast<void*>(&out), &value, sizeof(T));
  return out;
}
template <class T>
T unpack(Value value) noexcept {
  T out;
  std::memcpy(static_cast<void*>(&out), &value, sizeof(T));
  return out;
}

int new_location(Value initial);
void destroy_location(int location);
Value load(int location, std::memory_order order);
void store(int location, Value value, std::memory_order order);
/// Replaces the newest value by change(newest).
Value modify(int location, std::memory_order order, Value (*change)(Value, const void*),
             const void* argument);
bool compare_exchange(int location, Value& expected, Value desired, std::memory_order success,
                      std::memory_order failure);
void fence(std::memory_order order);
void pause();

void plain_born(const void* at);
void plain_died(const void* at);
void plain_read(const void* at);
void plain_written(const void* at);

struct LocalRecord {
  std::uint64_t id;
  void* record;
};
using ReleaseRecord = void (*)(void* domain, void* record) noexcept;
std::uint64_t add_domain(void* domain, ReleaseRecord release);
void remove_domain(std::uint64_t id);
void* find_record(std::uint64_t id);
void set_record(std::uint64_t id, void* record);

enum class Kind { Load, Store, Modify, Failure, Fence };
/// The order to use at this place: the one written there, unless it is being weakened.
std::memory_order at_site(std::memory_order order, Kind kind, const char* file, int line);

/// The order of a failed compare_exchange when one is given.
constexpr std::memory_order failure_order(std::memory_order order) noexcept {
  if (order == std::memory_order_acq_rel) return std::memory_order_acquire;
  return order == std::memory_order_release ? std::memory_order_relaxed : order;
}

}  // namespace detail

/// Mutations that a test makes to show that the checker sees what they break.
struct Exact {
  static constexpr std::memory_order load(std::memory_order order) { return order; }
  static constexpr std::memory_order store(std::memory_order order) { return order; }
  static constexpr std::memory_order modify(std::memory_order order) { return order; }
  static constexpr bool fences = true;
};
/// Loads acquire nothing.
struct NoAcquire : Exact {
  static constexpr std::memory_order load(std::memory_order) { return std::memory_order_relaxed; }
  static constexpr std::memory_order modify(std::memory_order order) {
    return order == std::memory_order_acquire   ? std::memory_order_relaxed
           : order == std::memory_order_relaxed ? order
                                                : std::memory_order_release;
  }
};
/// Stores release nothing.
struct NoRelease : Exact {
  static constexpr std::memory_order store(std::memory_order) { return std::memory_order_relaxed; }
  static constexpr std::memory_order modify(std::memory_order order) {
    return order == std::memory_order_release   ? std::memory_order_relaxed
           : order == std::memory_order_relaxed ? order
                                                : std::memory_order_acquire;
  }
};
/// Acquire and release at most: the single order of seq_cst is lost.
struct NoSeqCst : Exact {
  static constexpr std::memory_order load(std::memory_order order) {
    return order == std::memory_order_seq_cst ? std::memory_order_acquire : order;
  }
  static constexpr std::memory_order store(std::memory_order order) {
    return order == std::memory_order_seq_cst ? std::memory_order_release : order;
  }
  static constexpr std::memory_order modify(std::memory_order order) {
    return order == std::memory_order_seq_cst ? std::memory_order_acq_rel : order;
  }
};
struct NoFences : Exact {
  static constexpr bool fences = false;
};

/// std::atomic on the simulated machine.
template <class T, class Mutation = Exact>
class Atomic {
 public:
  Atomic() : Atomic(T{}) {}
  Atomic(T value) : location_(detail::new_location(detail::pack(value))) {}
  ~Atomic() { detail::destroy_location(location_); }
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  using Order = std::memory_order;
  using Kind = detail::Kind;
  static constexpr Order kSeqCst = std::memory_order_seq_cst;
  T load(Order order = kSeqCst, const char* file = __builtin_FILE(),
         int line = __builtin_LINE()) const {
    order = detail::at_site(Mutation::load(order), Kind::Load, file, line);
    return detail::unpack<T>(detail::load(location_, order));
  }
  void store(T value, Order order = kSeqCst, const char* file = __builtin_FILE(),
             int line = __builtin_LINE()) {
    order = detail::at_site(Mutation::store(order), Kind::Store, file, line);
    detail::store(location_, detail::pack(value), order);
  }
  T exchange(T value, Order order = kSeqCst, const char* file = __builtin_FILE(),
             int line = __builtin_LINE()) {
    return modify(value, order, file, line, [](T, T given) { return given; });
  }
  T fetch_add(T value, Order order = kSeqCst, const char* file = __builtin_FILE(),
              int line = __builtin_LINE()) {
    return modify(value, order, file, line,
                  [](T old, T given) { return static_cast<T>(old + given); });
  }
  T fetch_sub(T value, Order order = kSeqCst, const char* file = __builtin_FILE(),
              int line = __builtin_LINE()) {
    return modify(value, order, file, line,
                  [](T old, T given) { return static_cast<T>(old - given); });
  }
  bool compare_exchange_strong(T& expected, T desired, Order success, Order failure,
                               const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    detail::Value held = detail::pack(expected);
    success = detail::at_site(Mutation::modify(success), Kind::Modify, file, line);
    failure = detail::at_site(Mutation::load(failure), Kind::Failure, file, line);
    const bool done =
        detail::compare_exchange(location_, held, detail::pack(desired), success, failure);
    if (!done) expected = detail::unpack<T>(held);
    return done;
  }
  bool compare_exchange_strong(T& expected, T desired, Order order = kSeqCst,
                               const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return compare_exchange_strong(expected, desired, order, detail::failure_order(order), file,
                                   line);
  }
  bool compare_exchange_weak(T& expected, T desired, Order success, Order failure,
                             const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return compare_exchange_strong(expected, desired, success, failure, file, line);
  }
  bool compare_exchange_weak(T& expected, T desired, Order order = kSeqCst,
                             const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return compare_exchange_strong(expected, desired, order, file, line);
  }

 private:
  template <class F>
  T modify(T value, Order order, const char* file, int line, F) {
    const auto change = [](detail::Value old, const void* given) {
      return detail::pack(F{}(detail::unpack<T>(old), *static_cast<const T*>(given)));
    };
    order = detail::at_site(Mutation::modify(order), Kind::Modify, file, line);
    return detail::unpack<T>(detail::modify(location_, order, change, &value));
  }
  int location_;
};

/// A variable that is not atomic: racing accesses and accesses outside its lifetime fail the run.
template <class T>
class Plain {
 public:
  Plain() : value_{} { detail::plain_born(this); }
  Plain(T value) : value_(value) { detail::plain_born(this); }
  Plain(const Plain& other) : value_(other.get()) { detail::plain_born(this); }
  Plain(Plain&& other) noexcept : value_(other.take()) { detail::plain_born(this); }
  Plain& operator=(const Plain& other) { return set(other.get()), *this; }
  Plain& operator=(Plain&& other) noexcept { return set(other.take()), *this; }
  ~Plain() { detail::plain_died(this); }
  T get() const {
    detail::plain_read(this);
    return value_;
  }
  void set(T value) {
    detail::plain_written(this);
    value_ = value;
  }

 private:
  T take() noexcept {
    detail::plain_written(this);  // a move writes its source
    return value_;
  }
  T value_;
};

struct Backoff {
  void pause() { detail::pause(); }
  void reset() {}
  bool is_yielding() const { return false; }
};

struct ThreadRecords {
  using Release = detail::ReleaseRecord;
  static std::uint64_t add_domain(void* domain, Release release) {
    return detail::add_domain(domain, release);
  }
  static void remove_domain(std::uint64_t id) { detail::remove_domain(id); }
  static void* find(std::uint64_t id) { return detail::find_record(id); }
  static void set(std::uint64_t id, void* record) { detail::set_record(id, record); }
};

template <class Mutation = Exact>
struct BasicPlatform {
  template <class T>
  using Atomic = model::Atomic<T, Mutation>;
  using Backoff = model::Backoff;
  using ThreadRecords = model::ThreadRecords;
  static void fence(std::memory_order order, const char* file = __builtin_FILE(),
                    int line = __builtin_LINE()) {
    if (Mutation::fences) detail::fence(detail::at_site(order, detail::Kind::Fence, file, line));
  }
};
using Platform = BasicPlatform<>;

}  // namespace avila_test::model

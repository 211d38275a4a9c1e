#include <algorithm>
#include <avila/async/runtime.hpp>
#include <avila/error/assert.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "worker.hpp"

#if defined(__linux__) || defined(__APPLE__) || defined(__FreeBSD__)
#include <pthread.h>
#include <signal.h>
#endif

namespace avila::async {
namespace {

constinit thread_local Worker* this_worker = nullptr;

// Out of line: a coroutine may change threads between two calls.
[[gnu::noinline]] Worker* current_worker() noexcept { return this_worker; }

Instant monotonic_now() noexcept {
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(
              std::chrono::steady_clock::now().time_since_epoch())
              .count()};
}

// Every so many turns a busy worker looks at what it would otherwise only see when idle: sockets,
// timers, the injector. A prime, so that it does not beat with the workload.
constexpr unsigned kTurnsPerPoll = 61;
constexpr unsigned kSamplePeriod = 64;
// The LIFO slot may win this often in a row; then its content queues like everything else.
constexpr unsigned kLifoStreakMax = 16;

void prepare_thread(const char* name, std::size_t index) noexcept {
#if defined(__linux__)
  char text[16];
  std::snprintf(text, sizeof text, "%.10s-%zu", name, index % 1000);
  pthread_setname_np(pthread_self(), text);
#endif
#if defined(__linux__) || defined(__APPLE__) || defined(__FreeBSD__)
  // A peer that went away is an EPIPE to handle, not a signal that ends the process; sendfile()
  // has no flag for that.
  sigset_t pipe_only;
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_only, nullptr);
#endif
  (void)name;
  (void)index;
}

}  // namespace

Worker::Worker(Runtime::Impl& runtime_impl, std::size_t index) noexcept
    : impl(runtime_impl), random(0x9E3779B97F4A7C15U * (index + 1)), now(monotonic_now()) {}

Frame Worker::find() noexcept {
  if (next != nullptr) {
    const Frame frame = std::exchange(next, nullptr);
    if (++next_streak <= kLifoStreakMax || (ready.empty() && impl.injector.size() == 0))
      return frame;
    ready.push(frame);
  }
  next_streak = 0;
  if (tick % kTurnsPerPoll == 0)
    if (const Frame frame = impl.injector.pop()) return frame;
  // First in, first out, by the thieves' door: the oldest has waited longest.
  while (!ready.empty())
    if (const auto frame = ready.steal()) return *frame;
  return impl.injector.pop();
}

Frame Worker::steal() noexcept {
  const std::size_t count = impl.workers.size();
  if (count == 1) return nullptr;
  random ^= random << 13, random ^= random >> 7, random ^= random << 17;
  const std::size_t start = random % count;
  for (std::size_t i = 0; i < count; ++i) {
    Worker& victim = *impl.workers[(start + i) % count];
    if (&victim == this) continue;
    // Half of what is there, so that the next theft is far away; the first runs now.
    std::size_t wanted = (victim.ready.size() + 1) / 2;
    Frame first = nullptr;
    for (; wanted > 0; --wanted) {
      const auto frame = victim.ready.steal();
      if (!frame) break;
      steals.add(1);
      if (first == nullptr) {
        first = *frame;
      } else {
        ready.push(*frame);
      }
    }
    if (first != nullptr) return first;
  }
  return nullptr;
}

void Worker::resume(Frame frame) noexcept {
  future::refill_budget();
  resumes.add(1);
  const auto coroutine = std::coroutine_handle<>::from_address(frame);
  if (tick % kSamplePeriod != 0) return coroutine.resume();
  const Instant start = monotonic_now();
  coroutine.resume();
  const auto took = static_cast<std::uint64_t>((monotonic_now() - start).ns);
  busy_ns.add(took * kSamplePeriod);
  resume_ns_max.raise_to(took);
}

bool Worker::poll(int timeout_ms) noexcept {
  const Poller::Outcome outcome = impl.poller->poll(timeout_ms);
  if (outcome.woken) {
    // Cleared before the queues are looked at: a notify() that still saw it set has queued its
    // work before, and we shall find it.
    impl.wake_pending->store(false, std::memory_order_seq_cst);
  }
  io_events.add(static_cast<std::uint64_t>(outcome.events));
  now = monotonic_now();
  timers_fired.add(impl.wheel.fire_due(now));
  return outcome.woken;
}

// Sleeping and waking are Dekker's two flags. A worker says that it sleeps, then looks at the
// queues once more; a producer queues its work, then looks whether anybody sleeps. Both pairs are
// seq_cst, so at least one of them sees the other: no wake-up is lost.
void Worker::park() noexcept {
  impl.sleeping->fetch_add(1, std::memory_order_seq_cst);
  int timeout_ms = 0;
  if (!impl.has_work() && !impl.stopping.load(std::memory_order_seq_cst)) {
    timeout_ms = -1;
    if (const Instant due = impl.wheel.next(); due < Instant::max()) {
      const Instant clock = monotonic_now();
      const std::int64_t wait_ns = due <= clock ? 0 : (due - clock).ns;
      constexpr std::int64_t kWaitMsMax = 60'000;
      timeout_ms = static_cast<int>(std::min((wait_ns + 999'999) / 1'000'000, kWaitMsMax));
    }
    parks.add(1);
  }
  poll(timeout_ms);
  impl.sleeping->fetch_sub(1, std::memory_order_seq_cst);
}

void Worker::run() noexcept {
  this_worker = this;
  while (!impl.stopping.load(std::memory_order_relaxed)) {
    // A busy worker may catch the wake that was meant for a sleeping one: pass it on.
    if (++tick % kTurnsPerPoll == 0 && poll(0) && impl.workers.size() > 1) impl.notify();
    Frame frame = find();
    if (frame == nullptr) {
      frame = steal();
      // Of several wakes only one may have gone out, to us: while there is more, wake the next.
      if (frame != nullptr && impl.has_work()) impl.notify();
    }
    if (frame == nullptr) {
      park();
      // What arrived may be more than one worker's: the woken one wakes the next.
      if (impl.workers.size() > 1 && ready.size() + impl.injector.size() > 1) impl.notify();
      continue;
    }
    resume(frame);
  }
  this_worker = nullptr;
  impl.poller->wake();  // the next sleeper sees `stopping` too: writes to the eventfd may merge
}

Runtime::Impl::Impl(Runtime& runtime, const RuntimeOptions& options)
    : owner(runtime), wheel(monotonic_now()), blocking(options.blocking_threads) {
  auto opened = open_poller(options.backend);
  if (!opened.has_value()) {
    std::fprintf(stderr, "avila: cannot start a Runtime: %s\n", opened.error().to_string().c_str());
    std::abort();
  }
  poller = std::move(*opened);
  std::size_t count = options.threads;
  if (count == 0) count = std::max(1U, std::thread::hardware_concurrency());
  for (std::size_t i = 0; i < count; ++i) workers.push_back(std::make_unique<Worker>(*this, i));
}

Runtime::Impl::~Impl() = default;

bool Runtime::Impl::has_work() const noexcept {
  if (injector.size() != 0) return true;
  for (const auto& worker : workers)
    if (!worker->ready.empty()) return true;
  return false;
}

void Runtime::Impl::notify() noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (sleeping->load(std::memory_order_seq_cst) == 0) return;
  if (wake_pending->exchange(true, std::memory_order_seq_cst)) return;
  wakes.fetch_add(1, std::memory_order_relaxed);
  poller->wake();
}

void Runtime::Impl::push_outside(Frame frame) noexcept {
  injector.push(frame);
  notify();
}

Result<IoSource*> Runtime::Impl::take_source(int handle) {
  const atom::Guard guard(sources_lock);
  if (free_sources == nullptr) {
    slabs.push_back(std::make_unique<Slot[]>(kSourcesPerSlab));
    for (std::size_t i = kSourcesPerSlab; i-- > 0;) {
      IoSource& source = slabs.back()[i].source;
      source.next_free = free_sources;
      free_sources = &source;
    }
  }
  IoSource* const source = free_sources;
  free_sources = source->next_free;
  source->generation.fetch_add(1, std::memory_order_relaxed);
  source->reset(handle);
  return source;
}

Runtime::Runtime(RuntimeOptions options) : impl_(new Impl(*this, options)) {
  const std::string name = options.thread_name;
  for (std::size_t i = 0; i < impl_->workers.size(); ++i) {
    impl_->threads.emplace_back([this, i, name] {
      prepare_thread(name.c_str(), i);
      const EnterExecutor enter(this);
      impl_->workers[i]->run();
    });
  }
}

Runtime::~Runtime() {
  shutdown(Duration::zero());
  delete impl_;
}

std::size_t Runtime::shutdown(Duration deadline) {
  assert_outside();
  if (impl_->stopped) return 0;
  impl_->stopped = true;
  begin_shutdown();
  wait_until_idle(deadline);
  impl_->blocking.stop();  // jobs point into coroutines: they end before these are destroyed
  impl_->stopping.store(true, std::memory_order_seq_cst);
  impl_->poller->wake();  // each worker that ends wakes another
  for (std::thread& thread : impl_->threads) thread.join();
  const EnterExecutor enter(this);  // destructors of coroutines may ask who runs them
  return destroy_tasks();
}

RuntimeMetrics Runtime::metrics() const noexcept {
  RuntimeMetrics sum;
  sum.workers = impl_->workers.size();
  sum.blocking_threads = impl_->blocking.threads();
  sum.tasks_alive = live_tasks();
  sum.tasks_spawned = spawned();
  sum.wakes = impl_->wakes.load(std::memory_order_relaxed);
  sum.queued = impl_->injector.size();
  for (const auto& worker : impl_->workers) {
    sum.resumes += worker->resumes.get();
    sum.steals += worker->steals.get();
    sum.parks += worker->parks.get();
    sum.io_events += worker->io_events.get();
    sum.timers_fired += worker->timers_fired.get();
    sum.busy_ns += worker->busy_ns.get();
    sum.resume_ns_max = std::max(sum.resume_ns_max, worker->resume_ns_max.get());
    sum.queued += worker->ready.size();
  }
  return sum;
}

Backend Runtime::backend() const noexcept { return impl_->poller->backend(); }

Runtime* Runtime::current() noexcept {
  Worker* const worker = current_worker();
  return worker != nullptr ? &worker->impl.owner : nullptr;
}

void Runtime::assert_outside() const noexcept {
  AVILA_ASSERT(current() != this && "block_on() and shutdown() block: not on a worker thread");
}

void Runtime::post(std::coroutine_handle<> coroutine) noexcept {
  Worker* const worker = current_worker();
  if (worker == nullptr || &worker->impl != impl_) return impl_->push_outside(coroutine.address());
  const Frame displaced = std::exchange(worker->next, coroutine.address());
  if (displaced == nullptr) return;
  worker->ready.push(displaced);
  if (impl_->workers.size() > 1) impl_->notify();
}

void Runtime::post_last(std::coroutine_handle<> coroutine) noexcept {
  impl_->injector.push(coroutine.address());
  if (impl_->workers.size() > 1 || current() != this) impl_->notify();
}

Instant Runtime::now() noexcept { return monotonic_now(); }

Instant Runtime::coarse_now() noexcept {
  Worker* const worker = current_worker();
  return worker != nullptr && &worker->impl == impl_ ? worker->now : monotonic_now();
}

void Runtime::add_timer(future::Timer& timer) noexcept {
  const bool first = impl_->wheel.add(timer);
  // A worker looks at the wheel before it sleeps; another thread has to make one look, unless those
  // asleep wake before this timer anyway.
  if (first && current() != this) {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (impl_->sleeping->load(std::memory_order_seq_cst) != 0) impl_->poller->wake();
  }
}

bool Runtime::remove_timer(future::Timer& timer) noexcept { return impl_->wheel.remove(timer); }

Result<IoSource*> Runtime::register_io(int handle) {
  AVILA_TRY(IoSource* const source, impl_->take_source(handle));
  if (auto added = impl_->poller->add(*source); !added.has_value()) {
    const atom::Guard guard(impl_->sources_lock);
    source->next_free = std::exchange(impl_->free_sources, source);
    return std::move(added).error();
  }
  return source;
}

void Runtime::release_io(IoSource* source) noexcept {
  impl_->poller->remove(*source);
  // From now on events of the old registration are stale.
  source->generation.fetch_add(1, std::memory_order_relaxed);
  const atom::Guard guard(impl_->sources_lock);
  source->reset(-1);
  source->next_free = std::exchange(impl_->free_sources, source);
}

void Runtime::run_blocking(detail::BlockingJob& job) noexcept { impl_->blocking.run(job); }

}  // namespace avila::async

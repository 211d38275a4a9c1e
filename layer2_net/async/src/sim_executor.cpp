#include <avila/async/sim_executor.hpp>
#include <map>
#include <utility>
#include <vector>

namespace avila::async {

struct SimExecutor::State {
  struct Event {
    std::coroutine_handle<> coroutine;
    detail::BlockingJob* job;
    std::uint64_t number;  // order of posting: addresses differ from run to run
  };
  std::uint64_t seed;
  std::uint64_t random_state;
  std::uint64_t steps = 0;
  std::uint64_t posted = 0;
  std::uint64_t fingerprint = 0xCBF29CE484222325U;
  Instant now{1'000'000'000};
  std::vector<Event> ready;
  std::map<std::pair<std::int64_t, std::uint64_t>, future::Timer*> timers;
  std::map<const future::Timer*, std::uint64_t> timer_numbers;
  std::uint64_t timers_added = 0;

  std::uint64_t next_random() noexcept {  // SplitMix64 (Steele, Lea, Flood 2014)
    std::uint64_t z = (random_state += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  void note(std::uint64_t what) noexcept {
    fingerprint = (fingerprint ^ what) * 0x100000001B3U;
    ++steps;
  }
};

SimExecutor::SimExecutor(std::uint64_t seed) : state_(new State) {
  state_->seed = seed;
  state_->random_state = seed;
}

SimExecutor::~SimExecutor() {
  {
    const EnterExecutor enter(this);
    begin_shutdown();
    (void)destroy_tasks();
  }
  delete state_;
}

std::uint64_t SimExecutor::steps() const noexcept { return state_->steps; }
std::uint64_t SimExecutor::seed() const noexcept { return state_->seed; }
std::uint64_t SimExecutor::random() noexcept { return state_->next_random(); }
std::uint64_t SimExecutor::fingerprint() const noexcept { return state_->fingerprint; }

void SimExecutor::post(std::coroutine_handle<> coroutine) noexcept {
  state_->ready.push_back({coroutine, nullptr, state_->posted++});
}

void SimExecutor::run_blocking(detail::BlockingJob& job) noexcept {
  state_->ready.push_back({nullptr, &job, state_->posted++});
}

Instant SimExecutor::now() noexcept { return state_->now; }

void SimExecutor::add_timer(future::Timer& timer) noexcept {
  AVILA_ASSERT(timer.home.load(std::memory_order_relaxed) == nullptr && "a Timer is added twice");
  timer.home.store(this, std::memory_order_relaxed);
  const std::uint64_t number = state_->timers_added++;
  state_->timers.emplace(std::pair{timer.when.ns, number}, &timer);
  state_->timer_numbers.emplace(&timer, number);
}

bool SimExecutor::remove_timer(future::Timer& timer) noexcept {
  if (timer.home.exchange(nullptr, std::memory_order_relaxed) == nullptr) return false;
  const auto number = state_->timer_numbers.find(&timer);
  state_->timers.erase({timer.when.ns, number->second});
  state_->timer_numbers.erase(number);
  return true;
}

Result<IoSource*> SimExecutor::register_io(int) {
  return Error(Errc::Unsupported, "a SimExecutor has no sockets: use make_pipe()");
}
void SimExecutor::release_io(IoSource*) noexcept {}

bool SimExecutor::run_ready() {
  State& state = *state_;
  if (state.ready.empty()) return false;
  const std::size_t chosen = state.next_random() % state.ready.size();
  const State::Event event = state.ready[chosen];
  state.ready.erase(state.ready.begin() + static_cast<std::ptrdiff_t>(chosen));
  state.note(event.number);
  const EnterExecutor enter(this);
  future::refill_budget();
  if (event.job != nullptr) {
    event.job->run(*event.job);
  } else {
    event.coroutine.resume();
  }
  return true;
}

bool SimExecutor::fire_next(Instant until) {
  State& state = *state_;
  if (state.timers.empty() || state.timers.begin()->first.first > until.ns) return false;
  const auto first = state.timers.begin();
  future::Timer& timer = *first->second;
  if (first->first.first > state.now.ns) state.now = Instant{first->first.first};
  state.note(~first->first.second);
  state.timers.erase(first);
  state.timer_numbers.erase(&timer);
  timer.home.store(nullptr, std::memory_order_relaxed);
  const EnterExecutor enter(this);
  timer.fire(timer);
  return true;
}

bool SimExecutor::step() { return run_ready() || fire_next(Instant::max()); }

std::uint64_t SimExecutor::run(std::uint64_t steps_max) {
  std::uint64_t count = 0;
  while (count < steps_max && step()) ++count;
  return count;
}

void SimExecutor::run_for(Duration duration) {
  const Instant until = state_->now + duration;
  while (run_ready() || fire_next(until)) {
  }
  if (state_->now < until) state_->now = until;
}

}  // namespace avila::async

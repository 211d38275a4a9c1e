// The machine behind model.hpp. Exactly one file of a test executable includes this: it defines the
// functions, and replaces operator new and delete, so that memory which a run allocates is neither
// reused nor given back before the run ends (a pointer to a destroyed object stays readable, and
// the objects in it know that they are gone).
#pragma once
#include <ucontext.h>

#include <algorithm>
#include <array>
#include <avila_test/model.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#define AVILA_MODEL_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define AVILA_MODEL_ASAN 1
#endif
#endif
#ifdef AVILA_MODEL_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace avila_test::model {
namespace {

constexpr std::size_t kLocationsMax = 192;
constexpr std::size_t kStackBytes = 256 << 10;
constexpr std::size_t kArenaBytes = 8 << 20;
constexpr std::size_t kStepsMax = 20'000;

bool inside_run = false;  // code under test runs: its allocations go to the arena
struct Outside {          // the checker's own do not
  bool before = std::exchange(inside_run, false);
  ~Outside() { inside_run = before; }
};

alignas(128) std::byte arena[kArenaBytes];
std::size_t arena_used = 0;

/// What a thread knows: per location the oldest store it may still read, per thread the last step
/// that happens before now.
struct Knowledge {
  std::array<std::uint16_t, kLocationsMax> oldest;
  std::array<std::uint32_t, kThreadsMax> steps;

  void clear() { std::memset(static_cast<void*>(this), 0, sizeof(*this)); }
  void join(const Knowledge& other, std::size_t locations) {
    for (std::size_t i = 0; i < locations; ++i) oldest[i] = std::max(oldest[i], other.oldest[i]);
    for (int t = 0; t < kThreadsMax; ++t)
      steps[static_cast<std::size_t>(t)] =
          std::max(steps[static_cast<std::size_t>(t)], other.steps[static_cast<std::size_t>(t)]);
  }
};

struct Store {
  detail::Value value;
  bool releases = false;
  Knowledge knowledge;  // what an acquiring load learns
};

struct Location {
  std::size_t count = 0;  // stores used of `stores`, which keeps its memory between runs
  std::vector<Store> stores;
  bool alive = false;
  int creator = 0;
  std::uint32_t created = 0;
  std::uint16_t seq_cst = 0;  // newest store seen or made by a seq_cst access
  std::array<std::uint32_t, kThreadsMax> accessed{};  // by each thread: its last step here
};

struct PlainState {
  const void* at;
  bool alive;
  int writer;
  std::uint32_t written;
  std::array<std::uint32_t, kThreadsMax> read;
};

struct Thread {
  ucontext_t context;
  std::unique_ptr<std::byte[]> stack;
  std::function<void()> work;
  bool running = false;  // started and not ended
  bool joining = false;
  bool waiting = false;  // in pause(), until another thread stores
  bool fresh = false;    // waiting, but pause() made newer values visible
  std::uint64_t foreign_at_pause = 0;
  std::uint64_t own_stores = 0;
  Knowledge now, acquirable, released;
  std::array<std::uint16_t, kLocationsMax> progress;  // raised by pause(): not handed on
  std::vector<detail::LocalRecord> records;
};

struct Domain {
  std::uint64_t id;
  void* address;
  detail::ReleaseRecord release;
};

struct Choice {
  std::uint32_t taken, count;
};

struct Machine {
  Options options;
  std::vector<Choice> choices;
  std::size_t depth = 0;
  int preemptions_left = 0;
  int stale_left = 0;
  std::size_t steps = 0;

  std::array<Thread, kThreadsMax> threads;
  int current = 0;
  bool chosen = false;  // `current` was just picked to make the next step: no choice before that
  ucontext_t main_context;
  const void* main_stack = nullptr;
  std::size_t main_stack_size = 0;

  std::vector<Location> locations = std::vector<Location>(kLocationsMax);
  std::size_t location_count = 0;
  Knowledge fence_order;  // what the seq_cst fences so far knew
  std::vector<PlainState> plains;
  std::vector<Domain> domains;
  std::uint64_t last_domain = 0;
  std::uint64_t stores = 0;

  const Weakening* weakened = nullptr;      // the one in force
  std::vector<Weakening>* sites = nullptr;  // where to note what could be weakened

  std::string failure;
  bool tracing = false;
  std::string trace;

  Thread& me() { return threads[static_cast<std::size_t>(current)]; }
  static bool acquires(std::memory_order o) {
    return o == std::memory_order_acquire || o == std::memory_order_acq_rel ||
           o == std::memory_order_seq_cst || o == std::memory_order_consume;
  }
  static bool releases(std::memory_order o) {
    return o == std::memory_order_release || o == std::memory_order_acq_rel ||
           o == std::memory_order_seq_cst;
  }
  std::size_t index() const { return static_cast<std::size_t>(current); }

  // --- choices ---------------------------------------------------------------------------------
  std::size_t choose(std::size_t count) {
    if (count == 1) return 0;
    if (depth == choices.size()) choices.push_back({0, static_cast<std::uint32_t>(count)});
    return choices[depth++].taken;
  }
  bool next_choices() {  // depth first: the last choice that has another way left
    while (!choices.empty() && choices.back().taken + 1 == choices.back().count) choices.pop_back();
    if (choices.empty()) return false;
    ++choices.back().taken;
    return true;
  }

  // --- threads ---------------------------------------------------------------------------------
  void switch_to(ucontext_t& from, ucontext_t& to, Thread* target) {
#ifdef AVILA_MODEL_ASAN
    void* fake = nullptr;
    __sanitizer_start_switch_fiber(&fake, target ? target->stack.get() : main_stack,
                                   target ? kStackBytes : main_stack_size);
#else
    (void)target;
#endif
    swapcontext(&from, &to);
#ifdef AVILA_MODEL_ASAN
    __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#endif
  }
  void go_to(std::size_t thread) {
    if (thread == index()) return;
    Thread& from = me();
    current = static_cast<int>(thread);
    chosen = true;
    switch_to(from.context, me().context, &me());
    inside_run = false;  // back in the checker
  }
  [[noreturn]] void leave_run() {  // to explore(); this fiber is never resumed in this state
    Thread& from = me();
    switch_to(from.context, main_context, nullptr);
    std::abort();
  }
  /// The words are joined here: a string on the stack of a fiber that never goes on would leak.
  [[noreturn]] void fail(const char* first, const char* second = "", const char* third = "") {
    failure = first;
    failure += second;
    failure += third;
    leave_run();
  }
  std::uint64_t foreign(const Thread& thread) const { return stores - thread.own_stores; }
  bool can_run(const Thread& thread) const {
    if (!thread.running) return false;
    if (thread.joining)
      return std::none_of(threads.begin() + 1, threads.end(),
                          [](const Thread& other) { return other.running; });
    return !thread.waiting || foreign(thread) != thread.foreign_at_pause;
  }
  /// The others that can run now.
  std::size_t others(std::array<std::size_t, kThreadsMax>& out) const {
    std::size_t count = 0;
    for (std::size_t t = 0; t < threads.size(); ++t)
      if (t != index() && can_run(threads[t])) out[count++] = t;
    return count;
  }
  /// Before each operation: goes on, or lets another thread go first.
  void step() {
    if (++steps > kStepsMax) fail("the run does not end");
    std::array<std::size_t, kThreadsMax> next;
    const std::size_t count = preemptions_left > 0 && !chosen ? others(next) : 0;
    if (count > 0)
      if (const std::size_t other = choose(1 + count); other > 0) {
        --preemptions_left;
        go_to(next[other - 1]);
      }
    chosen = false;
    ++me().now.steps[index()];
  }
  /// The current thread cannot go on, so another must. Returns when the current one can.
  void wait() {
    do {
      std::array<std::size_t, kThreadsMax> next;
      if (const std::size_t count = others(next); count > 0) {
        go_to(next[choose(count)]);
      } else if (!can_run(me())) {
        // Nobody can run. One that waits and has newer values to look at may try once more.
        std::size_t t = 0;
        while (t < threads.size() &&
               !(threads[t].running && threads[t].waiting && threads[t].fresh))
          ++t;
        if (t == threads.size()) fail("deadlock or livelock: every thread waits");
        threads[t].waiting = threads[t].fresh = false;
        go_to(t);
      }
    } while (!can_run(me()));
    me().waiting = false;
  }
  void end_thread() {
    me().running = false;
    if (current == 0) {
      for (const Thread& thread : threads)
        if (thread.running) fail("the body ends before its threads");
      leave_finished();
    }
    wait();  // for the next job
  }
  void leave_finished() {
    Thread& from = me();
    switch_to(from.context, main_context, nullptr);
  }
  void run_fiber() {
#ifdef AVILA_MODEL_ASAN
    __sanitizer_finish_switch_fiber(nullptr, &first_from_stack(), &first_from_size());
#endif
    for (;;) {  // one round a job; the fiber outlives the run
      inside_run = true;
      me().work();
      give_back_records();
      inside_run = false;
      me().work = nullptr;
      end_thread();
    }
  }
#ifdef AVILA_MODEL_ASAN
  const void*& first_from_stack() { return current == 0 ? main_stack : ignored_stack; }
  std::size_t& first_from_size() { return current == 0 ? main_stack_size : ignored_size; }
  const void* ignored_stack = nullptr;
  std::size_t ignored_size = 0;
#endif
  void give_back_records() {
    while (!me().records.empty()) {
      detail::LocalRecord record{};
      Domain domain{};
      {
        const Outside outside;
        record = me().records.back();
        me().records.pop_back();
        for (const Domain& each : domains)
          if (each.id == record.id) domain = each;
      }
      if (domain.release != nullptr) domain.release(domain.address, record.record);
    }
  }

  // --- knowledge -------------------------------------------------------------------------------
  bool happened(int thread, std::uint32_t step_number) {
    return me().now.steps[static_cast<std::size_t>(thread)] >= step_number;
  }
  Location& access(int id, const char* what) {
    Location& location = locations[static_cast<std::size_t>(id)];
    if (!location.alive) fail(what, " of an atomic that is destroyed");
    if (!happened(location.creator, location.created))
      fail(what, " of an atomic races with its initialisation");
    location.accessed[index()] = me().now.steps[index()];
    return location;
  }
  /// The oldest store that a load with this order may return.
  std::size_t oldest(std::size_t id, const Location& location, std::memory_order order) {
    std::size_t first = std::max(me().now.oldest[id], me().progress[id]);
    if (order == std::memory_order_seq_cst)
      first = std::max<std::size_t>({first, fence_order.oldest[id], location.seq_cst});
    return first;
  }
  void saw(std::size_t id, Location& location, std::size_t which, std::memory_order order) {
    Thread& thread = me();
    const auto number = static_cast<std::uint16_t>(which);
    thread.now.oldest[id] = std::max(thread.now.oldest[id], number);
    if (order == std::memory_order_seq_cst) location.seq_cst = std::max(location.seq_cst, number);
    const Store& store = location.stores[which];
    if (!store.releases) return;
    (acquires(order) ? thread.now : thread.acquirable).join(store.knowledge, location_count);
  }
  void append(std::size_t id, Location& location, detail::Value value, std::memory_order order,
              bool read_modify_write) {
    Thread& thread = me();
    if (location.count == location.stores.size()) location.stores.emplace_back();
    const std::size_t which = location.count++;
    Store& store = location.stores[which];
    store.value = value;
    thread.now.oldest[id] = static_cast<std::uint16_t>(which);
    // A release hands on all that is known now; a relaxed store what the last release fence knew.
    store.knowledge = releases(order) ? thread.now : thread.released;
    store.knowledge.oldest[id] = static_cast<std::uint16_t>(which);
    store.releases = true;
    if (read_modify_write)  // goes on with the release sequence of the store that it replaces
      store.knowledge.join(location.stores[which - 1].knowledge, location_count);
    if (order == std::memory_order_seq_cst) location.seq_cst = static_cast<std::uint16_t>(which);
    ++stores;
    ++thread.own_stores;
  }
  void note(const char* what, int id, detail::Value value, std::size_t age) {
    if (!tracing) return;
    char line[120];
    std::snprintf(line, sizeof(line), "thread %d: %-16s #%-3d 0x%llx%s\n", current, what, id,
                  static_cast<unsigned long long>(value.low), age == 0 ? "" : " (stale)");
    trace += line;
  }

  // --- plain variables -------------------------------------------------------------------------
  PlainState* find_plain(const void* at) {
    for (auto it = plains.rbegin(); it != plains.rend(); ++it)
      if (it->at == at) return &*it;
    return nullptr;
  }
  void write_plain(PlainState& state, const char* what) {
    if (!happened(state.writer, state.written))
      fail("data race: ", what, " after a write of another thread");
    for (int t = 0; t < kThreadsMax; ++t)
      if (!happened(t, state.read[static_cast<std::size_t>(t)]))
        fail("data race: ", what, " after a read of another thread");
    state.writer = current;
    state.written = ++me().now.steps[index()];
  }
  void start_run(const std::function<void()>& body) {
    depth = 0;
    steps = 0;
    preemptions_left = options.preemptions;
    stale_left = options.stale_reads;
    for (std::size_t i = 0; i < location_count; ++i) locations[i].count = 0;
    location_count = 0;
    fence_order.clear();
    plains.clear();
    domains.clear();
    stores = 0;
#ifdef AVILA_MODEL_ASAN
    __asan_unpoison_memory_region(arena, arena_used);  // it guards the counts before arrays
#endif
    arena_used = 0;
    failure.clear();
    for (Thread& thread : threads) {
      thread.running = thread.joining = thread.waiting = thread.fresh = false;
      thread.own_stores = 0;
      thread.foreign_at_pause = ~std::uint64_t{0};
      thread.now.clear();
      thread.acquirable.clear();
      thread.released.clear();
      thread.progress.fill(0);
      thread.records.clear();
    }
    threads[0].work = body;
    threads[0].running = true;
    current = 0;
    chosen = false;
    ++threads[0].now.steps[0];
  }
  void make_fibers();
  void destroy_fibers() {
    for (Thread& thread : threads) {
      thread.work = nullptr;
      thread.stack.reset();
    }
  }
  void run(const std::function<void()>& body) {
    start_run(body);
    inside_run = true;
    switch_to(main_context, threads[0].context, &threads[0]);
    inside_run = false;
    if (!failure.empty()) return;
    for (std::size_t i = 0; i < location_count; ++i)
      if (locations[i].alive) failure = "an atomic is never destroyed";
    for (const PlainState& plain : plains)
      if (plain.alive) failure = "a plain object is never destroyed";
  }
};

Machine& machine() {
  static Machine one;
  return one;
}
void fiber_main() { machine().run_fiber(); }

void Machine::make_fibers() {
  for (Thread& thread : threads) {
    thread.stack = std::make_unique<std::byte[]>(kStackBytes);
    getcontext(&thread.context);
    thread.context.uc_stack.ss_sp = thread.stack.get();
    thread.context.uc_stack.ss_size = kStackBytes;
    thread.context.uc_link = nullptr;
    makecontext(&thread.context, fiber_main, 0);
  }
}

}  // namespace

Outcome explore(const Options& options, const std::function<void()>& body) {
  Machine& m = machine();
  m.options = options;
  m.choices.clear();
  m.make_fibers();
  Outcome outcome;
  do {
    m.run(body);
    ++outcome.runs;
    if (m.failure.empty()) continue;
    outcome.failure = m.failure;
    m.destroy_fibers();  // they stopped in the middle
    m.make_fibers();
    m.tracing = true;
    m.trace.clear();
    m.run(body);  // the same choices again, to tell the story
    m.tracing = false;
    outcome.trace = m.trace;
    if (m.failure != outcome.failure) outcome.failure += " (and differently when run again)";
    m.destroy_fibers();
    return outcome;
  } while (outcome.runs < options.runs_max && m.next_choices());
  outcome.complete = m.choices.empty();
  m.destroy_fibers();
  return outcome;
}

void spawn(std::function<void()> work) {
  Machine& m = machine();
  const Outside outside;
  std::size_t t = 1;
  while (t < m.threads.size() && m.threads[t].running) ++t;
  if (m.current != 0 || t == m.threads.size()) m.fail("too many threads, or not the body spawns");
  Thread& thread = m.threads[t];
  thread.work = std::move(work);
  const std::uint32_t steps = thread.now.steps[t];
  thread.now = m.me().now;  // what the body did happens before
  thread.now.steps[t] = std::max(thread.now.steps[t], steps);
  thread.released.clear();
  thread.acquirable.clear();
  ++thread.now.steps[t];
  thread.running = true;
  ++m.me().now.steps[0];
}

void join() {
  Machine& m = machine();
  const Outside outside;
  m.me().joining = true;
  if (!m.can_run(m.me())) m.wait();
  m.me().joining = false;
  for (const Thread& thread : m.threads) m.me().now.join(thread.now, m.location_count);
}

std::string Weakening::to_string() const {
  const auto name = [](std::memory_order order) -> std::string {
    switch (order) {
      case std::memory_order_relaxed: return "relaxed";
      case std::memory_order_acquire: return "acquire";
      case std::memory_order_release: return "release";
      case std::memory_order_acq_rel: return "acq_rel";
      default: return "seq_cst";
    }
  };
  const std::string path = file;
  return path.substr(path.rfind('/') + 1) + ":" + std::to_string(line) + " " + name(from) + " -> " +
         name(to) + (on_failure ? " on failure" : "");
}

std::vector<Weakening> unneeded_orders(const Options& options,
                                       const std::vector<std::function<void()>>& cases) {
  Machine& m = machine();
  std::vector<Weakening> sites;
  m.sites = &sites;
  for (const auto& body : cases) (void)explore(options, body);
  m.sites = nullptr;
  std::vector<Weakening> unneeded;
  for (const Weakening& site : sites) {
    m.weakened = &site;
    bool noticed = false;
    for (const auto& body : cases) noticed = noticed || !explore(options, body).failure.empty();
    if (!noticed) unneeded.push_back(site);
  }
  m.weakened = nullptr;
  return unneeded;
}

void check(bool condition, const char* what) {
  const Outside outside;
  if (!condition) machine().fail(what);
}

namespace detail {

std::memory_order at_site(std::memory_order order, Kind kind, const char* file, int line) {
  using enum std::memory_order;
  Machine& m = machine();
  if (m.sites == nullptr && m.weakened == nullptr) return order;
  const Outside outside;
  const auto step = [&](std::memory_order to) {
    const Weakening here{file, line, kind == Kind::Failure, order, to};
    if (m.sites != nullptr && std::find(m.sites->begin(), m.sites->end(), here) == m.sites->end())
      m.sites->push_back(here);
    return m.weakened != nullptr && *m.weakened == here;
  };
  if (order == seq_cst) {
    const auto to = kind == Kind::Load || kind == Kind::Failure ? acquire
                    : kind == Kind::Store                       ? release
                                                                : acq_rel;
    if (step(to)) return to;
  } else if (order == acq_rel) {
    if (step(acquire)) return acquire;
    if (step(release)) return release;
  } else if (order == acquire || order == release) {
    if (step(relaxed)) return relaxed;
  }
  return order;
}

int new_location(Value initial) {
  Machine& m = machine();
  const Outside outside;
  if (m.location_count == kLocationsMax) m.fail("too many atomics for the model");
  const std::size_t id = m.location_count++;
  Location& location = m.locations[id];
  if (location.stores.empty()) location.stores.emplace_back();
  location.count = 1;
  location.stores[0].value = initial;
  location.stores[0].releases = false;
  location.stores[0].knowledge.clear();
  location.alive = true;
  location.creator = m.current;
  location.created = ++m.me().now.steps[m.index()];
  location.seq_cst = 0;
  location.accessed.fill(0);
  return static_cast<int>(id);
}

void destroy_location(int id) {
  Machine& m = machine();
  const Outside outside;
  m.step();
  Location& location = m.access(id, "destruction");
  for (int t = 0; t < kThreadsMax; ++t)
    if (!m.happened(t, location.accessed[static_cast<std::size_t>(t)]))
      m.fail("destruction of an atomic races with its use by another thread");
  location.alive = false;
}

Value load(int id, std::memory_order order) {
  Machine& m = machine();
  const Outside outside;
  m.step();
  Location& location = m.access(id, "load");
  const auto at = static_cast<std::size_t>(id);
  const std::size_t newest = location.count - 1;
  const std::size_t first = m.oldest(at, location, order);
  const std::size_t age = m.stale_left > 0 ? m.choose(newest - first + 1) : 0;
  if (age > 0) --m.stale_left;
  m.saw(at, location, newest - age, order);
  const Value value = location.stores[newest - age].value;
  m.note("load", id, value, age);
  return value;
}

void store(int id, Value value, std::memory_order order) {
  Machine& m = machine();
  const Outside outside;
  m.step();
  m.append(static_cast<std::size_t>(id), m.access(id, "store"), value, order, false);
  m.note("store", id, value, 0);
}

Value modify(int id, std::memory_order order, Value (*change)(Value, const void*),
             const void* argument) {
  Machine& m = machine();
  const Outside outside;
  m.step();
  Location& location = m.access(id, "read-modify-write");
  const std::size_t newest = location.count - 1;
  const Value old = location.stores[newest].value;
  m.saw(static_cast<std::size_t>(id), location, newest, order);
  const Value value = change(old, argument);
  m.append(static_cast<std::size_t>(id), location, value, order, true);
  m.note("modify to", id, value, 0);
  return old;
}

bool compare_exchange(int id, Value& expected, Value desired, std::memory_order success,
                      std::memory_order failure) {
  Machine& m = machine();
  const Outside outside;
  m.step();
  Location& location = m.access(id, "compare_exchange");
  const auto at = static_cast<std::size_t>(id);
  const std::size_t newest = location.count - 1;
  // It replaces the newest value or none; a failure is a load, which may see an older one.
  std::array<std::size_t, 64> ways{newest};
  std::size_t count = 1;
  if (m.stale_left > 0)
    for (std::size_t i = newest; i-- > m.oldest(at, location, failure) && count < ways.size();)
      if (!(location.stores[i].value == expected)) ways[count++] = i;
  const std::size_t which = ways[m.choose(count)];
  if (which != newest) --m.stale_left;
  if (location.stores[which].value == expected) {
    m.saw(at, location, which, success);
    m.append(at, location, desired, success, true);
    m.note("exchanged to", id, desired, 0);
    return true;
  }
  m.saw(at, location, which, failure);
  expected = location.stores[which].value;
  m.note("exchange failed", id, expected, newest - which);
  return false;
}

void fence(std::memory_order order) {
  Machine& m = machine();
  const Outside outside;
  m.step();
  Thread& thread = m.me();
  if (Machine::acquires(order)) thread.now.join(thread.acquirable, m.location_count);
  if (order == std::memory_order_seq_cst) {
    for (std::size_t i = 0; i < m.location_count; ++i) {
      auto& oldest = thread.now.oldest[i];
      oldest = std::max({oldest, m.fence_order.oldest[i], m.locations[i].seq_cst});
      m.fence_order.oldest[i] = oldest;
    }
  }
  if (Machine::releases(order)) thread.released = thread.now;
  m.note("fence", -1, {}, 0);
}

void pause() {
  Machine& m = machine();
  const Outside outside;
  if (++m.steps > kStepsMax) m.fail("the run does not end");
  Thread& thread = m.me();
  // Stores become visible in the end, so one who waits sees the newest of everything.
  bool fresh = false;
  for (std::size_t i = 0; i < m.location_count; ++i) {
    const auto newest = static_cast<std::uint16_t>(m.locations[i].count - 1);
    fresh = fresh || std::max(thread.now.oldest[i], thread.progress[i]) < newest;
    thread.progress[i] = newest;
  }
  const std::uint64_t foreign = m.foreign(thread);
  fresh = fresh || foreign != thread.foreign_at_pause;
  thread.foreign_at_pause = foreign;
  thread.fresh = fresh;
  thread.waiting = true;
  m.wait();
}

void plain_born(const void* at) {
  Machine& m = machine();
  const Outside outside;
  PlainState* state = m.find_plain(at);
  if (state == nullptr) {
    m.plains.push_back({at, false, 0, 0, {}});
    state = &m.plains.back();
  }
  if (state->alive) m.fail("an object is made where another lives");
  m.write_plain(*state, "construction");
  state->read.fill(0);
  state->alive = true;
}

void plain_died(const void* at) {
  Machine& m = machine();
  const Outside outside;
  PlainState* const state = m.find_plain(at);
  if (state == nullptr || !state->alive) m.fail("a plain object is destroyed twice");
  m.write_plain(*state, "destruction");
  state->alive = false;
}

void plain_read(const void* at) {
  Machine& m = machine();
  const Outside outside;
  PlainState* const state = m.find_plain(at);
  if (state == nullptr || !state->alive) m.fail("a plain object is read after its destruction");
  if (!m.happened(state->writer, state->written))
    m.fail("data race: a read after a write of another thread");
  state->read[m.index()] = ++m.me().now.steps[m.index()];
}

void plain_written(const void* at) {
  Machine& m = machine();
  const Outside outside;
  PlainState* const state = m.find_plain(at);
  if (state == nullptr || !state->alive) m.fail("a plain object is written after its destruction");
  m.write_plain(*state, "a write");
}

std::uint64_t add_domain(void* domain, ReleaseRecord release) {
  Machine& m = machine();
  const Outside outside;
  m.domains.push_back({++m.last_domain, domain, release});
  return m.last_domain;
}
void remove_domain(std::uint64_t id) {
  const Outside outside;
  std::erase_if(machine().domains, [id](const Domain& domain) { return domain.id == id; });
}
void* find_record(std::uint64_t id) {
  for (const LocalRecord& record : machine().me().records)
    if (record.id == id) return record.record;
  return nullptr;
}
void set_record(std::uint64_t id, void* record) {
  const Outside outside;
  machine().me().records.push_back({id, record});
}

}  // namespace detail
}  // namespace avila_test::model

namespace avila_test::model {
namespace {
void* allocate(std::size_t size, std::size_t alignment) {
  if (!inside_run) {
    void* const memory =
        alignment <= alignof(std::max_align_t)
            ? std::malloc(size)
            : std::aligned_alloc(alignment, (size + alignment - 1) & ~(alignment - 1));
    if (memory == nullptr) std::abort();
    return memory;
  }
  arena_used = (arena_used + alignment - 1) & ~(alignment - 1);
  if (arena_used + size > kArenaBytes) std::abort();
  return arena + std::exchange(arena_used, arena_used + size);
}
void release(void* memory) noexcept {
  auto* const at = static_cast<std::byte*>(memory);
  if (at < arena || at >= arena + kArenaBytes) std::free(memory);
}
}  // namespace
}  // namespace avila_test::model

void* operator new(std::size_t size) {
  return avila_test::model::allocate(size, alignof(std::max_align_t));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return avila_test::model::allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { avila_test::model::release(memory); }
void operator delete(void* memory, std::size_t) noexcept { avila_test::model::release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept {
  avila_test::model::release(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  avila_test::model::release(memory);
}
// The sanitizers' array forms do not call the plain ones.
void* operator new[](std::size_t size) {
  return avila_test::model::allocate(size, alignof(std::max_align_t));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return avila_test::model::allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete[](void* memory) noexcept { avila_test::model::release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { avila_test::model::release(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept {
  avila_test::model::release(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  avila_test::model::release(memory);
}

// alloc.*: churn, mixed sizes, frees by another thread, fragmentation, large blocks, and the peak
// resident set of each. Every workload is a process of its own: this one starts itself again.
#include "bench.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <avila/alloc/heap.hpp>
#include <avila/alloc/resource.hpp>
#include <thread>

namespace {

using bench::SplitMix64;

void* get(std::size_t n) { return avila::alloc::allocate(n); }
void give(void* p) { avila::alloc::deallocate(p); }

// The vectors of the workloads are malloc's business too.
using Pointers = std::pmr::vector<void*>;
Pointers pointers(std::size_t n) { return Pointers(n, nullptr, &avila::alloc::process_resource()); }

double thread_cpu() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}
void touch(void* p, std::size_t n) {
  auto* c = static_cast<volatile char*>(p);
  c[0] = 1;
  c[n - 1] = 2;
}

/// 16…271 bytes, one in 16 up to 1294.
std::size_t small(std::uint64_t x) {
  return 16 + (x & 255) + ((x >> 8 & 15) == 0 ? (x >> 12 & 1023) : 0);
}
/// Log-uniform, 16 bytes to 128 KiB.
std::size_t mixed(std::uint64_t x) {
  const auto s = 4 + static_cast<unsigned>(x % 13);
  return (std::size_t{1} << s) + ((x >> 8) & ((std::size_t{1} << s) - 1));
}

/// 10,000 slots; an op frees a random one and allocates anew.
void churn(std::uint64_t seed, std::uint64_t ops, std::size_t (*size)(std::uint64_t)) {
  Pointers slots = pointers(10000);
  SplitMix64 random(seed);
  for (std::uint64_t i = 0; i < ops; ++i) {
    const std::uint64_t x = random.next();
    void*& p = slots[(x >> 40) % 10000];
    if (p != nullptr) give(p);
    const std::size_t n = size(x);
    p = get(n);
    touch(p, n);
  }
  for (void* p : slots) give(p);
}

/// CPU time of the slowest thread: wall time would measure the neighbours.
template <class F>
double parallel(unsigned count, F f) {
  std::vector<double> times(count);
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      const double from = thread_cpu();
      f(i);
      times[i] = thread_cpu() - from;
    });
  }
  for (auto& t : threads) t.join();
  return *std::max_element(times.begin(), times.end());
}

/// A ring of 4,096 pointers between a producer and a consumer. CPU time of both, halved.
double cross_free(std::uint64_t ops) {
  static std::atomic<void*> ring[4096];
  const double from = bench::cpu_now();
  std::thread producer([&] {
    SplitMix64 random(81);
    for (std::uint64_t i = 0; i < ops; ++i) {
      const std::size_t n = small(random.next());
      void* p = get(n);
      touch(p, n);
      while (ring[i & 4095].load(std::memory_order_acquire) != nullptr) std::this_thread::yield();
      ring[i & 4095].store(p, std::memory_order_release);
    }
  });
  std::thread consumer([&] {
    for (std::uint64_t i = 0; i < ops; ++i) {
      void* p = nullptr;
      while ((p = ring[i & 4095].load(std::memory_order_acquire)) == nullptr)
        std::this_thread::yield();
      ring[i & 4095].store(nullptr, std::memory_order_release);
      give(p);
    }
  });
  producer.join();
  consumer.join();
  return (bench::cpu_now() - from) / 2;
}

/// 1M blocks, a random half freed, 500k of other sizes, all freed.
double fragment() {
  const double from = bench::cpu_now();
  SplitMix64 random(91);
  Pointers first = pointers(1'000'000), second = pointers(500'000);
  for (void*& p : first) {
    const std::size_t n = small(random.next());
    p = get(n);
    touch(p, n);
  }
  for (void*& p : first) {
    if ((random.next() & 1) == 0) continue;
    give(p);
    p = nullptr;
  }
  for (void*& p : second) {
    const std::size_t n = 300 + (random.next() & 255);
    p = get(n);
    touch(p, n);
  }
  for (void* p : first)
    if (p != nullptr) give(p);
  for (void* p : second) give(p);
  return bench::cpu_now() - from;
}

/// 64 slots, 256 KiB to 4 MiB, every page written.
double large(int ops) {
  const double from = bench::cpu_now();
  SplitMix64 random(95);
  Pointers slots = pointers(64);
  for (int i = 0; i < ops; ++i) {
    const std::uint64_t x = random.next();
    void*& p = slots[x & 63];
    if (p != nullptr) give(p);
    const std::size_t n = (256U << 10) + (x >> 8) % (3840U << 10);
    p = get(n);
    for (std::size_t at = 0; at < n; at += 4096) static_cast<volatile char*>(p)[at] = 1;
  }
  for (void* p : slots) give(p);
  return bench::cpu_now() - from;
}

void run(const std::string& name) {
  constexpr std::uint64_t kOps = 10'000'000;
  double ops = 0;
  int rounds = 5;
  double (*round)(unsigned) = nullptr;
  const auto threads = static_cast<unsigned>(name.back() - '0');
  if (name.starts_with("churn")) {
    ops = static_cast<double>(kOps) * threads;
    round = [](unsigned n) { return parallel(n, [](unsigned i) { churn(61 + i, kOps, small); }); };
  } else if (name.starts_with("mixed")) {
    ops = static_cast<double>(kOps / 5) * threads;
    round = [](unsigned n) {
      return parallel(n, [](unsigned i) { churn(71 + i, kOps / 5, mixed); });
    };
  } else if (name == "xfree") {
    ops = static_cast<double>(kOps / 2);
    round = [](unsigned) { return cross_free(kOps / 2); };
  } else if (name == "frag") {
    ops = 1'500'000;
    rounds = 3;
    round = [](unsigned) { return fragment(); };
  } else if (name == "large") {
    ops = 5000;
    round = [](unsigned) { return large(5000); };
  } else {
    bench::die("no workload " + name);
  }
  std::vector<double> times;
  for (int i = 0; i < rounds; ++i) times.push_back(round(threads));
  const bench::Time t = bench::stats(times);
  bench::emit("alloc." + name, ops / t.median / 1e6, "Mops/s", ops / t.best / 1e6);
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  bench::emit("alloc." + name + ".rss", static_cast<double>(usage.ru_maxrss) / 1024.0, "MiB");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--workload") {
    run(argv[2]);
    return 0;
  }
  bench::init(argc, argv);
  for (const char* name : {"churn1", "churn2", "mixed1", "mixed2", "xfree", "frag", "large"}) {
    const std::string metric = std::string("alloc.") + name;
    if (!bench::wanted(metric) && !bench::wanted(metric + ".rss")) continue;
    const pid_t child = fork();
    if (child == 0) {
      execl("/proc/self/exe", argv[0], "--workload", name, static_cast<char*>(nullptr));
      _exit(127);
    }
    int status = -1;
    waitpid(child, &status, 0);
    bench::need(status == 0, "a workload failed");
  }
  return 0;
}

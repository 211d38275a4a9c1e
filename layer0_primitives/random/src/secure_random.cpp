// SecureRandom. Fork safety has two belts: the state lies in pages that Linux hands to a child as
// zeroes (MADV_WIPEONFORK), and a handler of pthread_atfork makes state of an older generation
// invalid. Either way the child finds it unseeded, and its lock free.
#include <atomic>
#include <avila/os/entropy.hpp>
#include <avila/random/chacha.hpp>
#include <cstring>
#include <new>

#include "chacha_core.hpp"

#if !defined(_WIN32)
#include <pthread.h>
#include <sched.h>
#endif
#if defined(__linux__)
#include <sys/mman.h>
#elif defined(_WIN32)
extern "C" __declspec(dllimport) int __stdcall SwitchToThread();
#endif

namespace avila::random {
namespace {

/// Counts forks between this process and the first; 1 at first.
std::atomic<std::uint32_t>& generation() noexcept {
  static std::atomic<std::uint32_t> count{1};
  return count;
}

void watch_forks() noexcept {
#if !defined(_WIN32)
  static const int registered = pthread_atfork(
      nullptr, nullptr, [] { generation().fetch_add(1, std::memory_order_relaxed); });
  (void)registered;
#endif
}

void give_way() noexcept {
#if defined(_WIN32)
  SwitchToThread();
#else
  sched_yield();
#endif
}

void* allocate_pages(std::size_t size) {
#if defined(__linux__)
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  (void)madvise(memory, size, MADV_WIPEONFORK);  // since Linux 4.14; the generation guards older
  (void)madvise(memory, size, MADV_DONTDUMP);
  return memory;
#else
  void* memory = ::operator new(size);
  std::memset(memory, 0, size);
  return memory;
#endif
}

void free_pages(void* memory, std::size_t size) noexcept {
  wipe({static_cast<std::byte*>(memory), size});
#if defined(__linux__)
  munmap(memory, size);
#else
  ::operator delete(memory);
#endif
}

std::atomic<unsigned> next_thread_number{0};

}  // namespace

/// All zero means: lock free, not seeded, nothing left.
struct alignas(64) SecureRandom::Shard {
  static constexpr std::size_t kBuffer = detail::kChaChaBatch;

  std::atomic<std::uint32_t> lock;  // generation of the holder, or 0
  std::uint32_t seeded;             // generation that seeded it, or 0
  std::size_t left;                 // unused bytes at the end of buffer
  std::size_t until_reseed;
  std::uint32_t key[8];
  std::byte buffer[kBuffer];

  /// A lock of an older generation belongs to a thread that this process does not have.
  void acquire(std::uint32_t now) noexcept {
    for (unsigned spins = 0;; ++spins) {
      std::uint32_t holder = lock.load(std::memory_order_relaxed);
      if (holder != now && lock.compare_exchange_weak(holder, now, std::memory_order_acquire))
        return;
      if (spins > 16) give_way();
    }
  }
  void release() noexcept { lock.store(0, std::memory_order_release); }

  /// Xors fresh entropy into the key, or sets it: the old key's strength is kept either way.
  Result<void> seed(os::Entropy& entropy, std::uint32_t now) {
    std::uint32_t fresh[8];
    AVILA_TRY_VOID(entropy.fill(std::as_writable_bytes(std::span(fresh))).context("seed"));
    if (seeded != now) std::memset(key, 0, sizeof key);
    for (unsigned i = 0; i < 8; ++i) key[i] ^= fresh[i];
    wipe(std::as_writable_bytes(std::span(fresh)));
    seeded = now;
    left = 0;
    until_reseed = kReseedBytes;
    return {};
  }

  /// Fast key erasure: the first 32 bytes of each batch are the next key.
  void refill() noexcept {
    detail::chacha20_batch(key, 0, buffer);
    std::memcpy(key, buffer, sizeof key);
    wipe({buffer, sizeof key});
    left = kBuffer - sizeof key;
  }

  void take(MutableByteSpan into) noexcept {
    while (!into.empty()) {
      if (left == 0) refill();
      const std::size_t n = into.size() < left ? into.size() : left;
      std::byte* from = buffer + (kBuffer - left);
      std::memcpy(into.data(), from, n);
      wipe({from, n});
      left -= n;
      into = into.subspan(n);
    }
  }
};

SecureRandom::SecureRandom(unsigned shards) : SecureRandom(os::system_entropy(), shards) {}

SecureRandom::SecureRandom(os::Entropy& entropy, unsigned shards)
    : entropy_(&entropy), count_(shards) {
  AVILA_ASSERT(shards > 0);
  watch_forks();
  // Memory of zeroes is a valid array of shards: every member is trivial but the atomic, whose
  // representation is that of its integer.
  shards_ = static_cast<Shard*>(allocate_pages(sizeof(Shard) * count_));
}

SecureRandom::~SecureRandom() { free_pages(shards_, sizeof(Shard) * count_); }

SecureRandom::Shard& SecureRandom::shard() noexcept {
  if (count_ == 1) return shards_[0];
  static thread_local const unsigned number =
      next_thread_number.fetch_add(1, std::memory_order_relaxed);
  return shards_[number % count_];
}

void SecureRandom::fill(MutableByteSpan into) noexcept {
  Shard& state = shard();
  const std::uint32_t now = generation().load(std::memory_order_relaxed);
  state.acquire(now);
  if (state.seeded != now || state.until_reseed < into.size()) {
    const auto seeded = state.seed(*entropy_, now);
    AVILA_ASSERT(seeded.has_value() && "no entropy from the operating system");
  }
  state.until_reseed -= into.size() < state.until_reseed ? into.size() : state.until_reseed;
  state.take(into);
  state.release();
}

std::uint64_t SecureRandom::next() noexcept {
  std::uint64_t value = 0;
  fill(std::as_writable_bytes(std::span(&value, 1)));
  return value;
}

Result<void> SecureRandom::reseed() {
  const std::uint32_t now = generation().load(std::memory_order_relaxed);
  for (unsigned i = 0; i < count_; ++i) {
    shards_[i].acquire(now);
    auto seeded = shards_[i].seed(*entropy_, now);
    shards_[i].release();
    AVILA_TRY_VOID(std::move(seeded));
  }
  return {};
}

SecureRandom& secure_random() {
  // Never destroyed: other static objects may still ask while the program ends.
  static SecureRandom* const process = new SecureRandom(8U);
  return *process;
}

}  // namespace avila::random

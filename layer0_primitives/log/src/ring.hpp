// A bounded ring of variable-sized records: many producers, one consumer. A producer claims room by
// moving `head_` and publishes by storing its record's first word; the consumer zeroes what it has
// read before it moves `tail_`, so a claimed but unpublished record reads as 0.
#pragma once
#include <atomic>
#include <avila/error/assert.hpp>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>

namespace avila::log::detail {

class Ring {
 public:
  explicit Ring(std::size_t bytes) : words_(bytes / 8), memory_(new std::uint64_t[bytes / 8]()) {
    AVILA_ASSERT(std::has_single_bit(bytes));
    AVILA_ASSERT(bytes >= 64);
  }

  /// Room for `bytes` beside the first word, or null when the ring is full.
  std::byte* claim(std::size_t bytes) noexcept {
    const std::uint64_t need = 1 + (bytes + 7) / 8;
    std::uint64_t head = head_.load(std::memory_order_relaxed);
    for (;;) {
      const std::uint64_t to_end = words_ - (head & (words_ - 1));
      const std::uint64_t padding = need <= to_end ? 0 : to_end;
      // Acquire: the consumer has zeroed what lies before tail_.
      if (head + padding + need - tail_.load(std::memory_order_acquire) > words_) return nullptr;
      if (!head_.compare_exchange_weak(head, head + padding + need, std::memory_order_relaxed))
        continue;
      if (padding > 0) word(head).store(padding << 1 | kPadding, std::memory_order_release);
      return reinterpret_cast<std::byte*>(&memory_[((head + padding) & (words_ - 1)) + 1]);
    }
  }

  /// Publishes what claim(bytes) gave. Sequentially consistent: see Logger's waking.
  void publish(std::byte* claimed, std::size_t bytes) noexcept {
    const std::uint64_t need = 1 + (bytes + 7) / 8;
    std::atomic_ref<std::uint64_t>(reinterpret_cast<std::uint64_t*>(claimed)[-1])
        .store(need << 1, std::memory_order_seq_cst);
  }

  /// The consumer's: the next published record, or null.
  const std::byte* front() noexcept {
    for (;;) {
      const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
      const std::uint64_t first = word(tail).load(std::memory_order_seq_cst);
      if (first == 0) return nullptr;
      if ((first & kPadding) == 0)
        return reinterpret_cast<const std::byte*>(&memory_[(tail & (words_ - 1)) + 1]);
      pop();
    }
  }
  void pop() noexcept {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    const std::uint64_t size = word(tail).load(std::memory_order_relaxed) >> 1;
    std::memset(&memory_[tail & (words_ - 1)], 0, size * 8);
    tail_.store(tail + size, std::memory_order_release);
  }

  /// Positions in the stream of words: what was claimed, what was consumed.
  std::uint64_t head() const noexcept { return head_.load(std::memory_order_seq_cst); }
  std::uint64_t tail() const noexcept { return tail_.load(std::memory_order_seq_cst); }

 private:
  static constexpr std::uint64_t kPadding = 1;
  std::atomic_ref<std::uint64_t> word(std::uint64_t position) noexcept {
    return std::atomic_ref<std::uint64_t>(memory_[position & (words_ - 1)]);
  }

  const std::uint64_t words_;
  std::unique_ptr<std::uint64_t[]> memory_;
  alignas(64) std::atomic<std::uint64_t> head_{0};
  alignas(64) std::atomic<std::uint64_t> tail_{0};
};

}  // namespace avila::log::detail

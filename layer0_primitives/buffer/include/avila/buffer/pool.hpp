// BufferPool: buffers of a few sizes that come back by themselves. A BytesMut taken from it, and
// the Bytes frozen from that, return their memory to the pool when the last slice goes.
#pragma once
#include <avila/buffer/bytes.hpp>
#include <cstddef>
#include <cstdint>

namespace avila::buffer {

struct PoolOptions {
  std::size_t smallest = 1024;             ///< size classes double from here …
  std::size_t largest = 1024 * 1024;       ///< … to here; beyond, memory is not kept
  std::size_t max_idle_bytes = 64U << 20;  ///< kept for reuse over all classes
};

struct PoolStats {
  std::uint64_t taken = 0;      ///< acquire() calls
  std::uint64_t reused = 0;     ///< of them, served without allocating
  std::uint64_t oversized = 0;  ///< of them, larger than the largest class
  std::size_t idle_bytes = 0;
  std::size_t idle_buffers = 0;
};

/// Thread-safe. Buffers may outlive the pool.
class BufferPool {
 public:
  explicit BufferPool(PoolOptions options = {});
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  /// An empty buffer with room for at least `size` bytes. Growing beyond its room leaves the pool.
  BytesMut acquire(std::size_t size);
  PoolStats stats() const;
  /// Frees what is idle.
  void trim() noexcept;

 private:
  struct State;
  State* state_;
};

}  // namespace avila::buffer

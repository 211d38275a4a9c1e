// Vectored I/O: lists of byte ranges, kept in step with short writes and reads.
#pragma once
#include <avila/buffer/bytes.hpp>
#include <avila/error/result.hpp>
#include <cstddef>
#include <span>
#include <vector>

namespace avila::buffer {

/// Of the same layout as POSIX's `struct iovec`.
struct IoVec {
  void* base = nullptr;
  std::size_t length = 0;
};
/// What one system call takes: IOV_MAX of Linux, macOS and the BSDs.
constexpr std::size_t kMaxIoVecs = 1024;

/// A queue of byte ranges to be written. It holds references, so that Bytes stay alive.
class GatherQueue {
 public:
  /// Keeps `bytes` alive until written.
  void push(Bytes bytes);
  bool empty() const noexcept { return size_ == 0; }
  std::size_t size_bytes() const noexcept { return size_; }

  /// Fills `into` with the first ranges; returns how many. Valid until the next push or advance.
  std::size_t fill(std::span<IoVec> into) const noexcept;
  /// `count` bytes of the front were written. Amortised constant time a range.
  void advance(std::size_t count) noexcept;
  void clear() noexcept;

 private:
  std::vector<Bytes> parts_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

/// One writev(2) on a descriptor: bytes written, perhaps fewer than all. Retries on EINTR.
/// Windows: one WriteFile of the first range.
Result<std::size_t> write_vectored(int descriptor, std::span<const ByteSpan> parts);
/// One readv(2): bytes read, 0 at the end.
Result<std::size_t> read_vectored(int descriptor, std::span<const MutableByteSpan> parts);
/// Until all is written.
Result<void> write_all_vectored(int descriptor, std::span<const ByteSpan> parts);
Result<void> write_all(int descriptor, GatherQueue& queue);

}  // namespace avila::buffer

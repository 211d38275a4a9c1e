// RingBuffer: a byte queue of fixed capacity. Where the system allows it, its memory is mapped
// twice in a row, so that what is readable (and what is free) is always one contiguous range.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <cstddef>
#include <cstdint>

namespace avila::buffer {

enum class Mirror : std::uint8_t {
  IfPossible,  ///< else the portable twin
  Required,    ///< else Errc::Unsupported
  Off,         ///< the portable twin: ranges end at the end of the memory
};

/// One thread at a time (avila::atom has the lock-free SPSC ring).
class RingBuffer {
 public:
  static constexpr std::size_t kMaxCapacity = std::size_t{1} << 32;

  /// At least `capacity` bytes; a mirrored one is rounded up to whole pages.
  static Result<RingBuffer> create(std::size_t capacity, Mirror mirror = Mirror::IfPossible);
  RingBuffer(RingBuffer&& other) noexcept;
  RingBuffer& operator=(RingBuffer&& other) noexcept;
  RingBuffer(const RingBuffer&) = delete;
  RingBuffer& operator=(const RingBuffer&) = delete;
  ~RingBuffer();

  bool mirrored() const noexcept { return mirrored_; }
  std::size_t capacity() const noexcept { return capacity_; }
  std::size_t size() const noexcept { return static_cast<std::size_t>(written_ - read_); }
  std::size_t free_space() const noexcept { return capacity_ - size(); }
  bool empty() const noexcept { return written_ == read_; }

  /// The oldest bytes as one range: all of them when mirrored, else at least one unless empty.
  ByteSpan readable() const noexcept;
  /// Free memory as one range, with the same promise; write there, then commit.
  MutableByteSpan writable() noexcept;
  void commit(std::size_t count) noexcept;
  void consume(std::size_t count) noexcept;

  /// Copies in (out) as much as fits (as there is); returns how much.
  std::size_t write(ByteSpan bytes) noexcept;
  std::size_t read(MutableByteSpan into) noexcept;
  /// Copies without consuming.
  std::size_t peek(MutableByteSpan into) const noexcept;
  void clear() noexcept { read_ = written_; }

 private:
  RingBuffer(std::byte* memory, std::size_t capacity, bool mirrored) noexcept
      : memory_(memory), capacity_(capacity), mirrored_(mirrored) {}
  std::byte* memory_ = nullptr;
  std::size_t capacity_ = 0;
  bool mirrored_ = false;
  std::uint64_t read_ = 0, written_ = 0;  // counted since creation; positions are modulo capacity
};

}  // namespace avila::buffer

// Anonymous memory from the system, in pages.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <cstdint>
#include <utility>

namespace avila::os {

enum class Protection : std::uint8_t { None, Read, ReadWrite };

/// Zeroed pages, unmapped on destruction. The size is rounded up to pages.
class AnonymousMemory {
 public:
  static Result<AnonymousMemory> map(std::size_t bytes,
                                     Protection protection = Protection::ReadWrite);
  AnonymousMemory() = default;
  ~AnonymousMemory();
  AnonymousMemory(AnonymousMemory&& other) noexcept
      : bytes_(std::exchange(other.bytes_, MutableByteSpan{})) {}
  AnonymousMemory& operator=(AnonymousMemory&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  MutableByteSpan span() const noexcept { return bytes_; }
  /// Of whole pages.
  Result<void> protect(std::size_t offset, std::size_t bytes, Protection protection);
  /// The pages' contents may be dropped (they read as zeros on Linux).
  Result<void> discard(std::size_t offset, std::size_t bytes);
  /// Not swapped out, not in core dumps: for keys. May fail by limits of the system.
  Result<void> lock();

 private:
  MutableByteSpan bytes_;
};

}  // namespace avila::os

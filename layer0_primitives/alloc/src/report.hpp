// Text for standard error, put together without allocating.
#pragma once
#include <cstddef>
#include <cstdint>

namespace avila::alloc::detail {

/// Collects a line and writes it in pieces of its buffer.
class Message {
 public:
  Message() = default;
  ~Message() { flush(); }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  Message& text(const char* text) noexcept;
  Message& text(const char* text, std::size_t size) noexcept;
  Message& number(std::uint64_t value) noexcept;
  Message& hex(std::uint64_t value) noexcept;
  Message& pointer(const void* value) noexcept {
    return hex(reinterpret_cast<std::uintptr_t>(value));
  }
  void flush() noexcept;

 private:
  char buffer_[512];
  std::size_t used_ = 0;
};

/// "avila_malloc: <what> (pointer 0x…)", then abort(): the heap cannot be trusted any more.
[[noreturn]] void corrupted(const char* what, const void* pointer) noexcept;

}  // namespace avila::alloc::detail

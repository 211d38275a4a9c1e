#include "report.hpp"

#include <cstdlib>
#include <cstring>

#include "os_memory.hpp"

namespace avila::alloc::detail {

Message& Message::text(const char* text) noexcept { return this->text(text, std::strlen(text)); }

Message& Message::text(const char* text, std::size_t size) noexcept {
  if (size > sizeof buffer_ - used_) flush();
  if (size > sizeof buffer_) {
    os::write_stderr(text, size);
    return *this;
  }
  std::memcpy(buffer_ + used_, text, size);
  used_ += size;
  return *this;
}

Message& Message::number(std::uint64_t value) noexcept {
  char digits[20];
  std::size_t at = sizeof digits;
  do {
    digits[--at] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value > 0);
  return text(digits + at, sizeof digits - at);
}

Message& Message::hex(std::uint64_t value) noexcept {
  char digits[18];
  std::size_t at = sizeof digits;
  do {
    digits[--at] = "0123456789abcdef"[value % 16];
    value /= 16;
  } while (value > 0);
  digits[--at] = 'x';
  digits[--at] = '0';
  return text(digits + at, sizeof digits - at);
}

void Message::flush() noexcept {
  os::write_stderr(buffer_, used_);
  used_ = 0;
}

void corrupted(const char* what, const void* pointer) noexcept {
  Message().text("avila_malloc: ").text(what).text(" (pointer ").pointer(pointer).text(")\n");
  std::abort();
}

}  // namespace avila::alloc::detail

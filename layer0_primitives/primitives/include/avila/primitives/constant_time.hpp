// Secrets that no time may tell: comparing them, and marking them for valgrind's memcheck.
#pragma once
#include <avila/error/span.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace avila {
namespace detail {

constexpr std::uint64_t kMemcheckBase = std::uint64_t{'M'} << 24 | std::uint64_t{'C'} << 16;
constexpr std::uint64_t kMakeMemUndefined = kMemcheckBase + 1;
constexpr std::uint64_t kMakeMemDefined = kMemcheckBase + 2;
constexpr std::uint64_t kRunningOnValgrind = 0x1001;
constexpr std::uint64_t kCountErrors = 0x1201;

/// A client request of valgrind ("The Client Request mechanism", valgrind manual; the instruction
/// sequence is part of its stable interface): rotations that add up to nothing, then an exchange of
/// a register with itself. A processor does nothing; valgrind reads the request in %rax. Returns
/// what valgrind answers; 0 outside of it.
inline std::uint64_t valgrind_request(std::uint64_t request, const void* memory = nullptr,
                                      std::size_t bytes = 0) noexcept {
#if defined(__x86_64__) && defined(__GNUC__)
  const volatile std::uint64_t arguments[6] = {
      request, reinterpret_cast<std::uint64_t>(memory), bytes, 0, 0, 0};
  std::uint64_t answer = 0;
  asm volatile(
      "rolq $3, %%rdi\n\trolq $13, %%rdi\n\trolq $61, %%rdi\n\trolq $51, %%rdi\n\t"
      "xchgq %%rbx, %%rbx"
      : "+d"(answer)
      : "a"(&arguments[0])
      : "cc", "memory");
  return answer;
#else
  (void)request, (void)memory, (void)bytes;
  return 0;
#endif
}

}  // namespace detail

/// Marks memory as secret for valgrind's memcheck, which then reports every branch and address
/// that depends on it (Langley's ctgrind). Nothing happens outside of valgrind.
inline void classify_memory(const void* memory, std::size_t bytes) noexcept {
  (void)detail::valgrind_request(detail::kMakeMemUndefined, memory, bytes);
}
/// Marks memory as public again: a verdict that the caller may act upon.
inline void declassify_memory(const void* memory, std::size_t bytes) noexcept {
  (void)detail::valgrind_request(detail::kMakeMemDefined, memory, bytes);
}

/// Whether two secrets are equal. CT: time depends on the sizes only. The verdict is public.
inline bool equal_secrets(ByteSpan a, ByteSpan b) noexcept {
  if (a.size() != b.size()) return false;
  std::uint64_t difference = 0;
  std::size_t i = 0;
  for (; a.size() - i >= 8; i += 8) {
    std::uint64_t x, y;
    std::memcpy(&x, a.data() + i, 8);
    std::memcpy(&y, b.data() + i, 8);
    difference |= x ^ y;
  }
  for (; i < a.size(); ++i) difference |= static_cast<std::uint64_t>(a[i] ^ b[i]);
#if defined(__GNUC__)
  asm("" : "+r"(difference));  // no early exit: the compiler knows nothing about the sum
#endif
  const std::uint64_t differ = (difference | (0 - difference)) >> 63;
  declassify_memory(&differ, sizeof differ);
  return differ == 0;
}

}  // namespace avila

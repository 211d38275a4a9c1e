// Client requests of valgrind ("The Client Request mechanism", valgrind manual; the instruction
// sequence is part of its stable interface): rotations that add up to nothing, then an exchange of
// a register with itself. A processor does nothing; valgrind reads the request in %rax.
#pragma once
#include <cstddef>
#include <cstdint>

namespace avila::field::detail {

constexpr std::uint64_t kMemcheckBase = std::uint64_t{'M'} << 24 | std::uint64_t{'C'} << 16;
constexpr std::uint64_t kMakeMemUndefined = kMemcheckBase + 1;
constexpr std::uint64_t kMakeMemDefined = kMemcheckBase + 2;
constexpr std::uint64_t kRunningOnValgrind = 0x1001;
constexpr std::uint64_t kCountErrors = 0x1201;

/// What valgrind answers; 0 outside of it.
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

}  // namespace avila::field::detail

// Assertions for broken invariants of the program; input never fails one.
#pragma once

namespace avila::detail {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept;
}

/// Stays in release builds: prints the expression, place and backtrace to stderr, then aborts.
#define AVILA_ASSERT(expression)                      \
  (__builtin_expect(static_cast<bool>(expression), 1) \
       ? static_cast<void>(0)                         \
       : ::avila::detail::assertion_failed(#expression, __FILE__, __LINE__))

/// For costly checks: debug and fuzz builds only.
#ifdef AVILA_DEBUG
#define AVILA_DEBUG_ASSERT(expression) AVILA_ASSERT(expression)
#else
#define AVILA_DEBUG_ASSERT(expression) static_cast<void>(sizeof(static_cast<bool>(expression)))
#endif

#if !defined(__GNUC__)
#define __builtin_expect(value, expected) (value)
#endif

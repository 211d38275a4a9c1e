#include <avila/error/assert.hpp>
#include <avila/error/error.hpp>
#include <cstdio>
#include <cstdlib>

namespace avila::detail {

void assertion_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, expression);
  std::fputs(capture_backtrace(1).c_str(), stderr);
  std::fflush(stderr);
  std::abort();
}

}  // namespace avila::detail

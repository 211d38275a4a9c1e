// Allocation failure as a value, at the functions that promise it.
#pragma once
#include <avila/error/result.hpp>
#include <new>

namespace avila::numeric::detail {

/// f()'s Result, or OutOfMemory where it threw std::bad_alloc.
template <class F>
auto catch_bad_alloc(F&& f) -> decltype(f()) {
  try {
    return f();
  } catch (const std::bad_alloc&) {
    return Error(Errc::OutOfMemory, "no memory for a number of this size");
  }
}

}  // namespace avila::numeric::detail

// AVILA_MALLOC=stats: every call is counted, and told at exit.
#pragma once
#include <cstddef>

namespace avila::alloc::detail {

void count_allocate(std::size_t usable) noexcept;
void count_free(std::size_t usable) noexcept;
/// Writes the counters and the state of the page heap to standard error.
void report_counters() noexcept;

}  // namespace avila::alloc::detail

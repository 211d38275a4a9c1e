// The checking mode (AVILA_MALLOC=check): red zones, poison, quarantine, and reports with stacks.
#pragma once
#include "process.hpp"

namespace avila::alloc::detail {

/// Null: no memory. `align` is a power of two.
void* check_allocate(std::size_t size, std::size_t align, Face face) noexcept;
void check_free(void* block, Face face) noexcept;
void* check_reallocate(void* block, std::size_t size) noexcept;
/// What was asked for: a byte more is an overflow.
std::size_t check_usable_size(const void* block) noexcept;
/// Looks over all blocks once more, then names what was lost. Runs at exit.
void check_report_leaks() noexcept;
/// AVILA_MALLOC=check,abort: the first error ends the program.
void check_abort_on_error() noexcept;

void check_lock() noexcept;  ///< for fork
void check_unlock() noexcept;

}  // namespace avila::alloc::detail

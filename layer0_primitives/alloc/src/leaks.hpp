// The leak search: which live blocks can the program still reach?
#pragma once
#include "check_table.hpp"

namespace avila::alloc::detail {

/// Marks (`reached`) every live block that a word in the program's writable memory, or in a block
/// so reached, points into. `is_heap` says which mappings are a heap's and hence no roots. False:
/// the memory map could not be read, and everything is taken for reached.
bool mark_reachable(CheckTable& table, bool (*is_heap)(std::uintptr_t address)) noexcept;

}  // namespace avila::alloc::detail

// Stacks for the reports of the checking mode: captured and named without this heap's help.
#pragma once
#include <cstddef>

#include "report.hpp"

namespace avila::alloc::detail {

inline constexpr unsigned kMaxFrames = 16;

struct Stack {
  void* frames[kMaxFrames];
  unsigned count = 0;
};

/// The callers of the function that calls this, nearest first, those inside this library left out.
void capture_stack(Stack& stack) noexcept;

/// "    #0 name (module+0x…)" for each frame. Names come from the dynamic symbols, else from the
/// .symtab of the module's file; C++ names are demangled where the program has the means.
void print_stack(Message& out, const Stack& stack) noexcept;

}  // namespace avila::alloc::detail

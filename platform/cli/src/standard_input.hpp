// Standard input in pieces, for commands that may end before it does.
#pragma once
#include <atomic>
#include <avila/error/result.hpp>
#include <string>

namespace avila::cli {

/// What standard input has next; empty at its end, or when `stop` is set. Blocks.
Result<std::string> next_input(const std::atomic<bool>& stop);

}  // namespace avila::cli

#pragma once
#include <avila/cli/command.hpp>

namespace avila::cli {

/// A certificate from a CA that speaks ACME.
Result<int> ca_acme(const Arguments& arguments);

}  // namespace avila::cli

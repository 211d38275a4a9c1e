#pragma once
#include <string_view>

namespace avila::aviladb {

/// examples/brazil-states.json, put in by CMake.
extern const std::string_view kBrazilStates;

}  // namespace avila::aviladb

#include <avila/json/options.hpp>

namespace avila::json {

std::string_view to_string(Kind kind) noexcept {
  static constexpr std::string_view kNames[] = {"null",   "bool",  "int",    "uint",      "double",
                                                "string", "array", "object", "big number"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace avila::json

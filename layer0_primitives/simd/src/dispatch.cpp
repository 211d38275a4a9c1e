#include <avila/simd/dispatch.hpp>

#include <cstdlib>
#include <string_view>

namespace avila::simd::detail {

int rank_in_list(const char* wanted, const char* name) noexcept {
  std::string_view rest(wanted);
  for (int rank = 0;; ++rank) {
    const auto comma = rest.find(',');
    if (rest.substr(0, comma) == name) return rank;
    if (comma == std::string_view::npos) return -1;
    rest.remove_prefix(comma + 1);
  }
}

const char* forced_kernels() noexcept {
  static const char* const wanted = [] {
    const char* text = std::getenv("AVILA_KERNEL");
    return text != nullptr && *text != '\0' ? text : nullptr;
  }();
  return wanted;
}

}  // namespace avila::simd::detail

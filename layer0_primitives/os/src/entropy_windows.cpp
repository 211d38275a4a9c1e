#include <avila/os/entropy.hpp>

#include <algorithm>

#include "windows_strings.hpp"
// after windows.h
#include <bcrypt.h>

namespace avila::os {
namespace {

class WindowsEntropy final : public Entropy {
 public:
  Result<void> fill(MutableByteSpan into) override {
    while (!into.empty()) {
      const auto part = std::min<std::size_t>(into.size(), 1U << 30);
      if (BCryptGenRandom(nullptr, reinterpret_cast<PUCHAR>(into.data()), static_cast<ULONG>(part),
                          BCRYPT_USE_SYSTEM_PREFERRED_RNG) != 0)
        return Error(Errc::Unavailable, "BCryptGenRandom failed");
      into = into.subspan(part);
    }
    return {};
  }
};

}  // namespace

Entropy& system_entropy() {
  static WindowsEntropy entropy;
  return entropy;
}

}  // namespace avila::os

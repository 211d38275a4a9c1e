// getentropy(3) of macOS and the BSDs: at most 256 bytes a call.
#include <sys/random.h>
#include <unistd.h>
#include <avila/os/entropy.hpp>

#include <algorithm>
#include <cerrno>

namespace avila::os {
namespace {

constexpr std::size_t kGetentropyMax = 256;

class BsdEntropy final : public Entropy {
 public:
  Result<void> fill(MutableByteSpan into) override {
    while (!into.empty()) {
      const std::size_t part = std::min(into.size(), kGetentropyMax);
      if (::getentropy(into.data(), part) != 0) return Error::from_errno(errno, "getentropy");
      into = into.subspan(part);
    }
    return {};
  }
};

}  // namespace

Entropy& system_entropy() {
  static BsdEntropy entropy;
  return entropy;
}

}  // namespace avila::os

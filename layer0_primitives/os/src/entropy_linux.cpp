// getrandom(2): blocks only until the kernel's pool is first seeded, never afterwards.
#include <sys/random.h>
#include <avila/os/entropy.hpp>

#include <cerrno>

namespace avila::os {
namespace {

class LinuxEntropy final : public Entropy {
 public:
  Result<void> fill(MutableByteSpan into) override {
    while (!into.empty()) {
      const ssize_t got = ::getrandom(into.data(), into.size(), 0);
      if (got > 0) {
        into = into.subspan(static_cast<std::size_t>(got));
      } else if (errno != EINTR) {
        return Error::from_errno(errno, "getrandom");
      }
    }
    return {};
  }
};

}  // namespace

Entropy& system_entropy() {
  static LinuxEntropy entropy;
  return entropy;
}

}  // namespace avila::os

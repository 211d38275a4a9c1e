// Constant time shown by valgrind's memcheck (Langley, "ctgrind", 2010): a test marks secrets
// undefined and runs in a process of its own, which memcheck fails for a branch or an address that
// depends on them.
#pragma once
#include <array>
#include <avila/primitives/constant_time.hpp>
#include <avila_test/tools.hpp>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <string>

namespace avila_test {

/// Exit status of a child in which memcheck saw something.
constexpr int kCtgrindErrors = 99;

/// Whether this process is such a child; its tests are named ConstantTimeChild.….
inline bool in_ctgrind_child() { return std::getenv("AVILA_CTGRIND") != nullptr; }

/// Not with sanitizers: valgrind does not run programs that have them.
inline bool can_run_ctgrind() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return false;
#else
  return have_program("valgrind");
#endif
#else
  return have_program("valgrind");
#endif
}

/// Runs ConstantTimeChild.`name` of this executable under memcheck; `environment`: "A=b", or "".
inline CommandResult run_ctgrind_child(const std::string& name,
                                       const std::string& environment = "") {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  return run_command(environment + " AVILA_CTGRIND=1 valgrind --quiet --error-exitcode=" +
                     std::to_string(kCtgrindErrors) + " '" + self +
                     "' --gtest_filter=ConstantTimeChild." + name + " 2>&1");
}

/// A value that no optimiser may leave out.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

/// Bytes that are marked as secret during its life. As a number, highest byte first, not small and
/// below the order of every group.
template <std::size_t N>
struct SecretInput {
  std::array<std::byte, N> bytes;
  SecretInput() {
    for (std::size_t i = 0; i < N; ++i) bytes[i] = static_cast<std::byte>(37 * i + 11);
    avila::classify_memory(bytes.data(), N);
  }
  ~SecretInput() { avila::declassify_memory(bytes.data(), N); }
  SecretInput(const SecretInput&) = delete;
  SecretInput& operator=(const SecretInput&) = delete;
};

/// These children leak by design: memcheck must say so.
inline void expect_leaks_seen(std::initializer_list<const char*> names) {
  for (const char* name : names)
    EXPECT_EQ(run_ctgrind_child(name).status, kCtgrindErrors) << name << ": a leak was not seen";
}
/// These must not, in any of the environments.
inline void expect_no_leaks(std::initializer_list<const char*> names,
                            std::initializer_list<const char*> environments = {""}) {
  for (const char* environment : environments) {
    for (const char* name : names) {
      const CommandResult result = run_ctgrind_child(name, environment);
      EXPECT_EQ(result.status, 0) << name << ' ' << environment << result.out.substr(0, 20'000);
      EXPECT_NE(result.out.find("[  PASSED  ] 1 test"), std::string::npos)
          << result.out.substr(0, 2'000);
    }
  }
}

}  // namespace avila_test

/// At the start of each ConstantTimeChild test: it runs under valgrind only.
#define AVILA_CTGRIND_CHILD()                                                       \
  do {                                                                              \
    if (!avila_test::in_ctgrind_child()) GTEST_SKIP() << "started by another test"; \
  } while (false)
/// At the start of the tests that run them.
#define AVILA_REQUIRE_CTGRIND()                                            \
  do {                                                                     \
    if (!avila_test::can_run_ctgrind())                                    \
      GTEST_SKIP() << "SKIPPED: valgrind is absent, or sanitizers are on"; \
  } while (false)

// Constant time shown by valgrind's memcheck (Langley, "ctgrind", 2010): a test marks secrets
// undefined and runs in a process of its own, which memcheck fails for a branch or an address that
// depends on them.
#pragma once
#include <avila_test/tools.hpp>
#include <cstdlib>
#include <filesystem>
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

}  // namespace avila_test

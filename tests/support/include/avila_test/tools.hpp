// What tests of real programs need: a program on PATH, a temporary folder, a command's output,
// seeds.
#pragma once
#include <gtest/gtest.h>

#ifndef _WIN32
#include <sys/wait.h>
#endif

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

namespace avila_test {

/// A fresh folder, removed at the end of the scope.
class TempDir {
 public:
  TempDir() {
    const auto folder = std::filesystem::temp_directory_path();
    std::random_device random;
    do path_ = (folder / ("avila-test-" + std::to_string(random()))).generic_string();
    while (!std::filesystem::create_directory(path_));
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

#ifndef _WIN32
struct CommandResult {
  int status = -1;  ///< exit status, or 128 + signal
  std::string out;  ///< standard output (add 2>&1 for both)
};

/// Runs a shell command and collects its standard output.
inline CommandResult run_command(const std::string& command) {
  CommandResult result;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return result;
  char buffer[4096];
  for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    result.out.append(buffer, n);
  const int status = ::pclose(pipe);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

inline bool have_program(const std::string& name) {
  return run_command("command -v " + name + " 2>/dev/null").status == 0;
}

/// The page as headless Chromium has it once everything in it is loaded. Every certificate is
/// taken, and no other host than the page's is asked.
inline std::string dump_dom(const std::string& url) {
  const TempDir profile;
  return run_command(
             "timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-quic "
             "--no-first-run --disable-background-networking --disable-component-update "
             "--disable-sync --ignore-certificate-errors "
             "--user-data-dir=" +
             profile.path() + " --dump-dom " + url + " 2>/dev/null")
      .out;
}
#endif

/// $AVILA_SEED alone when set (to replay a failure), else 1…count.
template <class Run>
void for_each_seed(unsigned long long count, Run&& run) {
  const char* one = std::getenv("AVILA_SEED");
  const unsigned long long first = one != nullptr ? std::strtoull(one, nullptr, 10) : 1;
  const unsigned long long last = one != nullptr ? first : count;
  for (unsigned long long seed = first; seed <= last; ++seed) {
    SCOPED_TRACE("AVILA_SEED=" + std::to_string(seed));
    run(seed);
    if (::testing::Test::HasFailure()) {
      std::printf("failed with AVILA_SEED=%llu\n", seed);
      return;
    }
  }
}

}  // namespace avila_test

/// Skips the test, loudly, where a program it drives is absent.
#define AVILA_REQUIRE_PROGRAM(program)                      \
  do {                                                      \
    if (!avila_test::have_program(program)) {               \
      std::printf("SKIPPED: %s is not on PATH\n", program); \
      GTEST_SKIP() << program << " is not on PATH";         \
    }                                                       \
  } while (false)

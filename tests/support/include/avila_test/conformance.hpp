// Public conformance suites: found at $AVILA_CONFORMANCE, else beside the checkout. A missing suite
// skips loudly; a present one prints its counts and fails unless passed + excluded = cases.
#pragma once
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace avila_test {

/// The folder of a suite (`suite_path("json/JSONTestSuite")`); it may not exist.
inline std::filesystem::path suite_path(const std::string& suite) {
  const char* root = std::getenv("AVILA_CONFORMANCE");
  return std::filesystem::path(root != nullptr ? root : AVILA_CONFORMANCE_DEFAULT) / suite;
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// Regular files below `folder` whose name ends with `suffix`, in name order.
inline std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder,
                                                      const std::string& suffix = "") {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().filename().string().ends_with(suffix))
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

/// Counts the cases of one suite. Call pass/exclude/fail once a case, then finish().
class SuiteReport {
 public:
  explicit SuiteReport(std::string name) : name_(std::move(name)) {}
  void pass() { ++cases_, ++passed_; }
  /// A case left out by name; say why at the exclusion list in the test.
  void exclude() { ++cases_, ++excluded_; }
  void fail(const std::string& what) {
    ++cases_;
    if (failures_++ < 20) ADD_FAILURE() << name_ << ": " << what;
  }
  void check(bool ok, const std::string& what) { ok ? pass() : fail(what); }
  void finish() const {
    std::printf("suite %s: %zu cases, %zu passed, %zu excluded\n", name_.c_str(), cases_, passed_,
                excluded_);
    EXPECT_GT(cases_, 0U) << name_ << " holds no case";
    EXPECT_EQ(passed_ + excluded_, cases_);
  }

 private:
  std::string name_;
  std::size_t cases_ = 0, passed_ = 0, excluded_ = 0, failures_ = 0;
};

}  // namespace avila_test

/// Skips the test, loudly, where the suite is absent.
#define AVILA_REQUIRE_SUITE(suite)                                                \
  do {                                                                            \
    if (!std::filesystem::exists(avila_test::suite_path(suite))) {                \
      std::printf("SKIPPED suite %s: not found; set AVILA_CONFORMANCE\n", suite); \
      GTEST_SKIP() << "suite " << suite << " not found; set AVILA_CONFORMANCE";   \
    }                                                                             \
  } while (false)

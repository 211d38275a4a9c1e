// House rules that a reader can check by eye, checked by machine: what every library folder holds,
// light public headers, short lines, tests that assert, nothing third-party.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path kRoot = AVILA_SOURCE_DIR;

std::vector<fs::path> library_folders() {
  std::vector<fs::path> folders;
  for (const auto& layer : fs::directory_iterator(kRoot)) {
    const std::string name = layer.path().filename().string();
    if (!layer.is_directory() || (!name.starts_with("layer") && name != "platform")) continue;
    for (const auto& folder : fs::directory_iterator(layer))
      if (fs::exists(folder.path() / "CMakeLists.txt")) folders.push_back(folder.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

std::vector<fs::path> sources() {
  std::vector<fs::path> files;
  for (const char* top : {"layer0_primitives", "layer1_crypto", "layer2_net", "layer3_data",
                          "layer4_distributed", "layer5_math", "layer6_geo", "layer7_ui",
                          "layer8_observability", "platform", "tests", "fuzz", "bench"}) {
    if (!fs::exists(kRoot / top)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / top)) {
      const std::string extension = entry.path().extension().string();
      if (extension == ".cpp" || extension == ".hpp") files.push_back(entry.path());
    }
  }
  return files;
}

std::vector<std::string> lines_of(const fs::path& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string text_of(const fs::path& path) {
  std::string text;
  for (const std::string& line : lines_of(path)) text += line + '\n';
  return text;
}

std::string shown(const fs::path& path) { return fs::relative(path, kRoot).string(); }

void for_each_line(const std::vector<fs::path>& files,
                   const std::function<void(const std::string& place, const std::string&)>& f) {
  for (const fs::path& file : files) {
    int number = 0;
    for (const std::string& line : lines_of(file))
      f(shown(file) + ':' + std::to_string(++number), line);
  }
}

/// Code points, not bytes: the column a reader sees.
std::size_t columns(const std::string& line) {
  return static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

TEST(House, EveryLibraryHasAReadmeWithAnExampleAndLimits) {
  for (const fs::path& folder : library_folders()) {
    SCOPED_TRACE(shown(folder));
    EXPECT_TRUE(fs::exists(folder / "README.md"));
    const std::string readme = text_of(folder / "README.md");
    EXPECT_TRUE(readme.starts_with("# " + folder.filename().string()));
    EXPECT_NE(readme.find("\n## Limits"), std::string::npos);
    if (fs::exists(folder / "include")) {
      EXPECT_NE(readme.find("```cpp\n"), std::string::npos) << "no example";
    }
  }
}

TEST(House, EveryLibraryHasTests) {
  for (const fs::path& folder : library_folders()) {
    const fs::path tests = kRoot / "tests" / folder.parent_path().filename() / folder.filename();
    EXPECT_TRUE(fs::exists(tests) && !fs::is_empty(tests)) << shown(folder) << " has no unit tests";
  }
}

TEST(House, LinesFitInHundredColumns) {
  for_each_line(sources(), [](const std::string& place, const std::string& line) {
    // A long literal that fills its line cannot be broken.
    const bool breakable = std::count(line.begin(), line.end(), ' ') > 12;
    if (line.size() > 100) {
      EXPECT_FALSE(breakable && columns(line) > 100) << place;
    }
  });
}

TEST(House, PublicHeadersAreLight) {
  const std::vector<std::string> heavy = {"<regex>",   "<iostream>", "<filesystem>",
                                          "<thread>",  "<random>",   "<future>",
                                          "<sstream>", "<chrono>",   "<iomanip>"};
  std::vector<fs::path> headers;
  for (const fs::path& folder : library_folders()) {
    if (!fs::exists(folder / "include")) continue;
    for (const auto& entry : fs::recursive_directory_iterator(folder / "include"))
      if (entry.is_regular_file()) headers.push_back(entry.path());
  }
  EXPECT_FALSE(headers.empty());
  for_each_line(headers, [&](const std::string& place, const std::string& line) {
    if (!line.starts_with("#include <")) return;
    for (const std::string& name : heavy)
      EXPECT_EQ(line.find(name), std::string::npos)
          << place << ": " << name << " in a public header";
  });
  for (const fs::path& header : headers)
    EXPECT_NE(text_of(header).find("#pragma once"), std::string::npos) << shown(header);
}

TEST(House, NothingThirdParty) {
  const std::vector<std::string> foreign = {
      "<boost", "<openssl",  "<zlib",     "<zstd",    "<lz4",   "<brotli",
      "<curl",  "<sqlite3",  "<rocksdb",  "<leveldb", "<Eigen", "<absl",
      "<fmt",   "<nlohmann", "<simdjson", "<google/", "<uv",    "<jemalloc"};
  for_each_line(sources(), [&](const std::string& place, const std::string& line) {
    if (!line.starts_with("#include <")) return;
    for (const std::string& name : foreign) EXPECT_EQ(line.find(name), std::string::npos) << place;
    if (line.find("<gtest/") != std::string::npos) {
      EXPECT_TRUE(place.starts_with("tests/")) << place;
    }
  });
}

TEST(House, TestFilesCheckAsOftenAsTheyTest) {
  for (const fs::path& file : sources()) {
    if (!file.filename().string().ends_with("_test.cpp")) continue;
    int tests = 0;
    int checks = 0;
    for (const std::string& line : lines_of(file)) {
      // Children of memcheck are judged by their parents: expect_no_leaks(), expect_leaks_seen().
      if (line.starts_with("TEST(ConstantTimeChild,")) continue;
      tests +=
          line.starts_with("TEST(") || line.starts_with("TEST_F(") || line.starts_with("TEST_P(");
      for (const char* mark :
           {"EXPECT_", "ASSERT_", "FAIL(", "ADD_FAILURE", ".check(", ".finish(", "expect_"})
        checks += line.find(mark) != std::string::npos;
    }
    EXPECT_GE(checks, tests) << shown(file);
  }
}

TEST(House, EveryFuzzTargetHasSeeds) {
  if (!fs::exists(kRoot / "fuzz")) GTEST_SKIP() << "no fuzz folder";
  for (const auto& entry : fs::directory_iterator(kRoot / "fuzz")) {
    if (entry.path().extension() != ".cpp") continue;
    const fs::path corpus = kRoot / "fuzz" / "corpus" / entry.path().stem();
    EXPECT_TRUE(fs::exists(corpus) && !fs::is_empty(corpus)) << shown(entry.path());
  }
}

}  // namespace

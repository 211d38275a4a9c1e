// Runs a fuzz target without libFuzzer: every file of the corpus, every truncation of the small
// ones, and seeded mutations of each. AVILA_FUZZ_ROUNDS sets the mutations of one file (200).
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

struct SplitMix64 {
  std::uint64_t state;
  std::uint64_t next() {
    std::uint64_t z = (state += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
};

void run(const Input& input) {
  // An exact-size heap copy, so that a sanitizer sees a read past the end.
  const Input copy(input.begin(), input.end());
  (void)LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

Input mutate(Input input, SplitMix64& random) {
  const auto changes = 1 + random.next() % 4;
  for (std::uint64_t i = 0; i < changes; ++i) {
    const auto at = input.empty() ? 0 : random.next() % input.size();
    switch (random.next() % 5) {
      case 0:
        if (!input.empty()) input[at] ^= static_cast<std::uint8_t>(1U << (random.next() & 7));
        break;
      case 1:
        if (!input.empty()) input[at] = static_cast<std::uint8_t>(random.next());
        break;
      case 2:
        input.insert(input.begin() + static_cast<std::ptrdiff_t>(at),
                     static_cast<std::uint8_t>(random.next()));
        break;
      case 3:
        if (!input.empty()) input.erase(input.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      default:
        if (!input.empty()) input.resize(random.next() % input.size());
        break;
    }
  }
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(argv[i], error))
      if (entry.is_regular_file()) files.push_back(entry.path());
    if (error) {
      std::fprintf(stderr, "%s: %s; a fuzz target needs a seed corpus\n", argv[i],
                   error.message().c_str());
      return 1;
    }
  }
  if (files.empty()) {
    std::fprintf(stderr, "no seed in the corpus folder\n");
    return 1;
  }
  const char* rounds_text = std::getenv("AVILA_FUZZ_ROUNDS");
  const int rounds = rounds_text != nullptr ? std::atoi(rounds_text) : 200;
  run({});
  std::uint64_t ran = 1;
  for (std::size_t f = 0; f < files.size(); ++f) {
    std::ifstream in(files[f], std::ios::binary);
    const Input seed{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    run(seed);
    const std::size_t step = 1 + seed.size() / 256;
    for (std::size_t n = 0; n < seed.size(); n += step, ++ran)
      run(Input(seed.begin(), seed.begin() + static_cast<std::ptrdiff_t>(n)));
    SplitMix64 random{f + 1};
    for (int i = 0; i < rounds; ++i, ++ran) run(mutate(seed, random));
  }
  std::printf("%zu seeds, %llu inputs\n", files.size(), static_cast<unsigned long long>(ran));
  return 0;
}

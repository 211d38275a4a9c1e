#include <avila/os/entropy.hpp>
#include <avila/random/chacha.hpp>
#include <avila/random/fast.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <thread>
#if !defined(_WIN32)
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace avila::random {
namespace {

template <std::size_t N>
std::array<std::byte, N> bytes_of(std::string_view hex) {
  std::array<std::byte, N> out{};
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (std::size_t i = 0; i < N; ++i)
    out[i] = static_cast<std::byte>(digit(hex[2 * i]) * 16 + digit(hex[2 * i + 1]));
  return out;
}

struct BlockVector {
  const char *key, *nonce;
  std::uint32_t counter;
  const char* stream;
};
// RFC 8439 section 2.3.2 and appendix A.1 (test vectors 1 to 5).
constexpr char kZeroKey[] = "0000000000000000000000000000000000000000000000000000000000000000";
constexpr BlockVector kBlocks[] = {
    {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "000000090000004a00000000",
     1,
     "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"
     "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e"},
    {kZeroKey, "000000000000000000000000", 0,
     "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
     "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"},
    {kZeroKey, "000000000000000000000000", 1,
     "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
     "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f"},
    {"0000000000000000000000000000000000000000000000000000000000000001", "000000000000000000000000",
     1,
     "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a"
     "8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0"},
    {"00ff000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     2,
     "72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca"
     "13b25aa26cb4a648cb9b9d1be65b2c0924a66c54d545ec1b7374f4872e99f096"},
    {kZeroKey, "000000000000000000000002", 0,
     "c2c64d378cd536374ae204b9ef933fcd1a8b2288b3dfa49672ab765b54ee27c7"
     "8a970e0e955c14f3a88e741b97c286f75f8fc299e8148362fa198a39531bed6d"},
};

TEST(ChaCha20, BlockVectorsOfRfc8439) {
  for (const BlockVector& v : kBlocks) {
    std::array<std::byte, 64> out{};
    const auto key = bytes_of<32>(v.key);
    const auto nonce = bytes_of<12>(v.nonce);
    chacha20_block(key, v.counter, nonce, out);
    EXPECT_EQ(out, bytes_of<64>(v.stream));
  }
}

TEST(ChaChaRandom, IsTheKeyStreamBlockAfterBlock) {
  const auto key = bytes_of<32>(kBlocks[0].key);
  ChaChaRandom random(key);
  for (std::uint32_t block = 0; block < 40; ++block) {
    std::array<std::byte, 64> expected{}, out{};
    chacha20_block(key, block, std::array<std::byte, 12>{}, expected);
    random.fill(out);
    ASSERT_EQ(out, expected) << block;
  }
}

TEST(SplitMix64, FirstNumbersOfSeedZero) {
  SplitMix64 random(0);
  EXPECT_EQ(random.next(), 0xE220A8397B1DCDAFU);
  EXPECT_EQ(random.next(), 0x6E789E6AA1B965F4U);
  EXPECT_EQ(random.next(), 0x06C45D188009454FU);
}

TEST(Xoshiro256pp, FirstNumbersOfTheReferenceState) {
  // State 1, 2, 3, 4: worked out from the definition.
  Xoshiro256pp random(1, 2, 3, 4);
  EXPECT_EQ(random.next(), 41943041U);
  EXPECT_EQ(random.next(), 58720359U);
  EXPECT_EQ(random.next(), 3588806011781223U);
  EXPECT_EQ(random.next(), 3591011842654386U);
  Xoshiro256pp a(5), b(5);
  a.jump();
  EXPECT_NE(a.next(), b.next());
}

TEST(Pcg64, StreamsDiffer) {
  Pcg64 a(42, 54), b(42, 55), c(42, 54);
  for (int i = 0; i < 10; ++i) {
    const auto x = a.next();
    EXPECT_NE(x, b.next());
    EXPECT_EQ(x, c.next());
  }
}

template <class Generator>
void looks_uniform(Generator& random) {
  // Chi-square over 10 bins, 9 degrees of freedom: 40 has a probability of about 1e-5.
  std::array<double, 10> bins{};
  constexpr int kDraws = 20000;
  for (int i = 0; i < kDraws; ++i) ++bins[static_cast<std::size_t>(random.below(10))];
  double chi = 0;
  for (const double n : bins) chi += (n - kDraws / 10.0) * (n - kDraws / 10.0) / (kDraws / 10.0);
  EXPECT_LT(chi, 40);
  double sum = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double u = random.u01();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    sum += u;
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 0.015);
}

TEST(Numbers, RangesAreUniform) {
  Xoshiro256pp xoshiro(1);
  Pcg64 pcg(1);
  SplitMix64 split(1);
  looks_uniform(xoshiro);
  looks_uniform(pcg);
  looks_uniform(split);
  looks_uniform(secure_random());
}

TEST(Numbers, BelowHasNoBiasAtAwkwardBounds) {
  // With bound 3 * 2^62 a plain modulus would give the lower third twice as often.
  Xoshiro256pp random(2);
  const std::uint64_t bound = std::uint64_t{3} << 62;
  int low = 0;
  for (int i = 0; i < 9000; ++i) low += random.below(bound) < bound / 3 ? 1 : 0;
  EXPECT_NEAR(low, 3000, 250);
  EXPECT_EQ(random.below(1), 0U);
}

TEST(Numbers, BetweenReachesBothEnds) {
  Xoshiro256pp random(3);
  std::set<std::int64_t> seen;
  for (int i = 0; i < 200; ++i) seen.insert(random.between(-2, 2));
  EXPECT_EQ(seen, (std::set<std::int64_t>{-2, -1, 0, 1, 2}));
  EXPECT_EQ(random.between(INT64_MIN, INT64_MIN), INT64_MIN);
  (void)random.between(INT64_MIN, INT64_MAX);
}

TEST(Numbers, ShuffleGivesEveryOrderEquallyOften) {
  Xoshiro256pp random(4);
  std::map<std::string, int> orders;
  for (int i = 0; i < 6000; ++i) {
    std::string items = "abc";
    shuffle(items, random);
    ++orders[items];
  }
  EXPECT_EQ(orders.size(), 6U);
  for (const auto& [order, count] : orders) EXPECT_NEAR(count, 1000, 150) << order;
}

TEST(Numbers, PartialShuffleChoosesWithoutBias) {
  Pcg64 random(5);
  std::array<int, 5> chosen{};
  for (int i = 0; i < 5000; ++i) {
    std::array<int, 5> items{0, 1, 2, 3, 4};
    random.partial_shuffle(std::span<int>(items), 2);
    ++chosen[static_cast<std::size_t>(items[0])];
    ++chosen[static_cast<std::size_t>(items[1])];
  }
  for (const int n : chosen) EXPECT_NEAR(n, 2000, 200);
}

TEST(SecureRandom, NeverRepeatsAcrossThreadsAndSizes) {
  SecureRandom random(3U);
  std::vector<std::vector<std::uint64_t>> drawn(4);
  std::vector<std::thread> threads;
  for (auto& mine : drawn)
    threads.emplace_back([&random, &mine] {
      for (int i = 0; i < 2000; ++i) mine.push_back(random.uint64());
    });
  for (auto& thread : threads) thread.join();
  std::set<std::uint64_t> all;
  for (const auto& mine : drawn) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), 8000U);
  std::vector<std::byte> large(SecureRandom::kReseedBytes * 2 + 17);
  random.fill(large);
  int ones = 0;
  for (const std::byte b : large) ones += std::popcount(static_cast<unsigned char>(b));
  EXPECT_NEAR(ones, static_cast<double>(large.size()) * 4, 20000);
}

class FailingEntropy final : public os::Entropy {
 public:
  Result<void> fill(MutableByteSpan into) override {
    ++calls;
    if (fails) return Error(Errc::Unavailable, "no entropy");
    std::fill(into.begin(), into.end(), static_cast<std::byte>(calls));
    return {};
  }
  int calls = 0;
  bool fails = false;
};

TEST(SecureRandom, ReseedsByVolumeAndReportsFailure) {
  FailingEntropy entropy;
  SecureRandom random(entropy);
  std::vector<std::byte> chunk(SecureRandom::kReseedBytes / 4);
  for (int i = 0; i < 9; ++i) random.fill(chunk);
  EXPECT_EQ(entropy.calls, 3);
  entropy.fails = true;
  EXPECT_TRUE(random.reseed().error().is(Errc::Unavailable));
}

TEST(SecureRandomDeathTest, StopsRatherThanGiveGuessableNumbers) {
  FailingEntropy entropy;
  entropy.fails = true;
  SecureRandom random(entropy);
  EXPECT_DEATH((void)random.next(), "entropy");
}

#if !defined(_WIN32)
TEST(SecureRandom, ForkedChildHasNumbersOfItsOwn) {
  SecureRandom random;
  (void)random.next();
  int pipes[2];
  ASSERT_EQ(pipe(pipes), 0);
  const pid_t child = fork();
  if (child == 0) {
    const std::uint64_t mine = random.next();
    const bool written = write(pipes[1], &mine, sizeof mine) == sizeof mine;
    _exit(written ? 0 : 1);
  }
  std::uint64_t theirs = 0;
  ASSERT_EQ(read(pipes[0], &theirs, sizeof theirs), static_cast<ssize_t>(sizeof theirs));
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_NE(theirs, random.next());
  close(pipes[0]);
  close(pipes[1]);
}
#endif

}  // namespace
}  // namespace avila::random

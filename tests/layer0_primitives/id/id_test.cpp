#include <avila/id/analysis.hpp>
#include <avila/id/ksuid.hpp>
#include <avila/id/nano_id.hpp>
#include <avila/id/snowflake.hpp>
#include <avila/id/ulid.hpp>
#include <avila/id/uuid.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/random/chacha.hpp>

#include <cmath>
#include <set>
#include <thread>

namespace avila::id {
namespace {

template <class T>
void refuses(const Result<T>& result, std::uint64_t offset, const char* what) {
  ASSERT_FALSE(result.has_value());
  EXPECT_TRUE(result.error().is(Errc::Malformed));
  EXPECT_EQ(result.error().offset(), offset);
  EXPECT_NE(result.error().message().find(what), std::string_view::npos)
      << result.error().message();
}

TEST(Uuid, ExamplesOfRfc9562) {
  // RFC 9562 appendix A.3 and A.6.
  const Uuid v4 = Uuid::parse("919108f7-52d1-4320-9bac-f847db4148a8").value();
  EXPECT_EQ(v4.version(), 4U);
  EXPECT_TRUE(v4.is_rfc9562());
  EXPECT_FALSE(v4.time().has_value());
  const Uuid v7 = Uuid::parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F").value();
  EXPECT_EQ(v7.version(), 7U);
  EXPECT_EQ(v7.time(), WallTime{1645557742000LL * 1'000'000});
  EXPECT_EQ(v7.to_string(), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  EXPECT_EQ(Uuid::nil().to_string(), "00000000-0000-0000-0000-000000000000");
  EXPECT_EQ(Uuid::max().to_string(), "ffffffff-ffff-ffff-ffff-ffffffffffff");
}

TEST(Uuid, ParsesStrictlyAndSaysWhere) {
  refuses(Uuid::parse(""), 0, "36 characters");
  refuses(Uuid::parse("919108f7-52d1-4320-9bac-f847db4148a"), 35, "36 characters");
  refuses(Uuid::parse("919108f7052d1-4320-9bac-f847db4148a8"), 8, "'-'");
  refuses(Uuid::parse("919108f7-52d1-4320-9bac-f847db4148ag"), 35, "digit");
  refuses(Uuid::parse("x19108f7-52d1-4320-9bac-f847db4148a8"), 0, "digit");
  refuses(Uuid::parse("{919108f7-52d1-4320-9bac-f847db4148a8}"), 38, "36 characters");
  refuses(Uuid::parse_lenient("urn:uuix:919108f7-52d1-4320-9bac-f847db4148a8"), 7, "urn:uuid");
  refuses(Uuid::from_bytes(as_bytes("short")), 5, "16 bytes");
  const Uuid id = Uuid::parse("919108f7-52d1-4320-9bac-f847db4148a8").value();
  for (const char* text :
       {"URN:UUID:919108f7-52d1-4320-9bac-f847db4148a8", "{919108F7-52d1-4320-9bac-f847db4148a8}",
        "919108f752d143209bacf847db4148a8", "919108f7-52d1-4320-9bac-f847db4148a8"})
    EXPECT_EQ(Uuid::parse_lenient(text).value(), id) << text;
  EXPECT_EQ(Uuid::parse_lenient(id.to_urn()).value(), id);
  EXPECT_EQ(Uuid::from_bytes(id.bytes()).value(), id);
}

TEST(Uuid, Version4IsStampedAndNeverRepeats) {
  std::set<Uuid> seen;
  for (int i = 0; i < 5000; ++i) {
    const Uuid id = Uuid::v4();
    EXPECT_EQ(id.version(), 4U);
    EXPECT_TRUE(id.is_rfc9562());
    seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 5000U);
}

TEST(Uuid, Version7GrowsAcrossThreads) {
  std::vector<std::vector<Uuid>> drawn(3);
  std::vector<std::thread> threads;
  for (auto& mine : drawn)
    threads.emplace_back([&mine] {
      for (int i = 0; i < 3000; ++i) mine.push_back(Uuid::v7());
    });
  for (auto& thread : threads) thread.join();
  std::set<Uuid> all;
  for (const auto& mine : drawn) {
    for (std::size_t i = 1; i < mine.size(); ++i) ASSERT_LT(mine[i - 1], mine[i]);
    all.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(all.size(), 9000U);
}

TEST(Uuid, Version7GrowsWhileTheClockStandsOrStepsBack) {
  os::SeededEntropy entropy(1);
  random::SecureRandom random(entropy);
  os::ManualClock clock;
  UuidV7Generator generator(clock, random);
  Uuid last = generator.next();
  EXPECT_EQ(last.time(), clock.wall());
  for (int i = 0; i < 2000; ++i) {
    if (i == 1000) clock.set_wall(clock.wall() - seconds(5));
    if (i % 100 == 99) clock.advance(milliseconds(1));
    const Uuid id = generator.next();
    ASSERT_LT(last, id);
    EXPECT_EQ(id.version(), 7U);
    EXPECT_TRUE(id.is_rfc9562());
    last = id;
  }
}

TEST(Uuid, HashSpreads) {
  std::set<std::size_t> low_bits;
  for (int i = 0; i < 256; ++i) low_bits.insert(UuidHash{}(Uuid::v7()) & 255);
  EXPECT_GT(low_bits.size(), 110U);
}

TEST(Ulid, FormatsAndParsesTheSpecificationsExample) {
  const Ulid id = Ulid::parse("01ARZ3NDEKTSV4RRFFQ69G5FAV").value();
  EXPECT_EQ(id.time(), WallTime{1469922850259LL * 1'000'000});
  EXPECT_EQ(id.to_string(), "01ARZ3NDEKTSV4RRFFQ69G5FAV");
  EXPECT_EQ(Ulid::parse("01arz3ndektsv4rrffq69g5fav").value(), id);
  EXPECT_EQ(Ulid::parse("O1ARZ3NDEKTSV4RRFFQ69G5FAV").value(), id);
  EXPECT_EQ(Ulid::parse("7ZZZZZZZZZZZZZZZZZZZZZZZZZ").value().to_uuid(), Uuid::max());
  refuses(Ulid::parse("80000000000000000000000000"), 0, "above");
  refuses(Ulid::parse("01ARZ3NDEKTSV4RRFFQ69G5FA"), 25, "26 characters");
  refuses(Ulid::parse("01ARZ3NDEKTSV4RRFFQ69G5FAU"), 25, "Crockford");
}

TEST(Ulid, TextSortsByTimeAndSequence) {
  std::string last;
  for (int i = 0; i < 2000; ++i) {
    const std::string text = Ulid::generate().to_string();
    ASSERT_LT(last, text);
    last = text;
  }
}

TEST(Snowflake, PacksTimeNodeAndSequence) {
  os::ManualClock clock(kSnowflakeEpoch + seconds(1));
  auto generator = SnowflakeGenerator::create(clock, {.node = 5}).value();
  EXPECT_EQ(generator.next().value().value(), (1000ULL << 22) | (5ULL << 12));
  const Snowflake second = generator.next().value();
  EXPECT_EQ(second.sequence(), 1U);
  EXPECT_EQ(second.node(), 5U);
  EXPECT_EQ(second.time(), clock.wall());
  EXPECT_EQ(Snowflake::parse(second.to_string()).value(), second);
}

TEST(Snowflake, KeepsGrowingWhenTheClockStepsBackAndFailsFarBehind) {
  os::ManualClock clock;
  auto generator =
      SnowflakeGenerator::create(clock, {.node = 1, .max_ahead = milliseconds(100)}).value();
  Snowflake last = generator.next().value();
  clock.set_wall(clock.wall() - milliseconds(90));
  for (int i = 0; i < 10000; ++i) {  // more than two milliseconds' worth
    const Snowflake next = generator.next().value();
    ASSERT_LT(last, next);
    last = next;
  }
  clock.set_wall(clock.wall() - milliseconds(50));
  EXPECT_TRUE(generator.next().error().is(Errc::Unavailable));
  clock.advance(seconds(1));
  EXPECT_LT(last, generator.next().value());
  clock.set_wall({0});
  EXPECT_TRUE(generator.next().error().is(Errc::Unavailable));
  clock.set_wall(kSnowflakeEpoch + days(366 * 80));
  EXPECT_TRUE(generator.next().error().is(Errc::OutOfRange));
  EXPECT_TRUE(SnowflakeGenerator::create(clock, {.node = 1024}).error().is(Errc::InvalidArgument));
}

TEST(Snowflake, ParseRefusesWhatIsNoNumberOf63Bits) {
  EXPECT_EQ(Snowflake::parse("9223372036854775807").value().value(), 9223372036854775807U);
  refuses(Snowflake::parse("9223372036854775808"), 18, "above");
  refuses(Snowflake::parse(""), 0, "digits");
  refuses(Snowflake::parse("12a"), 2, "digit");
}

TEST(Ksuid, FormatsAndParses) {
  // The example of its README: 2017-10-09 21:00:47 -0700, B5A1CD34B5F99D1154FB6853345C9735.
  const Ksuid id = Ksuid::parse("0ujtsYcgvSTl8PAuAdqWYSMnLOv").value();
  EXPECT_EQ(id.time(), WallTime{1507608047LL * 1'000'000'000});
  EXPECT_EQ(static_cast<unsigned>(id.payload()[0]), 0xB5U);
  EXPECT_EQ(static_cast<unsigned>(id.payload()[15]), 0x35U);
  EXPECT_EQ(id.to_string(), "0ujtsYcgvSTl8PAuAdqWYSMnLOv");
  EXPECT_EQ(Ksuid().to_string(), std::string(27, '0'));
  EXPECT_EQ(Ksuid::parse("aWgEPTl1tmebfsQzFP4bxwgy80V").value().to_string(),
            "aWgEPTl1tmebfsQzFP4bxwgy80V");
  refuses(Ksuid::parse("aWgEPTl1tmebfsQzFP4bxwgy80W"), 26, "160 bits");
  refuses(Ksuid::parse("aWgEPTl1tmebfsQzFP4bxwgy80"), 26, "27 characters");
  refuses(Ksuid::parse("0ujtsYcgvSTl8PAuAdqWYSMnLO-"), 26, "letter or digit");
  const Ksuid fresh = Ksuid::generate();
  EXPECT_EQ(Ksuid::parse(fresh.to_string()).value(), fresh);
  EXPECT_NE(fresh, Ksuid::generate());
}

TEST(NanoId, IsUniformOverItsAlphabet) {
  EXPECT_TRUE(NanoId::check(NanoId::generate()).has_value());
  EXPECT_EQ(std::set<char>(kNanoIdAlphabet.begin(), kNanoIdAlphabet.end()).size(), 64U);
  int counts[3] = {};
  for (int i = 0; i < 30; ++i) {
    const std::string drawn = NanoId::generate(1000, "xyz").value();
    for (const char c : drawn) ++counts[c - 'x'];
  }
  for (const int n : counts) EXPECT_NEAR(n, 10000, 500);
}

TEST(NanoId, RefusesUnfitArguments) {
  EXPECT_TRUE(NanoId::generate(0).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(NanoId::generate(kMaxNanoIdSize + 1).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(NanoId::generate(5, "a").error().is(Errc::InvalidArgument));
  EXPECT_TRUE(NanoId::generate(5, "aba").error().is(Errc::InvalidArgument));
  refuses(NanoId::check("short"), 5, "21 characters");
  refuses(NanoId::check("abc!", 4), 3, "outside the alphabet");
}

TEST(Analysis, BirthdayBound) {
  // 23 people, 365 days: 1 - exp(-23*22/730) = 0.5000.
  EXPECT_NEAR(collision_probability(std::log2(365.0), 23), 0.5, 0.001);
  EXPECT_EQ(collision_probability(64, 1), 0);
  EXPECT_NEAR(collision_probability(122, 2.71e18), 0.5, 0.01);
  EXPECT_GT(collision_probability(128, 10), 0);
  EXPECT_NEAR(collision_probability(80, ids_until_collision(80, 1e-6)), 1e-6, 1e-9);
  EXPECT_NEAR(bits_for(ids_until_collision(96, 0.01), 0.01), 96, 1e-6);
  EXPECT_DOUBLE_EQ(entropy_bits(64, 21), 126);
}

TEST(Analysis, DetectsKindsAndMeasuresTexts) {
  EXPECT_EQ(detect(Uuid::v4().to_string()), Kind::UuidV4);
  EXPECT_EQ(detect(Uuid::v7().to_string()), Kind::UuidV7);
  EXPECT_EQ(detect(Ulid::generate().to_string()), Kind::Ulid);
  EXPECT_EQ(detect(Ksuid::generate().to_string()), Kind::Ksuid);
  EXPECT_EQ(detect(NanoId::generate()), Kind::NanoId);
  EXPECT_EQ(detect("7212345678901234567"), Kind::Snowflake);
  EXPECT_EQ(detect("hello"), Kind::Unknown);
  EXPECT_EQ(analyze("aaaaaaaaaaaa").distinct, 1U);
  EXPECT_EQ(analyze("aaaaaaaaaaaa").shannon_bits, 0);
  const Analysis hex = analyze("0123456789abcdef");
  EXPECT_EQ(hex.alphabet_size, 16U);
  EXPECT_DOUBLE_EQ(hex.shannon_bits, 4);
  EXPECT_DOUBLE_EQ(hex.max_bits, 64);
  EXPECT_EQ(analyze(Uuid::v4().to_string()).random_bits, 122);
  EXPECT_EQ(analyze("").length, 0U);
}

}  // namespace
}  // namespace avila::id

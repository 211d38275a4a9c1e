#include <avila/text/detail/kernels.hpp>
#include <avila/text/utf8.hpp>

namespace avila::text {
namespace {

std::string encoded(char32_t c) {
  std::string out;
  append_utf8(out, c);
  return out;
}

struct SplitMix64 {
  std::uint64_t state;
  std::uint64_t next() {
    std::uint64_t z = (state += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
};

char32_t random_scalar(SplitMix64& random) {
  static constexpr char32_t kLimits[] = {0x80, 0x800, 0x10000, 0x110000};
  const char32_t c = static_cast<char32_t>(random.next() % kLimits[random.next() % 4]);
  return is_scalar_value(c) ? c : U'x';
}

void every_kernel_says(std::string_view text, bool expected) {
  for (const auto& kernel : detail::validate_utf8_kernels()) {
    if (!kernel.supported()) continue;
    EXPECT_EQ(kernel.run(text.data(), text.size()), expected) << kernel.name << ' ' << text.size();
  }
}

TEST(Utf8, EveryScalarValueRoundTrips) {
  for (char32_t c = 0; c <= kMaxCodePoint; ++c) {
    if (!is_scalar_value(c)) continue;
    char bytes[4];
    const std::size_t n = encode_utf8(c, bytes);
    const auto decoded = decode_utf8({bytes, n});
    if (!decoded.valid || decoded.code_point != c || decoded.length != n || n != utf8_length(c))
      FAIL() << static_cast<unsigned>(c);
  }
}

TEST(Utf8, SurrogatesAndTooLargeBecomeTheReplacementCharacter) {
  EXPECT_EQ(encoded(0xD800), "\xEF\xBF\xBD");
  EXPECT_EQ(encoded(0x110000), "\xEF\xBF\xBD");
}

TEST(Utf8, KernelsAgreeOnEveryPairAndLeadWithEveryByte) {
  // All texts of a lead byte, a second and a third of interest, placed across block borders.
  const std::string pad(61, 'a');
  for (unsigned a = 0x7F; a < 0x100; ++a) {
    for (unsigned b = 0; b < 0x100; ++b) {
      for (const char* tail : {"", "\x80", "\xBF\x80", "z"}) {
        std::string text = pad;
        text += static_cast<char>(a);
        text += static_cast<char>(b);
        text += tail;
        text += pad;
        std::size_t at = 0;
        while (at < text.size() && decode_utf8(text, at).valid) at += decode_utf8(text, at).length;
        every_kernel_says(text, at == text.size());
      }
    }
  }
}

TEST(Utf8, KernelsAgreeOnDamagedTextAtEverySize) {
  SplitMix64 random{1};
  for (std::size_t size = 0; size < 700; size += size < 300 ? 1 : 13) {
    for (int ascii = 0; ascii < 3; ++ascii) {
      std::string text;
      while (text.size() < size)
        append_utf8(text, random.next() % 8 < 3U * static_cast<unsigned>(ascii)
                              ? U'a'
                              : random_scalar(random));
      every_kernel_says(text, true);
      if (!text.empty()) {
        const std::string_view rest = std::string_view(text).substr(1);
        every_kernel_says(rest, valid_utf8_prefix(rest) == rest.size());
      }
      for (int round = 0; round < 4 && !text.empty(); ++round) {
        std::string damaged = text;
        damaged[random.next() % damaged.size()] = static_cast<char>(random.next());
        if (round == 3) damaged.resize(random.next() % damaged.size());
        const bool good = valid_utf8_prefix(damaged) == damaged.size();
        every_kernel_says(damaged, good);
        EXPECT_EQ(validate_utf8(damaged), good);
      }
    }
  }
}

TEST(Utf8, PrefixStopsAtTheFirstError) {
  for (const std::size_t n : {0U, 1U, 15U, 63U, 64U, 65U, 127U, 5000U}) {
    std::string text(n, 'x');
    EXPECT_EQ(valid_utf8_prefix(text), n);
    EXPECT_EQ(valid_utf8_prefix(text + "\xE2\x82"), n);
    EXPECT_EQ(valid_utf8_prefix(text + "\xE2\x82\xAC\xFF and more"), n + 3);
  }
}

TEST(Utf8, IllFormedPartsAreReplacedByTheMaximalSubpartRule) {
  // Unicode 15, section 3.9, tables 3-8 to 3-11.
  const std::string r = "\xEF\xBF\xBD";
  EXPECT_EQ(to_valid_utf8("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"),
            r + r + r + r + r + r + r + r + "A");
  EXPECT_EQ(to_valid_utf8("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"),
            r + r + r + r + r + r + r + r + "A");
  EXPECT_EQ(to_valid_utf8("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"),
            r + r + r + r + r + "A" + r + r + "B");
  EXPECT_EQ(to_valid_utf8("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), r + r + r + r + "A");
  EXPECT_EQ(to_valid_utf8("as it is"), "as it is");
}

TEST(Utf8, IteratesCodePointsWithOffsets) {
  const std::string text = "a\xC3\xA9\xE6\x97\xA5\xF0\x9F\x98\x80\xFFz";
  std::u32string all;
  std::vector<std::size_t> offsets;
  for (auto it = code_points(text).begin(); it != code_points(text).end(); ++it) {
    all += *it;
    offsets.push_back(it.offset());
  }
  EXPECT_EQ(all, U"a\u00E9\u65E5\U0001F600\uFFFDz");
  EXPECT_EQ(offsets, (std::vector<std::size_t>{0, 1, 3, 6, 10, 11}));
  EXPECT_EQ(count_code_points("a\xC3\xA9\xE6\x97\xA5"), 3U);
  EXPECT_TRUE(is_ascii(std::string(100, 'a')));
  EXPECT_FALSE(is_ascii(std::string(100, 'a') + "\xC3\xA9"));
}

}  // namespace
}  // namespace avila::text

#include <avila/id/ksuid.hpp>
#include <avila/os/clock.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/random/chacha.hpp>

namespace avila::id {
namespace {

// In ASCII order, so that the text sorts as the number does.
constexpr std::string_view kBase62 =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

}  // namespace

Ksuid Ksuid::generate() { return generate(os::real_clock(), random::secure_random()); }

Ksuid Ksuid::generate(os::Clock& clock, random::SecureRandom& random) {
  const std::int64_t seconds = clock.wall().ns / 1'000'000'000 - kEpochSeconds;
  Ksuid id;
  store_be32(id.bytes_.data(), seconds < 0 ? 0U : static_cast<std::uint32_t>(seconds));
  random.fill(MutableByteSpan(id.bytes_).subspan(4));
  return id;
}

Result<Ksuid> Ksuid::parse(std::string_view text) {
  if (text.size() != kTextSize)
    return Error(Errc::Malformed, "KSUID: expected 27 characters", {.offset = text.size()});
  std::uint32_t words[5] = {};  // most significant first
  for (std::size_t i = 0; i < kTextSize; ++i) {
    const auto value = kBase62.find(text[i]);
    if (value == std::string_view::npos)
      return Error(Errc::Malformed, "KSUID: expected a letter or digit", {.offset = i});
    std::uint64_t carry = value;
    for (std::size_t w = 5; w-- > 0;) {
      carry += std::uint64_t{words[w]} * 62;
      words[w] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    if (carry != 0)
      return Error(Errc::Malformed, "KSUID: above aWgEPTl1tmebfsQzFP4bxwgy80V, 160 bits",
                   {.offset = i});
  }
  Ksuid id;
  for (std::size_t w = 0; w < 5; ++w) store_be32(id.bytes_.data() + 4 * w, words[w]);
  return id;
}

std::string Ksuid::to_string() const {
  std::uint32_t words[5];
  for (std::size_t w = 0; w < 5; ++w) words[w] = load_be32(bytes_.data() + 4 * w);
  std::string text(kTextSize, '0');
  for (std::size_t i = kTextSize; i-- > 0;) {
    std::uint64_t rest = 0;
    for (std::uint32_t& word : words) {
      rest = rest << 32 | word;
      word = static_cast<std::uint32_t>(rest / 62);
      rest %= 62;
    }
    text[i] = kBase62[static_cast<std::size_t>(rest)];
  }
  return text;
}

WallTime Ksuid::time() const noexcept {
  return {(kEpochSeconds + std::int64_t{load_be32(bytes_.data())}) * 1'000'000'000};
}

}  // namespace avila::id

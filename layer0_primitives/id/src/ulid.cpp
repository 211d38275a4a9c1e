#include <avila/id/ulid.hpp>
#include <avila/primitives/endian.hpp>

#include "process.hpp"

namespace avila::id {
namespace {

constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

int crockford_value(char c) noexcept {
  if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  if (c == 'I' || c == 'L') return 1;
  if (c == 'O') return 0;
  const auto at = kCrockford.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

}  // namespace

Ulid Ulid::generate() { return detail::next_of_process<UlidGenerator>(); }

Ulid UlidGenerator::next() noexcept {
  const auto value = monotonic_.next(detail::milliseconds_of(clock_.wall()), random_);
  std::array<std::byte, 16> bytes;
  store_be64(bytes.data(), value.ms << 16 | value.high);
  store_be64(bytes.data() + 8, value.low);
  return Ulid(bytes);
}

Result<Ulid> Ulid::parse(std::string_view text) {
  if (text.size() != kTextSize)
    return Error(Errc::Malformed, "ULID: expected 26 characters", {.offset = text.size()});
  std::uint64_t high = 0, low = 0;
  for (std::size_t i = 0; i < kTextSize; ++i) {
    const int value = crockford_value(text[i]);
    if (value < 0)
      return Error(Errc::Malformed, "ULID: a character outside Crockford's base 32", {.offset = i});
    // 26 characters hold 130 bits: the first may be 7 at most.
    if (i == 0 && value > 7)
      return Error(Errc::Malformed, "ULID: above 7ZZZZZZZZZZZZZZZZZZZZZZZZZ", {.offset = 0});
    high = high << 5 | low >> 59;
    low = low << 5 | static_cast<std::uint64_t>(value);
  }
  std::array<std::byte, 16> bytes;
  store_be64(bytes.data(), high);
  store_be64(bytes.data() + 8, low);
  return Ulid(bytes);
}

std::string Ulid::to_string() const {
  std::uint64_t high = load_be64(bytes_.data()), low = load_be64(bytes_.data() + 8);
  std::string text(kTextSize, '0');
  for (std::size_t i = kTextSize; i-- > 0;) {
    text[i] = kCrockford[low & 31];
    low = low >> 5 | high << 59;
    high >>= 5;
  }
  return text;
}

WallTime Ulid::time() const noexcept {
  const std::uint64_t ms = load_be64(bytes_.data()) >> 16;
  constexpr auto kLast = static_cast<std::uint64_t>(INT64_MAX / 1'000'000);
  return {static_cast<std::int64_t>(ms < kLast ? ms : kLast) * 1'000'000};
}

}  // namespace avila::id

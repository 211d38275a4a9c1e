#include <avila/id/uuid.hpp>
#include <avila/primitives/endian.hpp>

#include <cstring>

#include "process.hpp"

namespace avila::id {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

int digit_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// RFC 9562 section 4: the version in the high half of byte 6, the variant 10 on top of byte 8.
void stamp(std::array<std::byte, 16>& bytes, unsigned version) noexcept {
  bytes[6] = (bytes[6] & std::byte{0x0F}) | static_cast<std::byte>(version << 4);
  bytes[8] = (bytes[8] & std::byte{0x3F}) | std::byte{0x80};
}

Error malformed(const char* what, std::size_t at) {
  return Error(Errc::Malformed, what, {.offset = at});
}

}  // namespace

namespace detail {

Monotonic::Value Monotonic::next(std::uint64_t now_ms, random::SecureRandom& random) noexcept {
  const std::uint64_t high_mask = (std::uint64_t{1} << (bits_ - 64)) - 1;
  std::uint64_t fresh[2];
  if (now_ms <= last_.ms) {
    random.fill(std::as_writable_bytes(std::span(fresh).first(1)));
    const std::uint64_t step = (fresh[0] & 0xFFFFFFFFU) + 1;
    const std::uint64_t low = last_.low + step;
    const std::uint64_t high = last_.high + (low < step ? 1 : 0);
    if (high <= high_mask) {
      last_.low = low;
      last_.high = high;
      return last_;
    }
    now_ms = last_.ms + 1;
  }
  random.fill(std::as_writable_bytes(std::span(fresh)));
  // The top bit starts at 0, so that a millisecond has room for at least 2^41 ids.
  last_ = {.ms = now_ms & 0xFFFFFFFFFFFFU, .high = fresh[0] & high_mask >> 1, .low = fresh[1]};
  return last_;
}

}  // namespace detail

Uuid Uuid::max() noexcept {
  std::array<std::byte, 16> bytes;
  bytes.fill(std::byte{0xFF});
  return Uuid(bytes);
}

Uuid Uuid::v4() { return v4(random::secure_random()); }

Uuid Uuid::v4(random::SecureRandom& random) {
  std::array<std::byte, 16> bytes;
  random.fill(bytes);
  stamp(bytes, 4);
  return Uuid(bytes);
}

Uuid Uuid::v7() { return detail::next_of_process<UuidV7Generator>(); }

Uuid UuidV7Generator::next() noexcept {
  const auto value = monotonic_.next(detail::milliseconds_of(clock_.wall()), random_);
  // 74 bits: 12 in rand_a, 62 in rand_b (RFC 9562 section 5.7).
  const std::uint64_t rand_a = value.high << 2 | value.low >> 62;
  std::array<std::byte, 16> bytes;
  store_be64(bytes.data(), value.ms << 16 | rand_a);
  store_be64(bytes.data() + 8, value.low);
  stamp(bytes, 7);
  return Uuid(bytes);
}

Result<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != kTextSize)
    return malformed("UUID: expected 36 characters, 8-4-4-4-12 digits", text.size());
  std::array<std::byte, 16> bytes;
  std::size_t at = 0;
  for (std::byte& byte : bytes) {
    if (at == 8 || at == 13 || at == 18 || at == 23) {
      if (text[at] != '-') return malformed("UUID: expected '-'", at);
      ++at;
    }
    const int high = digit_value(text[at]), low = digit_value(text[at + 1]);
    if (high < 0 || low < 0)
      return malformed("UUID: expected a hexadecimal digit", high < 0 ? at : at + 1);
    byte = static_cast<std::byte>(high << 4 | low);
    at += 2;
  }
  return Uuid(bytes);
}

Result<Uuid> Uuid::parse_lenient(std::string_view text) {
  constexpr std::string_view kUrn = "urn:uuid:";
  if (text.size() == kUrn.size() + kTextSize) {
    for (std::size_t i = 0; i < kUrn.size(); ++i)
      if ((text[i] | 0x20) != kUrn[i] && text[i] != kUrn[i])
        return malformed("UUID: expected \"urn:uuid:\"", i);
    return parse(text.substr(kUrn.size()));
  }
  if (text.size() == kTextSize + 2 && text.front() == '{' && text.back() == '}')
    return parse(text.substr(1, kTextSize));
  if (text.size() != 32) return parse(text);
  std::string with_hyphens(text);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) with_hyphens.insert(at, 1, '-');
  return parse(with_hyphens);
}

Result<Uuid> Uuid::from_bytes(ByteSpan bytes) {
  if (bytes.size() != 16) return malformed("UUID: expected 16 bytes", bytes.size());
  Uuid id;
  std::memcpy(id.bytes_.data(), bytes.data(), 16);
  return id;
}

void Uuid::format(char* to) const noexcept {
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
    *to++ = kDigits[static_cast<unsigned>(bytes_[i]) >> 4];
    *to++ = kDigits[static_cast<unsigned>(bytes_[i]) & 15];
  }
}

std::string Uuid::to_string() const {
  std::string text(kTextSize, '\0');
  format(text.data());
  return text;
}

std::optional<WallTime> Uuid::time() const noexcept {
  if (version() != 7 || !is_rfc9562()) return std::nullopt;
  // 48 bits of milliseconds reach beyond what WallTime holds (year 2262).
  const std::uint64_t ms = load_be64(bytes_.data()) >> 16;
  if (ms > static_cast<std::uint64_t>(INT64_MAX / 1'000'000)) return std::nullopt;
  return WallTime{static_cast<std::int64_t>(ms) * 1'000'000};
}

std::size_t UuidHash::operator()(const Uuid& id) const noexcept {
  const std::uint64_t a = load_be64(id.bytes().data()), b = load_be64(id.bytes().data() + 8);
  std::uint64_t z = a ^ (b * 0x9E3779B97F4A7C15U);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  return static_cast<std::size_t>(z ^ (z >> 31));
}

}  // namespace avila::id

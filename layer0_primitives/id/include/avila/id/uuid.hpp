// UUIDs of RFC 9562: version 4 (random) and version 7 (time-ordered, monotonic).
#pragma once
#include <array>
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/primitives/duration.hpp>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace avila::os {
class Clock;
}
namespace avila::random {
class SecureRandom;
}

namespace avila::id {

/// 16 bytes in network order; ordered as its bytes are, so version 7 sorts by time.
class Uuid {
 public:
  static constexpr std::size_t kTextSize = 36;

  /// The nil UUID.
  constexpr Uuid() noexcept = default;
  explicit constexpr Uuid(const std::array<std::byte, 16>& bytes) noexcept : bytes_(bytes) {}
  static constexpr Uuid nil() noexcept { return {}; }
  static Uuid max() noexcept;

  /// 122 random bits. Thread-safe.
  static Uuid v4();
  static Uuid v4(random::SecureRandom& random);
  /// Milliseconds of the wall clock and 74 random bits; each is greater than the one before within
  /// the process, also when the clock steps back. Thread-safe.
  static Uuid v7();

  /// "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", either case; any version.
  static Result<Uuid> parse(std::string_view text);
  /// Also "urn:uuid:…", "{…}" and 32 digits without hyphens.
  static Result<Uuid> parse_lenient(std::string_view text);
  static Result<Uuid> from_bytes(ByteSpan bytes);

  std::string to_string() const;
  /// Writes kTextSize characters.
  void format(char* to) const noexcept;
  std::string to_urn() const { return "urn:uuid:" + to_string(); }

  constexpr const std::array<std::byte, 16>& bytes() const noexcept { return bytes_; }
  unsigned version() const noexcept { return static_cast<unsigned>(bytes_[6]) >> 4; }
  /// The variant of RFC 9562 (binary 10).
  bool is_rfc9562() const noexcept { return (static_cast<unsigned>(bytes_[8]) & 0xC0) == 0x80; }
  /// When it was made, to the millisecond; for version 7 only.
  std::optional<WallTime> time() const noexcept;
  bool is_nil() const noexcept { return *this == Uuid(); }

  friend constexpr auto operator<=>(const Uuid&, const Uuid&) noexcept = default;

 private:
  std::array<std::byte, 16> bytes_{};
};

/// For containers; the bits are mixed, so that version 7 spreads too.
struct UuidHash {
  std::size_t operator()(const Uuid& id) const noexcept;
};

namespace detail {

/// Time and random bits that only grow: RFC 9562 section 6.2, method 2. Within a millisecond the
/// random part grows by a random step of 32 bits; when it is spent, the time goes one ahead.
class Monotonic {
 public:
  explicit constexpr Monotonic(unsigned random_bits) noexcept : bits_(random_bits) {}
  struct Value {
    std::uint64_t ms = 0, high = 0, low = 0;  ///< the random part: high above 64 bits, low below
  };
  Value next(std::uint64_t now_ms, random::SecureRandom& random) noexcept;

 private:
  unsigned bits_;
  Value last_{};
};

}  // namespace detail

/// Version 7 from a clock and a generator of the caller's (simulations). One thread at a time.
class UuidV7Generator {
 public:
  UuidV7Generator(os::Clock& clock, random::SecureRandom& random) noexcept
      : clock_(clock), random_(random) {}
  Uuid next() noexcept;

 private:
  os::Clock& clock_;
  random::SecureRandom& random_;
  detail::Monotonic monotonic_{74};
};

}  // namespace avila::id

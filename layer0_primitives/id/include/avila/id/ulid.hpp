// ULID: 48 bits of milliseconds and 80 random bits, 26 characters of Crockford's base 32; the text
// sorts as the bytes do. Source: github.com/ulid/spec.
#pragma once
#include <avila/id/uuid.hpp>

namespace avila::id {

class Ulid {
 public:
  static constexpr std::size_t kTextSize = 26;

  constexpr Ulid() noexcept = default;
  explicit constexpr Ulid(const std::array<std::byte, 16>& bytes) noexcept : bytes_(bytes) {}
  /// Monotonic within the process. Thread-safe.
  static Ulid generate();
  /// 26 characters, either case; I and L count as 1, O as 0, as Crockford has it. Above
  /// 7ZZZZZZZZZZZZZZZZZZZZZZZZZ is an error, not a wrap.
  static Result<Ulid> parse(std::string_view text);

  std::string to_string() const;
  constexpr const std::array<std::byte, 16>& bytes() const noexcept { return bytes_; }
  WallTime time() const noexcept;
  /// The same 128 bits under the other name.
  Uuid to_uuid() const noexcept { return Uuid(bytes_); }

  friend constexpr auto operator<=>(const Ulid&, const Ulid&) noexcept = default;

 private:
  std::array<std::byte, 16> bytes_{};
};

/// One thread at a time.
class UlidGenerator {
 public:
  UlidGenerator(os::Clock& clock, random::SecureRandom& random) noexcept
      : clock_(clock), random_(random) {}
  Ulid next() noexcept;

 private:
  os::Clock& clock_;
  random::SecureRandom& random_;
  detail::Monotonic monotonic_{80};
};

}  // namespace avila::id

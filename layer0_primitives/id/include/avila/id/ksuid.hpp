// KSUID: 32 bits of seconds since 2014-05-13T16:53:20Z and 128 random bits, 27 characters of base
// 62; the text sorts as the bytes do. Source: github.com/segmentio/ksuid.
#pragma once
#include <array>
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/primitives/duration.hpp>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace avila::os {
class Clock;
}
namespace avila::random {
class SecureRandom;
}

namespace avila::id {

class Ksuid {
 public:
  static constexpr std::size_t kBytes = 20, kTextSize = 27;
  static constexpr std::int64_t kEpochSeconds = 1'400'000'000;

  constexpr Ksuid() noexcept = default;
  explicit constexpr Ksuid(const std::array<std::byte, kBytes>& bytes) noexcept : bytes_(bytes) {}
  /// Thread-safe.
  static Ksuid generate();
  static Ksuid generate(os::Clock& clock, random::SecureRandom& random);
  static Result<Ksuid> parse(std::string_view text);

  std::string to_string() const;
  constexpr const std::array<std::byte, kBytes>& bytes() const noexcept { return bytes_; }
  ByteSpan payload() const noexcept { return ByteSpan(bytes_).subspan(4); }
  WallTime time() const noexcept;  ///< to the second; 2014 to 2150

  friend constexpr auto operator<=>(const Ksuid&, const Ksuid&) noexcept = default;

 private:
  std::array<std::byte, kBytes> bytes_{};
};

}  // namespace avila::id

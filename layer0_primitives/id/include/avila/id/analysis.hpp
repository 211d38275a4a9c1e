// How unpredictable an identifier is, and how soon two of them meet.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace avila::id {

/// Bits in `length` characters drawn evenly from `alphabet_size`.
double entropy_bits(std::size_t alphabet_size, std::size_t length) noexcept;

/// The chance that `count` random ids of `bits` bits hold two equal ones (birthday bound,
/// 1 - exp(-n(n-1) / 2^(bits+1))); exact to double precision also where it is tiny.
double collision_probability(double bits, double count) noexcept;
/// How many ids may be drawn before a collision has that chance, 0 < probability < 1.
double ids_until_collision(double bits, double probability) noexcept;
/// Bits needed so that `count` ids collide with at most that chance.
double bits_for(double count, double probability) noexcept;

enum class Kind : std::uint8_t {
  Unknown,
  UuidV4,
  UuidV7,
  UuidOther,
  Ulid,
  Ksuid,
  NanoId,
  Snowflake,
};
const char* to_string(Kind kind) noexcept;
/// By shape: a guess, for people and logs.
Kind detect(std::string_view text) noexcept;

/// What one text shows. It can find a weak id, never prove a strong one.
struct Analysis {
  Kind kind = Kind::Unknown;
  std::size_t length = 0;
  std::size_t distinct = 0;  ///< different bytes
  std::size_t alphabet_size =
      0;                    ///< of the smallest usual alphabet: 10, 16, 26, 32, 36, 62, 64, 94
  double shannon_bits = 0;  ///< per character, of the bytes' frequencies
  double total_bits = 0;    ///< shannon_bits * length
  double max_bits = 0;      ///< what its alphabet could hold
  double random_bits = 0;   ///< what its kind draws at random; max_bits where unknown
  double ids_for_one_in_million = 0;  ///< ids until a collision has a chance of 10^-6
};
Analysis analyze(std::string_view text) noexcept;

}  // namespace avila::id

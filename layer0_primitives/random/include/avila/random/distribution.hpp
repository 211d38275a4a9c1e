// What every generator of 64-bit numbers can do: unbiased ranges, reals, choices, shuffles.
#pragma once
#include <avila/error/assert.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace avila::random {

__extension__ using Wide = unsigned __int128;

/// Base of the generators; `Generator::next()` gives 64 random bits.
template <class Generator>
class Numbers {
 public:
  // What <algorithm> and <random> ask of a generator.
  using result_type = std::uint64_t;
  static constexpr std::uint64_t min() noexcept { return 0; }
  static constexpr std::uint64_t max() noexcept { return ~std::uint64_t{0}; }
  constexpr std::uint64_t operator()() { return self().next(); }

  /// Uniform in [0, bound), without bias; `bound` > 0. Lemire, "Fast random integer generation in
  /// an interval" (2019): a multiplication, and a division only for the rare rejection.
  constexpr std::uint64_t below(std::uint64_t bound) {
    AVILA_ASSERT(bound > 0);
    Wide product = static_cast<Wide>(self().next()) * bound;
    if (static_cast<std::uint64_t>(product) < bound) [[unlikely]] {
      const std::uint64_t threshold = (0 - bound) % bound;
      while (static_cast<std::uint64_t>(product) < threshold)
        product = static_cast<Wide>(self().next()) * bound;
    }
    return static_cast<std::uint64_t>(product >> 64);
  }
  /// Uniform in [low, high], both included.
  constexpr std::int64_t between(std::int64_t low, std::int64_t high) {
    AVILA_ASSERT(low <= high);
    const std::uint64_t width = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
    const std::uint64_t offset = width == max() ? self().next() : below(width + 1);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + offset);
  }
  /// Uniform in [0, 1): a multiple of 2^-53.
  constexpr double u01() { return static_cast<double>(self().next() >> 11) * 0x1p-53; }
  /// True with the given probability.
  constexpr bool chance(double probability) { return u01() < probability; }
  constexpr bool coin() { return (self().next() >> 63) != 0; }

  /// Uniform over all orders (Fisher and Yates; Durstenfeld's form).
  template <class T>
  constexpr void shuffle(std::span<T> items) {
    for (std::size_t left = items.size(); left > 1; --left)
      std::swap(items[left - 1], items[static_cast<std::size_t>(below(left))]);
  }
  template <class Container>
  constexpr void shuffle(Container& items) {
    shuffle(std::span(items));
  }
  /// Moves `count` items, chosen without bias, to the front, in random order.
  template <class T>
  constexpr void partial_shuffle(std::span<T> items, std::size_t count) {
    AVILA_ASSERT(count <= items.size());
    for (std::size_t i = 0; i < count; ++i)
      std::swap(items[i], items[i + static_cast<std::size_t>(below(items.size() - i))]);
  }
  /// One of the items; there must be one.
  template <class T>
  constexpr T& pick(std::span<T> items) {
    return items[static_cast<std::size_t>(below(items.size()))];
  }

 private:
  friend Generator;
  constexpr Numbers() noexcept = default;
  constexpr Generator& self() noexcept { return static_cast<Generator&>(*this); }
};

/// `shuffle(items, rng)` for any of the generators.
template <class Container, class Generator>
constexpr void shuffle(Container&& items, Generator& generator) {
  generator.shuffle(std::span(items));
}

}  // namespace avila::random

// The definition: decimal text to the nearest binary number, by whole-number arithmetic alone.
#pragma once
#include <avila/text/decimal.hpp>
#include <string_view>

namespace avila::text::detail {

/// The bits (without sign) nearest to 0.DIGITS × 10^point. `digits` holds digits and perhaps one
/// '.', which is passed over; leading zeros are allowed and do not count for `point`'s meaning: the
/// first digit of the text, zero or not, stands right of the implied point.
template <class T>
typename Format<T>::Bits exact_bits(std::string_view digits, std::int64_t point) noexcept;

extern template std::uint64_t exact_bits<double>(std::string_view, std::int64_t) noexcept;
extern template std::uint32_t exact_bits<float>(std::string_view, std::int64_t) noexcept;

}  // namespace avila::text::detail

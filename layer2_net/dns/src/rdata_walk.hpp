// Going through the data of a record, field by field.
#pragma once
#include <avila/primitives/function_ref.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "rdata_form.hpp"

namespace avila::dns::detail {

inline std::uint8_t byte_at(std::string_view bytes, std::size_t at) noexcept {
  return static_cast<std::uint8_t>(bytes[at]);
}
inline std::uint16_t be16(std::string_view bytes, std::size_t at = 0) noexcept {
  return static_cast<std::uint16_t>(byte_at(bytes, at) << 8 | byte_at(bytes, at + 1));
}
inline std::uint32_t be32(std::string_view bytes, std::size_t at = 0) noexcept {
  return static_cast<std::uint32_t>(be16(bytes, at)) << 16 | be16(bytes, at + 2);
}

/// How many bytes of `rest` the field takes; nothing where they do not fit it. Names uncompressed.
std::optional<std::size_t> field_bytes(Field field, std::string_view rest) noexcept;

/// Hands each field over; false where the data is not of the form.
bool walk(const Form& form, std::string_view rdata, FunctionRef<void(Field, std::string_view)> see);

constexpr bool is_name(Field field) noexcept {
  return field == Field::Name || field == Field::NameSeldom || field == Field::NamePlain;
}

}  // namespace avila::dns::detail

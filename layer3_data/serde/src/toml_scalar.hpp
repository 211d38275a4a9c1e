// Numbers, dates and times of TOML: from a token (the characters up to a delimiter) to a Value.
#pragma once
#include <avila/serde/toml.hpp>
#include <optional>

namespace avila::serde::toml::detail {

/// Null when the token is none of: integer, float, date, time. `token` holds no surrounding blanks.
std::optional<Value> parse_scalar(std::string_view token);

}  // namespace avila::serde::toml::detail

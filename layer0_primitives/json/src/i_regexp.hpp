// I-Regexp (RFC 9485), the regular expressions of JSONPath.
#pragma once
#include <avila/regex/regex.hpp>
#include <optional>
#include <string_view>

namespace avila::json::detail {

/// Compiled for `is_match`; `whole`: of the whole text (match), else anywhere in it (search).
/// Nothing for a text that is no I-Regexp, or past the limits of regex::Options.
std::optional<regex::Regex> compile_i_regexp(std::string_view pattern, bool whole);

}  // namespace avila::json::detail

// Numbers of the text formats.
#pragma once
#include <string>
#include <string_view>

namespace avila::metrics::detail {

/// The shortest text that reads back as the same double; "+Inf", "-Inf", "NaN". With `fraction`,
/// whole numbers end in ".0" (the canonical form of `le` and `quantile` in OpenMetrics).
std::string number(double value, bool fraction = false);

/// A number of OpenMetrics: digits, fraction, exponent; inf and nan too where they are allowed.
bool read_number(std::string_view text, double& value, bool special) noexcept;

}  // namespace avila::metrics::detail

#include <avila/metrics/model.hpp>
#include <charconv>
#include <cmath>
#include <limits>

#include "write.hpp"

namespace avila::metrics {
namespace {

bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool same_word(std::string_view text, std::string_view lower) noexcept {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]) != lower[i]) return false;
  return true;
}

}  // namespace

std::string_view to_string(Type type) noexcept {
  constexpr std::string_view kNames[] = {"unknown",        "counter", "gauge", "histogram",
                                         "gaugehistogram", "summary", "info",  "stateset"};
  return kNames[static_cast<std::size_t>(type)];
}

bool is_valid_metric_name(std::string_view name) noexcept {
  if (name.empty() || is_digit(name[0])) return false;
  for (const char c : name)
    if (!is_letter(c) && !is_digit(c) && c != ':') return false;
  return true;
}
bool is_valid_label_name(std::string_view name) noexcept {
  return is_valid_metric_name(name) && name.find(':') == std::string_view::npos;
}

namespace detail {

std::string number(double value, bool fraction) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char text[40];
  std::string result(text, std::to_chars(text, text + sizeof text, value).ptr);
  if (fraction && result.find_first_of(".e") == std::string::npos) result += ".0";
  return result;
}

bool read_number(std::string_view text, double& value, bool special) noexcept {
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (special && (same_word(text, "inf") || same_word(text, "infinity"))) {
    value = negative ? -std::numeric_limits<double>::infinity()
                     : std::numeric_limits<double>::infinity();
    return true;
  }
  if (special && same_word(text, "nan")) {
    value = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  std::size_t i = 0, digits = 0;
  for (; i < text.size() && is_digit(text[i]); ++i) ++digits;
  if (i < text.size() && text[i] == '.')
    for (++i; i < text.size() && is_digit(text[i]); ++i) ++digits;
  if (digits == 0) return false;
  bool tiny = false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    if (++i < text.size() && (text[i] == '+' || text[i] == '-')) tiny = text[i++] == '-';
    if (i == text.size()) return false;
    for (; i < text.size() && is_digit(text[i]); ++i) {
    }
  }
  if (i != text.size()) return false;
  double magnitude = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), magnitude);
  if (read.ec == std::errc::result_out_of_range)
    // Without an exponent, 0.000…1 underflows and long integers overflow.
    magnitude =
        tiny || text[0] == '0' || text[0] == '.' ? 0 : std::numeric_limits<double>::infinity();
  value = negative ? -magnitude : magnitude;
  return true;
}

}  // namespace detail

double bucket_quantile(double q, const std::vector<std::pair<double, double>>& buckets) noexcept {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  if (buckets.empty() || std::isnan(q) || !std::isinf(buckets.back().first)) return kNan;
  if (q < 0) return -std::numeric_limits<double>::infinity();
  if (q > 1) return std::numeric_limits<double>::infinity();
  const double total = buckets.back().second;
  if (buckets.size() < 2 || !(total > 0)) return kNan;
  const double rank = q * total;
  std::size_t i = 0;
  while (i + 1 < buckets.size() && buckets[i].second < rank) ++i;
  if (i + 1 == buckets.size()) return buckets[i - 1].first;  // beyond the last finite bound
  if (i == 0 && buckets[0].first <= 0) return buckets[0].first;
  const double low = i == 0 ? 0 : buckets[i - 1].first, below = i == 0 ? 0 : buckets[i - 1].second;
  const double inside = buckets[i].second - below;
  if (!(inside > 0)) return low;
  return low + (buckets[i].first - low) * (rank - below) / inside;
}

}  // namespace avila::metrics

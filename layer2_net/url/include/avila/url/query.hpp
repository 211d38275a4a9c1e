// Query strings: application/x-www-form-urlencoded (URL Standard §5).
#pragma once
#include <avila/error/result.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avila::url {

/// Limits of QueryParams::parse_limited(), for queries from outside.
struct QueryLimits {
  std::size_t bytes = 64 * 1024;
  std::size_t parameters = 1000;
};

/// Names and values in their order, decoded. '+' is a space; what is no UTF-8 becomes U+FFFD.
class QueryParams {
 public:
  QueryParams() = default;
  /// Without limits; a leading '?' is left out.
  static QueryParams parse(std::string_view query);
  /// LimitExceeded past the limits.
  static Result<QueryParams> parse_limited(std::string_view query, const QueryLimits& limits = {});
  std::string to_string() const;

  std::optional<std::string_view> get(std::string_view name) const noexcept;
  std::vector<std::string_view> get_all(std::string_view name) const;
  bool has(std::string_view name) const noexcept { return get(name).has_value(); }
  void append(std::string_view name, std::string_view value);
  /// Replaces the first of that name, removes the others; appends where there was none.
  void set(std::string_view name, std::string_view value);
  void erase(std::string_view name);
  void sort();  ///< by name in UTF-16 code units, stable

  std::size_t size() const noexcept { return pairs_.size(); }
  bool empty() const noexcept { return pairs_.empty(); }
  auto begin() const noexcept { return pairs_.begin(); }
  auto end() const noexcept { return pairs_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace avila::url

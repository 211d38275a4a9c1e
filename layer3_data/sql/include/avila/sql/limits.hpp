// What a query may cost before it runs; what it may use while it runs is in ExecuteOptions.
#pragma once
#include <avila/error/error.hpp>
#include <cstddef>

namespace avila::sql {

inline constexpr std::size_t kMaxQueryBytes = 512U << 10;
inline constexpr std::size_t kMaxTokens = 100'000;
inline constexpr std::size_t kMaxExpressionDepth = 200;  ///< nested parentheses, calls, operators
inline constexpr std::size_t kMaxJoins = 16;             ///< sources of one FROM
inline constexpr std::size_t kMaxSubqueryDepth = 8;
inline constexpr std::size_t kMaxSelectItems = 4'096;
inline constexpr std::size_t kMaxParameters = 4'096;
inline constexpr std::size_t kMaxScanRanges = 1'000;  ///< key ranges of one index scan
inline constexpr std::size_t kMaxNearest = 10'000;    ///< LIMIT + OFFSET that a vector index serves
inline constexpr std::size_t kMaxValueNesting = 256;  ///< of arrays and objects made by a query

/// What is wrong with a query; all are Errc::InvalidArgument.
AVILA_ERROR_ENUM(QueryError, InvalidArgument, Syntax, Name, Arguments, Parameter, Clause)

}  // namespace avila::sql

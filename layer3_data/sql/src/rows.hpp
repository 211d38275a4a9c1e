// Rows of FROM: the array joins of a select, and subqueries over the arrays of a row.
#pragma once
#include <avila/sql/evaluate.hpp>
#include <functional>

namespace avila::sql {

Datum exists(const Select& select, Context& context);
Datum subquery_array(const Select& select, Context& context);
Datum subquery_scalar(const Select& select, Context& context);

/// Binds the sources from `first` on, calls row(ordinals) for each combination whose WHERE is
/// true; ordinals number the elements taken. row returns false to stop. False when stopped.
using RowCallback = std::function<bool(const std::vector<std::uint32_t>& ordinals)>;
bool for_each_row(const Select& select, std::size_t first, Context& context,
                  std::vector<std::uint32_t>& ordinals, const RowCallback& row);

}  // namespace avila::sql

// Choosing how to read: which index, which key ranges, in which direction.
#pragma once
#include <avila/primitives/duration.hpp>
#include <avila/sql/catalogue.hpp>
#include <avila/sql/statement.hpp>
#include <optional>

namespace avila::sql {

struct PlanOptions {
  /// Values that paths must have besides WHERE (a partition key given beside the query).
  std::vector<std::pair<std::string, Datum>> required;
  /// Index to use whatever it costs (continuations); empty: choose.
  std::string use_index;
  WallTime now;
};

struct PlanChoice {
  std::string index, reason;
  double rows = 0, cost = 0;
  std::size_t equal_columns = 0, ranges = 0;
  bool range_column = false, ordered = false;
};

struct Plan {
  Scan scan;
  std::optional<NearestScan> nearest;  ///< instead of `scan`: candidates of a vector index
  std::string index;                   ///< its name; "primary" for the primary order
  bool ordered = false;                ///< rows come in the order ORDER BY asks for
  bool needs_sort = false;
  bool deduplicate = false;  ///< an array index: a document once
  PlanChoice chosen;
  std::vector<PlanChoice> considered;  ///< cheapest first
};

/// Whether the first ORDER BY key is a VECTOR_DISTANCE: rows for which it is undefined (there is no
/// vector, or one of another length) are not part of the answer, with or without an index.
bool orders_by_distance(const Select& select);

/// `table` may be null for a query without FROM.
Result<Plan> plan(const Statement& statement, const TableSource* table,
                  const PlanOptions& options = {});

/// {"access":…,"index":…,"ranges":…,"estimated_rows":…,"steps":[…],"considered":[…]}
std::string explain(const Statement& statement, const Plan& plan);

}  // namespace avila::sql

// Running a planned query.
#pragma once
#include <avila/sql/plan.hpp>
#include <functional>

namespace avila::sql {

struct ExecuteOptions {
  WallTime now;
  std::size_t memory_bytes = 256U << 20;  ///< for sorting, grouping, DISTINCT; and for one row
  std::uint64_t max_rows = UINT64_MAX;    ///< of this run
  std::size_t max_bytes = SIZE_MAX;       ///< of this run's rows; at least one row is given
  /// Where an earlier run stopped (ExecuteResult::resume); empty: from the start. The statement
  /// must be the same.
  std::string resume;
  std::vector<std::pair<std::string, Datum>> required;  ///< as in PlanOptions
  /// Asked every few hundred rows or elements: an error (TimedOut, Cancelled) ends the query.
  std::function<Result<void>()> check;
};

struct ExecuteResult {
  std::string resume;  ///< empty: there is no more
  std::uint64_t rows = 0, documents = 0, entries = 0;
  std::size_t memory_bytes = 0;  ///< most held at once
};

/// `row` gets the JSON text of each row; it returns false to stop behind that row.
Result<ExecuteResult> execute(const Statement& statement, const Plan& plan, TableSource* table,
                              const ExecuteOptions& options,
                              const std::function<bool(std::string_view)>& row);

/// The index a resume text was made with, for PlanOptions::use_index; empty for sorted results.
/// Malformed when the text is damaged or belongs to another statement.
Result<std::string> resume_index(const Statement& statement, std::string_view resume);

}  // namespace avila::sql

// A query whose names are resolved and whose parameters have values: ready to plan and run.
#pragma once
#include <avila/error/result.hpp>
#include <avila/sql/ast.hpp>
#include <avila/sql/datum.hpp>
#include <memory>

namespace avila::sql {

class Statement {
 public:
  /// `parameters`: an object, with or without '@' before the names; null: none. Errors: QueryError
  /// with line and column; Errc::LimitExceeded.
  static Result<Statement> prepare(std::string_view query, const json::Value* parameters = nullptr);
  /// `SELECT * FROM <collection> c WHERE <filter>`; the filter names fields with or without `c.`.
  static Result<Statement> prepare_filter(std::string_view filter, std::string_view collection,
                                          const json::Value* parameters = nullptr);
  Statement(Statement&&) noexcept;
  Statement& operator=(Statement&&) noexcept;
  ~Statement();

  const Select& select() const noexcept { return *select_; }
  /// The collection of FROM; empty when there is none (`SELECT 1`).
  const std::string& collection() const noexcept { return collection_; }
  const Datum* parameters() const noexcept { return parameters_.data(); }
  std::size_t slots() const noexcept { return slots_; }
  /// LIMIT (or TOP) and OFFSET, evaluated; UINT64_MAX: no limit.
  std::uint64_t limit() const noexcept { return limit_; }
  std::uint64_t offset() const noexcept { return offset_; }
  /// Of query text and parameter values: a continuation token belongs to one of these.
  std::uint64_t fingerprint() const noexcept { return fingerprint_; }

 private:
  friend class Binder;
  Statement();
  Result<void> bind(std::string_view text, const json::Value* parameters, bool bare_filter);

  std::unique_ptr<Select> select_;
  std::string collection_;
  std::unique_ptr<Arena> arena_;
  std::vector<std::string> parameter_names_;
  std::vector<Datum> parameters_;
  std::size_t slots_ = 0;
  std::uint64_t limit_ = UINT64_MAX, offset_ = 0, fingerprint_ = 0;
};

}  // namespace avila::sql

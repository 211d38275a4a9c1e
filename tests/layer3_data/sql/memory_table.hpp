// A table in memory with any indexes: what the engine is tested against, apart from any store.
#pragma once
#include <algorithm>
#include <avila/json/document.hpp>
#include <avila/sql/catalogue.hpp>
#include <avila/sql/execute.hpp>
#include <avila/sql/key.hpp>
#include <map>
#include <memory>

namespace avila_test {

using namespace avila;

class MemoryTable final : public sql::TableSource {
 public:
  explicit MemoryTable(std::vector<sql::IndexDescription> secondary = {}) {
    indexes_.push_back({"primary", {{"/id"}}, true, false});
    for (auto& index : secondary) indexes_.push_back(std::move(index));
    entries_.resize(indexes_.size());
  }

  void put(const std::string& json) {
    json::Parser parser;
    auto root = parser.parse(json);
    AVILA_ASSERT(root.has_value());
    const sql::Datum document = sql::Datum::of(*root);
    std::string primary;
    sql::append_key(primary, document.find("id"));
    documents_[primary] = json;
    for (std::size_t i = 0; i < indexes_.size(); ++i) {
      std::vector<std::string> keys = {""};
      for (const auto& column : indexes_[i].columns) {
        std::vector<std::string> longer;
        for (const auto& key : keys)
          for (const auto& value : values(document, column.path)) {
            longer.push_back(key);
            sql::append_key(longer.back(), value, column.descending);
          }
        keys = std::move(longer);
      }
      for (const auto& key : keys)
        entries_[i][indexes_[i].primary ? primary : key + primary] = primary;
    }
  }

  void erase(const std::string& id) {
    std::string primary;
    sql::append_key_string(primary, id);
    documents_.erase(primary);
    for (auto& entries : entries_)
      std::erase_if(entries, [&](const auto& entry) { return entry.second == primary; });
  }

  std::span<const sql::IndexDescription> indexes() const override { return indexes_; }
  double rows() const override { return static_cast<double>(documents_.size()); }
  double estimate(std::size_t index, std::span<const sql::KeyRange> ranges) const override {
    double count = 0;
    for (const auto& range : ranges)
      for (const auto& [key, primary] : entries_[index])
        if (key >= range.begin && (range.end.empty() || key < range.end)) ++count;
    return count;
  }
  Result<std::unique_ptr<sql::RowCursor>> scan(const sql::Scan& scan) override {
    auto cursor = std::make_unique<Cursor>();
    cursor->table = this;
    for (const auto& range : scan.ranges)
      for (const auto& [key, primary] : entries_[scan.index])
        if (key >= range.begin && (range.end.empty() || key < range.end))
          cursor->rows.emplace_back(key, primary);
    if (scan.reverse) std::reverse(cursor->rows.begin(), cursor->rows.end());
    if (!scan.from_position.empty())
      std::erase_if(cursor->rows, [&](const auto& row) {
        return scan.reverse ? row.first > scan.from_position : row.first < scan.from_position;
      });
    scans.push_back(indexes_[scan.index].name);
    return std::unique_ptr<sql::RowCursor>(std::move(cursor));
  }

  std::vector<std::string> scans;  ///< names of the indexes read

 private:
  struct Cursor final : sql::RowCursor {
    MemoryTable* table = nullptr;
    std::vector<std::pair<std::string, std::string>> rows;
    std::size_t at = 0;
    Result<bool> next() override { return ++at <= rows.size(); }
    std::string_view position() const override { return rows[at - 1].first; }
    std::string_view primary_key() const override { return rows[at - 1].second; }
    Result<std::string_view> document() override {
      return std::string_view(table->documents_.at(rows[at - 1].second));
    }
  };

  static std::vector<sql::Datum> values(const sql::Datum& document, std::string_view path) {
    sql::Datum value = document;
    while (!path.empty()) {
      path.remove_prefix(1);
      const auto slash = path.find('/');
      const auto step = path.substr(0, slash);
      path = slash == std::string_view::npos ? "" : path.substr(slash);
      if (step == "[]") {
        std::vector<sql::Datum> all;
        value.each([&](const sql::Datum& item) {
          for (const auto& inner : values(item, path)) all.push_back(inner);
          return true;
        });
        if (all.empty()) all.emplace_back();
        return all;
      }
      value = value.find(step);
    }
    return {value};
  }

  std::vector<sql::IndexDescription> indexes_;
  std::map<std::string, std::string> documents_;
  std::vector<std::map<std::string, std::string>> entries_;
};

/// Runs a query; its rows, or one "error: …".
inline std::vector<std::string> run(MemoryTable& table, std::string_view query,
                                    std::string_view parameters = "{}", std::size_t page = 0) {
  const auto given = json::parse(parameters);
  auto statement = sql::Statement::prepare(query, &*given);
  if (!statement) return {"error: " + statement.error().to_string()};
  std::vector<std::string> rows;
  sql::ExecuteOptions options;
  options.now = {1'700'000'000'123'456'789};
  if (page > 0) options.max_rows = page;
  do {
    sql::PlanOptions planning;
    planning.now = options.now;
    if (!options.resume.empty()) {
      auto index = sql::resume_index(*statement, options.resume);
      if (!index) return {"error: " + index.error().to_string()};
      planning.use_index = *index;
    }
    auto plan = sql::plan(*statement, &table, planning);
    if (!plan) return {"error: " + plan.error().to_string()};
    auto result = sql::execute(*statement, *plan, &table, options, [&](std::string_view row) {
      rows.emplace_back(row);
      return true;
    });
    if (!result) return {"error: " + result.error().to_string()};
    options.resume = result->resume;
  } while (!options.resume.empty());
  return rows;
}

}  // namespace avila_test

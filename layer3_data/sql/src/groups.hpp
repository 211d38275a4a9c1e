// GROUP BY and aggregates.
#pragma once
#include <avila/sql/evaluate.hpp>
#include <memory>
#include <unordered_map>
#include <unordered_set>

namespace avila::sql {

/// Bytes that sorting, grouping and DISTINCT may hold, shared by one query.
struct Budget {
  std::size_t limit = 256U << 20, used = 0, peak = 0;
  bool take(std::size_t bytes, Context& context, const char* what);
  void give_back(std::size_t bytes) { used -= bytes < used ? bytes : used; }
};

/// One aggregate of one group. Null is skipped by all, and what is no number by SUM and AVG;
/// of nothing COUNT is 0 and the others null. Sums of integers are exact; of doubles compensated.
class Accumulator {
 public:
  void add(const Expr& aggregate, const Datum& value, Context& context, Budget& budget);
  Datum result(const Expr& aggregate, Arena& arena) const;

 private:
  std::uint64_t count_ = 0;
  __int128 whole_ = 0;
  double real_ = 0, correction_ = 0;
  bool any_real_ = false;
  Datum best_;        // MIN, MAX: what needs no memory of its own
  std::string text_;  // else its key; ARRAY_AGG: JSON so far
  std::unique_ptr<std::unordered_set<std::string>> seen_;  // DISTINCT
};

class Groups {
 public:
  Groups(const Select& select, Budget& budget) : select_(select), budget_(budget) {}

  /// Adds the row the context is at.
  void add(Context& context);
  /// Calls each(group_key) with the context's group keys and aggregates set, in key order; false
  /// from `each` stops. Without GROUP BY there is one group even of no rows.
  template <class F>
  void for_each(Context& context, F&& each) {
    for (const auto* entry : sorted()) {
      const Bound bound = bind(*entry, context);
      context.group_keys = bound.keys.data();
      context.aggregates = bound.values.data();
      if (!each(std::string_view(entry->first)) || context.failure) break;
    }
    context.group_keys = context.aggregates = nullptr;
  }

 private:
  using Map = std::unordered_map<std::string, std::vector<Accumulator>>;
  struct Bound {
    std::vector<Datum> keys, values;
  };
  std::vector<const Map::value_type*> sorted();
  Bound bind(const Map::value_type& entry, Context& context) const;

  const Select& select_;
  Budget& budget_;
  Map groups_;
  std::string key_;
};

}  // namespace avila::sql

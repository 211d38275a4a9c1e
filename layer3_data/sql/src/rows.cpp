#include "rows.hpp"

#include <algorithm>
#include <avila/sql/key.hpp>
#include <avila/sql/limits.hpp>
#include <unordered_set>

#include "groups.hpp"

namespace avila::sql {

bool for_each_row(const Select& select, std::size_t first, Context& context,
                  std::vector<std::uint32_t>& ordinals, const RowCallback& row) {
  if (first == select.from.size()) {
    if (select.where && !evaluate(*select.where, context).is_true()) return !context.failure;
    return !context.failure && row(ordinals);
  }
  const Source& source = select.from[first];
  const Datum array = evaluate(*source.array, context);
  const auto slot = static_cast<std::size_t>(source.slot);
  std::uint32_t ordinal = 0;
  bool go_on = true;
  array.each([&](const Datum& item) {
    context.slots[slot] = item;
    ordinals.push_back(ordinal++);
    go_on = context.tick() && for_each_row(select, first + 1, context, ordinals, row);
    ordinals.pop_back();
    return go_on;
  });
  context.slots[slot] = Datum();
  return go_on && !context.failure;
}

namespace {

struct SubqueryRow {
  std::string key;
  Datum value;
};

/// LIMIT or TOP, and OFFSET, of a subquery: evaluated by the binder.
std::uint64_t count_or(const ExprPtr& expr, std::uint64_t otherwise) {
  return expr ? static_cast<std::uint64_t>(expr->integer) : otherwise;
}

/// Runs a subquery: each(value) for its rows in order; false stops.
template <class F>
void run(const Select& select, Context& context, F&& each) {
  std::uint64_t skip = count_or(select.offset, 0);
  std::uint64_t left =
      std::min(count_or(select.limit, UINT64_MAX), count_or(select.top, UINT64_MAX));
  if (left == 0) return;
  const auto emit = [&](const Datum& value) {
    if (value.is_undefined()) return true;
    if (skip > 0) {
      --skip;
      return true;
    }
    return each(value) && --left > 0;
  };
  std::vector<std::uint32_t> ordinals;
  const bool plain = !select.grouped && !select.distinct && select.order_by.empty();
  if (plain) {
    (void)for_each_row(select, 0, context, ordinals,
                       [&](const auto&) { return emit(project(select, context)); });
    return;
  }
  std::vector<SubqueryRow> rows;
  std::unordered_set<std::string> seen;
  const auto collect = [&] {
    const Datum value = project(select, context);
    if (value.is_undefined() || !context.room(sizeof(SubqueryRow) * (rows.size() + 1))) return true;
    SubqueryRow row;
    row.value = value;
    for (const OrderItem& item : select.order_by)
      append_key(row.key, evaluate(*item.expr, context), item.descending);
    if (select.distinct) {
      std::string key;
      append_key(key, value);
      if (!seen.insert(std::move(key)).second) return true;
    }
    rows.push_back(std::move(row));
    return !context.failure;
  };
  if (select.grouped) {
    Budget budget;
    budget.limit = context.memory_limit;
    Groups groups(select, budget);
    (void)for_each_row(select, 0, context, ordinals, [&](const auto&) {
      groups.add(context);
      return !context.failure;
    });
    // A subquery in the argument of an aggregate has the outer group's values hidden meanwhile.
    const Datum* outer_keys = context.group_keys;
    const Datum* outer_values = context.aggregates;
    groups.for_each(context, [&](std::string_view) {
      if (select.having && !evaluate(*select.having, context).is_true()) return true;
      return collect();
    });
    context.group_keys = outer_keys;
    context.aggregates = outer_values;
  } else {
    (void)for_each_row(select, 0, context, ordinals, [&](const auto&) { return collect(); });
  }
  if (!select.order_by.empty())
    std::stable_sort(rows.begin(), rows.end(),
                     [](const SubqueryRow& a, const SubqueryRow& b) { return a.key < b.key; });
  for (const SubqueryRow& row : rows)
    if (context.failure || !emit(row.value)) return;
}

}  // namespace

Datum exists(const Select& select, Context& context) {
  bool found = false;
  run(select, context, [&](const Datum&) {
    found = true;
    return false;
  });
  return Datum::boolean(found);
}

Datum subquery_array(const Select& select, Context& context) {
  std::vector<Datum> items;
  run(select, context, [&](const Datum& value) {
    items.push_back(value);
    return context.room(items.size() * sizeof(Datum));
  });
  Datum* to = context.arena->array<Datum>(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) new (&to[i]) Datum(items[i]);
  return Datum::array(to, items.size());
}

Datum subquery_scalar(const Select& select, Context& context) {
  Datum result;
  run(select, context, [&](const Datum& value) {
    result = value;
    return false;
  });
  return result;
}

}  // namespace avila::sql

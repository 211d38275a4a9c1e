#include <algorithm>
#include <avila/json/writer.hpp>
#include <avila/sql/geo.hpp>
#include <avila/sql/key.hpp>
#include <avila/sql/limits.hpp>
#include <avila/sql/plan.hpp>
#include <cmath>

#include "constraints.hpp"

namespace avila::sql {

namespace {

// Costs, in units of one document read in primary order.
constexpr double kEntryCost = 0.15;  // one index entry
constexpr double kFetchCost = 1.6;   // one document by its key
constexpr double kSortCost = 0.3;    // one row sorted
constexpr double kRangeCost = 1.0;   // one seek
constexpr double kWalkCost = 0.3;    // one candidate of a vector index

std::string after(std::string_view prefix) { return key_after_prefix(prefix); }

std::string encoded(const Datum& value, bool descending) {
  std::string key;
  append_key(key, value, descending);
  return key;
}

/// Ranges of one column behind a prefix that all its keys share.
KeyRange column_range(const std::string& base, const Constraint& c, bool descending) {
  if (c.prefix) {
    std::string text;
    append_key_string(text, *c.prefix);
    text.resize(text.size() - 2);  // without the terminator
    if (descending)
      for (char& byte : text) byte = static_cast<char>(~byte);
    return {base + text, after(base + text)};
  }
  const Datum& any = c.low ? *c.low : *c.high;
  const KeyTypeRange types = key_type_range(any);
  std::string least, most;  // of the values, ascending
  const auto flip = [&](unsigned char tag) {
    return std::string(1, static_cast<char>(descending ? ~tag : tag));
  };
  KeyRange range;
  std::string& low_side = descending ? range.end : range.begin;
  std::string& high_side = descending ? range.begin : range.end;
  // In a descending column the low value bounds the end of the range.
  if (c.low) {
    const std::string key = base + encoded(*c.low, descending);
    low_side = c.low_inclusive == !descending ? key : after(key);
  } else {
    low_side = descending ? after(base + flip(types.first)) : base + flip(types.first);
  }
  if (c.high) {
    const std::string key = base + encoded(*c.high, descending);
    high_side = c.high_inclusive == descending ? key : after(key);
  } else {
    high_side = descending ? base + flip(types.last) : after(base + flip(types.last));
  }
  return range;
}

/// Geohashes that cover the circle: at most 64, of at most `length` characters.
std::vector<std::string> cover(const Circle& circle, std::size_t length) {
  const double lat_reach = circle.metres / 110'540.0;  // metres of a degree, at least
  const double south = circle.latitude - lat_reach, north = circle.latitude + lat_reach;
  const double widest = std::max(std::fabs(south), std::fabs(north));
  if (widest >= 85 || !(circle.metres >= 0)) return {};
  const double lon_reach =
      circle.metres / (110'000.0 * std::cos(widest * 3.14159265358979323846 / 180.0));
  const double west = circle.longitude - lon_reach, east = circle.longitude + lon_reach;
  if (west < -180 || east > 180) return {};
  for (std::size_t n = length; n > 0; --n) {
    const double lon_bits = std::ceil(5.0 * static_cast<double>(n) / 2);
    const double lat_bits = std::floor(5.0 * static_cast<double>(n) / 2);
    const double width = 360.0 / std::exp2(lon_bits), height = 180.0 / std::exp2(lat_bits);
    const double columns = std::floor((east + 180) / width) - std::floor((west + 180) / width) + 1;
    const double rows = std::floor((north + 90) / height) - std::floor((south + 90) / height) + 1;
    if (columns * rows > 64) continue;
    std::vector<std::string> cells;
    for (double r = 0; r < rows; ++r)
      for (double c = 0; c < columns; ++c)
        cells.push_back(
            geohash({std::min((std::floor((west + 180) / width) + c + 0.5) * width - 180, 180.0),
                     std::min((std::floor((south + 90) / height) + r + 0.5) * height - 90, 90.0)},
                    n));
    std::sort(cells.begin(), cells.end());
    cells.erase(std::unique(cells.begin(), cells.end()), cells.end());
    return cells;
  }
  return {};
}

struct Candidate {
  Scan scan;
  PlanChoice choice;
  std::size_t single_equal = 0;  // leading columns bound to one value
  std::vector<bool> bound;       // by column: one value
};

class Planner {
 public:
  Planner(const Statement& statement, const TableSource& table, const PlanOptions& options,
          Context& context)
      : select_(statement.select()),
        statement_(statement),
        table_(table),
        options_(options),
        context_(context),
        slots_(slot_paths(select_)),
        constraints_(collect_constraints(select_, context)) {
    for (const auto& [path, value] : options.required) {
      Constraint& c = constraints_.paths[path];
      c.has_equal = true;
      c.equal = {value};
      ++constraints_.usable;
      ++constraints_.conjuncts;
    }
  }

  Result<Plan> run() {
    std::vector<Candidate> candidates;
    const auto indexes = table_.indexes();
    for (std::size_t i = 0; i < indexes.size(); ++i) {
      Candidate candidate = consider(i, indexes[i]);
      const bool useful = indexes[i].primary || candidate.choice.equal_columns > 0 ||
                          candidate.choice.range_column || candidate.choice.ordered;
      if (useful || indexes[i].name == options_.use_index)
        candidates.push_back(std::move(candidate));
    }
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const auto& a, const auto& b) { return a.choice.cost < b.choice.cost; });
    const double least_rows = candidates.empty() ? table_.rows() : candidates[0].choice.rows;
    auto nearest = options_.use_index.empty() ? consider_nearest(least_rows) : std::nullopt;
    Candidate* best = candidates.empty() ? nullptr : &candidates[0];
    if (!options_.use_index.empty()) {
      best = nullptr;
      for (Candidate& candidate : candidates)
        if (candidate.choice.index == options_.use_index) best = &candidate;
      if (best == nullptr)
        return Error(
            Errc::InvalidArgument,
            "the continuation was made with the index " + options_.use_index + ", which is no more",
            {.hint = "run the query again from the start"});
    }
    if (best == nullptr) return Error(Errc::InvalidArgument, "the table has no primary order");
    Plan plan;
    plan.scan = best->scan;
    plan.index = best->choice.index;
    plan.ordered = best->choice.ordered;
    plan.needs_sort = sorts() && !plan.ordered;
    // One value of an array's elements: its entry is there once a document.
    plan.deduplicate = indexes[best->scan.index].array && best->single_equal == 0;
    if (plan.deduplicate) plan.needs_sort = true;  // so that a continuation is exact
    plan.chosen = best->choice;
    for (const Candidate& candidate : candidates) plan.considered.push_back(candidate.choice);
    if (nearest) {
      const bool wins = nearest->usable && nearest->choice.cost < best->choice.cost;
      if (wins) {
        plan.index = nearest->choice.index;
        plan.chosen = nearest->choice;
        plan.ordered = plan.deduplicate = false;
        plan.needs_sort = true;
        plan.nearest = std::move(nearest->scan);
      }
      plan.considered.insert(wins ? plan.considered.begin() : plan.considered.end(),
                             std::move(nearest->choice));
    }
    return plan;
  }

 private:
  struct Nearest {
    NearestScan scan;
    PlanChoice choice;
    bool usable = false;
  };

  /// The vector index of ORDER BY VECTOR_DISTANCE(path, constant [, metric]), if there is one, and
  /// whether it can answer. `rows`: how many documents the best other way would read.
  std::optional<Nearest> consider_nearest(double rows) const {
    if (select_.grouped || select_.distinct || select_.order_by.size() != 1 ||
        !orders_by_distance(select_))
      return std::nullopt;
    const Expr& call = *select_.order_by[0].expr;
    std::size_t path_at = 0;
    std::string path = canonical_path(*call.args[0], slots_);
    if (path.empty()) path = canonical_path(*call.args[path_at = 1], slots_);
    const auto indexes = table_.vectors();
    std::size_t i = 0;
    while (i < indexes.size() && indexes[i].path != path) ++i;
    if (path.empty() || i == indexes.size()) return std::nullopt;
    Nearest nearest;
    nearest.scan.index = i;
    nearest.choice.index = path;
    const std::string obstacle = why_not(call, 1 - path_at, indexes[i], nearest.scan);
    if (!obstacle.empty()) {
      nearest.choice.reason = "not used: " + obstacle;
      nearest.choice.cost = rows * (1 + kSortCost);
      nearest.choice.rows = rows;
      return nearest;
    }
    nearest.usable = true;
    nearest.choice.rows = static_cast<double>(nearest.scan.count);
    nearest.choice.reason = "the " + std::to_string(nearest.scan.count) +
                            " nearest by a graph of " + indexes[i].metric + " distances";
    const double all = std::max(table_.rows(), 1.0);
    const double wanted = std::max(static_cast<double>(nearest.scan.count), 64.0);
    nearest.choice.cost = wanted * kWalkCost + nearest.choice.rows * kFetchCost;
    if (select_.where) {  // documents on the way are read until enough of them match
      const double share = std::clamp(rows / all, 0.01, 1.0);
      nearest.choice.cost += wanted / share * kFetchCost;
      nearest.choice.reason += ", those that WHERE keeps";
    }
    return nearest;
  }

  /// Empty when the index can answer; the scan is then filled in.
  std::string why_not(const Expr& call, std::size_t vector_at, const VectorDescription& index,
                      NearestScan& scan) const {
    if (select_.order_by[0].descending) return "the farthest first is not its order";
    if (select_.from.size() > 1) return "the query joins an array";
    std::string metric = "cosine";
    if (call.args.size() > 2) {
      const auto named = constant_value(*call.args[2], context_);
      if (!named || !named->is_string()) return "the metric is not the same for every row";
      metric = named->as_string();
      if (metric == "euclidean") metric = "l2";
      if (metric == "dotproduct") metric = "dot";
    }
    if (metric != index.metric)
      return "it knows " + index.metric + " distances, the query asks for " + metric +
             "; name the metric as the third argument";
    if (statement_.limit() == UINT64_MAX)
      return "without LIMIT every document is part of the answer";
    if (statement_.limit() > kMaxNearest || statement_.offset() > kMaxNearest - statement_.limit())
      return "LIMIT and OFFSET are above " + std::to_string(kMaxNearest) + " (kMaxNearest)";
    const auto vector = constant_value(*call.args[vector_at], context_);
    if (!vector || !vector->is_array() || vector->size() != index.dimensions)
      return "the vector does not have its " + std::to_string(index.dimensions) + " dimensions";
    double norm = 0;
    vector->each([&](const Datum& item) {
      const double x = item.is_number() ? item.as_double() : INFINITY;
      norm += x * x;
      scan.vector.push_back(static_cast<float>(x));
      return true;
    });
    if (!(norm <= 1e37) || (metric == "cosine" && norm < 1e-30))
      return "the vector is not one of numbers, or has no direction";
    scan.count = statement_.limit() + statement_.offset();
    return {};
  }

  bool sorts() const { return select_.grouped || select_.distinct || !select_.order_by.empty(); }

  const Constraint* constraint_of(const std::string& path) const {
    const auto at = constraints_.paths.find(path);
    return at == constraints_.paths.end() ? nullptr : &at->second;
  }

  /// Keys of one column bound to values, behind each prefix. False: the column is not bound.
  bool bind_column(std::size_t index, std::size_t number, const IndexColumn& column,
                   std::vector<std::string>& prefixes, bool& single) const {
    const Constraint* c = constraint_of(column.path);
    if (column.encoding == IndexColumn::Encoding::Geohash) return false;
    if (c == nullptr || !c->has_equal) return false;
    if (c->equal.size() * prefixes.size() > kMaxScanRanges) return false;
    std::vector<std::string> longer;
    for (const std::string& prefix : prefixes) {
      for (const Datum& value : c->equal) {
        std::string key = prefix;
        if (column.encoding == IndexColumn::Encoding::Opaque) {
          if (!table_.encode(index, number, value, key)) return false;
        } else {
          append_key(key, value, column.descending);
        }
        longer.push_back(std::move(key));
      }
    }
    single = c->equal.size() == 1;
    prefixes = std::move(longer);
    return true;
  }

  bool range_column(const IndexColumn& column, const std::vector<std::string>& prefixes,
                    std::vector<KeyRange>& ranges) const {
    if (column.encoding == IndexColumn::Encoding::Geohash)
      return geo_column(column, prefixes, ranges);
    const Constraint* c = constraint_of(column.path);
    if (c == nullptr || column.encoding != IndexColumn::Encoding::Value) return false;
    if (!c->prefix && !c->low && !c->high) return false;
    if (c->low && c->high && key_type_range(*c->low).first != key_type_range(*c->high).first)
      return false;
    for (const std::string& prefix : prefixes)
      ranges.push_back(column_range(prefix, *c, column.descending));
    return true;
  }

  bool geo_column(const IndexColumn& column, const std::vector<std::string>& prefixes,
                  std::vector<KeyRange>& ranges) const {
    std::vector<std::string> cells;
    if (const auto circle = constraints_.circles.find(column.path);
        circle != constraints_.circles.end())
      cells = cover(circle->second, column.geohash_length);
    else if (const Constraint* c = constraint_of("geohash:" + column.path); c && c->prefix)
      cells = {c->prefix->substr(0, column.geohash_length)};
    if (cells.empty() || cells.size() * prefixes.size() > kMaxScanRanges) return false;
    for (const std::string& prefix : prefixes) {
      for (const std::string& cell : cells) {
        Constraint c;
        c.prefix = cell;
        ranges.push_back(column_range(prefix, c, false));
      }
    }
    return true;
  }

  Candidate consider(std::size_t number, const IndexDescription& index) const {
    Candidate candidate;
    candidate.scan.index = number;
    candidate.choice.index = index.name;
    std::vector<std::string> prefixes = {""};
    bool all_single = true;
    std::size_t i = 0;
    for (; i < index.columns.size(); ++i) {
      bool single = false;
      if (!bind_column(number, i, index.columns[i], prefixes, single)) break;
      all_single = all_single && single;
      if (all_single) candidate.single_equal = i + 1;
    }
    candidate.choice.equal_columns = i;
    candidate.bound.assign(index.columns.size(), false);
    for (std::size_t k = 0; k < candidate.single_equal; ++k) candidate.bound[k] = true;
    auto& ranges = candidate.scan.ranges;
    if (i < index.columns.size() && range_column(index.columns[i], prefixes, ranges)) {
      candidate.choice.range_column = true;
    } else {
      for (const std::string& prefix : prefixes) ranges.push_back({prefix, after(prefix)});
    }
    tidy(ranges);
    candidate.choice.ranges = ranges.size();
    candidate.choice.ordered = order(index, candidate);
    price(index, candidate);
    return candidate;
  }

  static void tidy(std::vector<KeyRange>& ranges) {
    std::erase_if(ranges, [](const KeyRange& r) { return !r.end.empty() && r.begin >= r.end; });
    std::sort(ranges.begin(), ranges.end(),
              [](const KeyRange& a, const KeyRange& b) { return a.begin < b.begin; });
    std::vector<KeyRange> merged;
    for (KeyRange& range : ranges) {
      if (!merged.empty() && (merged.back().end.empty() || range.begin <= merged.back().end)) {
        if (!merged.back().end.empty() && (range.end.empty() || range.end > merged.back().end))
          merged.back().end = range.end;
      } else {
        merged.push_back(std::move(range));
      }
    }
    ranges = std::move(merged);
  }

  /// Whether the entries come in the order ORDER BY asks for; sets the direction.
  bool order(const IndexDescription& index, Candidate& candidate) const {
    if (select_.grouped || select_.distinct || select_.order_by.empty() || index.array)
      return false;
    if (candidate.scan.ranges.size() > 1) return false;
    std::size_t column = candidate.single_equal;
    int direction = 0;  // 1 forwards, -1 backwards
    for (const OrderItem& item : select_.order_by) {
      const std::string path = canonical_path(*item.expr, slots_);
      if (path.empty() || path.find("/[]") != std::string::npos) return false;
      const Constraint* c = constraint_of(path);
      if (c != nullptr && c->has_equal && c->equal.size() == 1) continue;  // one value: any order
      while (column < index.columns.size() && column_bound(index.columns[column])) ++column;
      if (column >= index.columns.size() || index.columns[column].path != path ||
          index.columns[column].encoding != IndexColumn::Encoding::Value)
        return false;
      const int wanted = item.descending == index.columns[column].descending ? 1 : -1;
      if (direction != 0 && direction != wanted) return false;
      direction = wanted;
      ++column;
    }
    candidate.scan.reverse = direction < 0;
    return true;
  }
  bool column_bound(const IndexColumn& column) const {
    const Constraint* c = constraint_of(column.path);
    return c != nullptr && c->has_equal && c->equal.size() == 1;
  }

  void price(const IndexDescription& index, Candidate& candidate) const {
    PlanChoice& choice = candidate.choice;
    const double entries = table_.estimate(candidate.scan.index, candidate.scan.ranges);
    choice.rows = entries;
    double read = entries;
    const std::uint64_t limit = statement_.limit();
    const bool stops_early = (choice.ordered || !sorts()) && limit != UINT64_MAX;
    if (stops_early) {
      const std::size_t matched = choice.equal_columns + (choice.range_column ? 1 : 0);
      const double wanted = static_cast<double>(limit) + static_cast<double>(statement_.offset());
      const double rest = matched >= constraints_.conjuncts ? 1.0 : 10.0;
      read = std::min(read, wanted * rest + 1);
    }
    choice.cost = static_cast<double>(choice.ranges) * kRangeCost +
                  read * (index.primary ? 1.0 : kEntryCost + kFetchCost);
    if (sorts() && !choice.ordered) choice.cost += read * kSortCost;
    std::string& why = choice.reason;
    if (choice.equal_columns > 0)
      why = std::to_string(choice.equal_columns) + " column(s) bound to values";
    if (choice.range_column)
      why += (why.empty() ? "" : ", ") + std::string("range on ") +
             index.columns[choice.equal_columns].path;
    if (choice.ordered) why += (why.empty() ? "" : ", ") + std::string("gives the order");
    if (why.empty()) why = "reads everything";
  }

  const Select& select_;
  const Statement& statement_;
  const TableSource& table_;
  const PlanOptions& options_;
  Context& context_;
  SlotPaths slots_;
  Constraints constraints_;
};

}  // namespace

bool orders_by_distance(const Select& select) {
  if (select.order_by.empty()) return false;
  const Expr& expr = *select.order_by[0].expr;
  return expr.kind == ExprKind::Call &&
         (expr.text == "VECTOR_DISTANCE" || expr.text == "VECTORDISTANCE");
}

Result<Plan> plan(const Statement& statement, const TableSource* table,
                  const PlanOptions& options) {
  if (table == nullptr || statement.collection().empty()) {
    Plan nothing;
    const Select& select = statement.select();
    nothing.needs_sort = select.grouped || select.distinct || !select.order_by.empty();
    nothing.chosen.rows = 1;
    nothing.chosen.reason = "no FROM: one row";
    return nothing;
  }
  Arena arena;
  Context context;
  context.arena = &arena;
  context.parameters = statement.parameters();
  context.now = options.now;
  Planner planner(statement, *table, options, context);
  if (context.failure) return std::move(*context.failure);
  return planner.run();
}

namespace {
void write_choice(json::Writer& w, const PlanChoice& choice) {
  w.key("index").string(choice.index);
  w.key("reason").string(choice.reason);
  w.key("ranges").uint64(choice.ranges);
  w.key("estimated_rows").double_(std::round(choice.rows));
  w.key("cost").double_(std::round(choice.cost * 100) / 100);
}
}  // namespace

std::string explain(const Statement& statement, const Plan& plan) {
  std::string out;
  json::Writer w(out);
  const Select& select = statement.select();
  w.begin_object();
  if (!statement.collection().empty()) {
    const bool whole = plan.scan.ranges.size() == 1 && plan.scan.ranges[0].begin.empty() &&
                       plan.scan.ranges[0].end.empty();
    w.key("collection").string(statement.collection());
    w.key("access").string(plan.nearest              ? "nearest neighbours"
                           : plan.index == "primary" ? (whole ? "full scan" : "primary key range")
                           : whole                   ? "index scan"
                                                     : "index range");
    write_choice(w, plan.chosen);
    w.key("direction").string(plan.scan.reverse ? "backward" : "forward");
  } else {
    w.key("access").string("none");
  }
  w.key("steps").begin_array();
  for (const Source& source : select.from)
    if (source.array) w.string("join " + source.alias + " in " + to_text(*source.array));
  if (select.where) w.string("filter " + to_text(*select.where));
  if (select.grouped) {
    std::string keys;
    for (const ExprPtr& key : select.group_by) keys += (keys.empty() ? "" : ", ") + to_text(*key);
    w.string(keys.empty() ? "aggregate" : "group by " + keys);
  }
  if (select.having) w.string("having " + to_text(*select.having));
  if (select.distinct) w.string("distinct");
  if (!select.order_by.empty()) {
    std::string keys;
    for (const OrderItem& item : select.order_by)
      keys += (keys.empty() ? "" : ", ") + to_text(*item.expr) + (item.descending ? " desc" : "");
    w.string(plan.ordered ? "in index order: " + keys : "sort by " + keys);
  }
  if (statement.offset() > 0) w.string("offset " + std::to_string(statement.offset()));
  if (statement.limit() != UINT64_MAX) w.string("limit " + std::to_string(statement.limit()));
  w.end_array();
  w.key("considered").begin_array();
  for (const PlanChoice& choice : plan.considered) {
    w.begin_object();
    write_choice(w, choice);
    w.end_object();
  }
  w.end_array();
  w.end_object();
  return out;
}

}  // namespace avila::sql

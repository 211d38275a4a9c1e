#include "groups.hpp"

#include <algorithm>
#include <avila/json/value.hpp>
#include <avila/sql/key.hpp>
#include <cmath>
#include <memory>

namespace avila::sql {

bool Budget::take(std::size_t bytes, Context& context, const char* what) {
  used += bytes;
  peak = std::max(peak, used);
  if (used <= limit) return true;
  context.fail(Error(Errc::LimitExceeded,
                     std::string(what) + " needs more than the query's memory limit of " +
                         std::to_string(limit) + " bytes",
                     {.hint = "narrow WHERE, add a LIMIT, use an index for the order, or raise "
                              "the query's memory limit"}));
  return false;
}

void Accumulator::add(const Expr& aggregate, const Datum& value, Context& context, Budget& budget) {
  if (aggregate.args.empty()) {
    ++count_;
    return;
  }
  if (value.is_undefined() || value.is_null()) return;
  const char first = aggregate.text[0];  // COUNT SUM AVG MIN MAX ARRAY_AGG
  const bool sums = first == 'S' || aggregate.text == "AVG";
  if (sums && !value.is_number()) return;
  std::string key;
  if (aggregate.distinct) {
    append_key(key, value);
    if (!seen_) seen_ = std::make_unique<std::unordered_set<std::string>>();
    if (seen_->contains(key)) return;
    if (!budget.take(key.size() + 64, context, "DISTINCT in an aggregate")) return;
    seen_->insert(key);
  }
  ++count_;
  if (first == 'C') return;
  if (sums) {
    if (value.is_int()) {
      whole_ += value.as_int();
    } else if (value.type() == Type::Uint) {
      whole_ += value.as_uint();
    } else {  // Neumaier's compensated sum
      any_real_ = true;
      const double x = value.as_raw_double(), sum = real_ + x;
      correction_ += std::fabs(real_) >= std::fabs(x) ? (real_ - sum) + x : (x - sum) + real_;
      real_ = sum;
    }
    return;
  }
  if (aggregate.text == "ARRAY_AGG") {
    const std::size_t before = text_.size();
    text_ += before == 0 ? '[' : ',';
    append_json(text_, value);
    (void)budget.take(text_.size() - before, context, "ARRAY_AGG");
    return;
  }
  const bool least = aggregate.text == "MIN";
  if (value.is_number() || value.is_boolean()) {
    if (text_.empty()) {
      if (best_.is_undefined() || (compare(value, best_) < 0) == least) {
        if (best_.is_undefined() || compare(value, best_) != 0) best_ = value;
      }
      return;
    }
    if (!least) return;  // a text, array or object is held, and more than any of these
    text_.clear();
    best_ = value;
    return;
  }
  if (key.empty()) append_key(key, value);
  if (!best_.is_undefined()) {
    if (least) return;
    best_ = Datum();
  } else if (!text_.empty() && (key < text_) != least) {
    return;
  }
  if (key.size() > text_.size() && !budget.take(key.size() - text_.size(), context, "MIN or MAX"))
    return;
  text_ = std::move(key);
}

Datum Accumulator::result(const Expr& aggregate, Arena& arena) const {
  if (aggregate.text == "COUNT") return Datum::integer(static_cast<std::int64_t>(count_));
  if (aggregate.text == "ARRAY_AGG") {
    if (count_ == 0) return Datum::array(nullptr, 0);
    const auto value = json::parse(text_ + "]");
    return value ? Datum::of(*value, arena) : Datum();
  }
  if (count_ == 0) return Datum::null();
  if (aggregate.text == "SUM" || aggregate.text == "AVG") {
    if (aggregate.text == "SUM" && !any_real_) {
      if (whole_ >= INT64_MIN && whole_ <= INT64_MAX)
        return Datum::integer(static_cast<std::int64_t>(whole_));
      if (whole_ > 0 && whole_ <= static_cast<__int128>(UINT64_MAX))
        return Datum::uinteger(static_cast<std::uint64_t>(whole_));
    }
    const double sum = static_cast<double>(whole_) + (real_ + correction_);
    return Datum::number(aggregate.text == "SUM" ? sum : sum / static_cast<double>(count_));
  }
  if (text_.empty()) return best_;
  std::string_view key = text_;
  auto value = take_key(key, arena);
  return value ? *value : Datum();
}

void Groups::add(Context& context) {
  key_.clear();
  for (const ExprPtr& key : select_.group_by) append_key(key_, evaluate(*key, context));
  if (context.failure) return;
  auto at = groups_.find(key_);
  if (at == groups_.end()) {
    if (!budget_.take(key_.size() + 96 + select_.aggregates.size() * sizeof(Accumulator), context,
                      "GROUP BY"))
      return;
    at = groups_.emplace(key_, std::vector<Accumulator>(select_.aggregates.size())).first;
  }
  for (std::size_t i = 0; i < select_.aggregates.size(); ++i) {
    const Expr& aggregate = *select_.aggregates[i];
    const Datum value = aggregate.args.empty() ? Datum() : evaluate(*aggregate.args[0], context);
    at->second[i].add(aggregate, value, context, budget_);
  }
}

std::vector<const Groups::Map::value_type*> Groups::sorted() {
  if (select_.group_by.empty() && groups_.empty())
    groups_.emplace(std::string(), std::vector<Accumulator>(select_.aggregates.size()));
  std::vector<const Map::value_type*> entries;
  entries.reserve(groups_.size());
  for (const auto& entry : groups_) entries.push_back(&entry);
  std::sort(entries.begin(), entries.end(),
            [](const auto* a, const auto* b) { return a->first < b->first; });
  return entries;
}

Groups::Bound Groups::bind(const Map::value_type& entry, Context& context) const {
  Bound bound;
  std::string_view key = entry.first;
  for (std::size_t i = 0; i < select_.group_by.size(); ++i) {
    auto value = take_key(key, *context.arena);
    AVILA_ASSERT(value.has_value());
    bound.keys.push_back(*value);
  }
  for (std::size_t i = 0; i < select_.aggregates.size(); ++i)
    bound.values.push_back(entry.second[i].result(*select_.aggregates[i], *context.arena));
  return bound;
}

}  // namespace avila::sql

// Functions on arrays, objects and vectors.
#include <avila/sql/key.hpp>
#include <cmath>
#include <unordered_set>

#include "functions.hpp"

namespace avila::sql {

namespace {

/// Every member of `part` is in `whole` with an equal value (nested objects likewise).
bool contains_part(const Datum& whole, const Datum& part) {
  if (!whole.is_object() || !part.is_object()) return equal(whole, part);
  bool all = true;
  part.each_member([&](std::string_view key, const Datum& value) {
    return all = contains_part(whole.find(key), value);
  });
  return all;
}

Datum array_contains(Context& context, Args a) {
  if (!a[0].is_array() || a[1].is_undefined()) return {};
  const bool partial = a.size() > 2 && a[2].is_true();
  bool found = false;
  a[0].each([&](const Datum& item) {
    found = partial ? contains_part(item, a[1]) : equal(item, a[1]);
    return !found && context.tick();
  });
  return Datum::boolean(found);
}

std::string key_of(const Datum& value) {
  std::string key;
  append_key(key, value);
  return key;
}

template <bool all>
Datum array_contains_several(Context& context, Args a) {
  if (!a[0].is_array()) return {};
  std::unordered_set<std::string> present;
  a[0].each([&](const Datum& item) {
    present.insert(key_of(item));
    return context.room(present.size() * 64) && context.tick();
  });
  bool result = all;
  const auto check = [&](const Datum& wanted) {
    if (present.contains(key_of(wanted)) != all) result = !all;
    return result == all;
  };
  if (a.size() == 2 && a[1].is_array()) {
    a[1].each(check);
  } else {
    for (std::size_t i = 1; i < a.size(); ++i)
      if (!check(a[i])) break;
  }
  return Datum::boolean(result);
}

Datum array_length(Context&, Args a) {
  return a[0].is_array() ? Datum::integer(static_cast<std::int64_t>(a[0].size())) : Datum();
}

Datum array_slice(Context& context, Args a) {
  std::int64_t start = 0, count = INT64_MAX;
  if (!a[0].is_array() || !a[1].is_number() || !a[1].whole(start)) return {};
  if (a.size() > 2 && (!a[2].is_number() || !a[2].whole(count))) return {};
  const auto size = static_cast<std::int64_t>(a[0].size());
  if (start < 0) start = start < -size ? 0 : size + start;
  std::vector<Datum> items;
  std::int64_t i = 0;
  a[0].each([&](const Datum& item) {
    if (i++ >= start && static_cast<std::int64_t>(items.size()) < count) items.push_back(item);
    return context.tick();
  });
  return make_array(context, items);
}

Datum array_concat(Context& context, Args a) {
  std::vector<Datum> items;
  for (const Datum& part : a) {
    if (!part.is_array()) return {};
    part.each([&](const Datum& item) {
      items.push_back(item);
      return context.tick();
    });
    if (!context.room(items.size() * sizeof(Datum))) return {};
  }
  return make_array(context, items);
}

Datum array_index_of(Context& context, Args a) {
  if (!a[0].is_array() || a[1].is_undefined()) return {};
  std::int64_t at = -1, i = 0;
  a[0].each([&](const Datum& item) {
    if (equal(item, a[1])) at = i;
    ++i;
    return at < 0 && context.tick();
  });
  return Datum::integer(at);
}

enum class Set { Union, Intersect, Difference };
template <Set op>
Datum set_function(Context& context, Args a) {
  const Datum& first = a[0];
  const Datum second = a.size() > 1 ? a[1] : Datum::array(nullptr, 0);
  if (!first.is_array() || !second.is_array()) return {};
  std::unordered_set<std::string> other, seen;
  std::vector<Datum> items;
  if (op != Set::Union)
    second.each([&](const Datum& item) {
      other.insert(key_of(item));
      return context.room(other.size() * 64) && context.tick();
    });
  const auto add = [&](const Datum& item) {
    std::string key = key_of(item);
    const bool keep = op == Set::Union || other.contains(key) == (op == Set::Intersect);
    if (keep && seen.insert(std::move(key)).second) items.push_back(item);
    return context.room(seen.size() * 64) && context.tick();
  };
  first.each(add);
  if (op == Set::Union) second.each(add);
  return make_array(context, items);
}

enum class Fold { Sum, Average, Least, Most };
template <Fold op>
Datum array_fold(Context& context, Args a) {
  if (!a[0].is_array() || a[0].size() == 0) return {};
  Datum best, total = Datum::integer(0);
  bool fine = true;
  a[0].each([&](const Datum& item) {
    fine = item.is_number();
    if (!fine) return false;
    if (op == Fold::Sum || op == Fold::Average)
      total = arithmetic(Op::Add, total, item);
    else if (best.is_undefined() || (compare(item, best) < 0) == (op == Fold::Least))
      best = item;
    return context.tick();
  });
  if (!fine) return {};
  if (op == Fold::Sum) return total;
  if (op == Fold::Average)
    return Datum::number(total.as_double() / static_cast<double>(a[0].size()));
  return best;
}

Datum object_to_array(Context& context, Args a) {
  if (!a[0].is_object()) return {};
  std::vector<Datum> items;
  a[0].each_member([&](std::string_view key, const Datum& value) {
    if (!context.room(3 * sizeof(DatumMember))) return false;
    auto* members = context.arena->array<DatumMember>(2);
    new (&members[0]) DatumMember{"k", Datum::string(key)};
    new (&members[1]) DatumMember{"v", value};
    items.push_back(Datum::object(members, 2));
    return true;
  });
  return make_array(context, items);
}

Datum object_keys(Context& context, Args a) {
  if (!a[0].is_object()) return {};
  std::vector<Datum> keys;
  a[0].each_member([&](std::string_view key, const Datum&) {
    keys.push_back(Datum::string(key));
    return true;
  });
  return make_array(context, keys);
}

Datum vector_distance(Context& context, Args a) {
  if (!a[0].is_array() || !a[1].is_array() || a[0].size() != a[1].size()) return {};
  std::string_view metric = "cosine";
  if (a.size() > 2) {
    if (!a[2].is_string()) return {};
    metric = a[2].as_string();
  }
  std::vector<double> x;
  bool fine = true;
  a[0].each([&](const Datum& item) {
    fine = item.is_number();
    x.push_back(item.as_double());
    return fine;
  });
  double dot = 0, xx = 0, yy = 0, l2 = 0;
  std::size_t i = 0;
  if (fine)
    a[1].each([&](const Datum& item) {
      fine = item.is_number();
      const double y = item.as_double(), d = x[i] - y;
      dot += x[i] * y;
      xx += x[i] * x[i];
      yy += y * y;
      l2 += d * d;
      ++i;
      return fine && context.tick();
    });
  if (!fine) return {};
  if (metric == "l2" || metric == "euclidean") return Datum::number(l2);
  if (metric == "dot" || metric == "dotproduct") return Datum::number(-dot);
  if (metric != "cosine") return {};
  return Datum::number(xx == 0 || yy == 0 ? 1.0 : 1.0 - dot / std::sqrt(xx * yy));
}

constexpr Function kFunctions[] = {
    {"ARRAY_CONTAINS", 2, 3, array_contains, "ARRAY_CONTAINS(array, value [, partial])"},
    {"ARRAY_CONTAINS_ANY", 2, kAnyNumber, array_contains_several<false>,
     "ARRAY_CONTAINS_ANY(array, values)"},
    {"ARRAY_CONTAINS_ALL", 2, kAnyNumber, array_contains_several<true>,
     "ARRAY_CONTAINS_ALL(array, values)"},
    {"ARRAY_LENGTH", 1, 1, array_length, "ARRAY_LENGTH(array)"},
    {"ARRAY_SLICE", 2, 3, array_slice, "ARRAY_SLICE(array, start from 0 [, length])"},
    {"ARRAY_CONCAT", 1, kAnyNumber, array_concat, "ARRAY_CONCAT(array, array, …)"},
    {"ARRAY_INDEX_OF", 2, 2, array_index_of, "ARRAY_INDEX_OF(array, value)"},
    {"ARRAY_DISTINCT", 1, 1, set_function<Set::Union>, "ARRAY_DISTINCT(array)"},
    {"SETUNION", 2, 2, set_function<Set::Union>, "SETUNION(array, array)"},
    {"SETINTERSECT", 2, 2, set_function<Set::Intersect>, "SETINTERSECT(array, array)"},
    {"SETDIFFERENCE", 2, 2, set_function<Set::Difference>, "SETDIFFERENCE(array, array)"},
    {"ARRAY_SUM", 1, 1, array_fold<Fold::Sum>, "ARRAY_SUM(array)"},
    {"ARRAY_AVG", 1, 1, array_fold<Fold::Average>, "ARRAY_AVG(array)"},
    {"ARRAY_MIN", 1, 1, array_fold<Fold::Least>, "ARRAY_MIN(array)"},
    {"ARRAY_MAX", 1, 1, array_fold<Fold::Most>, "ARRAY_MAX(array)"},
    {"OBJECTTOARRAY", 1, 1, object_to_array, "OBJECTTOARRAY(object)"},
    {"OBJECT_KEYS", 1, 1, object_keys, "OBJECT_KEYS(object)"},
    {"VECTOR_DISTANCE", 2, 3, vector_distance,
     "VECTOR_DISTANCE(array, array [, 'cosine' | 'l2' | 'dot'])"},
    {"VECTORDISTANCE", 2, 3, vector_distance, "VECTORDISTANCE(array, array [, metric])"},
};

}  // namespace

std::span<const Function> array_functions() noexcept { return kFunctions; }

}  // namespace avila::sql

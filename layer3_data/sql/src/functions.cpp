// The table's look-up, and the functions on types.
#include "functions.hpp"

#include <algorithm>
#include <avila/json/value.hpp>
#include <avila/sql/limits.hpp>
#include <charconv>

namespace avila::sql {

Datum make_array(Context& context, const std::vector<Datum>& items) {
  if (!context.room(items.size() * sizeof(Datum))) return {};
  Datum* to = context.arena->array<Datum>(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) new (&to[i]) Datum(items[i]);
  return Datum::array(to, items.size());
}

namespace {

template <bool (*test)(const Datum&)>
Datum is(Context&, Args a) {
  return Datum::boolean(test(a[0]));
}
bool is_primitive(const Datum& d) {
  return d.is_null() || d.is_boolean() || d.is_number() || d.is_string();
}
bool is_integer(const Datum& d) {
  std::int64_t value = 0;
  return d.type() == Type::Uint || d.whole(value);
}
bool is_array(const Datum& d) { return d.is_array(); }
bool is_boolean(const Datum& d) { return d.is_boolean(); }
bool is_defined(const Datum& d) { return !d.is_undefined(); }
bool is_null(const Datum& d) { return d.is_null(); }
bool is_number(const Datum& d) { return d.is_number(); }
bool is_object(const Datum& d) { return d.is_object(); }
bool is_string(const Datum& d) { return d.is_string(); }

Datum type_of(Context&, Args a) { return Datum::string(type_name(a[0].type())); }

Datum to_string_function(Context& context, Args a) {
  if (a[0].is_undefined()) return {};
  if (a[0].is_string()) return a[0];
  return make_string(context, to_json(a[0]));
}

Datum parse_as(Context& context, const Datum& text, bool (*keep)(const Datum&)) {
  if (!text.is_string() || !context.room(text.as_string().size() * 4)) return {};
  const auto value = json::parse(text.as_string());
  if (!value) return {};
  const Datum datum = Datum::of(*value, *context.arena);
  return keep(datum) ? datum : Datum();
}
template <bool (*test)(const Datum&)>
Datum string_to(Context& context, Args a) {
  return parse_as(context, a[0], test);
}

Datum to_number(Context& context, Args a) {
  if (a[0].is_number()) return a[0];
  if (a[0].is_boolean()) return Datum::integer(a[0].is_true() ? 1 : 0);
  return parse_as(context, a[0], is_number);
}

Datum coalesce(Context&, Args a) {
  Datum last;
  for (const Datum& value : a) {
    last = value;
    if (!value.is_undefined() && !value.is_null()) break;
  }
  return last;
}
Datum iif(Context&, Args a) { return a[0].is_true() ? a[1] : a[2]; }
Datum null_if(Context&, Args a) {
  return !a[0].is_undefined() && equal(a[0], a[1]) ? Datum::null() : a[0];
}
template <int sign>
Datum extreme(Context&, Args a) {
  Datum best;
  for (const Datum& value : a) {
    if (value.is_undefined() || value.is_null()) return {};
    if (best.is_undefined() || compare(value, best) * sign > 0) best = value;
  }
  return best;
}
Datum choose(Context&, Args a) {
  std::int64_t i = 0;
  if (!a[0].is_number() || !a[0].whole(i) || i < 1 || static_cast<std::uint64_t>(i) >= a.size())
    return {};
  return a[static_cast<std::size_t>(i)];
}

constexpr Function kFunctions[] = {
    {"IS_ARRAY", 1, 1, is<is_array>, "IS_ARRAY(x)"},
    {"IS_BOOL", 1, 1, is<is_boolean>, "IS_BOOL(x)"},
    {"IS_DEFINED", 1, 1, is<is_defined>, "IS_DEFINED(x)"},
    {"IS_FINITE_NUMBER", 1, 1, is<is_number>, "IS_FINITE_NUMBER(x)"},
    {"IS_INTEGER", 1, 1, is<is_integer>, "IS_INTEGER(x)"},
    {"IS_NULL", 1, 1, is<is_null>, "IS_NULL(x)"},
    {"IS_NUMBER", 1, 1, is<is_number>, "IS_NUMBER(x)"},
    {"IS_OBJECT", 1, 1, is<is_object>, "IS_OBJECT(x)"},
    {"IS_PRIMITIVE", 1, 1, is<is_primitive>, "IS_PRIMITIVE(x)"},
    {"IS_STRING", 1, 1, is<is_string>, "IS_STRING(x)"},
    {"TYPE", 1, 1, type_of, "TYPE(x)"},
    {"TYPEOF", 1, 1, type_of, "TYPEOF(x)"},
    {"TOSTRING", 1, 1, to_string_function, "TOSTRING(x)"},
    {"TONUMBER", 1, 1, to_number, "TONUMBER(x)"},
    {"STRINGTOARRAY", 1, 1, string_to<is_array>, "STRINGTOARRAY(text)"},
    {"STRINGTOBOOLEAN", 1, 1, string_to<is_boolean>, "STRINGTOBOOLEAN(text)"},
    {"STRINGTONULL", 1, 1, string_to<is_null>, "STRINGTONULL(text)"},
    {"STRINGTONUMBER", 1, 1, string_to<is_number>, "STRINGTONUMBER(text)"},
    {"STRINGTOOBJECT", 1, 1, string_to<is_object>, "STRINGTOOBJECT(text)"},
    {"COALESCE", 1, kAnyNumber, coalesce, "COALESCE(x, y, …)"},
    {"IFNULL", 2, 2, coalesce, "IFNULL(x, otherwise)"},
    {"NULLIF", 2, 2, null_if, "NULLIF(x, y)"},
    {"IIF", 3, 3, iif, "IIF(condition, then, otherwise)"},
    {"GREATEST", 1, kAnyNumber, extreme<1>, "GREATEST(x, y, …)"},
    {"LEAST", 1, kAnyNumber, extreme<-1>, "LEAST(x, y, …)"},
    {"CHOOSE", 2, kAnyNumber, choose, "CHOOSE(number from 1, x, y, …)"},
};

struct Table {
  std::vector<const Function*> sorted;
  Table() {
    for (const auto part : {type_functions(), string_functions(), math_functions(),
                            array_functions(), date_functions(), geo_functions()})
      for (const Function& function : part) sorted.push_back(&function);
    std::sort(sorted.begin(), sorted.end(), [](const Function* a, const Function* b) {
      return std::string_view(a->name) < b->name;
    });
  }
};
const Table& table() {
  static const Table one;
  return one;
}

}  // namespace

std::span<const Function> type_functions() noexcept { return kFunctions; }

const Function* find_function(std::string_view upper_name) noexcept {
  const auto& sorted = table().sorted;
  const auto at = std::lower_bound(
      sorted.begin(), sorted.end(), upper_name,
      [](const Function* f, std::string_view name) { return std::string_view(f->name) < name; });
  return at != sorted.end() && (*at)->name == upper_name ? *at : nullptr;
}

std::vector<std::string_view> function_names() {
  std::vector<std::string_view> names;
  for (const Function* function : table().sorted) names.emplace_back(function->name);
  return names;
}

}  // namespace avila::sql

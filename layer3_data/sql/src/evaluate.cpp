#include <avila/sql/evaluate.hpp>
#include <avila/sql/limits.hpp>
#include <cmath>

#include "functions.hpp"
#include "rows.hpp"

namespace avila::sql {

bool Context::room(std::size_t bytes) {
  if (failure) return false;
  if (bytes <= memory_limit && arena->used() <= memory_limit - bytes) return true;
  fail(Error(Errc::LimitExceeded,
             "an expression needs more memory than the query may use (" +
                 std::to_string(memory_limit) + " bytes)",
             {.hint = "make its strings or arrays smaller, or raise the query's memory limit"}));
  return false;
}

namespace {

double power_of_two_64() { return 18446744073709551616.0; }

Datum from_wide(__int128 value) {
  if (value >= INT64_MIN && value <= INT64_MAX)
    return Datum::integer(static_cast<std::int64_t>(value));
  if (value > 0 && value <= static_cast<__int128>(UINT64_MAX))
    return Datum::uinteger(static_cast<std::uint64_t>(value));
  return Datum::number(static_cast<double>(value));
}

Datum logic(const Expr& expr, Context& context) {
  const bool is_and = expr.kind == ExprKind::And;
  bool unknown = false;
  for (const ExprPtr& arg : expr.args) {
    const Datum value = evaluate(*arg, context);
    if (is_and ? value.is_false() : value.is_true()) return value;
    if (!value.is_boolean()) unknown = true;
  }
  return unknown ? Datum() : Datum::boolean(is_and);
}

Datum comparison(Op op, const Datum& a, const Datum& b) {
  if (a.is_undefined() || b.is_undefined()) return {};
  if (op == Op::Equal) return Datum::boolean(equal(a, b));
  if (op == Op::NotEqual) return Datum::boolean(!equal(a, b));
  int order = 0;
  if (a.is_number() && b.is_number())
    order = compare_numbers(a, b);
  else if (a.type() == b.type() && (a.is_string() || a.is_boolean()))
    order = compare(a, b);
  else
    return {};
  switch (op) {
    case Op::Less: return Datum::boolean(order < 0);
    case Op::LessEqual: return Datum::boolean(order <= 0);
    case Op::Greater: return Datum::boolean(order > 0);
    default: return Datum::boolean(order >= 0);
  }
}

Datum negate_if(const Datum& value, bool negated) {
  return negated && value.is_boolean() ? Datum::boolean(!value.is_true()) : value;
}

Datum between(const Expr& expr, Context& context) {
  const Datum value = evaluate(*expr.args[0], context);
  const Datum low = comparison(Op::GreaterEqual, value, evaluate(*expr.args[1], context));
  if (low.is_false()) return Datum::boolean(expr.negated);
  const Datum high = comparison(Op::LessEqual, value, evaluate(*expr.args[2], context));
  if (high.is_false()) return Datum::boolean(expr.negated);
  if (low.is_undefined() || high.is_undefined()) return {};
  return Datum::boolean(!expr.negated);
}

Datum in(const Expr& expr, Context& context) {
  const Datum value = evaluate(*expr.args[0], context);
  if (value.is_undefined()) return {};
  if (expr.in_array) {
    const Datum list = evaluate(*expr.args[1], context);
    if (!list.is_array()) return {};
    bool found = false;
    list.each([&](const Datum& item) {
      found = equal(value, item);
      return !found && context.tick();
    });
    return Datum::boolean(found != expr.negated);
  }
  bool unknown = false;
  for (std::size_t i = 1; i < expr.args.size(); ++i) {
    const Datum item = evaluate(*expr.args[i], context);
    if (item.is_undefined())
      unknown = true;
    else if (equal(value, item))
      return Datum::boolean(!expr.negated);
  }
  return unknown ? Datum() : Datum::boolean(expr.negated);
}

Datum like_expr(const Expr& expr, Context& context) {
  const Datum text = evaluate(*expr.args[0], context);
  const Datum pattern = evaluate(*expr.args[1], context);
  if (!text.is_string() || !pattern.is_string()) return {};
  char32_t escape = 0;
  if (expr.args.size() > 2) {
    const Datum given = evaluate(*expr.args[2], context);
    if (!given.is_string() || given.as_string().empty()) return {};
    const std::string_view bytes = given.as_string();
    const auto lead = static_cast<unsigned char>(bytes[0]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (bytes.size() != size) return {};
    escape = lead < 0x80 ? lead : size == 2 ? lead & 0x1FU : size == 3 ? lead & 0x0FU : lead & 7U;
    for (std::size_t i = 1; i < size; ++i)
      escape = escape << 6 | (static_cast<unsigned char>(bytes[i]) & 0x3FU);
  }
  return Datum::boolean(like(text.as_string(), pattern.as_string(), escape) != expr.negated);
}

Datum case_expr(const Expr& expr, Context& context) {
  std::size_t i = 0;
  Datum operand;
  if (expr.has_operand) operand = evaluate(*expr.args[i++], context);
  const std::size_t end = expr.args.size() - (expr.has_else ? 1 : 0);
  for (; i < end; i += 2) {
    const Datum when = evaluate(*expr.args[i], context);
    const bool hit =
        expr.has_operand ? comparison(Op::Equal, operand, when).is_true() : when.is_true();
    if (hit) return evaluate(*expr.args[i + 1], context);
  }
  return expr.has_else ? evaluate(*expr.args.back(), context) : Datum::null();
}

Datum array_expr(const Expr& expr, Context& context) {
  Datum* items = context.arena->array<Datum>(expr.args.size());
  std::size_t n = 0;
  for (const ExprPtr& arg : expr.args) {
    const Datum item = evaluate(*arg, context);
    if (!item.is_undefined()) new (&items[n++]) Datum(item);
  }
  return Datum::array(items, n);
}

Datum object_expr(const Expr& expr, Context& context) {
  auto* members = context.arena->array<DatumMember>(expr.args.size());
  std::size_t n = 0;
  for (std::size_t i = 0; i < expr.args.size(); ++i) {
    const Datum value = evaluate(*expr.args[i], context);
    if (!value.is_undefined()) new (&members[n++]) DatumMember{expr.keys[i], value};
  }
  return Datum::object(members, n);
}

Datum call(const Expr& expr, Context& context) {
  constexpr std::size_t kInline = 8;
  Datum inline_args[kInline];
  std::vector<Datum> more;
  Datum* args = inline_args;
  if (expr.args.size() > kInline) {
    more.resize(expr.args.size());
    args = more.data();
  }
  for (std::size_t i = 0; i < expr.args.size(); ++i) args[i] = evaluate(*expr.args[i], context);
  if (context.failure) return {};
  return expr.function->body(context, {args, expr.args.size()});
}

Datum binary(const Expr& expr, Context& context) {
  const Datum a = evaluate(*expr.args[0], context);
  const Datum b = evaluate(*expr.args[1], context);
  if (expr.op >= Op::Equal && expr.op <= Op::GreaterEqual) return comparison(expr.op, a, b);
  if (expr.op != Op::Concat) return arithmetic(expr.op, a, b);
  if (!a.is_string() || !b.is_string()) return {};
  const std::string_view x = a.as_string(), y = b.as_string();
  if (!context.room(x.size() + y.size())) return {};
  char* to = context.arena->array<char>(x.size() + y.size());
  if (!x.empty()) std::memcpy(to, x.data(), x.size());
  if (!y.empty()) std::memcpy(to + x.size(), y.data(), y.size());
  return Datum::string({to, x.size() + y.size()});
}

Datum unary(const Expr& expr, Context& context) {
  const Datum value = evaluate(*expr.args[0], context);
  switch (expr.op) {
    case Op::Not: return value.is_boolean() ? Datum::boolean(!value.is_true()) : Datum();
    case Op::Plus: return value.is_number() ? value : Datum();
    default: return arithmetic(Op::Subtract, Datum::integer(0), value);
  }
}

Datum subscript(const Datum& base, const Datum& index) {
  if (base.is_object() && index.is_string()) return base.find(index.as_string());
  std::int64_t i = 0;
  if (base.is_array() && index.is_number() && index.whole(i) && i >= 0)
    return base.at(static_cast<std::size_t>(i));
  return {};
}

}  // namespace

Datum arithmetic(Op op, const Datum& a, const Datum& b) {
  if (!a.is_number() || !b.is_number()) return {};
  if (a.is_int() && b.is_int()) {
    const __int128 x = a.as_int(), y = b.as_int();
    switch (op) {
      case Op::Add: return from_wide(x + y);
      case Op::Subtract: return from_wide(x - y);
      case Op::Multiply: return from_wide(x * y);
      case Op::Divide:
        if (y == 0) return {};
        if (x % y == 0) return from_wide(x / y);
        break;
      case Op::Modulo: return y == 0 ? Datum() : from_wide(x % y);
      default: return {};
    }
  }
  const double x = a.as_double(), y = b.as_double();
  switch (op) {
    case Op::Add: return Datum::number(x + y);
    case Op::Subtract:
      // -x of a double zero keeps no sign: JSON readers differ on -0.
      return Datum::number(x - y);
    case Op::Multiply: return Datum::number(x * y);
    case Op::Divide: return y == 0 ? Datum() : Datum::number(x / y);
    case Op::Modulo: return y == 0 ? Datum() : Datum::number(std::fmod(x, y));
    default: return {};
  }
}

Datum evaluate(const Expr& expr, Context& context) {
  switch (expr.kind) {
    case ExprKind::Undefined: return {};
    case ExprKind::Null: return Datum::null();
    case ExprKind::Boolean: return Datum::boolean(expr.boolean);
    case ExprKind::Integer: return Datum::integer(expr.integer);
    case ExprKind::Number:
      // Whole literals above int64 that uint64 holds stay exact.
      if (expr.number >= 9223372036854775808.0 && expr.number < power_of_two_64() &&
          expr.text.find_first_not_of("0123456789") == std::string::npos && !expr.text.empty()) {
        std::uint64_t exact = 0;
        for (const char c : expr.text) exact = exact * 10 + static_cast<std::uint64_t>(c - '0');
        return Datum::uinteger(exact);
      }
      return Datum::number(expr.number);
    case ExprKind::String: return Datum::string(expr.text);
    case ExprKind::Parameter: return context.parameters[expr.slot];
    case ExprKind::Path: {
      Datum value = context.slots[static_cast<std::size_t>(expr.slot)];
      for (const Step& step : expr.steps) {
        value =
            step.index >= 0 ? value.at(static_cast<std::size_t>(step.index)) : value.find(step.key);
        if (value.is_undefined()) break;
      }
      return value;
    }
    case ExprKind::Member: return evaluate(*expr.args[0], context).find(expr.text);
    case ExprKind::Subscript:
      return subscript(evaluate(*expr.args[0], context), evaluate(*expr.args[1], context));
    case ExprKind::Unary: return unary(expr, context);
    case ExprKind::Binary: return binary(expr, context);
    case ExprKind::And:
    case ExprKind::Or: return logic(expr, context);
    case ExprKind::Between: return between(expr, context);
    case ExprKind::In: return in(expr, context);
    case ExprKind::Like: return like_expr(expr, context);
    case ExprKind::IsNull: {
      const Datum value = evaluate(*expr.args[0], context);
      if (value.is_undefined()) return {};
      return Datum::boolean(value.is_null() != expr.negated);
    }
    case ExprKind::IsDefined:
      return Datum::boolean(evaluate(*expr.args[0], context).is_undefined() == expr.negated);
    case ExprKind::Ternary:
      return evaluate(*expr.args[evaluate(*expr.args[0], context).is_true() ? 1 : 2], context);
    case ExprKind::Coalesce: {
      Datum last;
      for (const ExprPtr& arg : expr.args) {
        last = evaluate(*arg, context);
        if (!last.is_undefined() && !last.is_null()) return last;
      }
      return last;
    }
    case ExprKind::Case: return case_expr(expr, context);
    case ExprKind::Call: return call(expr, context);
    case ExprKind::Aggregate: return context.aggregates[expr.slot];
    case ExprKind::GroupKey: return context.group_keys[expr.slot];
    case ExprKind::Exists: return negate_if(exists(*expr.subquery, context), expr.negated);
    case ExprKind::ArraySubquery: return subquery_array(*expr.subquery, context);
    case ExprKind::ScalarSubquery: return subquery_scalar(*expr.subquery, context);
    case ExprKind::Array: return array_expr(expr, context);
    case ExprKind::Object: return object_expr(expr, context);
    case ExprKind::Name: break;
  }
  AVILA_ASSERT(expr.kind != ExprKind::Name && "an unbound name was evaluated");
  return {};
}

Datum project(const Select& select, Context& context) {
  if (select.value) return evaluate(*select.items[0].expr, context);
  const auto root = [&](const SelectItem& item) {
    return item.expr ? evaluate(*item.expr, context)
                     : context.slots[static_cast<std::size_t>(select.from[0].slot)];
  };
  if (select.items.size() == 1 && select.items[0].star) return root(select.items[0]);
  std::vector<DatumMember> members;
  members.reserve(select.items.size());
  const auto put = [&](std::string_view key, const Datum& value) {
    for (DatumMember& member : members)
      if (member.key == key) return void(member.value = value);
    members.push_back({key, value});
  };
  for (const SelectItem& item : select.items) {
    if (item.star) {
      root(item).each_member([&](std::string_view key, const Datum& value) {
        put(key, value);
        return true;
      });
    } else if (const Datum value = evaluate(*item.expr, context); !value.is_undefined()) {
      put(item.name, value);
    }
  }
  auto* to = context.arena->array<DatumMember>(members.size());
  for (std::size_t i = 0; i < members.size(); ++i) new (&to[i]) DatumMember(members[i]);
  return Datum::object(to, members.size());
}

bool like(std::string_view text, std::string_view pattern, char32_t escape) {
  // One code point (or stray byte) at `at`; moves past it.
  const auto next = [](std::string_view from, std::size_t& at) -> char32_t {
    const auto lead = static_cast<unsigned char>(from[at]);
    std::size_t size = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (at + size > from.size()) size = 1;
    char32_t code = size == 1 ? lead : lead & (0xFFU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i)
      code = code << 6 | (static_cast<unsigned char>(from[at + i]) & 0x3FU);
    at += size;
    return code;
  };
  std::size_t t = 0, p = 0, star_p = std::string_view::npos, star_t = 0;
  for (;;) {
    if (p < pattern.size()) {
      std::size_t p2 = p;
      char32_t want = next(pattern, p2);
      bool literal = false;
      if (escape != 0 && want == escape && p2 < pattern.size()) {
        want = next(pattern, p2);
        literal = true;
      }
      if (!literal && want == '%') {
        star_p = p = p2;
        star_t = t;
        continue;
      }
      if (t < text.size()) {
        std::size_t t2 = t;
        const char32_t have = next(text, t2);
        if ((!literal && want == '_') || have == want) {
          t = t2;
          p = p2;
          continue;
        }
      }
    } else if (t == text.size()) {
      return true;
    }
    // Mismatch: let the last % take one character more.
    if (star_p == std::string_view::npos || star_t >= text.size()) return false;
    (void)next(text, star_t);
    t = star_t;
    p = star_p;
  }
}

}  // namespace avila::sql

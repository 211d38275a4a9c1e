#include <avila/sql/ast.hpp>
#include <avila/sql/datum.hpp>
#include <memory>

namespace avila::sql {

namespace {

const char* symbol(Op op) {
  switch (op) {
    case Op::Equal: return " = ";
    case Op::NotEqual: return " != ";
    case Op::Less: return " < ";
    case Op::LessEqual: return " <= ";
    case Op::Greater: return " > ";
    case Op::GreaterEqual: return " >= ";
    case Op::Add: return " + ";
    case Op::Subtract: return " - ";
    case Op::Multiply: return " * ";
    case Op::Divide: return " / ";
    case Op::Modulo: return " % ";
    case Op::Concat: return " || ";
    default: return " ";
  }
}

void print(std::string& out, const Expr& e);

void print_list(std::string& out, const Expr& e, std::size_t from, std::string_view between) {
  for (std::size_t i = from; i < e.args.size(); ++i) {
    if (i > from) out += between;
    print(out, *e.args[i]);
  }
}

bool plain_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (const char c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
          c == '$' || static_cast<unsigned char>(c) >= 0x80))
      return false;
  return true;
}

void print_member(std::string& out, std::string_view name) {
  if (plain_name(name)) {
    out += '.';
    out += name;
  } else {
    out += '[';
    append_json(out, Datum::string(name));
    out += ']';
  }
}

void print_case(std::string& out, const Expr& e) {
  out += "CASE";
  std::size_t i = 0;
  if (e.has_operand) {
    out += ' ';
    print(out, *e.args[i++]);
  }
  const std::size_t end = e.args.size() - (e.has_else ? 1 : 0);
  for (; i < end; i += 2) {
    out += " WHEN ";
    print(out, *e.args[i]);
    out += " THEN ";
    print(out, *e.args[i + 1]);
  }
  if (e.has_else) {
    out += " ELSE ";
    print(out, *e.args.back());
  }
  out += " END";
}

void print_select(std::string& out, const Select& s) {
  out += "SELECT ";
  if (s.distinct) out += "DISTINCT ";
  if (s.value) out += "VALUE ";
  for (std::size_t i = 0; i < s.items.size(); ++i) {
    if (i > 0) out += ", ";
    if (s.items[i].star)
      out += "*";
    else
      print(out, *s.items[i].expr);
  }
  for (std::size_t i = 0; i < s.from.size(); ++i) {
    out += i == 0 ? " FROM " : " JOIN ";
    if (s.from[i].array) {
      out += s.from[i].alias + " IN ";
      print(out, *s.from[i].array);
    } else {
      out += s.from[i].collection;
      if (s.from[i].alias != s.from[i].collection) out += " " + s.from[i].alias;
    }
  }
  if (s.where) {
    out += " WHERE ";
    print(out, *s.where);
  }
}

void print(std::string& out, const Expr& e) {
  switch (e.kind) {
    case ExprKind::Undefined: out += "undefined"; break;
    case ExprKind::Null: out += "null"; break;
    case ExprKind::Boolean: out += e.boolean ? "true" : "false"; break;
    case ExprKind::Integer: append_json(out, Datum::integer(e.integer)); break;
    case ExprKind::Number: append_json(out, Datum::number(e.number)); break;
    case ExprKind::String: append_json(out, Datum::string(e.text)); break;
    case ExprKind::Parameter: out += "@" + e.text; break;
    case ExprKind::Name: out += e.text; break;
    case ExprKind::Member:
      print(out, *e.args[0]);
      print_member(out, e.text);
      break;
    case ExprKind::Subscript:
      print(out, *e.args[0]);
      out += '[';
      print(out, *e.args[1]);
      out += ']';
      break;
    case ExprKind::Path:
      out += e.text;
      for (const Step& step : e.steps) {
        if (step.index >= 0)
          out += "[" + std::to_string(step.index) + "]";
        else
          print_member(out, step.key);
      }
      break;
    case ExprKind::Unary:
      out += e.op == Op::Not ? "NOT " : e.op == Op::Negate ? "-" : "+";
      print(out, *e.args[0]);
      break;
    case ExprKind::Binary:
      out += '(';
      print(out, *e.args[0]);
      out += symbol(e.op);
      print(out, *e.args[1]);
      out += ')';
      break;
    case ExprKind::And:
    case ExprKind::Or:
      out += '(';
      print_list(out, e, 0, e.kind == ExprKind::And ? " AND " : " OR ");
      out += ')';
      break;
    case ExprKind::Between:
      out += '(';
      print(out, *e.args[0]);
      out += e.negated ? " NOT BETWEEN " : " BETWEEN ";
      print_list(out, e, 1, " AND ");
      out += ')';
      break;
    case ExprKind::In:
      out += '(';
      print(out, *e.args[0]);
      out += e.negated ? " NOT IN " : " IN ";
      if (!e.in_array) out += '(';
      print_list(out, e, 1, ", ");
      out += e.in_array ? ")" : "))";
      break;
    case ExprKind::Like:
      out += '(';
      print(out, *e.args[0]);
      out += e.negated ? " NOT LIKE " : " LIKE ";
      print_list(out, e, 1, " ESCAPE ");
      out += ')';
      break;
    case ExprKind::IsNull:
    case ExprKind::IsDefined:
      out += '(';
      print(out, *e.args[0]);
      out += e.negated ? " IS NOT " : " IS ";
      out += e.kind == ExprKind::IsNull ? "NULL)" : "DEFINED)";
      break;
    case ExprKind::Ternary:
      out += '(';
      print(out, *e.args[0]);
      out += " ? ";
      print(out, *e.args[1]);
      out += " : ";
      print(out, *e.args[2]);
      out += ')';
      break;
    case ExprKind::Coalesce:
      out += '(';
      print_list(out, e, 0, " ?? ");
      out += ')';
      break;
    case ExprKind::Case: print_case(out, e); break;
    case ExprKind::Call:
    case ExprKind::Aggregate:
      out += e.text + "(";
      if (e.distinct) out += "DISTINCT ";
      if (e.kind == ExprKind::Aggregate && e.args.empty()) out += '*';
      print_list(out, e, 0, ", ");
      out += ')';
      break;
    case ExprKind::GroupKey: out += e.text; break;
    case ExprKind::Exists:
    case ExprKind::ArraySubquery:
    case ExprKind::ScalarSubquery:
      out += e.kind == ExprKind::Exists          ? "EXISTS("
             : e.kind == ExprKind::ArraySubquery ? "ARRAY("
                                                 : "(";
      print_select(out, *e.subquery);
      out += ')';
      break;
    case ExprKind::Array:
      out += '[';
      print_list(out, e, 0, ", ");
      out += ']';
      break;
    case ExprKind::Object:
      out += '{';
      for (std::size_t i = 0; i < e.args.size(); ++i) {
        if (i > 0) out += ", ";
        append_json(out, Datum::string(e.keys[i]));
        out += ": ";
        print(out, *e.args[i]);
      }
      out += '}';
      break;
  }
}

ExprPtr clone_or_null(const ExprPtr& expr) { return expr ? clone(*expr) : nullptr; }

}  // namespace

std::string to_text(const Expr& expr) {
  std::string out;
  print(out, expr);
  return out;
}

ExprPtr clone(const Expr& expr) {
  auto copy = std::make_unique<Expr>(expr.kind, expr.offset);
  copy->op = expr.op;
  copy->negated = expr.negated;
  copy->distinct = expr.distinct;
  copy->in_array = expr.in_array;
  copy->has_operand = expr.has_operand;
  copy->has_else = expr.has_else;
  copy->boolean = expr.boolean;
  copy->depth = expr.depth;
  copy->slot = expr.slot;
  copy->integer = expr.integer;
  copy->number = expr.number;
  copy->text = expr.text;
  copy->keys = expr.keys;
  copy->steps = expr.steps;
  copy->function = expr.function;
  for (const ExprPtr& arg : expr.args) copy->args.push_back(clone(*arg));
  if (expr.subquery) copy->subquery = clone(*expr.subquery);
  return copy;
}

std::unique_ptr<Select> clone(const Select& select) {
  auto copy = std::make_unique<Select>();
  copy->explain = select.explain;
  copy->distinct = select.distinct;
  copy->value = select.value;
  for (const SelectItem& item : select.items) {
    SelectItem to;
    to.expr = clone_or_null(item.expr);
    to.name = item.name;
    to.has_alias = item.has_alias;
    to.star = item.star;
    copy->items.push_back(std::move(to));
  }
  for (const Source& source : select.from) {
    Source to;
    to.collection = source.collection;
    to.alias = source.alias;
    to.has_alias = source.has_alias;
    to.array = clone_or_null(source.array);
    to.offset = source.offset;
    to.slot = source.slot;
    copy->from.push_back(std::move(to));
  }
  copy->where = clone_or_null(select.where);
  for (const ExprPtr& key : select.group_by) copy->group_by.push_back(clone(*key));
  copy->having = clone_or_null(select.having);
  for (const OrderItem& item : select.order_by)
    copy->order_by.push_back({clone(*item.expr), item.descending});
  copy->top = clone_or_null(select.top);
  copy->limit = clone_or_null(select.limit);
  copy->offset = clone_or_null(select.offset);
  return copy;
}

}  // namespace avila::sql

#include <algorithm>
#include <avila/json/path.hpp>

#include "i_regexp.hpp"
#include "path_query.hpp"

namespace avila::json {
namespace {

using detail::Expression;
using detail::Operand;
using detail::Segment;
using detail::Selector;
using Nodes = std::vector<const Value*>;

class Evaluation {
 public:
  explicit Evaluation(const Value& root) : root_(root) {}

  Nodes run(const Path::Query& query, const Value& current) {
    Nodes nodes{query.relative ? &current : &root_};
    for (const Segment& segment : query.segments) {
      Nodes next;
      for (const Value* node : nodes) {
        if (segment.descendant) {
          descend(*node, segment, next);
        } else {
          select(*node, segment, next);
        }
        if (exceeded_) return {};
      }
      nodes = std::move(next);
    }
    return nodes;
  }
  bool exceeded() const noexcept { return exceeded_; }

 private:
  void add(const Value& value, Nodes& out) {
    if (++visited_ > Path::kMaxNodes) exceeded_ = true;
    if (!exceeded_) out.push_back(&value);
  }

  // §2.5.2: the node itself, then its children, each before its own.
  void descend(const Value& node, const Segment& segment, Nodes& out) {
    if (++visited_ > Path::kMaxNodes) exceeded_ = true;
    if (exceeded_) return;
    select(node, segment, out);
    if (const Array* array = node.get_array())
      for (const Value& element : *array) descend(element, segment, out);
    if (const Object* object = node.get_object())
      for (const Member& member : *object) descend(member.value, segment, out);
  }

  void select(const Value& node, const Segment& segment, Nodes& out) {
    for (const Selector& selector : segment.selectors) {
      if (exceeded_) return;
      switch (selector.kind) {
        case Selector::Kind::Name:
          if (const Value* value = node.find(selector.name)) add(*value, out);
          break;
        case Selector::Kind::Index:
          if (const Array* array = node.get_array()) {
            const auto size = static_cast<std::int64_t>(array->size());
            const std::int64_t at = selector.index < 0 ? selector.index + size : selector.index;
            if (at >= 0 && at < size) add((*array)[static_cast<std::size_t>(at)], out);
          }
          break;
        case Selector::Kind::Slice:
          if (const Array* array = node.get_array()) slice(*array, selector, out);
          break;
        case Selector::Kind::Wildcard:
        case Selector::Kind::Filter: children(node, selector, out); break;
      }
    }
  }

  void children(const Value& node, const Selector& selector, Nodes& out) {
    const auto each = [&](const Value& child) {
      if (exceeded_) return;
      if (selector.filter == nullptr || holds(*selector.filter, child)) {
        add(child, out);
      } else if (++visited_ > Path::kMaxNodes) {
        exceeded_ = true;
      }
    };
    if (const Array* array = node.get_array())
      for (const Value& element : *array) each(element);
    if (const Object* object = node.get_object())
      for (const Member& member : *object) each(member.value);
  }

  // §2.3.4.2.2
  void slice(const Array& array, const Selector& selector, Nodes& out) {
    const auto size = static_cast<std::int64_t>(array.size());
    const std::int64_t step = selector.index;
    if (step == 0) return;
    const auto normal = [size](std::int64_t i) { return i >= 0 ? i : size + i; };
    const std::int64_t from = normal(selector.from.value_or(step > 0 ? 0 : size - 1));
    const std::int64_t to = selector.to.has_value() ? normal(*selector.to) : step > 0 ? size : -1;
    if (step > 0) {
      const std::int64_t end = std::clamp(to, std::int64_t{0}, size);
      for (std::int64_t i = std::clamp(from, std::int64_t{0}, size); i < end && !exceeded_;
           i += step)
        add(array[static_cast<std::size_t>(i)], out);
    } else {
      const std::int64_t end = std::clamp(to, std::int64_t{-1}, size - 1);
      for (std::int64_t i = std::clamp(from, std::int64_t{-1}, size - 1); i > end && !exceeded_;
           i += step)
        add(array[static_cast<std::size_t>(i)], out);
    }
  }

  bool holds(const Expression& e, const Value& current) {
    switch (e.kind) {
      case Expression::Kind::Or:
        return std::any_of(e.parts.begin(), e.parts.end(),
                           [&](const Expression& part) { return holds(part, current); });
      case Expression::Kind::And:
        return std::all_of(e.parts.begin(), e.parts.end(),
                           [&](const Expression& part) { return holds(part, current); });
      case Expression::Kind::Not: return !holds(e.parts[0], current);
      case Expression::Kind::Exists: return !run(e.query, current).empty();
      case Expression::Kind::Match:
      case Expression::Kind::Search: return matches(e, current);
      default: break;
    }
    Value left_made, right_made;
    const Value* const left = value_of(e.left, current, left_made);
    const Value* const right = value_of(e.right, current, right_made);
    if (e.kind != Expression::Kind::Less) {
      // Two absent values are equal (§2.3.5.2.2).
      if (left == nullptr || right == nullptr) return left == right;
      if (*left == *right) return true;
      if (e.kind == Expression::Kind::Equal) return false;
    }
    return left != nullptr && right != nullptr && less(*left, *right);
  }

  // False where either is no string or the pattern no I-Regexp (§2.4.6, §2.4.7).
  bool matches(const Expression& e, const Value& current) {
    Value text_made;
    const Value* const value = value_of(e.left, current, text_made);
    const auto text = value != nullptr ? value->get_string() : std::nullopt;
    if (!text.has_value()) return false;
    if (e.right.kind == Operand::Kind::Literal)
      return e.compiled.has_value() && e.compiled->is_match(*text);
    Value pattern_made;
    const Value* const pattern = value_of(e.right, current, pattern_made);
    const auto words = pattern != nullptr ? pattern->get_string() : std::nullopt;
    if (!words.has_value()) return false;
    const bool whole = e.kind == Expression::Kind::Match;
    if (!last_pattern_.has_value() || *last_pattern_ != *words || last_whole_ != whole) {
      last_pattern_ = std::string(*words);
      last_whole_ = whole;
      last_compiled_ = detail::compile_i_regexp(*words, whole);
    }
    return last_compiled_.has_value() && last_compiled_->is_match(*text);
  }

  static bool less(const Value& a, const Value& b) noexcept {
    if (a.is_string() && b.is_string()) return *a.get_string() < *b.get_string();
    if (!a.is_number() || !b.is_number()) return false;
    if (const auto x = a.get_int64(), y = b.get_int64(); x.has_value() && y.has_value())
      return *x < *y;
    if (const auto x = a.get_uint64(), y = b.get_uint64(); x.has_value() && y.has_value())
      return *x < *y;
    return *a.get_double() < *b.get_double();
  }

  // Null where there is no value; `made` holds what is in neither the document nor the query.
  const Value* value_of(const Operand& operand, const Value& current, Value& made) {
    switch (operand.kind) {
      case Operand::Kind::Literal: return &operand.literal;
      case Operand::Kind::Count: made = run(operand.query, current).size(); return &made;
      case Operand::Kind::Query:
      case Operand::Kind::Value: {
        const Nodes nodes = run(operand.query, current);
        return nodes.size() == 1 ? nodes[0] : nullptr;
      }
      case Operand::Kind::Length: break;
    }
    Value inner;
    const Value* const value = value_of(*operand.argument, current, inner);
    if (value == nullptr) return nullptr;
    if (const auto text = value->get_string()) {  // §2.4.4: Unicode characters
      std::size_t count = 0;
      for (const char c : *text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
      made = count;
    } else if (value->is_array() || value->is_object()) {
      made = value->size();
    } else {
      return nullptr;
    }
    return &made;
  }

  const Value& root_;
  std::size_t visited_ = 0;
  bool exceeded_ = false;
  // The last pattern that was a value of the document: often the same for every element.
  std::optional<std::string> last_pattern_;
  bool last_whole_ = false;
  std::optional<regex::Regex> last_compiled_;
};

}  // namespace

Result<std::vector<const Value*>> Path::select(const Value& root) const {
  Evaluation evaluation(root);
  Nodes nodes = evaluation.run(*query_, root);
  if (evaluation.exceeded())
    return Error(Errc::LimitExceeded, "JSONPath: more than Path::kMaxNodes values visited");
  return nodes;
}

}  // namespace avila::json

#include "literals.hpp"

#include <avila/text/utf8.hpp>

#include <algorithm>

namespace avila::regex::detail {
namespace {

LiteralSet unknown() {
  LiteralSet out;
  out.known = false;
  return out;
}

LiteralSet one(std::string bytes) {
  LiteralSet out;
  out.items.push_back({std::move(bytes), true});
  return out;
}

void make_inexact(LiteralSet& set) {
  for (Literal& literal : set.items) literal.exact = false;
}

void cut(LiteralSet& set, std::size_t length) {
  std::vector<Literal> kept;
  for (Literal& literal : set.items) {
    if (literal.bytes.size() > length) {
      literal.bytes.resize(length);
      literal.exact = false;
    }
    const auto same = [&](const Literal& other) { return other.bytes == literal.bytes; };
    const auto at = std::find_if(kept.begin(), kept.end(), same);
    if (at == kept.end()) {
      kept.push_back(std::move(literal));
    } else {
      at->exact = at->exact && literal.exact;
    }
  }
  set.items = std::move(kept);
}

// Shorter until they are few.
bool shrink(LiteralSet& set) {
  for (std::size_t length = 8; set.items.size() > LiteralSet::kMaxCount && length > 0; --length)
    cut(set, length);
  return set.items.size() <= LiteralSet::kMaxCount;
}

// a, then b: what of `a` is exact goes on with each of b.
bool extend(LiteralSet& a, const LiteralSet& b) {
  if (!b.known) return false;
  std::size_t exact = 0;
  for (const Literal& literal : a.items) exact += literal.exact ? 1 : 0;
  if (a.items.size() - exact + exact * b.items.size() > LiteralSet::kMaxCount) return false;
  std::vector<Literal> out;
  for (Literal& left : a.items) {
    if (!left.exact) {
      out.push_back(std::move(left));
      continue;
    }
    for (const Literal& right : b.items) out.push_back({left.bytes + right.bytes, right.exact});
  }
  a.items = std::move(out);
  cut(a, LiteralSet::kMaxLength);
  return true;
}

LiteralSet of_set(const Node& node) {
  constexpr std::size_t kMaxClass = 16;
  if (node.set.count(kMaxClass + 1) > kMaxClass) return unknown();
  LiteralSet out;
  for (const CharSet::Range& range : node.set.ranges())
    for (char32_t c = range.first; c <= range.last; ++c) {
      std::string bytes;
      if (node.bytes) {
        bytes = static_cast<char>(c);
      } else if (text::is_scalar_value(c)) {
        text::append_utf8(bytes, c);
      } else {
        continue;
      }
      out.items.push_back({std::move(bytes), true});
    }
  return out;
}

}  // namespace

bool LiteralSet::all_exact() const noexcept {
  return known && std::all_of(items.begin(), items.end(), [](const Literal& l) { return l.exact; });
}

LiteralSet prefix_literals(const Node& node) {
  switch (node.kind) {
    case Node::Kind::Empty:
    case Node::Kind::Look: return one({});
    case Node::Kind::Literal: {
      LiteralSet out = one(node.literal);
      cut(out, LiteralSet::kMaxLength);
      return out;
    }
    case Node::Kind::Set: return of_set(node);
    case Node::Kind::Group: return prefix_literals(node.parts[0]);
    case Node::Kind::Repeat: {
      LiteralSet inside = prefix_literals(node.parts[0]);
      if (!inside.known) return inside;
      if (node.min == 0) {
        if (node.max != 1) make_inexact(inside);
        LiteralSet nothing = one({});
        if (node.max == 1 && !node.greedy) std::swap(nothing, inside);
        inside.items.insert(inside.items.end(), nothing.items.begin(), nothing.items.end());
        return inside;
      }
      LiteralSet out = inside;
      constexpr std::uint32_t kMaxUnrolled = 8;
      std::uint32_t i = 1;
      while (i < std::min(node.min, kMaxUnrolled) && extend(out, inside)) ++i;
      if (i < node.min || node.max != node.min) make_inexact(out);
      return out;
    }
    case Node::Kind::Concat: {
      LiteralSet out = one({});
      for (const Node& part : node.parts) {
        if (std::none_of(out.items.begin(), out.items.end(),
                         [](const Literal& literal) { return literal.exact; }))
          break;
        if (!extend(out, prefix_literals(part))) {
          make_inexact(out);
          break;
        }
      }
      return out;
    }
    case Node::Kind::Alternate: break;
  }
  LiteralSet out;
  for (const Node& part : node.parts) {
    LiteralSet more = prefix_literals(part);
    if (!more.known) return unknown();
    out.items.insert(out.items.end(), more.items.begin(), more.items.end());
    if (!shrink(out)) return unknown();
  }
  return out;
}

bool has_look(const Node& node) noexcept {
  return node.kind == Node::Kind::Look ||
         std::any_of(node.parts.begin(), node.parts.end(), has_look);
}

bool has_group(const Node& node) noexcept {
  return node.kind == Node::Kind::Group ||
         std::any_of(node.parts.begin(), node.parts.end(), has_group);
}

}  // namespace avila::regex::detail

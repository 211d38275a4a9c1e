// Internationalised domain names: UTS #46 and Punycode (RFC 3492).
#include <algorithm>
#include <avila/text/normalize.hpp>
#include <avila/url/host.hpp>
#include <iterator>
#include <limits>
#include <utility>
#include <vector>

#include "ascii.hpp"
#include "idna_table.hpp"

namespace avila::url {

using namespace detail;

namespace {

Error fail(std::string_view what) { return Error(Errc::Malformed, what); }

constexpr std::uint32_t kBase = 36, kTMin = 1, kTMax = 26, kSkew = 38, kDamp = 700;
constexpr std::uint32_t kInitialBias = 72, kInitialN = 128;
constexpr std::size_t kMaxLabelCodePoints = 4096;  // of one label; DNS holds 63 bytes

/// RFC 3492 §6.1.
std::uint32_t adapt(std::uint32_t delta, std::uint32_t points, bool first) noexcept {
  delta = first ? delta / kDamp : delta / 2;
  delta += delta / points;
  std::uint32_t k = 0;
  while (delta > ((kBase - kTMin) * kTMax) / 2) {
    delta /= kBase - kTMin;
    k += kBase;
  }
  return k + (kBase - kTMin + 1) * delta / (delta + kSkew);
}

std::uint32_t threshold(std::uint32_t k, std::uint32_t bias) noexcept {
  if (k <= bias) return kTMin;
  return std::min(k - bias, kTMax);
}

std::uint8_t properties_of(char32_t c) noexcept {
  const auto* end = kPropertyRanges + kPropertyRangeCount;
  const auto* next = std::upper_bound(
      kPropertyRanges, end, c, [](char32_t v, const PropertyRange& row) { return v < row.first; });
  return std::prev(next)->properties;
}

const MappingRange* mapping_of(char32_t c) noexcept {
  const auto* end = kMappingRanges + kMappingRangeCount;
  const auto* found = std::lower_bound(
      kMappingRanges, end, c, [](const MappingRange& row, char32_t v) { return row.last < v; });
  return found != end && found->first <= c ? found : nullptr;
}

/// 'U' for what does not join.
char joining_type_of(char32_t c) noexcept {
  const auto* end = kJoiningRanges + kJoiningRangeCount;
  const auto* found = std::lower_bound(
      kJoiningRanges, end, c, [](const JoiningRange& row, char32_t v) { return row.last < v; });
  return found != end && found->first <= c ? found->type : 'U';
}

/// RFC 5892 appendices A.1 and A.2: after a virama; the non-joiner also between letters that join.
bool joiner_is_allowed(std::u32string_view label, std::size_t at) noexcept {
  if (at == 0) return false;
  if ((properties_of(label[at - 1]) & kVirama) != 0) return true;
  if (label[at] != 0x200c) return false;
  std::size_t before = at - 1, after = at + 1;
  while (before > 0 && joining_type_of(label[before]) == 'T') --before;
  while (after < label.size() && joining_type_of(label[after]) == 'T') ++after;
  if (after == label.size()) return false;
  const char left = joining_type_of(label[before]), right = joining_type_of(label[after]);
  return (left == 'L' || left == 'D') && (right == 'R' || right == 'D');
}

std::u32string to_utf32(std::string_view text) {
  std::u32string out;
  for (std::size_t at = 0; at < text.size();) out.push_back(next_code_point(text, at));
  return out;
}

std::string to_utf8(std::u32string_view text) {
  std::string out;
  for (const char32_t c : text) append_utf8(out, c);
  return out;
}

/// RFC 5893 §2.
bool follows_bidi_rule(std::u32string_view label) noexcept {
  if (label.empty()) return true;
  const auto bidi = [](char32_t c) { return properties_of(c) & kBidiMask; };
  const int first = bidi(label[0]);
  if (first != kL && first != kR && first != kAL) return false;  // rule 1
  std::size_t end = label.size();
  while (end > 0 && bidi(label[end - 1]) == kNSM) --end;
  const int last = end > 0 ? bidi(label[end - 1]) : 0;
  bool has_en = false, has_an = false;
  for (const char32_t c : label) {
    const int b = bidi(c);
    has_en |= b == kEN;
    has_an |= b == kAN;
    const bool common =
        b == kEN || b == kES || b == kCS || b == kET || b == kON || b == kBN || b == kNSM;
    if (first == kL ? !(common || b == kL) : !(common || b == kR || b == kAL || b == kAN))
      return false;  // rules 2 and 5
  }
  if (first == kL) return last == kL || last == kEN;               // rule 6
  if (has_en && has_an) return false;                              // rule 4
  return last == kR || last == kAL || last == kEN || last == kAN;  // rule 3
}

bool is_bidi(std::u32string_view label) noexcept {
  return std::any_of(label.begin(), label.end(), [](char32_t c) {
    const int b = properties_of(c) & kBidiMask;
    return b == kR || b == kAL || b == kAN;
  });
}

/// UTS #46 §4.1, without the bidi rule.
Result<void> check_label(std::u32string_view label, bool decoded, bool be_strict) {
  if (label.empty()) return {};
  if (decoded && text::nfc(to_utf8(label)) != to_utf8(label))
    return fail("a label is not normalised");
  if (be_strict && (label.front() == '-' || label.back() == '-' ||
                    (label.size() >= 4 && label[2] == '-' && label[3] == '-')))
    return fail("a hyphen where a label may not have it");
  if (!be_strict && label.substr(0, 4) == U"xn--") return fail("a label begins with xn-- twice");
  if ((properties_of(label.front()) & kMark) != 0) return fail("a label begins with a mark");
  for (std::size_t i = 0; i < label.size(); ++i) {
    const char32_t c = label[i];
    if ((properties_of(c) & (kDisallowed | kIgnored)) != 0 || c == '.' || mapping_of(c) != nullptr)
      return fail("a code point that no domain may hold");
    if ((c == 0x200c || c == 0x200d) && !joiner_is_allowed(label, i))
      return fail("a zero-width joiner where nothing joins");
    const bool ldh = c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
    if (be_strict && c < 0x80 && !ldh) return fail("a character that host names do not have");
  }
  return {};
}

struct Label {
  std::u32string text;   // Unicode
  bool decoded = false;  // from Punycode
};

/// UTS #46 §4, steps 1 to 4. With `lenient`, labels that fail stay as they are.
Result<std::vector<Label>> process(std::string_view domain, bool be_strict, bool lenient) {
  std::u32string mapped;
  for (const char32_t c : to_utf32(domain)) {
    const std::uint8_t properties = properties_of(c);
    if ((properties & kIgnored) != 0) continue;
    if ((properties & kDisallowed) != 0 && !lenient)
      return fail("a code point that no domain may hold");
    const MappingRange* mapping = mapping_of(c);
    if (mapping == nullptr) {
      mapped.push_back(c);
    } else if (mapping->count == 0) {
      mapped.push_back(static_cast<char32_t>(static_cast<std::int64_t>(c) + mapping->value));
    } else {
      mapped.append(kMappingPool + mapping->value, mapping->count);
    }
  }
  const std::u32string normal = to_utf32(text::nfc(to_utf8(mapped)));
  std::vector<Label> labels;
  std::u32string_view rest = normal;
  while (true) {
    const std::size_t dot = rest.find(U'.');
    Label label{std::u32string(rest.substr(0, dot)), false};
    if (label.text.starts_with(U"xn--")) {
      bool ascii = true;
      for (const char32_t c : label.text) ascii &= c < 0x80;
      if (!ascii && !lenient) return fail("a Punycode label holds more than ASCII");
      if (ascii) {
        auto decoded = punycode_decode(to_utf8(std::u32string_view(label.text).substr(4)));
        if (!decoded.has_value() && !lenient) return std::move(decoded).error();
        if (decoded.has_value()) {
          bool plain = true;
          for (const char32_t c : *decoded) plain &= c < 0x80;
          if (plain && !lenient) return fail("a Punycode label without need");
          label = {std::move(*decoded), true};
        }
      }
    }
    if (!lenient) AVILA_TRY_VOID(check_label(label.text, label.decoded, be_strict));
    labels.push_back(std::move(label));
    if (dot == std::u32string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  const bool any_bidi = std::any_of(labels.begin(), labels.end(),
                                    [](const Label& label) { return is_bidi(label.text); });
  if (any_bidi && !lenient) {
    for (const Label& label : labels) {
      if (!follows_bidi_rule(label.text)) return fail("a label breaks the rule for its direction");
    }
  }
  return labels;
}

/// How many of the places before one were added (a Fenwick tree).
class HandledBefore {
 public:
  explicit HandledBefore(std::size_t places) : sums_(places + 1) {}
  void add(std::uint32_t place) noexcept {
    for (std::size_t i = place + 1; i < sums_.size(); i += i & (~i + 1)) ++sums_[i];
  }
  std::uint32_t count(std::uint32_t place) const noexcept {
    std::uint32_t sum = 0;
    for (std::size_t i = place; i > 0; i &= i - 1) sum += sums_[i];
    return sum;
  }

 private:
  std::vector<std::uint32_t> sums_;
};

}  // namespace

Result<std::string> punycode_encode(std::u32string_view label) {
  if (label.size() > kMaxLabelCodePoints)
    return Error(Errc::LimitExceeded, "the label is too long for Punycode");
  std::string out;
  for (const char32_t c : label) {
    if (c < 0x80) out.push_back(static_cast<char>(c));
  }
  const auto basic = static_cast<std::uint32_t>(out.size());
  std::uint32_t handled = basic, n = kInitialN, delta = 0, bias = kInitialBias;
  if (basic > 0) out.push_back('-');
  // By value, then by place. What was handled before is counted by a tree: looking at the whole
  // label for each value, as the RFC's text does, is a second's work for a URL of 60 KB.
  std::vector<std::pair<char32_t, std::uint32_t>> rest;
  HandledBefore before(label.size());
  for (std::uint32_t i = 0; i < label.size(); ++i) {
    if (label[i] < 0x80) {
      before.add(i);
    } else {
      rest.emplace_back(label[i], i);
    }
  }
  std::sort(rest.begin(), rest.end());
  for (std::size_t first = 0; first < rest.size();) {
    const auto value = static_cast<std::uint32_t>(rest[first].first);
    const std::uint64_t grown =
        delta + static_cast<std::uint64_t>(value - n) * (handled + std::uint64_t{1});
    if (grown > std::numeric_limits<std::uint32_t>::max()) return fail("Punycode overflow");
    delta = static_cast<std::uint32_t>(grown);
    n = value;
    std::uint32_t counted = 0;  // of those handled, up to the place of the last one written
    std::size_t at = first;
    for (; at < rest.size() && rest[at].first == value; ++at) {
      const std::uint32_t count = before.count(rest[at].second);
      delta += count - counted;
      counted = count;
      std::uint32_t q = delta;
      for (std::uint32_t k = kBase;; k += kBase) {
        const std::uint32_t t = threshold(k, bias);
        if (q < t) break;
        out.push_back("abcdefghijklmnopqrstuvwxyz0123456789"[t + (q - t) % (kBase - t)]);
        q = (q - t) / (kBase - t);
      }
      out.push_back("abcdefghijklmnopqrstuvwxyz0123456789"[q]);
      bias = adapt(delta, handled + 1, handled == basic);
      delta = 0;
      ++handled;
    }
    delta += before.count(static_cast<std::uint32_t>(label.size())) - counted + 1;
    ++n;
    for (; first < at; ++first) before.add(rest[first].second);
  }
  return out;
}

Result<std::u32string> punycode_decode(std::string_view ascii) {
  if (ascii.size() > kMaxLabelCodePoints)
    return Error(Errc::LimitExceeded, "the label is too long for Punycode");
  std::u32string out;
  const std::size_t dash = ascii.rfind('-');
  std::size_t at = 0;
  if (dash != std::string_view::npos && dash > 0) {
    for (const char c : ascii.substr(0, dash)) out.push_back(static_cast<unsigned char>(c));
    at = dash + 1;
  } else if (dash == 0) {
    at = 1;
  }
  std::uint32_t n = kInitialN, i = 0, bias = kInitialBias;
  while (at < ascii.size()) {
    const std::uint32_t before = i;
    std::uint64_t weight = 1;
    for (std::uint32_t k = kBase;; k += kBase) {
      if (at >= ascii.size()) return fail("Punycode ends within a number");
      const char c = lower(ascii[at++]);
      std::uint32_t digit = 0;
      if (c >= 'a' && c <= 'z') {
        digit = static_cast<std::uint32_t>(c - 'a');
      } else if (is_digit(c)) {
        digit = static_cast<std::uint32_t>(c - '0') + 26;
      } else {
        return fail("a character that Punycode does not have");
      }
      const std::uint64_t sum = i + digit * weight;
      if (sum > std::numeric_limits<std::uint32_t>::max()) return fail("Punycode overflow");
      i = static_cast<std::uint32_t>(sum);
      const std::uint32_t t = threshold(k, bias);
      if (digit < t) break;
      weight *= kBase - t;
      if (weight > std::numeric_limits<std::uint32_t>::max()) return fail("Punycode overflow");
    }
    const auto length = static_cast<std::uint32_t>(out.size()) + 1;
    bias = adapt(i - before, length, before == 0);
    n += i / length;
    i %= length;
    if (n > 0x10ffff || (n >= 0xd800 && n <= 0xdfff)) return fail("Punycode of no code point");
    out.insert(i, 1, static_cast<char32_t>(n));
    ++i;
  }
  return out;
}

Result<std::string> domain_to_ascii(std::string_view domain, bool be_strict) {
  // Plain ASCII needs lower case only. Punycode labels are taken as they are: nothing is decoded
  // from them, and DNS knows whether they exist.
  if (!be_strict && is_ascii(domain)) {
    std::string ascii(domain);
    std::transform(ascii.begin(), ascii.end(), ascii.begin(), lower);
    return ascii;
  }
  AVILA_TRY(const std::vector<Label> labels, process(domain, be_strict, false));
  std::string out;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (i > 0) out += '.';
    const std::size_t start = out.size();
    const std::string text = to_utf8(labels[i].text);
    if (is_ascii(text)) {
      out += text;
    } else {
      AVILA_TRY(const std::string encoded, punycode_encode(labels[i].text));
      out += "xn--" + encoded;
    }
    const std::size_t length = out.size() - start;
    const bool root = i + 1 == labels.size() && i > 0 && length == 0;
    if (be_strict && !root && (length < 1 || length > 63)) return fail("a label has 1 to 63 bytes");
  }
  if (be_strict && out.size() > 253 + (out.ends_with('.') ? 1U : 0U))
    return fail("a domain has at most 253 bytes");
  return out;
}

std::string domain_to_unicode(std::string_view domain) {
  auto labels = process(domain, false, true);
  std::string out;
  if (!labels.has_value()) return std::string(domain);
  for (std::size_t i = 0; i < labels->size(); ++i) {
    if (i > 0) out += '.';
    out += to_utf8((*labels)[i].text);
  }
  return out;
}

}  // namespace avila::url

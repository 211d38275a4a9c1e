// Functions on strings. Positions and lengths count code points, from 0.
#include <algorithm>

#include "functions.hpp"

namespace avila::sql {

namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

/// Byte offset of code point `n`, the end where there are fewer.
std::size_t offset_of(std::string_view text, std::size_t n) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (continues(text[at])) continue;
    if (n == 0) return at;
    --n;
  }
  return at;
}

/// One case mapping for the scripts of European languages: ASCII, Latin-1, Latin Extended-A,
/// Greek and Cyrillic; other characters stay.
char32_t map_case(char32_t c, bool to_upper) {
  if (to_upper) {
    if (c >= 'a' && c <= 'z') return c - 32;
    if ((c >= 0xE0 && c <= 0xFE && c != 0xF7)) return c - 32;
    if (c == 0xFF) return 0x178;
    if ((c >= 0x100 && c <= 0x137) || (c >= 0x14A && c <= 0x177))
      return c != 0x131 && (c & 1) != 0 ? c - 1 : c;
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) return (c & 1) == 0 ? c - 1 : c;
    if (c >= 0x3B1 && c <= 0x3C9 && c != 0x3C2) return c - 32;
    if (c >= 0x430 && c <= 0x44F) return c - 32;
    if (c >= 0x450 && c <= 0x45F) return c - 80;
    return c;
  }
  if (c >= 'A' && c <= 'Z') return c + 32;
  if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 32;
  if (c == 0x178) return 0xFF;
  if ((c >= 0x100 && c <= 0x137) || (c >= 0x14A && c <= 0x177))
    return c != 0x130 && (c & 1) == 0 ? c + 1 : c;
  if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) return (c & 1) != 0 ? c + 1 : c;
  if (c >= 0x391 && c <= 0x3A9) return c + 32;
  if (c >= 0x410 && c <= 0x42F) return c + 32;
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  return c;
}

std::string change_case(std::string_view text, bool to_upper) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      out += static_cast<char>(map_case(lead, to_upper));
      ++i;
    } else if (lead >= 0xC2 && lead < 0xE0 && i + 1 < text.size()) {
      const char32_t c = map_case(
          (lead & 0x1FU) << 6 | (static_cast<unsigned char>(text[i + 1]) & 0x3FU), to_upper);
      out += static_cast<char>(0xC0 | c >> 6);  // every mapping above stays within two bytes
      out += static_cast<char>(0x80 | (c & 0x3F));
      i += 2;
    } else {
      out += text[i++];
    }
  }
  return out;
}

bool strings(Args a, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    if (!a[i].is_string()) return false;
  return true;
}

template <bool to_upper>
Datum change(Context& context, Args a) {
  if (!a[0].is_string() || !context.room(a[0].as_string().size())) return {};
  return make_string(context, change_case(a[0].as_string(), to_upper));
}

Datum length(Context&, Args a) {
  if (a[0].is_array()) return Datum::integer(static_cast<std::int64_t>(a[0].size()));
  if (!a[0].is_string()) return {};
  return Datum::integer(static_cast<std::int64_t>(code_points(a[0].as_string())));
}

Datum substring(Context&, Args a) {
  std::int64_t start = 0, count = INT64_MAX;
  if (!a[0].is_string() || !a[1].is_number() || !a[1].whole(start)) return {};
  if (a.size() > 2 && (!a[2].is_number() || !a[2].whole(count))) return {};
  if (start < 0) start = 0;
  if (count <= 0) return Datum::string("");
  std::string_view text = a[0].as_string();
  text.remove_prefix(offset_of(text, static_cast<std::size_t>(start)));
  if (static_cast<std::uint64_t>(count) < text.size())
    text = text.substr(0, offset_of(text, static_cast<std::size_t>(count)));
  return Datum::string(text);
}

template <bool right>
Datum side(Context&, Args a) {
  std::int64_t count = 0;
  if (!a[0].is_string() || !a[1].is_number() || !a[1].whole(count)) return {};
  const std::string_view text = a[0].as_string();
  if (count <= 0) return Datum::string("");
  const std::size_t all = code_points(text);
  const std::size_t n = std::min<std::uint64_t>(static_cast<std::uint64_t>(count), all);
  if (right) return Datum::string(text.substr(offset_of(text, all - n)));
  return Datum::string(text.substr(0, offset_of(text, n)));
}

Datum concat(Context& context, Args a) {
  std::size_t size = 0;
  if (!strings(a, a.size())) return {};
  for (const Datum& part : a) size += part.as_string().size();
  if (!context.room(size)) return {};
  char* to = context.arena->array<char>(size);
  std::size_t at = 0;
  for (const Datum& part : a) {
    const std::string_view text = part.as_string();
    if (!text.empty()) std::memcpy(to + at, text.data(), text.size());
    at += text.size();
  }
  return Datum::string({to, size});
}

enum class Where { Contains, Starts, Ends, Equals };
template <Where where>
Datum match(Context& context, Args a) {
  if (!strings(a, 2)) return {};
  std::string_view text = a[0].as_string(), part = a[1].as_string();
  std::string text_folded, part_folded;
  if (a.size() > 2 && a[2].is_true()) {
    if (!context.room(text.size() + part.size())) return {};
    text = text_folded = change_case(text, false);
    part = part_folded = change_case(part, false);
  }
  switch (where) {
    case Where::Contains: return Datum::boolean(text.find(part) != std::string_view::npos);
    case Where::Starts: return Datum::boolean(text.starts_with(part));
    case Where::Ends: return Datum::boolean(text.ends_with(part));
    case Where::Equals: return Datum::boolean(text == part);
  }
  return {};
}

Datum index_of(Context&, Args a) {
  std::int64_t start = 0;
  if (!strings(a, 2)) return {};
  if (a.size() > 2 && (!a[2].is_number() || !a[2].whole(start) || start < 0)) return {};
  const std::string_view text = a[0].as_string();
  const auto at = text.find(a[1].as_string(), offset_of(text, static_cast<std::size_t>(start)));
  if (at == std::string_view::npos) return Datum::integer(-1);
  return Datum::integer(static_cast<std::int64_t>(code_points(text.substr(0, at))));
}

Datum replace(Context& context, Args a) {
  if (!strings(a, 3)) return {};
  const std::string_view from = a[1].as_string(), to = a[2].as_string();
  std::string_view text = a[0].as_string();
  if (from.empty()) return a[0];
  std::string out;
  for (;;) {
    const auto at = text.find(from);
    out.append(text.substr(0, at));
    if (at == std::string_view::npos) break;
    out.append(to);
    text.remove_prefix(at + from.size());
    if (!context.room(out.size())) return {};
  }
  return make_string(context, out);
}

template <bool left, bool right>
Datum trim(Context&, Args a) {
  if (!a[0].is_string() || (a.size() > 1 && !a[1].is_string())) return {};
  const std::string_view set = a.size() > 1 ? a[1].as_string() : " \t\r\n\f\v";
  std::string_view text = a[0].as_string();
  if (left) text.remove_prefix(std::min(text.find_first_not_of(set), text.size()));
  if (right) text = text.substr(0, text.find_last_not_of(set) + 1);
  return Datum::string(text);
}

Datum reverse(Context& context, Args a) {
  if (!a[0].is_string()) return {};
  const std::string_view text = a[0].as_string();
  std::string out;
  out.reserve(text.size());
  for (std::size_t end = text.size(); end > 0;) {
    std::size_t start = end - 1;
    while (start > 0 && continues(text[start])) --start;
    out.append(text.substr(start, end - start));
    end = start;
  }
  return make_string(context, out);
}

Datum replicate(Context& context, Args a) {
  std::int64_t count = 0;
  if (!a[0].is_string() || !a[1].is_number() || !a[1].whole(count) || count < 0) return {};
  const std::string_view text = a[0].as_string();
  if (text.empty() || count == 0) return Datum::string("");
  if (static_cast<std::uint64_t>(count) > context.memory_limit / text.size()) {
    (void)context.room(context.memory_limit + 1);
    return {};
  }
  const std::size_t size = text.size() * static_cast<std::size_t>(count);
  if (!context.room(size)) return {};
  char* to = context.arena->array<char>(size);
  for (std::size_t i = 0; i < size; i += text.size()) std::memcpy(to + i, text.data(), text.size());
  return Datum::string({to, size});
}

template <bool left>
Datum pad(Context& context, Args a) {
  std::int64_t width = 0;
  if (!a[0].is_string() || !a[1].is_number() || !a[1].whole(width) || width < 0) return {};
  if (a.size() > 2 && (!a[2].is_string() || a[2].as_string().empty())) return {};
  const std::string_view text = a[0].as_string(), fill = a.size() > 2 ? a[2].as_string() : " ";
  const auto have = static_cast<std::int64_t>(code_points(text));
  if (have >= width)
    return Datum::string(text.substr(0, offset_of(text, static_cast<std::size_t>(width))));
  if (static_cast<std::uint64_t>(width) > context.memory_limit / 4 ||
      !context.room(static_cast<std::size_t>(width) * 4))
    return context.fail(Error(Errc::LimitExceeded, "padding is wider than the query's memory")),
           Datum();
  std::string padding;
  const auto want = static_cast<std::size_t>(width - have);
  const std::size_t fill_points = code_points(fill);
  for (std::size_t i = 0; i < want / fill_points; ++i) padding += fill;
  padding += fill.substr(0, offset_of(fill, want % fill_points));
  return make_string(context, left ? padding + std::string(text) : std::string(text) + padding);
}

Datum split(Context& context, Args a) {
  if (!strings(a, 2) || a[1].as_string().empty()) return {};
  std::string_view text = a[0].as_string();
  const std::string_view by = a[1].as_string();
  std::vector<Datum> parts;
  for (;;) {
    const auto at = text.find(by);
    parts.push_back(Datum::string(text.substr(0, at)));
    if (at == std::string_view::npos) break;
    text.remove_prefix(at + by.size());
  }
  return make_array(context, parts);
}

Datum join(Context& context, Args a) {
  if (!a[0].is_array() || !a[1].is_string()) return {};
  std::string out;
  bool first = true, fine = true;
  a[0].each([&](const Datum& part) {
    fine = part.is_string() && context.room(out.size());
    if (!fine) return false;
    if (!first) out += a[1].as_string();
    first = false;
    out += part.as_string();
    return true;
  });
  return fine ? make_string(context, out) : Datum();
}

Datum like_function(Context&, Args a) {
  if (!strings(a, 2)) return {};
  return Datum::boolean(like(a[0].as_string(), a[1].as_string(), U'\\'));
}

constexpr Function kFunctions[] = {
    {"LOWER", 1, 1, change<false>, "LOWER(text)"},
    {"UPPER", 1, 1, change<true>, "UPPER(text)"},
    {"LENGTH", 1, 1, length, "LENGTH(text)"},
    {"CHAR_LENGTH", 1, 1, length, "CHAR_LENGTH(text)"},
    {"SUBSTRING", 2, 3, substring, "SUBSTRING(text, start from 0 [, length])"},
    {"LEFT", 2, 2, side<false>, "LEFT(text, count)"},
    {"RIGHT", 2, 2, side<true>, "RIGHT(text, count)"},
    {"CONCAT", 1, kAnyNumber, concat, "CONCAT(text, text, …)"},
    {"CONTAINS", 2, 3, match<Where::Contains>, "CONTAINS(text, part [, ignore case])"},
    {"STARTSWITH", 2, 3, match<Where::Starts>, "STARTSWITH(text, part [, ignore case])"},
    {"ENDSWITH", 2, 3, match<Where::Ends>, "ENDSWITH(text, part [, ignore case])"},
    {"STRINGEQUALS", 2, 3, match<Where::Equals>, "STRINGEQUALS(text, other [, ignore case])"},
    {"INDEX_OF", 2, 3, index_of, "INDEX_OF(text, part [, start])"},
    {"REPLACE", 3, 3, replace, "REPLACE(text, part, by)"},
    {"TRIM", 1, 2, trim<true, true>, "TRIM(text [, characters])"},
    {"LTRIM", 1, 2, trim<true, false>, "LTRIM(text [, characters])"},
    {"RTRIM", 1, 2, trim<false, true>, "RTRIM(text [, characters])"},
    {"REVERSE", 1, 1, reverse, "REVERSE(text)"},
    {"REPLICATE", 2, 2, replicate, "REPLICATE(text, count)"},
    {"LPAD", 2, 3, pad<true>, "LPAD(text, width [, fill])"},
    {"RPAD", 2, 3, pad<false>, "RPAD(text, width [, fill])"},
    {"STRINGSPLIT", 2, 2, split, "STRINGSPLIT(text, by)"},
    {"STRINGJOIN", 2, 2, join, "STRINGJOIN(array, by)"},
    {"MATCHES", 2, 2, like_function, "MATCHES(text, LIKE pattern)"},
};

}  // namespace

std::span<const Function> string_functions() noexcept { return kFunctions; }

}  // namespace avila::sql

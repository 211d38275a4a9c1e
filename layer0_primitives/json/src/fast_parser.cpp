#include "fast_parser.hpp"

#include <algorithm>
#include <array>
#include <avila/simd/target.hpp>
#include <avila/text/decimal.hpp>
#include <avila/text/utf8.hpp>
#include <bit>
#include <cstring>
#include <limits>
#include <vector>

#include "number.hpp"
#include "string_scan.hpp"

namespace avila::json::detail {
namespace {

// What may follow a number or literal; the next token is looked at in its turn.
constexpr std::array<bool, 256> kEndsScalar = [] {
  std::array<bool, 256> table{};
  for (const char c : {' ', '\t', '\n', '\r', ',', ']', '}'})
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();

AVILA_ALWAYS_INLINE bool ends_scalar(char c) noexcept {
  return kEndsScalar[static_cast<unsigned char>(c)];
}

constexpr std::uint64_t kTens[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

AVILA_ALWAYS_INLINE std::uint64_t load_word(const char* p) noexcept {
  std::uint64_t w;
  std::memcpy(&w, p, 8);
  if constexpr (std::endian::native == std::endian::big) w = __builtin_bswap64(w);
  return w;
}

/// Up to 8 digits at p (8 bytes are readable): how many, and mantissa × 10^n + their value.
AVILA_ALWAYS_INLINE unsigned take_digits(const char* p, std::uint64_t& mantissa) noexcept {
  const std::uint64_t w = load_word(p) ^ 0x3030'3030'3030'3030U;
  // A byte is a digit when neither it nor it plus 6 reaches 16.
  const std::uint64_t others = (w | (w + 0x0606'0606'0606'0606U)) & 0xF0F0'F0F0'F0F0'F0F0U;
  const unsigned n = others == 0 ? 8 : static_cast<unsigned>(std::countr_zero(others)) >> 3;
  if (n == 0) return 0;
  std::uint64_t v = w << (64 - 8 * n);  // zeros in front
  v = v * 10 + (v >> 8);
  v = (((v & 0x0000'00FF'0000'00FFU) * 0x000F'4240'0000'0064U) +
       (((v >> 16) & 0x0000'00FF'0000'00FFU) * 0x0000'2710'0000'0001U)) >>
      32;
  mantissa = mantissa * kTens[n] + (v & 0xFFFF'FFFFU);
  return n;
}

bool is_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

}  // namespace

bool FastParser::check_utf8() {
  std::size_t until = indexed_;
  if (until < source_.size())  // cut before a lead byte
    for (int i = 0; i < 3 && until > checked_ && (source_[until] & '\xC0') == '\x80'; ++i) --until;
  if (!text::validate_utf8(source_.substr(checked_, until - checked_))) return false;
  checked_ = until;
  return true;
}

bool FastParser::refill() {
  if (indexed_ == source_.size()) return false;
  const std::size_t size = std::min(kChunk, source_.size() - indexed_);
  const char* const from = source_.data() + indexed_;
  const auto base = static_cast<std::uint32_t>(indexed_);
  state_.quotes = state_.control = state_.high = 0;
  std::uint32_t* end = index_blocks(from, size / 64, base, state_, offsets_.data());
  if (const std::size_t rest = size % 64; rest != 0) {
    char block[64];
    std::memset(block, ' ', 64);
    std::memcpy(block, from + (size - rest), rest);
    end = index_blocks(block, 1, base + static_cast<std::uint32_t>(size - rest), state_, end);
  }
  const std::size_t before = indexed_;
  indexed_ += size;
  if (state_.control != 0) return false;
  if (state_.high != 0 || checked_ != before) {
    if (!check_utf8()) return false;
  } else {
    checked_ = indexed_;
  }
  if (state_.quotes != 0) {
    const std::size_t kept = final_ > before ? final_ - before : 0;  // of an escape over the edge
    std::memcpy(text_.data() + before + kept, from + kept, size - std::min(kept, size));
  }
  next_ = offsets_.data();
  stop_ = end;
  const auto used = static_cast<std::size_t>(out_ - words_.data());
  words_.reserve(used + 2 * static_cast<std::size_t>(end - next_) + 2);
  out_ = words_.data() + used;
  return true;
}

// One number at p; the end, or null. Everything unusual goes to the careful one.
AVILA_ALWAYS_INLINE const char* FastParser::number(const char* p) {
  const char* const begin = p;
  if (end_ - p < 40) [[unlikely]]
    return hard_number(begin);
  const bool negative = *p == '-';
  p += negative;
  std::uint64_t mantissa = 0;
  unsigned digits = take_digits(p, mantissa);
  if (digits == 0 || (*p == '0' && digits > 1)) return nullptr;
  if (digits == 8) {
    digits += take_digits(p + 8, mantissa);
    if (digits == 16) {
      digits += take_digits(p + 16, mantissa);
      if (digits > 18) [[unlikely]]
        return hard_number(begin);
    }
  }
  p += digits;
  if (ends_scalar(*p)) {
    if (mantissa == 0 && negative) [[unlikely]]
      return hard_number(begin);  // -0
    *out_++ = make_word(Tag::Int, 0, 0);
    *out_++ = negative ? 0 - mantissa : mantissa;
    return p;
  }
  int exponent = 0;
  if (*p == '.') {
    ++p;
    unsigned n = take_digits(p, mantissa);
    if (n == 0) return nullptr;
    if (n == 8) {
      if (digits > 11) [[unlikely]]
        return hard_number(begin);  // 19 digits fit the mantissa
      unsigned m = take_digits(p + 8, mantissa);
      n += m;
      if (m == 8) {
        if (digits > 3) [[unlikely]]
          return hard_number(begin);
        // Seven more at most, or the mantissa could wrap.
        m = 0;
        while (static_cast<unsigned char>(p[n + m] - '0') < 10 && digits + n + m < 19) {
          mantissa = mantissa * 10 + static_cast<unsigned char>(p[n + m] - '0');
          ++m;
        }
        n += m;
        if (static_cast<unsigned char>(p[n] - '0') < 10) [[unlikely]]
          return hard_number(begin);
      }
    }
    if (digits + n > 19) [[unlikely]]
      return hard_number(begin);
    p += n;
    exponent = -static_cast<int>(n);
    digits += n;
  }
  if ((*p | 0x20) == 'e') {
    ++p;
    const bool minus = *p == '-';
    p += (minus || *p == '+') ? 1 : 0;
    std::uint64_t e = 0;
    const unsigned n = take_digits(p, e);
    if (n == 0) return nullptr;
    if (n > 5) [[unlikely]]
      return hard_number(begin);
    p += n;
    exponent += minus ? -static_cast<int>(e) : static_cast<int>(e);
  }
  if (!ends_scalar(*p)) return nullptr;
  if (options_.big_numbers == BigNumbers::KeepText && digits > 17) [[unlikely]]
    return hard_number(begin);
  const double value = text::decimal_to_double(mantissa, exponent);
  if (value > std::numeric_limits<double>::max()) [[unlikely]]
    return hard_number(begin);
  *out_++ = make_word(Tag::Double, 0, 0);
  *out_++ = std::bit_cast<std::uint64_t>(negative ? -value : value);
  return p;
}

const char* FastParser::hard_number(const char* p) {
  const char* stop = p;
  while (stop != end_ && is_number_char(*stop)) ++stop;
  if (stop == end_ || !ends_scalar(*stop)) return nullptr;
  const Result<Number> parsed =
      parse_number({p, static_cast<std::size_t>(stop - p)}, options_.big_numbers, 0);
  if (!parsed.has_value()) return nullptr;
  if (parsed->kind == Kind::BigNumber) {
    const auto size = static_cast<std::size_t>(stop - p);
    const auto at = static_cast<std::size_t>(p - source_.data());
    if (size > kMaxCount) return nullptr;
    std::memcpy(text_.data() + at, p, size);  // its chunk may not have been copied
    *out_++ = make_word(Tag::BigNumber, size, at);
    return stop;
  }
  const Tag tag = parsed->kind == Kind::Int    ? Tag::Int
                  : parsed->kind == Kind::Uint ? Tag::Uint
                                               : Tag::Double;
  *out_++ = make_word(tag, 0, 0);
  *out_++ = parsed->bits;
  return stop;
}

// The string whose quote is at `open` and whose first escape is at `at`: unescaped in the copy.
bool FastParser::escaped_string(std::uint32_t open, std::uint32_t at) {
  const char* const source = source_.data();
  char* to = text_.data() + at;
  for (;;) {
    const char* p = source + at;
    if (unescape_one(p, end_, to) != nullptr) return false;
    std::uint32_t next = 0;
    do {  // the second half of a surrogate pair has been read
      final_ = static_cast<std::size_t>(to - text_.data());
      while (next_ == stop_)
        if (!refill()) return false;
      next = *next_++;
    } while (source + next < p);
    const auto run = static_cast<std::size_t>(source + next - p);
    std::memcpy(to, p, run);
    to += run;
    if (source[next] == '"') break;
    at = next;
  }
  const auto size = static_cast<std::size_t>(to - text_.data()) - open - 1;
  if (size > kMaxCount) return false;
  *out_++ = make_word(Tag::String, size, open + 1);
  return true;
}

bool FastParser::unique_keys(std::uint32_t container) {
  std::vector<std::string_view> keys;
  const Tape here = tape();
  for (std::size_t at = container + 1, end = static_cast<std::size_t>(out_ - words_.data());
       at < end;) {
    const std::uint64_t key = words_.data()[at];
    keys.emplace_back(here.text + low_of(key), count_of(key));
    const std::uint64_t value = words_.data()[at + 1];
    const Tag tag = tag_of(value);
    at = tag >= Tag::Array                       ? low_of(value)
         : tag >= Tag::Int && tag <= Tag::Double ? at + 3
                                                 : at + 2;
  }
  std::sort(keys.begin(), keys.end());
  return std::adjacent_find(keys.begin(), keys.end()) == keys.end();
}

bool FastParser::build() {
  const char* const source = source_.data();
  const std::size_t max_depth = options_.max_depth;
  Frame* const frames = frames_.data();
  std::size_t depth = 0;
  std::uint32_t container = 0, count = 0;
  bool object = false;
  std::uint32_t at = 0;

#define AVILA_NEXT()               \
  do {                             \
    while (next_ == stop_)         \
      if (!refill()) return false; \
    at = *next_++;                 \
  } while (false)

// At an opening quote.
#define AVILA_STRING()                                  \
  do {                                                  \
    const std::uint32_t open = at;                      \
    AVILA_NEXT();                                       \
    if (source[at] == '"') {                            \
      const std::size_t size = at - open - 1;           \
      if (size > kMaxCount) [[unlikely]]                \
        return false;                                   \
      *out_++ = make_word(Tag::String, size, open + 1); \
    } else if (!escaped_string(open, at)) {             \
      return false;                                     \
    }                                                   \
  } while (false)

// A whole scalar at `p`, or a jump to the container it opens.
#define AVILA_VALUE()                                                                             \
  switch (*p) {                                                                                   \
    case '"': AVILA_STRING(); break;                                                              \
    case '{': goto open_object;                                                                   \
    case '[': goto open_array;                                                                    \
    case 't':                                                                                     \
      if (end_ - p < 5 || std::memcmp(p, "true", 4) != 0 || !ends_scalar(p[4])) return false;     \
      *out_++ = make_word(Tag::True, 0, 0);                                                       \
      break;                                                                                      \
    case 'f':                                                                                     \
      if (end_ - p < 6 || std::memcmp(p + 1, "alse", 4) != 0 || !ends_scalar(p[5])) return false; \
      *out_++ = make_word(Tag::False, 0, 0);                                                      \
      break;                                                                                      \
    case 'n':                                                                                     \
      if (end_ - p < 5 || std::memcmp(p, "null", 4) != 0 || !ends_scalar(p[4])) return false;     \
      *out_++ = make_word(Tag::Null, 0, 0);                                                       \
      break;                                                                                      \
    default:                                                                                      \
      if (number(p) == nullptr) return false;                                                     \
      break;                                                                                      \
  }

  const char* p = nullptr;
  AVILA_NEXT();
  if (source[at] == '[') goto open_array;
  if (source[at] != '{') return false;

open_object:
  if (depth >= max_depth) return false;
  frames[depth++] = {container, count, object};
  object = true;
  container = static_cast<std::uint32_t>(out_ - words_.data());
  count = 0;
  ++out_;
  AVILA_NEXT();
  if (source[at] == '}') goto close;
key:
  if (source[at] != '"') return false;
  AVILA_STRING();
  AVILA_NEXT();
  if (source[at] != ':') return false;
  ++count;
  AVILA_NEXT();
  p = source + at;
  AVILA_VALUE()
after_member:
  AVILA_NEXT();
  if (source[at] == ',') {
    AVILA_NEXT();
    goto key;
  }
  if (source[at] != '}') return false;
  goto close;

open_array:
  if (depth >= max_depth) return false;
  frames[depth++] = {container, count, object};
  object = false;
  container = static_cast<std::uint32_t>(out_ - words_.data());
  count = 0;
  ++out_;
  AVILA_NEXT();
  if (source[at] == ']') goto close;
element:
  ++count;
  p = source + at;
  AVILA_VALUE()
after_element:
  AVILA_NEXT();
  if (source[at] == ',') {
    AVILA_NEXT();
    goto element;
  }
  if (source[at] != ']') return false;

close:
  words_.data()[container] =
      make_word(object ? Tag::Object : Tag::Array, std::min(count, kMaxCount),
                static_cast<std::size_t>(out_ - words_.data()));
  if (object && options_.duplicates == Duplicates::Refuse && !unique_keys(container)) return false;
  --depth;
  container = frames[depth].at;
  count = frames[depth].count;
  object = frames[depth].object;
  if (depth != 0) {
    if (object) goto after_member;
    goto after_element;
  }
  // Nothing but white space may follow.
  while (next_ == stop_) {
    if (indexed_ == source_.size()) return true;
    if (!refill()) return false;
  }
  return false;
#undef AVILA_VALUE
#undef AVILA_STRING
#undef AVILA_NEXT
}

bool FastParser::parse(std::string_view text, const ParseOptions& options) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  // A closing bracket at the end also ends every loop over digits.
  if (text.size() < 2 || (text.back() != ']' && text.back() != '}')) return false;
  source_ = text;
  end_ = text.data() + text.size();
  indexed_ = checked_ = final_ = 0;
  state_ = {};
  options_ = options;
  options_.max_depth = std::min(options.max_depth, kMaxDepth);
  text_.reserve(text.size() + 64);
  offsets_.reserve(std::min(text.size() + 64, kChunk) + kIndexSlack);
  frames_.reserve(options_.max_depth + 1);
  next_ = stop_ = nullptr;
  out_ = words_.data();
  return build();
}

}  // namespace avila::json::detail

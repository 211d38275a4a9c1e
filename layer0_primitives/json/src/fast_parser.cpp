#include "fast_parser.hpp"

#include <algorithm>
#include <array>
#include <avila/simd/cpu.hpp>
#include <avila/simd/target.hpp>
#include <avila/text/decimal.hpp>
#include <avila/text/utf8.hpp>
#include <bit>
#include <cstring>
#include <limits>
#include <vector>

#if AVILA_X86_64
#include <emmintrin.h>
#endif

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

constexpr std::uint64_t kTens[] = {1,
                                   10,
                                   100,
                                   1000,
                                   10000,
                                   100000,
                                   1000000,
                                   10000000,
                                   100000000,
                                   1000000000,
                                   10000000000,
                                   100000000000,
                                   1000000000000,
                                   10000000000000,
                                   100000000000000,
                                   1000000000000000,
                                   10000000000000000};

// Bytes that must be readable before a number and from its start on: sign, 19 digits, point, 16
// loaded at once; 16 loaded back from the end of the digits.
constexpr std::size_t kBeforeNumber = 16, kBehindNumber = 64;

/// How many digits begin at p, at most 16, and their value.
#if AVILA_X86_64
alignas(16) constexpr std::array<std::uint8_t, 32> kKeepLast = [] {
  std::array<std::uint8_t, 32> table{};
  for (std::size_t i = 16; i < 32; ++i) table[i] = 0xFF;
  return table;
}();

AVILA_ALWAYS_INLINE __m128i load16(const void* from) noexcept {
  return _mm_loadu_si128(static_cast<const __m128i*>(from));
}

/// Bit i: p[i] is a digit, for 16 bytes.
AVILA_ALWAYS_INLINE unsigned digit_mask(const char* p) noexcept {
  const __m128i ahead = _mm_sub_epi8(load16(p), _mm_set1_epi8('0'));
  return static_cast<unsigned>(
      _mm_movemask_epi8(_mm_cmpeq_epi8(ahead, _mm_min_epu8(ahead, _mm_set1_epi8(9)))));
}

/// The value of the n digits before `end`, at most 16.
AVILA_ALWAYS_INLINE std::uint64_t digits_before(const char* end, unsigned n) noexcept {
  // At the end of the register, with zeros in front.
  __m128i v = _mm_and_si128(_mm_sub_epi8(load16(end - 16), _mm_set1_epi8('0')),
                            load16(kKeepLast.data() + n));
  // Pairs, then fours, then eights.
  v = _mm_add_epi16(_mm_mullo_epi16(_mm_and_si128(v, _mm_set1_epi16(0xFF)), _mm_set1_epi16(10)),
                    _mm_srli_epi16(v, 8));
  v = _mm_madd_epi16(v, _mm_set1_epi32(100 | 1 << 16));
  v = _mm_packs_epi32(v, v);
  v = _mm_madd_epi16(v, _mm_set1_epi32(10000 | 1 << 16));
  const auto both = static_cast<std::uint64_t>(_mm_cvtsi128_si64(v));
  return (both & 0xFFFF'FFFFU) * 100'000'000 + (both >> 32);
}

AVILA_ALWAYS_INLINE unsigned take_digits(const char* p, std::uint64_t& value) noexcept {
  const auto n = static_cast<unsigned>(std::countr_zero(~digit_mask(p) | 0x10000U));
  value = digits_before(p + n, n);
  return n;
}
#else
AVILA_ALWAYS_INLINE unsigned take_eight(const char* p, std::uint64_t& value) noexcept {
  std::uint64_t w;
  std::memcpy(&w, p, 8);
  if constexpr (std::endian::native == std::endian::big) w = __builtin_bswap64(w);
  w ^= 0x3030'3030'3030'3030U;
  // A byte is a digit when neither it nor it plus 6 reaches 16.
  const std::uint64_t others = (w | (w + 0x0606'0606'0606'0606U)) & 0xF0F0'F0F0'F0F0'F0F0U;
  const unsigned n = others == 0 ? 8 : static_cast<unsigned>(std::countr_zero(others)) >> 3;
  value = 0;
  if (n == 0) return 0;
  std::uint64_t v = w << (64 - 8 * n);  // zeros in front
  v = v * 10 + (v >> 8);
  v = (((v & 0x0000'00FF'0000'00FFU) * 0x000F'4240'0000'0064U) +
       (((v >> 16) & 0x0000'00FF'0000'00FFU) * 0x0000'2710'0000'0001U)) >>
      32;
  value = v & 0xFFFF'FFFFU;
  return n;
}
AVILA_ALWAYS_INLINE unsigned take_digits(const char* p, std::uint64_t& value) noexcept {
  const unsigned n = take_eight(p, value);
  if (n < 8) return n;
  std::uint64_t more = 0;
  const unsigned m = take_eight(p + 8, more);
  value = value * kTens[m] + more;
  return 8 + m;
}
#endif

AVILA_ALWAYS_INLINE bool is_digit(char c) noexcept {
  return static_cast<unsigned char>(c - '0') < 10;
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
  const std::size_t before = indexed_, size = std::min(kChunk, source_.size() - before);
  const char* const from = source_.data() + before;
  char* const copy = text_.data() + before;
  const auto base = static_cast<std::uint32_t>(before);
  // An escape over the edge has been unescaped into what is copied now.
  char kept[16];
  const std::size_t keep = final_ > before ? std::min(final_ - before, sizeof kept) : 0;
  std::memcpy(kept, copy, sizeof kept);
  state_.control = state_.high = 0;
  std::uint32_t* end = index_blocks(from, size / 64, base, state_, offsets_.data(), copy);
  if (const std::size_t rest = size % 64; rest != 0) {
    char block[64];
    std::memset(block, ' ', 64);
    std::memcpy(block, from + (size - rest), rest);
    end = index_blocks(block, 1, base + static_cast<std::uint32_t>(size - rest), state_, end,
                       copy + (size - rest));
  }
  std::memcpy(copy, kept, keep);
  indexed_ += size;
  if (state_.control != 0) return false;
  if (state_.high != 0 || checked_ != before) {
    if (!check_utf8()) return false;
  } else {
    checked_ = indexed_;
  }
  next_ = offsets_.data();
  stop_ = end;
  const auto used = static_cast<std::size_t>(out_ - words_.data());
  words_.reserve(used + 2 * static_cast<std::size_t>(end - next_) + 2);
  out_ = words_.data() + used;
  return true;
}

// One number at p; the end, or null. Everything unusual goes to the careful one.
AVILA_ALWAYS_INLINE const char* FastParser::number(const char* p, std::uint64_t*& out) {
  const char* const begin = p;
  const auto hard = [this](const char* from, std::uint64_t*& to) {  // keeps `out` in its register
    out_ = to;
    const char* const stop = hard_number(from);
    to = out_;
    return stop;
  };
  if (static_cast<std::size_t>(p - careless_) >= careless_size_) [[unlikely]]
    return hard(begin, out);
  const bool negative = *p == '-';
  p += negative;
#if AVILA_X86_64
  // Most fractions: both lengths are known at once, so that neither half waits for the other.
  {
    const unsigned mask = digit_mask(p) | digit_mask(p + 16) << 16;
    const auto whole = static_cast<unsigned>(std::countr_one(mask));
    const unsigned digits_max = options_.big_numbers == BigNumbers::KeepText ? 17 : 19;
    const char* const fraction = p + whole + 1;
    const auto n = static_cast<unsigned>(std::countr_one(whole < 16 ? mask >> (whole + 1) : 0U));
    if (p[whole] == '.' && n != 0 && whole != 0 && n <= 16 && whole + n <= digits_max &&
        ends_scalar(fraction[n]) && (*p != '0' || whole == 1)) [[likely]] {
      const std::uint64_t value =
          digits_before(fraction - 1, whole) * kTens[n] + digits_before(fraction + n, n);
      *out++ = make_word(Tag::Double, 0, 0);
      *out++ = std::bit_cast<std::uint64_t>(text::fraction_to_double(value, n)) |
               std::uint64_t{negative} << 63;
      return fraction + n;
    }
  }
#endif
  std::uint64_t mantissa = 0;
  unsigned digits = take_digits(p, mantissa);
  if (digits == 0 || (*p == '0' && digits > 1)) return nullptr;
  p += digits;
  if (digits == 16) {
    for (; is_digit(*p) && digits < 19; ++p, ++digits)
      mantissa = mantissa * 10 + static_cast<unsigned char>(*p - '0');
    if (digits > 18) [[unlikely]]
      return hard(begin, out);
  }
  int exponent = 0;
  if (*p == '.') {
    ++p;
    std::uint64_t fraction = 0;
    unsigned n = take_digits(p, fraction);
    if (n == 0) return nullptr;
    p += n;
    digits += n;
    if (digits > 19) [[unlikely]]
      return hard(begin, out);  // 19 digits fit the mantissa
    mantissa = mantissa * kTens[n] + fraction;
    if (n == 16) {
      for (; is_digit(*p) && digits < 20; ++p, ++digits, ++n)
        mantissa = mantissa * 10 + static_cast<unsigned char>(*p - '0');
      if (digits > 19) [[unlikely]]
        return hard(begin, out);
    }
    if (ends_scalar(*p)) {
      if (digits > 17 && options_.big_numbers == BigNumbers::KeepText) [[unlikely]]
        return hard(begin, out);
      const double value = text::fraction_to_double(mantissa, n);
      *out++ = make_word(Tag::Double, 0, 0);
      *out++ = std::bit_cast<std::uint64_t>(value) | std::uint64_t{negative} << 63;
      return p;
    }
    exponent = -static_cast<int>(n);
  } else if (ends_scalar(*p)) {
    if (mantissa == 0 && negative) [[unlikely]]
      return hard(begin, out);  // -0
    *out++ = make_word(Tag::Int, 0, 0);
    *out++ = negative ? 0 - mantissa : mantissa;
    return p;
  }
  if ((*p | 0x20) != 'e') return nullptr;
  ++p;
  const bool minus = *p == '-';
  p += (minus || *p == '+') ? 1 : 0;
  std::uint64_t e = 0;
  const unsigned n = take_digits(p, e);
  if (n == 0) return nullptr;
  if (n > 5) [[unlikely]]
    return hard(begin, out);
  p += n;
  exponent += minus ? -static_cast<int>(e) : static_cast<int>(e);
  if (!ends_scalar(*p)) return nullptr;
  if (options_.big_numbers == BigNumbers::KeepText && digits > 17) [[unlikely]]
    return hard(begin, out);
  const double value = text::decimal_to_double(mantissa, exponent);
  if (value > std::numeric_limits<double>::max()) [[unlikely]]
    return hard(begin, out);
  *out++ = make_word(Tag::Double, 0, 0);
  *out++ = std::bit_cast<std::uint64_t>(value) | std::uint64_t{negative} << 63;
  return p;
}

AVILA_NOINLINE const char* FastParser::hard_number(const char* p) {
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

AVILA_ALWAYS_INLINE bool FastParser::build() {
  const char* const source = source_.data();
  Frame* const root = frames_.data();
  Frame* const deepest = root + options_.max_depth;
  Frame* frame = root;
  std::uint32_t count = 0;  // parts of the container at hand
  std::uint32_t at = 0;
  const std::uint32_t* next = next_;
  const std::uint32_t* stop = stop_;
  std::uint64_t* out = out_;

// The next offset. The cursors live in registers and visit their members only for a new chunk.
#define AVILA_SAVE() (next_ = next, out_ = out)
#define AVILA_LOAD() (next = next_, stop = stop_, out = out_)
#define AVILA_NEXT()               \
  do {                             \
    while (next == stop) {         \
      AVILA_SAVE();                \
      if (!refill()) return false; \
      AVILA_LOAD();                \
    }                              \
    at = *next++;                  \
  } while (false)

// At an opening quote.
#define AVILA_STRING()                                 \
  do {                                                 \
    const std::uint32_t open = at;                     \
    AVILA_NEXT();                                      \
    if (source[at] == '"') {                           \
      const std::size_t size = at - open - 1;          \
      if (size > kMaxCount) [[unlikely]]               \
        return false;                                  \
      *out++ = make_word(Tag::String, size, open + 1); \
    } else {                                           \
      AVILA_SAVE();                                    \
      if (!escaped_string(open, at)) return false;     \
      AVILA_LOAD();                                    \
    }                                                  \
  } while (false)

// A whole scalar at `p`, or a jump to the container it opens.
#define AVILA_VALUE()                                                                             \
  switch (*p) {                                                                                   \
    case '"': AVILA_STRING(); break;                                                              \
    case '{': goto open_object;                                                                   \
    case '[': goto open_array;                                                                    \
    case 't':                                                                                     \
      if (end_ - p < 5 || std::memcmp(p, "true", 4) != 0 || !ends_scalar(p[4])) return false;     \
      *out++ = make_word(Tag::True, 0, 0);                                                        \
      break;                                                                                      \
    case 'f':                                                                                     \
      if (end_ - p < 6 || std::memcmp(p + 1, "alse", 4) != 0 || !ends_scalar(p[5])) return false; \
      *out++ = make_word(Tag::False, 0, 0);                                                       \
      break;                                                                                      \
    case 'n':                                                                                     \
      if (end_ - p < 5 || std::memcmp(p, "null", 4) != 0 || !ends_scalar(p[4])) return false;     \
      *out++ = make_word(Tag::Null, 0, 0);                                                        \
      break;                                                                                      \
    default:                                                                                      \
      if (number(p, out) == nullptr) return false;                                                \
      break;                                                                                      \
  }

  const char* p = nullptr;
  AVILA_NEXT();
  if (source[at] == '[') goto open_array;
  if (source[at] != '{') return false;

open_object:
  if (frame == deepest) return false;
  frame->count = count;
  ++frame;
  frame->at = static_cast<std::uint32_t>(out - words_.data());
  frame->object = true;
  count = 0;
  ++out;
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
  if (frame == deepest) return false;
  frame->count = count;
  ++frame;
  frame->at = static_cast<std::uint32_t>(out - words_.data());
  frame->object = false;
  count = 0;
  ++out;
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
  words_.data()[frame->at] =
      make_word(frame->object ? Tag::Object : Tag::Array, std::min(count, kMaxCount),
                static_cast<std::size_t>(out - words_.data()));
  if (frame->object && options_.duplicates == Duplicates::Refuse) {
    AVILA_SAVE();
    if (!unique_keys(frame->at)) return false;
  }
  --frame;
  count = frame->count;
  if (frame != root) {
    if (frame->object) goto after_member;
    goto after_element;
  }
  // Nothing but white space may follow.
  AVILA_SAVE();
  while (next_ == stop_) {
    if (indexed_ == source_.size()) return true;
    if (!refill()) return false;
  }
  return false;
#undef AVILA_LOAD
#undef AVILA_SAVE
#undef AVILA_VALUE
#undef AVILA_STRING
#undef AVILA_NEXT
}

// The same code twice: bit counts and shifts are shorter with BMI.
#if AVILA_X86_64
AVILA_TARGET_BMI2 bool FastParser::build_bmi2() { return build(); }
#endif
bool FastParser::build_portable() { return build(); }

bool FastParser::parse(std::string_view text, const ParseOptions& options) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  // A closing bracket at the end also ends every loop over digits.
  if (text.size() < 2 || (text.back() != ']' && text.back() != '}')) return false;
  source_ = text;
  end_ = text.data() + text.size();
  indexed_ = checked_ = final_ = 0;
  careless_ = text.data() + kBeforeNumber;
  careless_size_ =
      text.size() > kBeforeNumber + kBehindNumber ? text.size() - kBeforeNumber - kBehindNumber : 0;
  state_ = {};
  options_ = options;
  options_.max_depth = std::min(options.max_depth, kMaxDepth);
  text_.reserve(text.size() + 64);
  offsets_.reserve(std::min(text.size() + 64, kChunk) + kIndexSlack);
  frames_.reserve(options_.max_depth + 1);
  next_ = stop_ = nullptr;
  out_ = words_.data();
#if AVILA_X86_64
  static const bool bmi2 = simd::has_bmi2();
  if (bmi2) return build_bmi2();
#endif
  return build_portable();
}

}  // namespace avila::json::detail

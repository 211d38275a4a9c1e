// Reading digits and words of fixed formats; offsets for errors.
#pragma once
#include <avila/error/result.hpp>
#include <string_view>

namespace avila::time::detail {

inline bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool done() const noexcept { return at_ == text_.size(); }
  std::size_t offset() const noexcept { return at_; }
  char peek() const noexcept { return done() ? '\0' : text_[at_]; }
  std::string_view rest() const noexcept { return text_.substr(at_); }
  void skip(std::size_t n = 1) noexcept { at_ += n; }
  bool take(char c) noexcept {
    if (done() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) noexcept {
    if (!rest().starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  Error expected(const char* what) const { return expected_at(what, at_); }
  Error expected_at(const char* what, std::size_t at) const {
    std::string message = "expected ";
    message += what;
    return Error(Errc::Malformed, message, {.offset = at});
  }

  /// Exactly `digits` digits.
  Result<int> number(int digits, int low, int high, const char* what) {
    const std::size_t begin = at_;
    int value = 0;
    for (int i = 0; i < digits; ++i) {
      if (!is_digit(peek())) return expected(what);
      value = value * 10 + (text_[at_++] - '0');
    }
    if (value < low || value > high) return expected_at(what, begin);
    return value;
  }
  Result<void> literal(char c, const char* what) {
    if (!take(c)) return expected(what);
    return {};
  }

  /// The index of the word that comes next in a list, or -1; takes it.
  template <std::size_t N>
  int one_of(const std::string_view (&words)[N]) noexcept {
    for (std::size_t i = 0; i < N; ++i)
      if (take(words[i])) return static_cast<int>(i);
    return -1;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::string_view kMonthsLong[] = {"January",   "February", "March",    "April",
                                            "May",       "June",     "July",     "August",
                                            "September", "October",  "November", "December"};
constexpr std::string_view kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::string_view kDaysLong[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                          "Thursday", "Friday", "Saturday"};

/// Writes `value` with exactly `digits` digits, zeros in front.
inline char* put_number(char* to, std::uint32_t value, int digits) noexcept {
  for (int i = digits; i-- > 0; value /= 10) to[i] = static_cast<char>('0' + value % 10);
  return to + digits;
}

}  // namespace avila::time::detail

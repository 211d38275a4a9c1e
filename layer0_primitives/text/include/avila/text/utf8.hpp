// UTF-8: validation, encoding and decoding of code points (Unicode 15, section 3.9, table 3-7).
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace avila::text {

constexpr char32_t kReplacement = 0xFFFD;
constexpr char32_t kMaxCodePoint = 0x10FFFF;

/// Neither a surrogate nor above U+10FFFF.
constexpr bool is_scalar_value(char32_t c) noexcept {
  return c < 0xD800 || (c > 0xDFFF && c <= kMaxCodePoint);
}

/// True for well-formed UTF-8 (the empty text too). Tens of bytes a nanosecond on ASCII.
bool validate_utf8(std::string_view text) noexcept;
/// The length of the longest well-formed prefix; `text.size()` when all of it is.
std::size_t valid_utf8_prefix(std::string_view text) noexcept;
bool is_ascii(std::string_view text) noexcept;

/// Writes 1 to 4 bytes at `to`, returns how many; what is no scalar value becomes U+FFFD.
std::size_t encode_utf8(char32_t c, char* to) noexcept;
void append_utf8(std::string& to, char32_t c);
constexpr std::size_t utf8_length(char32_t c) noexcept {
  return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 || c > kMaxCodePoint ? 3 : 4;
}

struct DecodedUtf8 {
  char32_t code_point = kReplacement;
  std::uint8_t length = 0;  ///< bytes consumed: 0 only at the end of the text
  bool valid = false;       ///< false: U+FFFD stands for a maximal ill-formed part
};
/// The code point at byte `at`. Ill-formed bytes give U+FFFD and the length of the maximal
/// subpart (Unicode 15, section 3.9, "U+FFFD Substitution of Maximal Subparts").
DecodedUtf8 decode_utf8(std::string_view text, std::size_t at = 0) noexcept;

/// Code points of a well-formed text; on another text, the bytes that are no continuation.
std::size_t count_code_points(std::string_view text) noexcept;

/// A copy with every maximal ill-formed part replaced by U+FFFD.
std::string to_valid_utf8(std::string_view text);

/// `for (char32_t c : code_points(text))`: ill-formed parts come out as U+FFFD.
class CodePoints {
 public:
  class Iterator {
   public:
    Iterator(std::string_view text, std::size_t at) noexcept : text_(text), at_(at) { read(); }
    char32_t operator*() const noexcept { return now_.code_point; }
    Iterator& operator++() noexcept {
      at_ += now_.length;
      read();
      return *this;
    }
    /// Byte offset of the code point, and its length in bytes.
    std::size_t offset() const noexcept { return at_; }
    std::size_t length() const noexcept { return now_.length; }
    bool valid() const noexcept { return now_.valid; }
    bool operator==(const Iterator& other) const noexcept { return at_ == other.at_; }

   private:
    void read() noexcept {
      if (at_ < text_.size()) now_ = decode_utf8(text_, at_);
    }
    std::string_view text_;
    std::size_t at_;
    DecodedUtf8 now_;
  };
  explicit CodePoints(std::string_view text) noexcept : text_(text) {}
  Iterator begin() const noexcept { return {text_, 0}; }
  Iterator end() const noexcept { return {text_, text_.size()}; }

 private:
  std::string_view text_;
};
inline CodePoints code_points(std::string_view text) noexcept { return CodePoints(text); }

}  // namespace avila::text

// Extended grapheme clusters (UAX #29, Unicode 15.0): what a reader takes for one character.
#pragma once
#include <cstddef>
#include <string_view>

namespace avila::text {

/// The byte offset of the first cluster boundary after `at`, which must be one itself (0, say);
/// `text.size()` at the end. Linear in the length of the cluster.
std::size_t next_grapheme(std::string_view text, std::size_t at) noexcept;

std::size_t count_graphemes(std::string_view text) noexcept;

/// `for (std::string_view cluster : graphemes(text))`; the views point into `text`.
class Graphemes {
 public:
  class Iterator {
   public:
    Iterator(std::string_view text, std::size_t at) noexcept
        : text_(text), at_(at), end_(next_grapheme(text, at)) {}
    std::string_view operator*() const noexcept { return text_.substr(at_, end_ - at_); }
    Iterator& operator++() noexcept {
      at_ = end_;
      end_ = next_grapheme(text_, at_);
      return *this;
    }
    std::size_t offset() const noexcept { return at_; }
    bool operator==(const Iterator& other) const noexcept { return at_ == other.at_; }

   private:
    std::string_view text_;
    std::size_t at_, end_;
  };
  explicit Graphemes(std::string_view text) noexcept : text_(text) {}
  Iterator begin() const noexcept { return {text_, 0}; }
  Iterator end() const noexcept { return {text_, text_.size()}; }

 private:
  std::string_view text_;
};
inline Graphemes graphemes(std::string_view text) noexcept { return Graphemes(text); }

}  // namespace avila::text

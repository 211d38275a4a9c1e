// Sets of code points or bytes, as sorted ranges that do not touch.
#pragma once
#include <avila/text/property.hpp>
#include <vector>

namespace avila::regex::detail {

class CharSet {
 public:
  using Range = text::CodePointRange;
  CharSet() = default;
  explicit CharSet(std::vector<Range> ranges) : ranges_(std::move(ranges)) { normalize(); }

  const std::vector<Range>& ranges() const noexcept { return ranges_; }
  bool empty() const noexcept { return ranges_.empty(); }
  char32_t max() const noexcept { return ranges_.empty() ? 0 : ranges_.back().last; }
  bool contains(char32_t c) const noexcept;
  /// How many, but never more than `enough`.
  std::size_t count(std::size_t enough) const noexcept;

  void add(char32_t first, char32_t last) { ranges_.push_back({first, last}); }
  void add(const CharSet& other);
  /// After add(): sorts and merges. The rest below keeps the order.
  void normalize();
  void negate(char32_t limit);  ///< all of 0…limit that was not inside
  void intersect(const CharSet& other);
  void subtract(const CharSet& other, char32_t limit);
  void symmetric_difference(const CharSet& other, char32_t limit);
  /// Adds what simple case folding (Unicode 15.0, CaseFolding.txt C and S) makes equal.
  void fold_unicode();
  void fold_ascii();

 private:
  std::vector<Range> ranges_;
};

/// The code points that fold as `c` does, with itself, sorted.
std::vector<char32_t> case_variants(char32_t c);

}  // namespace avila::regex::detail

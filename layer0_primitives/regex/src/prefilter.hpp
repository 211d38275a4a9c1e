// Finds where a match may begin, by its first bytes, far faster than an automaton.
#pragma once
#include <avila/regex/detail/literal_kernels.hpp>
#include <bitset>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace avila::regex::detail {

FindPairFn best_find_pair() noexcept;
FindGroupFn best_find_group() noexcept;
FindSetsFn best_find_sets() noexcept;

class Prefilter {
 public:
  static constexpr std::size_t kNone = std::string_view::npos;
  static constexpr std::size_t kMaxLiterals = 64;

  /// Null where it would not help: no literals, an empty one, or too many.
  static std::unique_ptr<Prefilter> make(std::vector<std::string> literals);

  /// For a byte of the first set, then one of the second, …; null where such bytes are too common.
  static std::unique_ptr<Prefilter> make(const std::vector<std::bitset<256>>& sets);

  /// The first place of at…end where one of the literals lies, all within end; or kNone.
  std::size_t find(std::string_view text, std::size_t at, std::size_t end) const noexcept {
    return find_literal(text, at, end).at;
  }
  struct Hit {
    std::size_t at = kNone;
    std::size_t length = 0;  // of the first of the literals, as given, that lies there
  };
  Hit find_literal(std::string_view text, std::size_t at, std::size_t end) const noexcept;

 private:
  enum class Kind : std::uint8_t { Bytes, Pair, Groups, Sets };
  Prefilter() = default;
  explicit Prefilter(std::vector<std::string> literals);

  std::vector<std::string> literals_;
  Kind kind_ = Kind::Groups;
  std::size_t shortest_ = 0;
  BytePair pair_{};
  GroupTables tables_;
  std::vector<std::uint32_t> groups_[8];  // indices of literals, ascending
};

/// Whether skipping ahead is worth its calls.
class PrefilterGain {
 public:
  /// After a skip over so many bytes: whether to go on skipping.
  bool pays(std::size_t skipped) noexcept {
    ++calls_;
    bytes_ += skipped;
    return calls_ < kTrial || bytes_ >= calls_ * kWorthwhile;
  }

 private:
  static constexpr std::size_t kTrial = 40;
  static constexpr std::size_t kWorthwhile = 16;
  std::size_t calls_ = 0, bytes_ = 0;
};

}  // namespace avila::regex::detail

// JSONPath, RFC 9535: queries such as `$.store.book[?@.price < 10].title`, with the
// functions length, count, value, match and search (patterns: I-Regexp, RFC 9485).
#pragma once
#include <avila/error/result.hpp>
#include <avila/json/value.hpp>
#include <memory>
#include <string_view>
#include <vector>

namespace avila::json {

/// A compiled query; copied cheaply, shared by threads.
class Path {
 public:
  static constexpr std::size_t kMaxQuerySize = 65'536;  ///< bytes of its text
  static constexpr std::size_t kMaxNesting = 64;        ///< of parentheses and filters
  static constexpr std::size_t kMaxNodes = 1'000'000;   ///< selected or visited by `..`

  /// Errors: Malformed with the offset and what was expected.
  static Result<Path> parse(std::string_view text);

  /// The selected values in document order; they live in `root`. One may appear twice, as the RFC
  /// says. LimitExceeded beyond kMaxNodes.
  Result<std::vector<const Value*>> select(const Value& root) const;

  struct Query;  // private to the source

 private:
  explicit Path(std::shared_ptr<const Query> query) : query_(std::move(query)) {}
  std::shared_ptr<const Query> query_;
};

}  // namespace avila::json

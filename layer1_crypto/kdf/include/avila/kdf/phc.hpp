// The PHC string format: $id[$v=version][$name=value,…][$salt[$hash]], as password hashes are kept
// (github.com/P-H-C/phc-string-format).
#pragma once
#include <avila/error/result.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avila::kdf {

inline constexpr std::size_t kPhcSizeMax = 512;      ///< characters of a whole string
inline constexpr std::size_t kPhcNameMax = 32;       ///< characters of the id and of a name
inline constexpr std::size_t kPhcParametersMax = 8;  ///< of one string

/// The parts of a string. Salt and hash are bytes here, base64 without padding in the text; empty
/// where absent (a hash needs a salt).
struct PhcString {
  std::string id;
  std::optional<std::uint32_t> version;
  std::vector<std::pair<std::string, std::string>> parameters;  ///< in their order
  std::string salt, hash;
};

/// Strict: each string has one spelling, so that format_phc() of the answer is the input.
/// Errors: Malformed, with the offset of the part; LimitExceeded (the constants above).
Result<PhcString> parse_phc(std::string_view text);

/// The parts must be such as parse_phc() gives.
std::string format_phc(const PhcString& parts);

}  // namespace avila::kdf

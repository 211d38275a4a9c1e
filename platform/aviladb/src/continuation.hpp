// Continuation texts: where a query stopped, signed so that nobody makes one up.
#pragma once
#include <array>
#include <avila/error/result.hpp>
#include <cstddef>
#include <string>
#include <string_view>

namespace avila::aviladb {

inline constexpr std::size_t kMaxContinuationBytes = 64U << 10;

/// base64url of the SipHash-2-4-128 tag and the state.
std::string seal_continuation(const std::array<std::byte, 16>& secret, std::string_view state);
/// Malformed when it was changed, cut off or made by another store.
Result<std::string> open_continuation(const std::array<std::byte, 16>& secret,
                                      std::string_view text);

}  // namespace avila::aviladb

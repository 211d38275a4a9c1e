// Changes to documents as documents: JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7396).
#pragma once
#include <avila/error/result.hpp>
#include <avila/json/value.hpp>

namespace avila::json {

inline constexpr std::size_t kMaxPatchedValues = 10'000'000;
inline constexpr std::size_t kMaxPatchOperations = 100'000;

struct PatchOptions {
  /// Also the operations `set`: as `add`, but replaces an array's element instead of inserting
  /// before it; and `incr`: adds its number to the one there, or puts it where there is none.
  bool extended = false;
  std::size_t max_operations = kMaxPatchOperations;
};

/// Applies a JSON Patch, an array of operations (add, remove, replace, move, copy, test). All or
/// nothing: on an error the document is as before. Errors say which operation failed ("operation
/// 2") with PreconditionFailed for a test, NotFound for an absent place, Malformed for a bad patch,
/// LimitExceeded for too many operations, and when copies would grow the document beyond
/// kMaxPatchedValues values.
Result<void> apply_patch(Value& document, const Value& patch, const PatchOptions& options = {});

/// Applies a merge patch: members replace, null removes, objects merge, all else replaces.
void merge_patch(Value& document, const Value& patch);

/// A JSON Patch that turns `from` into `to`. Not always the shortest: arrays are compared by common
/// start and end.
Value diff(const Value& from, const Value& to);
/// A merge patch that turns `from` into `to`, if there is one: members of `to` must not be null.
Value merge_diff(const Value& from, const Value& to);

}  // namespace avila::json

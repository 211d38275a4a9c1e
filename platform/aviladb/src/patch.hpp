// Patches of documents: RFC 7396, and RFC 6902 with the operations set and incr.
#pragma once
#include <avila/error/result.hpp>
#include <avila/json/value.hpp>

namespace avila::aviladb {

inline constexpr std::size_t kMaxPatchOperations = 1'000;

void merge_patch(json::Value& target, const json::Value& patch);
/// In order; on an error the target is half patched: work on a copy. `set` is `add` that replaces
/// array elements instead of inserting; `incr` adds its number (a missing member counts from 0).
Result<void> apply_operations(json::Value& target, const json::Value& operations);
/// An object is a merge patch unless it is {"operations":[…]}; an array the operations.
Result<void> apply_patch(json::Value& target, const json::Value& patch);

}  // namespace avila::aviladb

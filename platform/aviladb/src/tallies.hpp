// Counts of a collection, kept in the store as sums of what each batch changed.
#pragma once
#include <avila/error/result.hpp>
#include <avila/lsm/options.hpp>
#include <map>

namespace avila::aviladb {

/// By what is counted: kTallyDocuments, kTallyBytes, or the entries of an index by its number.
/// Stored as 12 bytes each: number (4), count (8), big-endian, in order of the numbers; zero is
/// left out. Operands have the same form.
using Tallies = std::map<std::uint32_t, std::int64_t>;
inline constexpr std::uint32_t kTallyDocuments = 0, kTallyBytes = UINT32_MAX;

std::string encode_tallies(const Tallies& tallies);
/// Adds what is encoded. Corrupted when the length is wrong.
Result<void> add_tallies(Tallies& to, std::string_view encoded);

std::shared_ptr<const lsm::MergeOperator> tally_operator();

}  // namespace avila::aviladb

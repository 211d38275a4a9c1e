// Bloom filter in blocks of a cache line (Putze, Sanders and Singler, 2007): one memory access a
// query.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace avila::lsm::detail {

std::uint64_t bloom_hash(std::string_view key) noexcept;
/// Filter bytes: blocks of 64, then one byte with the number of probes.
std::string build_bloom(const std::vector<std::uint64_t>& hashes, int bits_per_key);
/// True for every key that was added and for about 1 % of others at 10 bits. A filter that is not
/// well-formed lets everything pass.
bool bloom_may_hold(std::string_view filter, std::uint64_t hash) noexcept;

}  // namespace avila::lsm::detail

// The signatures that FIPS 205 is made of: WOTS+ (§5), XMSS and the hypertree (§6, §7), FORS (§8).
// Secrets are hashed and become public as they are released; no branch or address depends on them.
#pragma once
#include "slh_hash.hpp"

namespace avila::post_quantum::detail {

/// Which leaf of which tree of the lowest layer signs.
struct SlhPlace {
  std::uint64_t tree;
  std::uint32_t leaf;
};

/// The root of the topmost XMSS tree, PK.root.
void slh_root(const SlhHash& hash, ByteSpan secret_seed, std::byte* root) noexcept;

/// fors_sign (algorithm 16) and its public key (algorithm 17). `out` holds fors_bytes().
void fors_sign(const SlhHash& hash, ByteSpan secret_seed, ByteSpan digest, SlhPlace place,
               std::byte* out, SlhNode& public_key) noexcept;
void fors_public_key(const SlhHash& hash, ByteSpan digest, SlhPlace place,
                     const std::byte* signature, SlhNode& public_key) noexcept;

/// ht_sign (algorithm 12). `out` holds d * xmss_bytes().
void hypertree_sign(const SlhHash& hash, ByteSpan secret_seed, const SlhNode& message,
                    SlhPlace place, std::byte* out) noexcept;
/// The root that a signature of the hypertree leads to (algorithm 13 without its comparison).
void hypertree_root(const SlhHash& hash, const SlhNode& message, SlhPlace place,
                    const std::byte* signature, SlhNode& root) noexcept;

}  // namespace avila::post_quantum::detail

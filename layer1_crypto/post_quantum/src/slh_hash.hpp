// The parameter sets, addresses and hash functions of FIPS 205.
#pragma once
#include <avila/hash/sha256.hpp>
#include <avila/hash/sha512.hpp>
#include <avila/post_quantum/slh_dsa.hpp>

namespace avila::post_quantum::detail {

/// Table 2; lg_w is 4 in all.
struct SlhParams {
  std::size_t n;     // bytes of a hash
  std::size_t h;     // height of the hypertree
  std::size_t d;     // its layers
  std::size_t a, k;  // height and number of FORS trees
  std::size_t m;     // bytes of a message digest
  bool sha2;

  std::size_t height() const noexcept { return h / d; }           // h': of an XMSS tree
  std::size_t wots_length() const noexcept { return 2 * n + 3; }  // hash chains of a WOTS+ key
  std::size_t fors_bytes() const noexcept { return k * (1 + a) * n; }
  std::size_t xmss_bytes() const noexcept { return (wots_length() + height()) * n; }
  std::size_t signature_bytes() const noexcept { return n + fors_bytes() + d * xmss_bytes(); }
};
const SlhParams& slh_params(SlhDsaSet set) noexcept;

constexpr std::size_t kSlhChainsMax = 2 * 32 + 3;  // WOTS+ chains, and more than FORS trees
using SlhNode = std::array<std::byte, 32>;         // the first n bytes count

/// §4.2: where in the structure a hash stands.
class SlhAddress {
 public:
  enum Type : std::uint32_t {
    WotsHash,
    WotsPublicKey,
    Tree,
    ForsTree,
    ForsRoots,
    WotsPrf,
    ForsPrf
  };
  void set_layer(std::size_t layer) noexcept { set_word(0, layer); }
  void set_tree(std::uint64_t tree) noexcept;
  /// Clears all that comes after it.
  void set_type(Type type) noexcept;
  void set_key_pair(std::size_t index) noexcept { set_word(20, index); }
  /// Of a WOTS+ chain; the height of a tree's node.
  void set_chain_or_height(std::size_t value) noexcept { set_word(24, value); }
  /// Of a hash in its chain; of a node in its level.
  void set_index(std::size_t value) noexcept { set_word(28, value); }

  ByteSpan bytes() const noexcept { return bytes_; }
  /// §11.2: the form that SHA-2 takes.
  std::array<std::byte, 22> compressed() const noexcept;

 private:
  void set_word(std::size_t at, std::size_t value) noexcept;
  std::array<std::byte, 32> bytes_{};
};

/// The functions of §11 under one PK.seed. All are CT.
class SlhHash {
 public:
  SlhHash(const SlhParams& params, ByteSpan public_seed) noexcept;
  const SlhParams& params() const noexcept { return params_; }

  /// F, and PRF where the input is SK.seed.
  void f(const SlhAddress& address, ByteSpan in, std::byte* out) const noexcept;
  /// H and T_l.
  void h(const SlhAddress& address, ByteSpan in, std::byte* out) const noexcept;
  /// PRF_msg of prefix || message.
  void randomizer(ByteSpan prf_key, ByteSpan random, ByteSpan prefix, ByteSpan message,
                  std::byte* out) const noexcept;
  /// H_msg of prefix || message; m bytes.
  void message_digest(ByteSpan randomizer, ByteSpan root, ByteSpan prefix, ByteSpan message,
                      MutableByteSpan out) const noexcept;

 private:
  const SlhParams& params_;
  ByteSpan seed_;
  hash::Sha256 sha256_;  // after PK.seed and zeros: a whole block
  hash::Sha512 sha512_;
};

}  // namespace avila::post_quantum::detail

// KMAC of NIST SP 800-185 §4: a MAC, and a keyed function of any output length, over cSHAKE.
#pragma once
#include <avila/hash/sha3.hpp>

namespace avila::hash {

/// Incremental, Bits of strength: 128 or 256. finish() leaves the state alone; the destructor
/// wipes. Copies are prepared keys.
template <std::size_t Bits>
class BasicKmac {
 public:
  /// A secret key, at least Bits / 8 bytes for full strength.
  explicit BasicKmac(ByteSpan key, std::string_view customization = {}) noexcept;
  BasicKmac(const BasicKmac&) noexcept = default;
  BasicKmac& operator=(const BasicKmac&) noexcept = default;
  ~BasicKmac();
  void update(ByteSpan bytes) noexcept { sponge_.absorb(bytes); }
  /// The length of `out` is part of what is hashed: outputs of two lengths have nothing in common.
  void finish(MutableByteSpan out) const noexcept;
  /// KMACXOF: a longer output begins with the shorter one.
  void finish_xof(MutableByteSpan out) const noexcept;
  /// Whether `tag` is the tag of that length. CT in the tag's bytes.
  bool verify(ByteSpan tag) const noexcept;

 private:
  detail::Keccak sponge_;
};
extern template class BasicKmac<128>;
extern template class BasicKmac<256>;
using Kmac128 = BasicKmac<128>;
using Kmac256 = BasicKmac<256>;

}  // namespace avila::hash

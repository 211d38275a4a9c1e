// GMAC (SP 800-38D): the tag of AES-GCM over data that stays as it is.
#pragma once
#include <array>
#include <avila/cipher/aes.hpp>
#include <avila/mac/detail/polyval.hpp>

namespace avila::mac {

/// Incremental, one message each. A nonce used twice under one key gives the key of the hash away,
/// and with it every later tag: where nonces cannot be counted, use HMAC or CMAC. The destructor
/// wipes. CT: but for lengths.
class Gmac {
 public:
  static constexpr std::size_t kSize = 16;
  using Tag = std::array<std::byte, kSize>;

  /// A nonce of 1 byte or more (asserted); 12 is the usual size. It is used up here, and so the key
  /// need not outlive the constructor.
  Gmac(const cipher::Aes& key, ByteSpan nonce) noexcept;
  Gmac(const Gmac&) = delete;
  Gmac& operator=(const Gmac&) = delete;
  ~Gmac();

  void update(ByteSpan bytes) noexcept;
  /// The object is spent then: only to be destroyed.
  Tag finish() noexcept;
  bool verify(ByteSpan tag) noexcept;

 private:
  detail::PolyvalKey key_;
  std::byte hash_[16] = {}, mask_[16], last_[16];
  std::uint64_t total_ = 0;  // bytes given
};

}  // namespace avila::mac

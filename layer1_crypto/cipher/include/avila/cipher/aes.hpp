// Keys of AES (FIPS 197). What is done with them stands in ctr.hpp, cbc.hpp, xts.hpp and
// key_wrap.hpp; who encrypts messages wants the library `aead` instead.
#pragma once
#include <avila/cipher/detail/aes_blocks.hpp>
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>

namespace avila::cipher {

inline constexpr std::size_t kAesBlock = 16;

/// An expanded key of 128, 192 or 256 bits. Move-only, wiped by its destructor and when moved from
/// (which may then only be assigned to or destroyed). CT: neither expansion nor use has a branch or
/// an address that depends on key or data.
class Aes {
 public:
  /// 16, 24 or 32 bytes, told at run time. Errors: InvalidArgument.
  static Result<Aes> create(ByteSpan key);
  Aes(Aes&& other) noexcept;
  Aes& operator=(Aes&& other) noexcept;
  ~Aes();

  /// For the modes of this library and of those above it.
  const detail::AesSchedule& schedule() const noexcept { return schedule_; }

 protected:
  explicit Aes(ByteSpan key) noexcept;  // of a size that AES has

 private:
  detail::AesSchedule schedule_;
};

/// The same where the size is part of the type.
template <std::size_t kBits>
  requires(kBits == 128 || kBits == 192 || kBits == 256)
class AesKey : public Aes {
 public:
  static constexpr std::size_t kSize = kBits / 8;
  explicit AesKey(std::span<const std::byte, kSize> key) noexcept : Aes(ByteSpan(key)) {}
};
using Aes128 = AesKey<128>;
using Aes192 = AesKey<192>;
using Aes256 = AesKey<256>;

}  // namespace avila::cipher

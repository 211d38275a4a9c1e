// AES in cipher block chaining mode (SP 800-38A §6.2), for formats that ask for it: PBES2, JWE's
// A128CBC-HS256, old TLS. Check a MAC over IV and ciphertext before decrypting.
#pragma once
#include <avila/cipher/aes.hpp>

namespace avila::cipher {

using AesBlockView = std::span<const std::byte, kAesBlock>;

/// Whole blocks. `out` has the size of `in` (asserted) and is `in` or apart from it. The IV must be
/// unpredictable: a counter is not enough. Errors: InvalidArgument (not a multiple of 16 bytes).
Result<void> cbc_encrypt(const Aes& key, AesBlockView iv, ByteSpan in, MutableByteSpan out);
Result<void> cbc_decrypt(const Aes& key, AesBlockView iv, ByteSpan in, MutableByteSpan out);

/// Bytes of `size` bytes of text after the padding of PKCS#7 (RFC 5652 §6.3): 1 to 16 more.
constexpr std::size_t cbc_padded_size(std::size_t size) noexcept {
  return size / kAesBlock * kAesBlock + kAesBlock;
}
/// The same with padding; `out` holds cbc_padded_size(in.size()) bytes (asserted), apart from `in`.
void cbc_encrypt_padded(const Aes& key, AesBlockView iv, ByteSpan in, MutableByteSpan out) noexcept;
/// Decrypts to `out`, as large as `in`, and returns the text at its start. Errors: Malformed, one
/// for everything that can be wrong with the padding, after the same work; `out` is wiped then.
/// Even the fact of that error, told to an attacker, decrypts messages for him (Vaudenay 2002):
/// call this only after the MAC was good. CT: but for the length of the text.
Result<MutableByteSpan> cbc_decrypt_padded(const Aes& key, AesBlockView iv, ByteSpan in,
                                           MutableByteSpan out);

}  // namespace avila::cipher

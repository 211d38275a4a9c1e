// aead.*: a new 12-byte nonce (64-bit little-endian counter, then 0) a seal, 13 bytes of AAD,
// RANDOM(1 MiB, 2) to another buffer, tag of 16 bytes; open repeats one message.
#include <avila/aead/aes_gcm.hpp>
#include <avila/aead/aes_gcm_siv.hpp>
#include <avila/aead/chacha20_poly1305.hpp>

#include "bench.hpp"

using namespace avila;

namespace {

struct Size {
  const char* name;
  std::size_t bytes;
};
constexpr Size kSizes[] = {{"64B", 64}, {"1KiB", 1024}, {"16KiB", 16 << 10}, {"1MiB", 1 << 20}};

template <class Key>
void each(const std::string& algorithm, ByteSpan input) {
  std::array<std::byte, Key::kKeySize> secret;
  for (std::size_t i = 0; i < secret.size(); ++i) secret[i] = static_cast<std::byte>(i);
  std::array<std::byte, 13> aad;
  for (std::size_t i = 0; i < aad.size(); ++i) aad[i] = static_cast<std::byte>(i);
  std::vector<std::byte> sealed(input.size()), opened(input.size());
  for (const Size& size : kSizes) {
    // A fresh object: the smallest size alone could come near a key's count of messages.
    const Key key(secret);
    std::array<std::byte, Key::kNonceSize> bytes{};
    std::uint64_t count = 0;
    aead::Tag tag{};
    const ByteSpan text = input.first(size.bytes);
    const MutableByteSpan out = MutableByteSpan(sealed).first(size.bytes);
    const auto n = static_cast<double>(size.bytes);
    bench::gbs("aead." + algorithm + ".seal." + size.name, n, [&] {
      ++count;
      std::memcpy(bytes.data(), &count, sizeof count);
      const auto done = key.seal_detached(typename Key::NonceType(bytes), aad, text, out, tag);
      bench::need(done.has_value(), "seal");
      bench::keep(tag);
    });
    const typename Key::NonceType nonce(bytes);
    bench::need(key.seal_detached(nonce, aad, text, out, tag).has_value(), "seal");
    bench::gbs("aead." + algorithm + ".open." + size.name, n, [&] {
      const auto done =
          key.open_detached(nonce, aad, out, tag, MutableByteSpan(opened).first(size.bytes));
      bench::need(done.has_value(), "open");
      bench::keep(opened[0]);
    });
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::init(argc, argv);
  const auto bytes = bench::random_bytes(1 << 20, 2);
  const ByteSpan input = std::as_bytes(std::span(bytes));
  each<aead::Aes256Gcm>("aes-256-gcm", input);
  each<aead::Aes128Gcm>("aes-128-gcm", input);
  each<aead::ChaCha20Poly1305>("chacha20-poly1305", input);
  each<aead::XChaCha20Poly1305>("xchacha20-poly1305", input);
  each<aead::Aes256GcmSiv>("aes-256-gcm-siv", input);
}

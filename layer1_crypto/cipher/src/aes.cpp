#include <avila/cipher/aes.hpp>
#include <avila/hash/secret.hpp>

namespace avila::cipher {

Result<Aes> Aes::create(ByteSpan key) {
  if (key.size() != 16 && key.size() != 24 && key.size() != 32)
    return Error(Errc::InvalidArgument, "an AES key has 16, 24 or 32 bytes");
  return Aes(key);
}

Aes::Aes(ByteSpan key) noexcept { detail::aes().expand(schedule_, key.data(), key.size()); }

Aes::Aes(Aes&& other) noexcept : schedule_(other.schedule_) {
  hash::wipe(&other.schedule_, sizeof other.schedule_);
}
Aes& Aes::operator=(Aes&& other) noexcept {
  if (this != &other) {
    schedule_ = other.schedule_;
    hash::wipe(&other.schedule_, sizeof other.schedule_);
  }
  return *this;
}
Aes::~Aes() { hash::wipe(&schedule_, sizeof schedule_); }

}  // namespace avila::cipher

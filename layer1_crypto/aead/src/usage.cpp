#include <avila/aead/nonce.hpp>
#include <avila/primitives/endian.hpp>
#include <cstring>

namespace avila::aead {

NonceCounter::NonceCounter(std::span<const std::byte, 4> sender, std::uint64_t first) noexcept
    : bytes_{}, next_(first) {
  std::memcpy(bytes_.data(), sender.data(), 4);
}

Result<Nonce<12>> NonceCounter::next() {
  if (next_ == ~std::uint64_t{0})
    return Error(Errc::LimitExceeded, "all nonces of this key are spent; take a new key");
  store_be64(bytes_.data() + 4, next_++);
  return Nonce<12>(bytes_);
}

std::uint64_t Usage::sealed() const noexcept { return __atomic_load_n(&sealed_, __ATOMIC_RELAXED); }
std::uint64_t Usage::refused() const noexcept {
  return __atomic_load_n(&refused_, __ATOMIC_RELAXED);
}

Result<void> Usage::count_seal() const {
  if (sealed() >= max_sealed_)
    return Error(Errc::LimitExceeded, "this key has sealed as many messages as it may");
  __atomic_fetch_add(&sealed_, 1, __ATOMIC_RELAXED);
  return {};
}

Result<void> Usage::check_open() const {
  if (refused() >= max_refused_)
    return Error(Errc::LimitExceeded, "this key has seen too many forgeries; take a new one");
  return {};
}

void Usage::count_refused() const noexcept { __atomic_fetch_add(&refused_, 1, __ATOMIC_RELAXED); }

}  // namespace avila::aead

#include <avila/hash/siphash.hpp>
#include <avila/random/chacha.hpp>
#include <avila/ratelimit/keyed.hpp>

namespace avila::ratelimit::detail {
namespace {

constexpr std::size_t kKeyBytesMax = 64;

hash::SipKey process_key() {
  static const std::array<std::byte, 16> key = [] {
    std::array<std::byte, 16> bytes;
    random::secure_random().fill(bytes);
    return bytes;
  }();
  return key;
}

}  // namespace

std::size_t KeyHash::operator()(std::string_view key) const noexcept {
  return hash::siphash_1_3(process_key(), as_bytes(key));
}

KeptKey::KeptKey(std::string_view key) noexcept : text_(key) {
  if (key.size() <= kKeyBytesMax) return;
  digest_ = hash::siphash_2_4_128(process_key(), as_bytes(key));
  text_ = as_text(digest_);
}

}  // namespace avila::ratelimit::detail

#include <algorithm>
#include <avila/field/ct.hpp>
#include <avila/os/entropy.hpp>
#include <avila/post_quantum/slh_dsa.hpp>

#include "format.hpp"
#include "slh_tree.hpp"

namespace avila::post_quantum {

using detail::Prefix;
using detail::SlhHash;
using detail::SlhNode;
using detail::SlhParams;
namespace ct = field::ct;

namespace {

// Lines 6 to 10 of algorithms 19 and 20: which FORS leaves, of which key.
struct Selection {
  std::array<std::byte, 49> digest;
  std::size_t fors_bytes;
  detail::SlhPlace place;
  ByteSpan fors() const noexcept { return ByteSpan(digest).first(fors_bytes); }
};

Selection select(const SlhHash& hash, ByteSpan randomizer, ByteSpan root, ByteSpan prefix,
                 ByteSpan message) noexcept {
  const SlhParams& p = hash.params();
  Selection out{};
  hash.message_digest(randomizer, root, prefix, message, std::span(out.digest).first(p.m));
  out.fors_bytes = (p.k * p.a + 7) / 8;
  const std::size_t tree_bits = p.h - p.height(), tree_bytes = (tree_bits + 7) / 8;
  std::uint64_t tree = 0, leaf = 0;
  std::size_t at = out.fors_bytes;
  for (; at < out.fors_bytes + tree_bytes; ++at)
    tree = tree << 8 | static_cast<std::uint64_t>(out.digest[at]);
  for (; at < p.m; ++at) leaf = leaf << 8 | static_cast<std::uint64_t>(out.digest[at]);
  if (tree_bits < 64) tree &= (std::uint64_t{1} << tree_bits) - 1;
  out.place = {tree, static_cast<std::uint32_t>(leaf & ((std::uint64_t{1} << p.height()) - 1))};
  return out;
}

// Algorithm 20.
Result<void> verify(SlhDsaSet set, ByteSpan key, ByteSpan prefix, ByteSpan message,
                    ByteSpan signature) {
  const SlhParams& p = detail::slh_params(set);
  if (signature.size() != p.signature_bytes())
    return Error(Errc::Malformed, "SLH-DSA signature of the wrong length");
  const ByteSpan root = key.last(p.n);
  const SlhHash hash(p, key.first(p.n));
  const Selection chosen = select(hash, signature.first(p.n), root, prefix, message);
  SlhNode fors{}, top{};
  detail::fors_public_key(hash, chosen.fors(), chosen.place, &signature[p.n], fors);
  detail::hypertree_root(hash, fors, chosen.place, &signature[p.n + p.fors_bytes()], top);
  if (!std::ranges::equal(root, ByteSpan(top).first(p.n)))
    return Error(Errc::Unauthenticated, "SLH-DSA signature does not verify");
  return {};
}

// Algorithm 19.
SlhDsaPrivateKey::Signature sign_prefixed(SlhDsaSet set, ByteSpan key, ByteSpan prefix,
                                          ByteSpan message, ByteSpan random) {
  const SlhParams& p = detail::slh_params(set);
  const ByteSpan secret_seed = key.first(p.n), prf_key = key.subspan(p.n, p.n);
  const ByteSpan public_seed = key.subspan(2 * p.n, p.n), root = key.subspan(3 * p.n, p.n);
  const SlhHash hash(p, public_seed);
  SlhDsaPrivateKey::Signature out(p.signature_bytes());
  hash.randomizer(prf_key, random.empty() ? public_seed : random, prefix, message, out.data());
  ct::declassify(out.data(), p.n);
  const Selection chosen = select(hash, ByteSpan(out).first(p.n), root, prefix, message);
  SlhNode fors{};
  detail::fors_sign(hash, secret_seed, chosen.fors(), chosen.place, &out[p.n], fors);
  detail::hypertree_sign(hash, secret_seed, fors, chosen.place, &out[p.n + p.fors_bytes()]);
  return out;
}

}  // namespace

SlhDsaSizes slh_dsa_sizes(SlhDsaSet set) noexcept {
  const SlhParams& p = detail::slh_params(set);
  return {p.n, 2 * p.n, 4 * p.n, p.signature_bytes()};
}

Result<SlhDsaPublicKey> SlhDsaPublicKey::decode(SlhDsaSet set, ByteSpan encoded) {
  if (encoded.size() != slh_dsa_sizes(set).public_key)
    return Error(Errc::Malformed, "SLH-DSA public key of the wrong length");
  SlhDsaPublicKey key(set);
  std::copy(encoded.begin(), encoded.end(), key.bytes_.begin());
  return key;
}

Result<void> SlhDsaPublicKey::verify(ByteSpan message, ByteSpan signature, ByteSpan context) const {
  AVILA_TRY(const Prefix prefix, Prefix::of_message(context));
  return post_quantum::verify(set_, bytes(), prefix.bytes(), message, signature);
}

Result<void> SlhDsaPublicKey::verify_digest(PreHash function, ByteSpan digest, ByteSpan signature,
                                            ByteSpan context) const {
  AVILA_TRY(const Prefix prefix, Prefix::of_digest(function, digest, context));
  return post_quantum::verify(set_, bytes(), prefix.bytes(), digest, signature);
}

Result<void> SlhDsaPublicKey::verify_formatted(ByteSpan formatted, ByteSpan signature) const {
  return post_quantum::verify(set_, bytes(), {}, formatted, signature);
}

Result<SlhDsaPrivateKey> SlhDsaPrivateKey::generate(SlhDsaSet set, os::Entropy& entropy) {
  SecretArray<96> seeds;
  const auto used = std::span(*seeds).first(3 * slh_dsa_sizes(set).n);
  AVILA_TRY_VOID(entropy.fill(used));
  return from_seeds(set, used);
}

Result<SlhDsaPrivateKey> SlhDsaPrivateKey::from_seeds(SlhDsaSet set, ByteSpan seeds) {
  const SlhParams& p = detail::slh_params(set);
  if (seeds.size() != 3 * p.n)
    return Error(Errc::InvalidArgument, "SLH-DSA seeds of the wrong length");
  SlhDsaPrivateKey key(set);
  std::copy(seeds.begin(), seeds.end(), key.bytes_->begin());
  const std::span<std::byte> bytes(*key.bytes_);
  const auto public_half = bytes.subspan(2 * p.n, 2 * p.n);
  ct::declassify(public_half.data(), p.n);
  const SlhHash hash(p, public_half.first(p.n));
  detail::slh_root(hash, bytes.first(p.n), &public_half[p.n]);
  std::copy(public_half.begin(), public_half.end(), key.public_.bytes_.begin());
  return key;
}

Result<SlhDsaPrivateKey> SlhDsaPrivateKey::decode(SlhDsaSet set, ByteSpan encoded) {
  const std::size_t n = slh_dsa_sizes(set).n;
  if (encoded.size() != 4 * n)
    return Error(Errc::Malformed, "SLH-DSA private key of the wrong length");
  AVILA_TRY(SlhDsaPrivateKey key, from_seeds(set, encoded.first(3 * n)));
  if (!ct::equal(key.bytes(), encoded))
    return Error(Errc::Malformed, "SLH-DSA private key whose root is not that of its seeds");
  return key;
}

Result<SlhDsaPrivateKey::Signature> SlhDsaPrivateKey::sign(ByteSpan message, os::Entropy& entropy,
                                                           ByteSpan context) const {
  SecretArray<32> random;
  AVILA_TRY(const Prefix prefix, Prefix::of_message(context));
  const auto used = std::span(*random).first(slh_dsa_sizes(public_.set_).n);
  AVILA_TRY_VOID(entropy.fill(used));
  return sign_prefixed(public_.set_, bytes(), prefix.bytes(), message, used);
}

Result<SlhDsaPrivateKey::Signature> SlhDsaPrivateKey::sign_deterministic(ByteSpan message,
                                                                         ByteSpan context) const {
  AVILA_TRY(const Prefix prefix, Prefix::of_message(context));
  return sign_prefixed(public_.set_, bytes(), prefix.bytes(), message, {});
}

Result<SlhDsaPrivateKey::Signature> SlhDsaPrivateKey::sign_digest(PreHash function, ByteSpan digest,
                                                                  os::Entropy& entropy,
                                                                  ByteSpan context) const {
  SecretArray<32> random;
  AVILA_TRY(const Prefix prefix, Prefix::of_digest(function, digest, context));
  const auto used = std::span(*random).first(slh_dsa_sizes(public_.set_).n);
  AVILA_TRY_VOID(entropy.fill(used));
  return sign_prefixed(public_.set_, bytes(), prefix.bytes(), digest, used);
}

Result<SlhDsaPrivateKey::Signature> SlhDsaPrivateKey::sign_formatted(ByteSpan formatted,
                                                                     ByteSpan random) const {
  if (!random.empty() && random.size() != slh_dsa_sizes(public_.set_).n)
    return Error(Errc::InvalidArgument, "SLH-DSA randomness of the wrong length");
  return sign_prefixed(public_.set_, bytes(), {}, formatted, random);
}

}  // namespace avila::post_quantum

#include <avila/field/ct.hpp>
#include <avila/hash/sha256.hpp>
#include <avila/keystore/shamir.hpp>
#include <avila/os/entropy.hpp>
#include <cstring>

#include "base32.hpp"
#include "gf256.hpp"

namespace avila::keystore {
namespace {

// A share: version, split id, threshold, index, one byte for each of the secret and of its digest,
// checksum.
constexpr std::byte kVersion{1};
constexpr std::size_t kHeader = 1 + sizeof(SplitId) + 2, kChecksum = 4, kDigest = 8;
constexpr std::string_view kTextPrefix = "avlshare1";

/// Binds the secret to its split; it is shared with the secret, so a share says nothing of it.
std::array<std::byte, kDigest> digest_of(ByteSpan secret, const SplitId& id) {
  hash::Sha256 hash;
  hash.update(as_bytes("avila keystore split"));
  hash.update(id);
  hash.update(secret);
  auto whole = hash.finish();
  std::array<std::byte, kDigest> out{};
  std::memcpy(out.data(), whole.data(), kDigest);
  wipe_memory(&whole, sizeof whole);
  wipe_memory(&hash, sizeof hash);
  return out;
}

/// Of the share's bytes before it.
std::array<std::byte, kChecksum> checksum_of(ByteSpan bytes) {
  const auto whole = hash::sha256(bytes);
  std::array<std::byte, kChecksum> out{};
  std::memcpy(out.data(), whole.data(), kChecksum);
  return out;
}

Error malformed(std::string_view what) { return Error(Errc::Malformed, what); }

}  // namespace

std::size_t Share::secret_size() const noexcept { return value_.size() - kDigest; }

SecretBytes Share::encode() const {
  SecretBytes out(kHeader + value_.size() + kChecksum);
  std::byte* at = out.span().data();
  at[0] = kVersion;
  std::memcpy(at + 1, split_id_.data(), split_id_.size());
  at[kHeader - 2] = static_cast<std::byte>(threshold_);
  at[kHeader - 1] = static_cast<std::byte>(index_);
  std::memcpy(at + kHeader, value_.span().data(), value_.size());
  const auto checksum = checksum_of(std::as_const(out).span().first(kHeader + value_.size()));
  std::memcpy(at + kHeader + value_.size(), checksum.data(), kChecksum);
  return out;
}

Result<Share> Share::decode(ByteSpan bytes) {
  if (bytes.size() <= kHeader + kDigest + kChecksum) return malformed("a share is longer");
  if (bytes.size() > kHeader + kMaxSharedSecret + kDigest + kChecksum)
    return malformed("a share is shorter");
  if (bytes[0] != kVersion) return malformed("a share of a version that is not known here");
  const ByteSpan body = bytes.first(bytes.size() - kChecksum);
  if (!field::ct::equal(checksum_of(body), bytes.last(kChecksum)))
    return malformed("the share's checksum does not fit: a character is wrong or missing");
  Share share;
  std::memcpy(share.split_id_.data(), bytes.data() + 1, share.split_id_.size());
  share.threshold_ = static_cast<std::uint8_t>(bytes[kHeader - 2]);
  share.index_ = static_cast<std::uint8_t>(bytes[kHeader - 1]);
  if (share.threshold_ == 0 || share.index_ == 0)
    return malformed("a share's threshold and index are not zero");
  share.value_ = SecretBytes::copy_of(body.subspan(kHeader));
  return share;
}

SecretBytes Share::to_text() const {
  const SecretBytes bytes = encode();
  SecretBytes text(kTextPrefix.size() + base32_size(bytes.size()));
  std::memcpy(text.span().data(), kTextPrefix.data(), kTextPrefix.size());
  base32_encode(bytes.span(), text.span().subspan(kTextPrefix.size()));
  return text;
}

Result<Share> Share::from_text(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  if (text.size() < kTextPrefix.size()) return malformed("no share: it begins with avlshare1");
  for (std::size_t i = 0; i < kTextPrefix.size(); ++i)
    if ((text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]) != kTextPrefix[i])
      return malformed("no share: it begins with avlshare1");
  const std::string_view digits = text.substr(kTextPrefix.size());
  if (digits.size() > base32_size(kHeader + kMaxSharedSecret + kDigest + kChecksum))
    return malformed("a share is shorter");
  SecretBytes bytes(base32_bytes(digits.size()));
  AVILA_TRY_VOID(base32_decode(digits, bytes.span()));
  return decode(bytes.span());
}

Result<std::vector<Share>> split(ByteSpan secret, unsigned threshold, unsigned count,
                                 os::Entropy& entropy) {
  if (secret.empty()) return Error(Errc::InvalidArgument, "there is no secret to split");
  if (secret.size() > kMaxSharedSecret)
    return Error(Errc::LimitExceeded, "a secret to split has at most 1024 bytes");
  if (count > kMaxShares) return Error(Errc::LimitExceeded, "there are at most 255 shares");
  if (threshold == 0 || threshold > count)
    return Error(Errc::InvalidArgument, "the threshold is from 1 to the number of shares");
  if (threshold == 1 && count > 1)
    return Error(Errc::InvalidArgument,
                 "with a threshold of 1 every share is the secret: make one share");
  SplitId id;
  AVILA_TRY_VOID(entropy.fill(id));
  const std::size_t size = secret.size() + kDigest;
  // Row 0 is the secret, the others the coefficients of x, x^2, …; each column is a polynomial.
  SecretBytes rows(size * threshold);
  const MutableByteSpan all = rows.span();
  std::memcpy(all.data(), secret.data(), secret.size());
  const auto digest = digest_of(secret, id);
  std::memcpy(all.data() + secret.size(), digest.data(), kDigest);
  AVILA_TRY_VOID(entropy.fill(all.subspan(size)));

  std::vector<Share> shares;
  for (unsigned x = 1; x <= count; ++x) {
    Share share;
    share.split_id_ = id;
    share.threshold_ = static_cast<std::uint8_t>(threshold);
    share.index_ = static_cast<std::uint8_t>(x);
    share.value_ = SecretBytes(size);
    const MutableByteSpan value = share.value_.span();
    for (std::size_t row = threshold; row-- > 0;)  // Horner's rule
      for (std::size_t i = 0; i < size; ++i)
        value[i] = all[row * size + i] ^
                   static_cast<std::byte>(gf256::multiply(static_cast<std::uint8_t>(value[i]),
                                                          static_cast<std::uint8_t>(x)));
    shares.push_back(std::move(share));
  }
  return shares;
}

Result<SecretBytes> combine(std::span<const Share* const> shares) {
  const auto wrong = [](std::string_view what) { return Error(Errc::InvalidArgument, what); };
  if (shares.empty()) return wrong("there are no shares");
  const Share& first = *shares[0];
  if (shares.size() < first.threshold_)
    return wrong("the secret needs " + std::to_string(first.threshold_) + " shares");
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const Share& share = *shares[i];
    if (share.split_id_ != first.split_id_ || share.threshold_ != first.threshold_ ||
        share.value_.size() != first.value_.size())
      return wrong("the shares are of different splits");
    for (std::size_t j = 0; j < i; ++j)
      if (shares[j]->index_ == share.index_) return wrong("a share was given twice");
  }
  const std::size_t size = first.value_.size(), used = first.threshold_;
  SecretBytes sum(size);
  const MutableByteSpan out = sum.span();
  for (std::size_t i = 0; i < used; ++i) {
    // Lagrange's coefficient at 0: the product of x_j / (x_j - x_i) over the others.
    std::uint8_t above = 1, below = 1;
    for (std::size_t j = 0; j < used; ++j) {
      if (j == i) continue;
      above = gf256::multiply(above, shares[j]->index_);
      below =
          gf256::multiply(below, static_cast<std::uint8_t>(shares[j]->index_ ^ shares[i]->index_));
    }
    const std::uint8_t coefficient = gf256::multiply(above, gf256::invert(below));
    const ByteSpan value = shares[i]->value_.span();
    for (std::size_t b = 0; b < size; ++b)
      out[b] ^=
          static_cast<std::byte>(gf256::multiply(static_cast<std::uint8_t>(value[b]), coefficient));
  }
  const ByteSpan secret = std::as_const(sum).span().first(size - kDigest);
  if (!field::ct::equal(digest_of(secret, first.split_id_),
                        std::as_const(sum).span().last(kDigest)))
    return Error(Errc::Unauthenticated, "a share was changed: the secret is not the one split");
  return SecretBytes::copy_of(secret);
}

Result<SecretBytes> combine(std::span<const Share> shares) {
  std::vector<const Share*> pointers;
  for (const Share& share : shares) pointers.push_back(&share);
  return combine(pointers);
}

}  // namespace avila::keystore

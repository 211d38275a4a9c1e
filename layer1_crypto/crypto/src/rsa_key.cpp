#include <algorithm>

#include "rsa_state.hpp"

namespace avila::crypto {

using detail::Limb;
using detail::Limbs;
using detail::limbs_of;
using detail::trimmed;

namespace {

constexpr std::size_t kPrimeBitsMin = 256;

std::vector<std::byte> copy(ByteSpan bytes) { return {bytes.begin(), bytes.end()}; }

Limbs less_one(const Limbs& odd) {
  Limbs made = odd.clone();
  made[0] &= ~Limb{1};
  return made;
}

/// Whether exponent = d mod (prime - 1), and e is its inverse there.
detail::ct::Mask check_exponent(const Limbs& exponent, const Limbs& d, const Limbs& prime, Limb e) {
  const Limbs order = less_one(prime);
  const std::size_t n = prime.size();
  Limbs rest(n), product(n + 1), one(n);
  const Limb factor[1] = {e};
  one[0] = 1;
  detail::reduce(rest, d, order);
  detail::ct::Mask good = detail::equal(rest, exponent);
  detail::multiply(product, exponent, factor);
  detail::reduce(rest, product, order);
  good &= detail::equal(rest, one);
  return good;
}

}  // namespace

RsaPublicKey::State::State(ByteSpan modulus_bytes, ByteSpan exponent_bytes, Limbs n_limbs,
                           std::uint64_t e_value)
    : modulus(copy(modulus_bytes)), exponent(copy(exponent_bytes)), n(n_limbs), e(e_value) {}

Result<RsaPublicKey> RsaPublicKey::create(ByteSpan modulus, ByteSpan exponent) {
  modulus = trimmed(modulus);
  exponent = trimmed(exponent);
  if (modulus.size() > kBitsMax / 8)
    return Error(Errc::LimitExceeded, "RSA: a modulus of more than 16384 bits");
  if (exponent.size() > kExponentBitsMax / 8)
    return Error(Errc::LimitExceeded, "RSA: a public exponent of more than 64 bits");
  Limbs n = limbs_of(modulus);
  if (detail::bit_length(n) < kBitsMin)
    return Error(Errc::LimitExceeded, "RSA: a modulus of less than 1024 bits");
  if ((n[0] & 1) == 0) return Error(Errc::Malformed, "RSA: an even modulus");
  Limb e = 0;
  detail::load_bytes({&e, 1}, exponent);
  if (e < 3 || e % 2 == 0) return Error(Errc::Malformed, "RSA: an even or too small exponent");
  RsaPublicKey key;
  key.state_ = std::make_shared<const State>(modulus, exponent, std::move(n), e);
  return key;
}

std::size_t RsaPublicKey::bits() const noexcept { return state_->n.bits(); }
ByteSpan RsaPublicKey::modulus() const noexcept { return state_->modulus; }
ByteSpan RsaPublicKey::exponent() const noexcept { return state_->exponent; }

bool operator==(const RsaPublicKey& a, const RsaPublicKey& b) noexcept {
  return a.state_->modulus == b.state_->modulus && a.state_->exponent == b.state_->exponent;
}

RsaPrivateKey::State::State(RsaPublicKey public_part, const Components& numbers, Limbs p_limbs,
                            Limbs q_limbs)
    : public_key(std::move(public_part)),
      private_exponent(SecretBytes::copy_of(numbers.private_exponent)),
      prime1(SecretBytes::copy_of(numbers.prime1)),
      prime2(SecretBytes::copy_of(numbers.prime2)),
      exponent1(SecretBytes::copy_of(numbers.exponent1)),
      exponent2(SecretBytes::copy_of(numbers.exponent2)),
      coefficient(SecretBytes::copy_of(numbers.coefficient)),
      p(p_limbs),
      q(q_limbs),
      dp(p.size()),
      dq(q.size()),
      q_inverse(p.size()) {
  detail::load_bytes(dp, numbers.exponent1);
  detail::load_bytes(dq, numbers.exponent2);
  detail::load_bytes(q_inverse, numbers.coefficient);
}

Result<RsaPrivateKey> RsaPrivateKey::create(const Components& components) {
  Components numbers = components;
  for (ByteSpan* number : {&numbers.private_exponent, &numbers.prime1, &numbers.prime2,
                           &numbers.exponent1, &numbers.exponent2, &numbers.coefficient})
    *number = trimmed(*number);
  AVILA_TRY(RsaPublicKey public_key, RsaPublicKey::create(numbers.modulus, numbers.exponent));
  numbers.modulus = public_key.modulus();
  numbers.exponent = public_key.exponent();
  const auto wrong = [] {
    return Error(Errc::Malformed, "RSA: the numbers of the private key do not belong together");
  };
  const std::size_t size = public_key.size();
  Limbs p = limbs_of(numbers.prime1), q = limbs_of(numbers.prime2);
  if (numbers.prime1.size() > size || numbers.prime2.size() > size ||
      numbers.private_exponent.size() > size || numbers.exponent1.size() > numbers.prime1.size() ||
      numbers.exponent2.size() > numbers.prime2.size() ||
      numbers.coefficient.size() > numbers.prime1.size() || detail::bit_length(p) < kPrimeBitsMin ||
      detail::bit_length(q) < kPrimeBitsMin ||
      !detail::ct::reveal(detail::ct::mask_if(p[0] & q[0] & 1)))
    return wrong();

  const detail::Modulus& n = public_key.state_->n;
  Limbs product(p.size() + q.size());
  if (product.size() < n.size()) return wrong();
  detail::multiply(product, p, q);
  Limbs wanted(product.size());
  for (std::size_t i = 0; i < n.size(); ++i) wanted[i] = n.value()[i];
  detail::ct::Mask good = detail::equal(product, wanted);

  auto state = std::make_unique<State>(public_key, numbers, std::move(p), std::move(q));
  Limbs d = limbs_of(numbers.private_exponent);
  const Limb e = public_key.state_->e;
  const Limbs p_copy(state->p.value()), q_copy(state->q.value());
  good &= check_exponent(state->dp, d, p_copy, e) & check_exponent(state->dq, d, q_copy, e);

  // coefficient < p, and coefficient * q = 1 mod p.
  Limbs t = state->p.scratch(), q_mod_p(p_copy.size()), rest(p_copy.size());
  good &= detail::less(state->q_inverse, p_copy);
  state->p.reduce(q_mod_p, q_copy);
  state->p.multiply(rest, state->q_inverse, q_mod_p, t);
  Limbs one(p_copy.size());
  one[0] = 1;
  good &= detail::equal(rest, one);
  if (!detail::ct::reveal(good)) return wrong();
  state->p.to_montgomery(state->q_inverse, state->q_inverse, t);
  return RsaPrivateKey(std::move(state));
}

RsaPrivateKey::RsaPrivateKey(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
RsaPrivateKey::RsaPrivateKey(RsaPrivateKey&&) noexcept = default;
RsaPrivateKey& RsaPrivateKey::operator=(RsaPrivateKey&&) noexcept = default;
RsaPrivateKey::~RsaPrivateKey() = default;

RsaPrivateKey::Components RsaPrivateKey::components() const noexcept {
  const State& s = *state_;
  return {s.public_key.modulus(), s.public_key.exponent(), s.private_exponent.span(),
          s.prime1.span(),        s.prime2.span(),         s.exponent1.span(),
          s.exponent2.span(),     s.coefficient.span()};
}
const RsaPublicKey& RsaPrivateKey::public_key() const noexcept { return state_->public_key; }

}  // namespace avila::crypto

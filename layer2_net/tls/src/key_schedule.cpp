#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/hash/hmac.hpp>
#include <avila/kdf/hkdf.hpp>
#include <avila/tls/key_schedule.hpp>
#include <avila/tls/wire.hpp>
#include <cstring>

namespace avila::tls {

namespace {

/// Calls f with an object of the hash's type.
template <class F>
auto with_hash(HashKind kind, F&& f) {
  return kind == HashKind::Sha256 ? f(hash::Sha256()) : f(hash::Sha384());
}

template <std::size_t N>
DigestBytes wrap(const std::array<std::byte, N>& digest) noexcept {
  DigestBytes out;
  std::copy(digest.begin(), digest.end(), out.bytes.begin());
  out.size = N;
  return out;
}

}  // namespace

std::size_t digest_size(HashKind hash) noexcept { return hash == HashKind::Sha256 ? 32 : 48; }

DigestBytes digest(HashKind hash, ByteSpan message) noexcept {
  return with_hash(hash, [&](auto state) {
    state.update(message);
    return wrap(state.finish());
  });
}

DigestBytes hmac(HashKind hash, ByteSpan key, ByteSpan message) noexcept {
  return with_hash(hash,
                   [&](auto state) { return wrap(hash::hmac<decltype(state)>(key, message)); });
}

void hkdf_expand_label(HashKind hash, ByteSpan secret, std::string_view label, ByteSpan context,
                       MutableByteSpan out) {
  // struct HkdfLabel: length, "tls13 " + label, context.
  AVILA_ASSERT(label.size() <= 249 && context.size() <= 255 && out.size() <= 0xffff);
  std::array<std::byte, 2 + 1 + 255 + 1 + 255> info;
  std::size_t size = 0;
  const auto put = [&](ByteSpan bytes) {
    if (!bytes.empty()) std::memcpy(&info[size], bytes.data(), bytes.size());
    size += bytes.size();
  };
  store_be16(&info[0], static_cast<std::uint16_t>(out.size()));
  info[2] = static_cast<std::byte>(6 + label.size());
  size = 3;
  put(as_bytes("tls13 "));
  put(as_bytes(label));
  info[size++] = static_cast<std::byte>(context.size());
  put(context);
  const auto done = with_hash(hash, [&](auto state) {
    return kdf::hkdf_expand<decltype(state)>(secret, ByteSpan(info).first(size), out);
  });
  AVILA_ASSERT(done.has_value());
}

SecretBytes hkdf_expand_label(HashKind hash, ByteSpan secret, std::string_view label,
                              ByteSpan context, std::size_t size) {
  SecretBytes out(size);
  hkdf_expand_label(hash, secret, label, context, out.span());
  return out;
}

void prf12(HashKind kind, ByteSpan secret, std::string_view label, ByteSpan seed,
           MutableByteSpan out) {
  with_hash(kind, [&](auto state) {
    using Hash = decltype(state);
    hash::Hmac<Hash> mac(secret);
    mac.update(as_bytes(label));
    mac.update(seed);
    auto a = mac.finish();  // A(1)
    while (!out.empty()) {
      mac.update(a);
      mac.update(as_bytes(label));
      mac.update(seed);
      auto block = mac.finish();
      const std::size_t size = std::min(out.size(), block.size());
      std::memcpy(out.data(), block.data(), size);
      out = out.subspan(size);
      wipe_memory(block.data(), block.size());
      mac.update(a);
      a = mac.finish();
    }
    wipe_memory(a.data(), a.size());
  });
}

KeySchedule::KeySchedule(HashKind hash, ByteSpan psk) : hash_(hash) {
  const std::array<std::byte, kDigestBytesMax> zeros{};
  secret_ = SecretBytes(digest_size(hash));
  DigestBytes early = hmac(hash, ByteSpan(zeros).first(digest_size(hash)),
                           psk.empty() ? ByteSpan(zeros).first(digest_size(hash)) : psk);
  std::copy_n(early.bytes.begin(), early.size, secret_.span().begin());
  wipe_memory(&early, sizeof early);
}

SecretBytes KeySchedule::derive(std::string_view label, ByteSpan transcript) const {
  return hkdf_expand_label(hash_, secret_.span(), label, transcript, digest_size(hash_));
}

void KeySchedule::extract(ByteSpan input) {
  const std::array<std::byte, kDigestBytesMax> zeros{};
  const SecretBytes salt = derive("derived", digest(hash_, {}));
  DigestBytes next =
      hmac(hash_, salt.span(), input.empty() ? ByteSpan(zeros).first(digest_size(hash_)) : input);
  std::copy_n(next.bytes.begin(), next.size, secret_.span().begin());
  wipe_memory(&next, sizeof next);
}

SecretBytes KeySchedule::binder_key(PskKind kind) const {
  return derive(kind == PskKind::Resumption ? "res binder" : "ext binder", digest(hash_, {}));
}
SecretBytes KeySchedule::client_early_traffic(ByteSpan hello_hash) const {
  return derive("c e traffic", hello_hash);
}
SecretBytes KeySchedule::early_exporter(ByteSpan hello_hash) const {
  return derive("e exp master", hello_hash);
}
void KeySchedule::enter_handshake(ByteSpan shared) { extract(shared); }
SecretBytes KeySchedule::client_handshake_traffic(ByteSpan transcript) const {
  return derive("c hs traffic", transcript);
}
SecretBytes KeySchedule::server_handshake_traffic(ByteSpan transcript) const {
  return derive("s hs traffic", transcript);
}
void KeySchedule::enter_application() { extract({}); }
SecretBytes KeySchedule::client_application_traffic(ByteSpan transcript) const {
  return derive("c ap traffic", transcript);
}
SecretBytes KeySchedule::server_application_traffic(ByteSpan transcript) const {
  return derive("s ap traffic", transcript);
}
SecretBytes KeySchedule::exporter(ByteSpan transcript) const {
  return derive("exp master", transcript);
}
SecretBytes KeySchedule::resumption(ByteSpan transcript) const {
  return derive("res master", transcript);
}

DigestBytes finished_mac(HashKind hash, ByteSpan base_key, ByteSpan transcript) {
  const SecretBytes key = hkdf_expand_label(hash, base_key, "finished", {}, digest_size(hash));
  return hmac(hash, key.span(), transcript);
}

SecretBytes next_traffic_secret(HashKind hash, ByteSpan secret) {
  return hkdf_expand_label(hash, secret, "traffic upd", {}, digest_size(hash));
}

SecretBytes ticket_psk(HashKind hash, ByteSpan resumption_secret, ByteSpan nonce) {
  return hkdf_expand_label(hash, resumption_secret, "resumption", nonce, digest_size(hash));
}

void export_keying_material(HashKind hash, ByteSpan exporter, std::string_view label,
                            ByteSpan context, MutableByteSpan out) {
  const SecretBytes secret =
      hkdf_expand_label(hash, exporter, label, digest(hash, {}), digest_size(hash));
  hkdf_expand_label(hash, secret.span(), "exporter", digest(hash, context), out);
}

void Transcript::add(ByteSpan message) {
  if (keep_raw_) raw_.insert(raw_.end(), message.begin(), message.end());
  if (auto* const sha256 = std::get_if<hash::Sha256>(&state_)) sha256->update(message);
  if (auto* const sha384 = std::get_if<hash::Sha384>(&state_)) sha384->update(message);
}

void Transcript::use(HashKind hash) {
  AVILA_ASSERT(keep_raw_);
  if (!std::holds_alternative<std::monostate>(state_)) return;
  if (hash == HashKind::Sha256)
    state_.emplace<hash::Sha256>().update(raw_);
  else
    state_.emplace<hash::Sha384>().update(raw_);
}

void Transcript::forget_raw() noexcept {
  AVILA_ASSERT(!std::holds_alternative<std::monostate>(state_));
  keep_raw_ = false;
  raw_ = {};
}

void Transcript::replace_by_hash() {
  const DigestBytes hello = hash();
  std::vector<std::byte> message = {std::byte{254}, std::byte{0}, std::byte{0},
                                    static_cast<std::byte>(hello.size)};
  const ByteSpan bytes = hello;
  message.insert(message.end(), bytes.begin(), bytes.end());
  if (auto* const sha256 = std::get_if<hash::Sha256>(&state_)) sha256->reset();
  if (auto* const sha384 = std::get_if<hash::Sha384>(&state_)) sha384->reset();
  raw_.clear();
  add(message);
}

DigestBytes Transcript::hash() const noexcept { return hash_with({}); }

DigestBytes Transcript::hash_with(ByteSpan more) const noexcept {
  if (const auto* const sha256 = std::get_if<hash::Sha256>(&state_)) {
    hash::Sha256 copy = *sha256;
    copy.update(more);
    return wrap(copy.finish());
  }
  AVILA_ASSERT(std::holds_alternative<hash::Sha384>(state_));
  hash::Sha384 copy = std::get<hash::Sha384>(state_);
  copy.update(more);
  return wrap(copy.finish());
}

}  // namespace avila::tls

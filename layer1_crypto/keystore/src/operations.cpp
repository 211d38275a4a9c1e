// What is done with keys: messages and data keys.
#include <algorithm>
#include <avila/aead/aes_gcm.hpp>
#include <avila/aead/aes_gcm_siv.hpp>
#include <avila/aead/chacha20_poly1305.hpp>
#include <avila/aead/seal.hpp>
#include <avila/primitives/endian.hpp>

#include "impl.hpp"
#include "material.hpp"
#include "operate.hpp"

namespace avila::keystore {
namespace {

// A ciphertext: "AK", version 1, purpose, handle, version of the key u32, then by the kind: nonce
// and what the AEAD gave, or OAEP, or what the provider gave.
constexpr std::byte kMagic[3] = {std::byte{'A'}, std::byte{'K'}, std::byte{1}};
constexpr std::size_t kHeader = 3 + 1 + KeyHandle::kBytes + 4;
enum class Purpose : std::uint8_t { Message = 1, DataKey = 2 };

/// How far the count of sealed messages may run ahead of the stored one: a restart forgoes as many.
constexpr std::uint64_t kReserve = std::uint64_t{1} << 20;

std::vector<std::byte> header_of(const Key& key, std::uint32_t version, Purpose purpose) {
  std::vector<std::byte> out(kHeader);
  std::memcpy(out.data(), kMagic, 3);
  out[3] = static_cast<std::byte>(purpose);
  std::memcpy(out.data() + 4, key.handle.bytes().data(), KeyHandle::kBytes);
  store_be32(out.data() + 20, version);
  return out;
}

std::vector<std::byte> aad_of(ByteSpan header, const Context& context) {
  std::vector<std::byte> aad(header.begin(), header.end());
  const ByteSpan bytes = context.bytes();
  aad.insert(aad.end(), bytes.begin(), bytes.end());
  return aad;
}

/// Appends nonce, ciphertext and tag.
template <class Aead>
Result<void> seal_by(const LockedBytes& material, ByteSpan aad, ByteSpan text, os::Entropy& entropy,
                     std::vector<std::byte>& out) {
  const Aead key(std::span<const std::byte, 32>(material.span()));
  const std::size_t at = out.size();
  out.resize(at + Aead::kNonceSize + text.size() + aead::kTagSize);
  const MutableByteSpan nonce = MutableByteSpan(out).subspan(at, Aead::kNonceSize);
  AVILA_TRY_VOID(entropy.fill(nonce));
  return aead::seal(key, typename Aead::NonceType(nonce.first<Aead::kNonceSize>()), aad, text,
                    MutableByteSpan(out).subspan(at + Aead::kNonceSize));
}

template <class Aead>
Result<SecretBytes> open_by(const LockedBytes& material, ByteSpan aad, ByteSpan sealed) {
  if (sealed.size() < Aead::kNonceSize + aead::kTagSize)
    return Error(Errc::Malformed, "the ciphertext was cut");
  const Aead key(std::span<const std::byte, 32>(material.span()));
  SecretBytes out(sealed.size() - Aead::kNonceSize - aead::kTagSize);
  AVILA_TRY_VOID(aead::open(key, typename Aead::NonceType(sealed.first<Aead::kNonceSize>()), aad,
                            sealed.subspan(Aead::kNonceSize), out.span()));
  return out;
}

crypto::OaepOptions oaep_of(ByteSpan label) {
  crypto::OaepOptions options;
  options.label = label;
  return options;
}

Result<std::vector<std::byte>> seal_message(const Keystore::Impl& it, const Key& key,
                                            const Version& version, std::uint32_t number,
                                            Purpose purpose, ByteSpan text,
                                            const Context& context) {
  std::vector<std::byte> out = header_of(key, number, purpose);
  const auto aad = aad_of(out, context);
  os::Entropy& entropy = it.options.entropy;
  if (version.material == nullptr) {
    AVILA_TRY(KeyProvider* const provider, provider_of(it));
    AVILA_TRY(const auto sealed, provider->wrap(it.provider_label(key, number), text, aad));
    out.insert(out.end(), sealed.begin(), sealed.end());
    return out;
  }
  Result<void> done;
  switch (key.kind) {
    case KeyKind::Aes256Gcm:
      done = seal_by<aead::Aes256Gcm>(*version.material, aad, text, entropy, out);
      break;
    case KeyKind::Aes256GcmSiv:
      done = seal_by<aead::Aes256GcmSiv>(*version.material, aad, text, entropy, out);
      break;
    case KeyKind::XChaCha20Poly1305:
      done = seal_by<aead::XChaCha20Poly1305>(*version.material, aad, text, entropy, out);
      break;
    default: {
      AVILA_TRY(const auto secret, private_key(version));
      const auto& rsa = *secret.as<crypto::RsaPrivateKey>();
      AVILA_TRY(const auto sealed, rsa.public_key().encrypt_oaep(oaep_of(aad), text, entropy));
      out.insert(out.end(), sealed.begin(), sealed.end());
    }
  }
  if (!done.has_value()) return std::move(done).error();
  return out;
}

Result<SecretBytes> open_message(const Keystore::Impl& it, const Key& key, const Version& version,
                                 std::uint32_t number, ByteSpan ciphertext,
                                 const Context& context) {
  const auto aad = aad_of(ciphertext.first(kHeader), context);
  const ByteSpan sealed = ciphertext.subspan(kHeader);
  if (version.material == nullptr) {
    AVILA_TRY(KeyProvider* const provider, provider_of(it));
    return provider->unwrap(it.provider_label(key, number), sealed, aad);
  }
  switch (key.kind) {
    case KeyKind::Aes256Gcm: return open_by<aead::Aes256Gcm>(*version.material, aad, sealed);
    case KeyKind::Aes256GcmSiv: return open_by<aead::Aes256GcmSiv>(*version.material, aad, sealed);
    case KeyKind::XChaCha20Poly1305:
      return open_by<aead::XChaCha20Poly1305>(*version.material, aad, sealed);
    default: {
      AVILA_TRY(const auto secret, private_key(version));
      return secret.as<crypto::RsaPrivateKey>()->decrypt_oaep(oaep_of(aad), sealed,
                                                              it.options.entropy);
    }
  }
}

Result<void> check_sizes(std::size_t message, std::size_t limit, const Context& context) {
  if (message > limit)
    return Error(Errc::LimitExceeded, "a message has at most " + std::to_string(limit) + " bytes");
  if (context.bytes().size() > kMaxContext)
    return Error(Errc::LimitExceeded, "a context has at most 64 KiB");
  return {};
}

enum class Room : std::uint8_t { Ready, Reserve, Rotate };

/// Counts one message of the version, if it may seal one more.
Room count_seal(const Key& key, const Version& version) {
  const std::uint64_t policy = key.policy.rotate_after_messages;
  const std::uint64_t limit = policy != 0 ? policy : seal_limit(key.kind);
  SealCount& count = *version.count;
  std::uint64_t have = count.sealed.load();
  do {
    if (have >= limit) return Room::Rotate;
    if (have >= count.reserved.load()) return Room::Reserve;
  } while (!count.sealed.compare_exchange_weak(have, have + 1));
  return Room::Ready;
}

/// Makes room for one more message under the current version; with the mutex held alone.
Result<void> make_room(Keystore::Impl& it, const Caller& caller, const KeyHandle& handle) {
  AVILA_TRY(const auto key, it.key_of(handle));
  const Version& version = key->versions.back();
  const std::uint64_t policy = key->policy.rotate_after_messages;
  const std::uint64_t limit = policy != 0 ? policy : seal_limit(key->kind);
  SealCount& count = *version.count;
  if (count.sealed.load() >= limit)
    return it.change(caller, "rotate-key", key->name, [&](State& next) -> Result<void> {
      Key changed = *key;
      AVILA_TRY_VOID(it.add_version(changed));
      next.put(std::move(changed));
      return {};
    });
  if (count.sealed.load() < count.reserved.load()) return {};  // somebody else was first
  const std::uint64_t sealed = count.sealed.load();
  const std::uint64_t before = count.reserved.load();
  const std::uint64_t more = std::min({kReserve, limit / 64 + 1, limit - sealed});
  auto done = it.change(caller, "count-messages", key->name, [&](State&) -> Result<void> {
    count.reserved = sealed + more;
    return {};
  });
  if (!done.has_value()) count.reserved = before;
  return done;
}

struct Sealing {
  std::string_view operation;
  KeyUse use;
  Purpose purpose;
};

Result<std::vector<std::byte>> seal_current(Keystore::Impl& it, const Caller& caller,
                                            const Sealing& what, const KeyHandle& handle,
                                            ByteSpan text, const Context& context) {
  constexpr int kTries = 8;  // others may use up what was made room for
  for (int i = 0; i < kTries; ++i) {
    Room room = Room::Ready;
    auto sealed = operate<std::vector<std::byte>>(
        it, caller, {what.operation, handle, what.use, 0, context.bytes()},
        [&](const Key& key, const Version& version,
            std::uint32_t number) -> Result<std::vector<std::byte>> {
          AVILA_TRY_VOID(check_sizes(
              text.size(), what.purpose == Purpose::Message ? kMaxMessage : kMaxDataKey, context));
          room = count_seal(key, version);
          if (room != Room::Ready) return std::vector<std::byte>();
          return seal_message(it, key, version, number, what.purpose, text, context);
        },
        &room);
    if (!sealed.has_value() || room == Room::Ready) return sealed;
    const std::unique_lock lock(it.mutex);
    AVILA_TRY_VOID(make_room(it, caller, handle));
  }
  return Error(Errc::Busy, "the key rotates faster than it is used");
}

Result<SecretBytes> open_any(Keystore::Impl& it, const Caller& caller, const Sealing& what,
                             const KeyHandle& handle, ByteSpan ciphertext, const Context& context) {
  const auto info = parse_ciphertext(ciphertext);
  const std::uint32_t number = info.has_value() ? info->version : 1;
  return operate<SecretBytes>(
      it, caller, {what.operation, handle, what.use, number, context.bytes()},
      [&](const Key& key, const Version& version, std::uint32_t) -> Result<SecretBytes> {
        if (!info.has_value()) return info.error().clone();
        if (info->key != handle) return Error(Errc::NotFound, "another key made the ciphertext");
        if (info->wrapped_key != (what.purpose == Purpose::DataKey))
          return Error(Errc::Unauthenticated, info->wrapped_key
                                                  ? "the ciphertext is a wrapped data key"
                                                  : "the ciphertext is not a wrapped data key");
        AVILA_TRY_VOID(check_sizes(ciphertext.size(), kMaxMessage + 1024, context));
        return open_message(it, key, version, number, ciphertext, context);
      });
}

constexpr Sealing kEncrypt{"encrypt", KeyUse::Encrypt, Purpose::Message};
constexpr Sealing kDecrypt{"decrypt", KeyUse::Decrypt, Purpose::Message};
constexpr Sealing kWrap{"wrap", KeyUse::Wrap, Purpose::DataKey};
constexpr Sealing kUnwrap{"unwrap", KeyUse::Unwrap, Purpose::DataKey};

}  // namespace

Context Context::of_pairs(std::vector<std::pair<std::string_view, std::string_view>> pairs) {
  std::sort(pairs.begin(), pairs.end());
  std::vector<std::byte> out;
  const auto add = [&out](std::string_view text) {
    std::byte size[4];
    store_be32(size, static_cast<std::uint32_t>(text.size()));
    out.insert(out.end(), size, size + 4);
    const ByteSpan bytes = as_bytes(text);
    out.insert(out.end(), bytes.begin(), bytes.end());
  };
  for (const auto& [name, value] : pairs) {
    add(name);
    add(value);
  }
  return Context(std::move(out));
}

Result<CiphertextInfo> parse_ciphertext(ByteSpan ciphertext) {
  if (ciphertext.size() < kHeader || std::memcmp(ciphertext.data(), kMagic, 3) != 0)
    return Error(Errc::Malformed, "no ciphertext of a keystore");
  const auto purpose = static_cast<std::uint8_t>(ciphertext[3]);
  const std::uint32_t version = load_be32(ciphertext.data() + 20);
  if (purpose < 1 || purpose > 2 || version == 0)
    return Error(Errc::Malformed, "no ciphertext of a keystore");
  KeyHandle::Bytes handle;
  std::memcpy(handle.data(), ciphertext.data() + 4, handle.size());
  return CiphertextInfo{KeyHandle(handle), version, purpose == 2};
}

Result<std::vector<std::byte>> Keystore::encrypt(const Caller& caller, const KeyHandle& key,
                                                 ByteSpan plaintext, const Context& context) {
  return seal_current(*impl_, caller, kEncrypt, key, plaintext, context);
}

Result<SecretBytes> Keystore::decrypt(const Caller& caller, const KeyHandle& key,
                                      ByteSpan ciphertext, const Context& context) {
  return open_any(*impl_, caller, kDecrypt, key, ciphertext, context);
}

Result<std::vector<std::byte>> Keystore::rewrap(const Caller& caller, const KeyHandle& key,
                                                ByteSpan ciphertext, const Context& context) {
  const auto info = parse_ciphertext(ciphertext);
  const bool wrapped = info.has_value() && info->wrapped_key;
  Sealing from = wrapped ? kUnwrap : kDecrypt, to = wrapped ? kWrap : kEncrypt;
  // Who may not see the plaintext may still rewrap: the use is that of sealing, in both.
  from.operation = to.operation = "rewrap";
  from.use = to.use;
  AVILA_TRY(const SecretBytes text, open_any(*impl_, caller, from, key, ciphertext, context));
  return seal_current(*impl_, caller, to, key, text.span(), context);
}

Result<DataKey> Keystore::generate_data_key(const Caller& caller, const KeyHandle& key,
                                            const Context& context, std::size_t size) {
  if (size < 16 || size > 64)
    return Error(Errc::InvalidArgument, "a data key that is generated has 16 to 64 bytes");
  DataKey made{SecretBytes(size), {}};
  AVILA_TRY_VOID(impl_->options.entropy.fill(made.plaintext.span()));
  Sealing what = kWrap;
  what.operation = "generate-data-key";
  AVILA_TRY(made.wrapped,
            seal_current(*impl_, caller, what, key, std::as_const(made.plaintext).span(), context));
  return made;
}

Result<std::vector<std::byte>> Keystore::wrap(const Caller& caller, const KeyHandle& key,
                                              ByteSpan data_key, const Context& context) {
  return seal_current(*impl_, caller, kWrap, key, data_key, context);
}

Result<SecretBytes> Keystore::unwrap(const Caller& caller, const KeyHandle& key, ByteSpan wrapped,
                                     const Context& context) {
  return open_any(*impl_, caller, kUnwrap, key, wrapped, context);
}

}  // namespace avila::keystore

#include <algorithm>
#include <avila/asn1/reader.hpp>
#include <avila/asn1/writer.hpp>
#include <avila/keystore/pkcs11.hpp>
#include <cstring>

#include "pkcs11_module.hpp"

namespace avila::keystore {
namespace {

namespace ck = cryptoki;
using crypto::SignatureAlgorithm;

constexpr std::byte kWrapVersion{1};
constexpr std::size_t kIv = 12, kTag = 16;
constexpr std::size_t kMaxWrappedKey = 8192;  // PKCS #8 of RSA-4096 has 2,400 bytes

struct Curve {
  ProviderKeyKind kind;
  std::string_view oid;
  std::size_t digest_bytes;  // FIPS 186-5 section 6.4.1: of a digest, the leftmost count
};
constexpr Curve kCurves[] = {{ProviderKeyKind::P256, "1.2.840.10045.3.1.7", 32},
                             {ProviderKeyKind::P384, "1.3.132.0.34", 48},
                             {ProviderKeyKind::P521, "1.3.132.0.35", 64}};

ck::Byte* bytes_of(ByteSpan span) {  // the ABI has no const
  return reinterpret_cast<ck::Byte*>(const_cast<std::byte*>(span.data()));
}
ck::Ulong length_of(ByteSpan span) { return static_cast<ck::Ulong>(span.size()); }

/// A template of attributes; what they refer to outlives it.
struct Template {
  std::vector<ck::Attribute> list;
  Template& add(ck::Ulong type, const ck::Ulong& value) {
    list.push_back({type, const_cast<ck::Ulong*>(&value), sizeof value});
    return *this;
  }
  Template& add(ck::Ulong type, ByteSpan value) {
    list.push_back({type, bytes_of(value), length_of(value)});
    return *this;
  }
  Template& flag(ck::Ulong type, bool value) {
    static ck::Byte yes = 1, no = 0;
    list.push_back({type, value ? &yes : &no, 1});
    return *this;
  }
  ck::Ulong count() const { return static_cast<ck::Ulong>(list.size()); }
};

ByteSpan label_of(std::string_view label) { return as_bytes(label); }

Result<void> said(ck::Rv rv, std::string_view what) {
  if (rv != ck::rv::kOk) return module_error(rv, what);
  return {};
}

std::vector<std::byte> curve_oid(std::string_view dotted) {
  asn1::Writer writer;
  writer.oid(asn1::Oid::parse(dotted).value());
  return writer.take();
}

/// Of CKA_EC_PARAMS; null for another one.
const Curve* curve_of(ByteSpan parameters) {
  const auto* const found = std::ranges::find_if(kCurves, [&](const Curve& curve) {
    return std::ranges::equal(parameters, curve_oid(curve.oid));
  });
  return found == std::end(kCurves) ? nullptr : found;
}
const Curve* curve_of(ProviderKeyKind kind) {
  const auto* const found = std::ranges::find(kCurves, kind, &Curve::kind);
  return found == std::end(kCurves) ? nullptr : found;
}

/// The objects of a class with a label; two of one label are not ours to choose from.
Result<ck::Object> find(const ck::Functions& f, ck::Session session, ck::Ulong object_class,
                        std::string_view label) {
  Template what;
  what.add(ck::attribute::kClass, object_class).add(ck::attribute::kLabel, label_of(label));
  AVILA_TRY_VOID(
      said(f.find_objects_init(session, what.list.data(), what.count()), "C_FindObjectsInit"));
  ck::Object found[2] = {};
  ck::Ulong count = 0;
  const auto rv = f.find_objects(session, found, 2, &count);
  (void)f.find_objects_final(session);
  AVILA_TRY_VOID(said(rv, "C_FindObjects"));
  if (count == 0) return Error(Errc::NotFound, "the token has no such key: " + std::string(label));
  if (count > 1)
    return Error(Errc::Conflict, "the token has two keys of one label: " + std::string(label));
  return found[0];
}

Result<std::vector<std::byte>> attribute(const ck::Functions& f, ck::Session session,
                                         ck::Object object, ck::Ulong type) {
  ck::Attribute asked{type, nullptr, 0};
  AVILA_TRY_VOID(said(f.get_attribute_value(session, object, &asked, 1), "C_GetAttributeValue"));
  if (asked.length > 8192) return Error(Errc::LimitExceeded, "an attribute of over 8 KiB");
  std::vector<std::byte> value(asked.length);
  asked.value = value.data();
  AVILA_TRY_VOID(said(f.get_attribute_value(session, object, &asked, 1), "C_GetAttributeValue"));
  value.resize(asked.length);
  return value;
}

struct GcmCall {
  ck::GcmParameters parameters;
  ck::Mechanism mechanism;
  GcmCall(ByteSpan iv, ByteSpan aad)
      : parameters{bytes_of(iv), kIv, kIv * 8, bytes_of(aad), length_of(aad), kTag * 8},
        mechanism{ck::mechanism::kAesGcm, &parameters, sizeof parameters} {}
};

struct Scheme {
  bool rsa;
  bool pss;
  crypto::DigestAlgorithm digest;
  ck::Ulong hash, mgf;
  std::string_view oid;  // of the digest, for DigestInfo
};

std::optional<Scheme> scheme_of(SignatureAlgorithm algorithm) {
  using crypto::DigestAlgorithm;
  namespace m = ck::mechanism;
  const Scheme sha256{false,      false,          DigestAlgorithm::Sha256,
                      m::kSha256, m::kMgf1Sha256, "2.16.840.1.101.3.4.2.1"};
  const Scheme sha384{false,      false,          DigestAlgorithm::Sha384,
                      m::kSha384, m::kMgf1Sha384, "2.16.840.1.101.3.4.2.2"};
  const Scheme sha512{false,      false,          DigestAlgorithm::Sha512,
                      m::kSha512, m::kMgf1Sha512, "2.16.840.1.101.3.4.2.3"};
  const auto rsa = [](Scheme scheme, bool pss) {
    scheme.rsa = true;
    scheme.pss = pss;
    return scheme;
  };
  switch (algorithm) {
    case SignatureAlgorithm::RsaPkcs1Sha256: return rsa(sha256, false);
    case SignatureAlgorithm::RsaPkcs1Sha384: return rsa(sha384, false);
    case SignatureAlgorithm::RsaPkcs1Sha512: return rsa(sha512, false);
    case SignatureAlgorithm::RsaPssSha256: return rsa(sha256, true);
    case SignatureAlgorithm::RsaPssSha384: return rsa(sha384, true);
    case SignatureAlgorithm::RsaPssSha512: return rsa(sha512, true);
    case SignatureAlgorithm::EcdsaSha256: return sha256;
    case SignatureAlgorithm::EcdsaSha384: return sha384;
    case SignatureAlgorithm::EcdsaSha512: return sha512;
    default: return std::nullopt;
  }
}

/// DigestInfo of RFC 8017 section 9.2, step 2.
std::vector<std::byte> digest_info(const Scheme& scheme, ByteSpan digest) {
  asn1::Writer writer;
  writer.sequence([&](asn1::Writer& outer) {
    outer.sequence([&](asn1::Writer& inner) {
      inner.oid(asn1::Oid::parse(scheme.oid).value());
      inner.null();
    });
    outer.octet_string(digest);
  });
  return writer.take();
}

Result<std::vector<std::byte>> ecdsa_der(ByteSpan raw) {  // r and s, as PKCS #11 has them
  const auto encoded = [&]<class C>(C) -> Result<std::vector<std::byte>> {
    AVILA_TRY(const auto signature, crypto::EcdsaSignature<C>::decode(raw));
    return signature.to_der();
  };
  if (raw.size() == 64) return encoded(field::CurveP256());
  if (raw.size() == 96) return encoded(field::CurveP384());
  return encoded(field::CurveP521());
}

Result<crypto::PublicKey> ec_key(ByteSpan parameters, ByteSpan der_point) {
  asn1::Reader reader(der_point);
  AVILA_TRY(const ByteSpan point, reader.octet_string());
  const auto decoded = [&]<class C>(C) -> Result<crypto::PublicKey> {
    AVILA_TRY(auto key, crypto::EcPublicKey<C>::decode(point));
    return crypto::PublicKey(std::move(key));
  };
  const Curve* const curve = curve_of(parameters);
  if (curve == nullptr)
    return Error(Errc::Unsupported, "the token's key is on another curve than P-256, -384, -521");
  if (curve->kind == ProviderKeyKind::P256) return decoded(field::CurveP256());
  if (curve->kind == ProviderKeyKind::P384) return decoded(field::CurveP384());
  return decoded(field::CurveP521());
}

/// AlreadyExists where there is a key of that label.
Result<void> check_free(const ck::Functions& f, ck::Session session, std::string_view label) {
  for (const ck::Ulong object_class :
       {ck::object_class::kSecretKey, ck::object_class::kPrivateKey}) {
    const auto there = find(f, session, object_class, label);
    if (there.has_value() || there.error().is(Errc::Conflict))
      return Error(Errc::AlreadyExists, "the token has a key of that label");
    if (!there.error().is(Errc::NotFound)) return there.error().clone();
  }
  return {};
}

Result<void> check_label(std::string_view label) {
  if (label.empty() || label.size() > Pkcs11Provider::kMaxLabel)
    return Error(Errc::InvalidArgument, "a label has 1 to 256 bytes");
  return {};
}

/// What every key has that we make: its name, its home, and that nobody reads it.
Template key_template(std::string_view label, bool extractable) {
  namespace a = ck::attribute;
  Template key;
  key.add(a::kLabel, label_of(label)).add(a::kId, label_of(label)).flag(a::kToken, true);
  key.flag(a::kPrivate, true).flag(a::kSensitive, true).flag(a::kExtractable, extractable);
  return key;
}

Result<void> generate_aes(const ck::Functions& f, ck::Session session, Template key) {
  const ck::Ulong length = 32;
  ck::Object made = 0;
  ck::Mechanism mechanism{ck::mechanism::kAesKeyGen, nullptr, 0};
  key.add(ck::attribute::kValueLength, length);
  return said(f.generate_key(session, &mechanism, key.list.data(), key.count(), &made),
              "C_GenerateKey");
}

/// The public half as an object of the token. Errors: InvalidArgument (of another kind).
Result<void> create_public(const ck::Functions& f, ck::Session session, std::string_view label,
                           ProviderKeyKind kind, const crypto::PublicKey& key) {
  namespace a = ck::attribute;
  const ck::Ulong object_class = ck::object_class::kPublicKey, rsa_type = ck::key_type::kRsa,
                  ec_type = ck::key_type::kEc;
  Template open;
  open.add(a::kClass, object_class).add(a::kLabel, label_of(label)).add(a::kId, label_of(label));
  open.flag(a::kToken, true).flag(a::kVerify, true);
  std::vector<std::byte> parameters, point;
  const Curve* const curve = curve_of(kind);
  if (const auto* rsa = key.as<crypto::RsaPublicKey>(); rsa != nullptr && curve == nullptr) {
    open.add(a::kKeyType, rsa_type).add(a::kModulus, rsa->modulus());
    open.add(a::kPublicExponent, rsa->exponent());
  } else {
    std::visit(
        [&]<class K>(const K& one) {
          if constexpr (requires { one.encode(); }) {
            asn1::Writer writer;
            writer.octet_string(one.encode());
            point = writer.take();
          }
        },
        key.key());
    const bool fits =
        curve != nullptr &&
        ((key.type() == crypto::KeyType::P256 && curve->kind == ProviderKeyKind::P256) ||
         (key.type() == crypto::KeyType::P384 && curve->kind == ProviderKeyKind::P384) ||
         (key.type() == crypto::KeyType::P521 && curve->kind == ProviderKeyKind::P521));
    if (!fits) return Error(Errc::InvalidArgument, "the public key is of another kind");
    parameters = curve_oid(curve->oid);
    open.add(a::kKeyType, ec_type).add(a::kEcParameters, parameters).add(a::kEcPoint, point);
  }
  ck::Object made = 0;
  return said(f.create_object(session, open.list.data(), open.count(), &made), "C_CreateObject");
}

}  // namespace

struct Pkcs11Provider::Impl {
  std::string token;
  std::unique_ptr<Pkcs11Sessions> sessions;

  const ck::Functions& f() const { return sessions->functions(); }

  /// `run(session)` in a session of its own; once more where the module had forgotten it.
  template <class T, class Run>
  Result<T> with_session(Run&& run) {
    for (int attempt = 0;; ++attempt) {
      AVILA_TRY(const ck::Session session, sessions->take());
      auto result = run(session);
      const std::string_view message =
          result.has_value() ? std::string_view() : result.error().message();
      const bool forgotten = message.ends_with("CKR_SESSION_HANDLE_INVALID") ||
                             message.ends_with("CKR_SESSION_CLOSED") ||
                             message.ends_with("CKR_USER_NOT_LOGGED_IN");
      // An operation that failed half way may still be active in its session.
      sessions->give_back(session, result.has_value());
      if (!forgotten || attempt > 0) return result;
      sessions->renew();
    }
  }
};

Pkcs11Provider::Pkcs11Provider(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Pkcs11Provider::~Pkcs11Provider() = default;

Result<std::unique_ptr<Pkcs11Provider>> Pkcs11Provider::open(const Pkcs11Options& options) {
  if (options.sessions_max == 0)
    return Error(Errc::InvalidArgument, "a provider has one session at least");
  AVILA_TRY(auto module, Pkcs11Module::load(options.module));
  AVILA_TRY(const auto slots, module->slots());
  for (const ck::Slot slot : slots) {
    AVILA_TRY(const auto info, module->token(slot));
    if (info.label != options.token_label) continue;
    auto impl = std::make_unique<Impl>();
    impl->token = info.label;
    impl->sessions = std::make_unique<Pkcs11Sessions>(
        module, slot, SecretBytes::copy_of(as_bytes(options.pin)), options.sessions_max);
    AVILA_TRY(const ck::Session first, impl->sessions->take());
    impl->sessions->give_back(first, true);
    return std::unique_ptr<Pkcs11Provider>(new Pkcs11Provider(std::move(impl)));
  }
  return Error(Errc::NotFound, "the module has no token of that label: " + options.token_label);
}

Result<std::vector<Pkcs11TokenInfo>> Pkcs11Provider::list_tokens(const std::string& path) {
  AVILA_TRY(const auto module, Pkcs11Module::load(path));
  AVILA_TRY(const auto slots, module->slots());
  std::vector<Pkcs11TokenInfo> tokens;
  for (const ck::Slot slot : slots) {
    AVILA_TRY(auto info, module->token(slot));
    tokens.push_back(std::move(info));
  }
  return tokens;
}

std::string Pkcs11Provider::name() const { return "pkcs11:token=" + impl_->token; }

Result<void> Pkcs11Provider::generate(std::string_view label, ProviderKeyKind kind,
                                      const Pkcs11KeyOptions& options) {
  AVILA_TRY_VOID(check_label(label));
  namespace a = ck::attribute;
  return impl_->with_session<void>([&](ck::Session session) -> Result<void> {
    const ck::Functions& f = impl_->f();
    AVILA_TRY_VOID(check_free(f, session, label));
    Template secret = key_template(label, options.extractable);
    if (kind == ProviderKeyKind::Aes256)
      return generate_aes(f, session, secret.flag(a::kEncrypt, true).flag(a::kDecrypt, true));
    const ck::Ulong bits = kind == ProviderKeyKind::Rsa2048   ? 2048
                           : kind == ProviderKeyKind::Rsa3072 ? 3072
                                                              : 4096;
    const std::byte exponent[] = {std::byte{1}, std::byte{0}, std::byte{1}};
    const Curve* const curve = curve_of(kind);
    const auto parameters = curve != nullptr ? curve_oid(curve->oid) : std::vector<std::byte>();
    ck::Mechanism mechanism{
        curve != nullptr ? ck::mechanism::kEcKeyPairGen : ck::mechanism::kRsaKeyPairGen, nullptr,
        0};
    Template open;
    open.add(a::kLabel, label_of(label)).add(a::kId, label_of(label)).flag(a::kToken, true);
    open.flag(a::kVerify, true);
    if (curve != nullptr)
      open.add(a::kEcParameters, parameters);
    else
      open.add(a::kModulusBits, bits).add(a::kPublicExponent, exponent);
    secret.flag(a::kSign, true);
    ck::Object made = 0, made_open = 0;
    return said(f.generate_key_pair(session, &mechanism, open.list.data(), open.count(),
                                    secret.list.data(), secret.count(), &made_open, &made),
                "C_GenerateKeyPair");
  });
}

Result<void> Pkcs11Provider::generate_wrapping_key(std::string_view label) {
  AVILA_TRY_VOID(check_label(label));
  return impl_->with_session<void>([&](ck::Session session) -> Result<void> {
    namespace a = ck::attribute;
    AVILA_TRY_VOID(check_free(impl_->f(), session, label));
    Template key = key_template(label, false);
    return generate_aes(impl_->f(), session, key.flag(a::kWrap, true).flag(a::kUnwrap, true));
  });
}

Result<std::vector<std::byte>> Pkcs11Provider::wrap_key(std::string_view wrapping_label,
                                                        std::string_view label) {
  return impl_->with_session<std::vector<std::byte>>(
      [&](ck::Session session) -> Result<std::vector<std::byte>> {
        const ck::Functions& f = impl_->f();
        AVILA_TRY(const ck::Object by,
                  find(f, session, ck::object_class::kSecretKey, wrapping_label));
        auto key = find(f, session, ck::object_class::kPrivateKey, label);
        if (!key.has_value() && key.error().is(Errc::NotFound))
          key = find(f, session, ck::object_class::kSecretKey, label);
        if (!key.has_value()) return std::move(key).error();
        ck::Mechanism mechanism{ck::mechanism::kAesKeyWrapPad, nullptr, 0};
        std::vector<std::byte> out(kMaxWrappedKey);
        ck::Ulong length = length_of(out);
        AVILA_TRY_VOID(
            said(f.wrap_key(session, &mechanism, by, *key, bytes_of(out), &length), "C_WrapKey"));
        out.resize(length);
        return out;
      });
}

Result<void> Pkcs11Provider::unwrap_key(std::string_view wrapping_label, ByteSpan wrapped,
                                        std::string_view label, ProviderKeyKind kind,
                                        const crypto::PublicKey* public_key,
                                        const Pkcs11KeyOptions& options) {
  AVILA_TRY_VOID(check_label(label));
  if (wrapped.size() > kMaxWrappedKey)
    return Error(Errc::LimitExceeded, "a wrapped key of over 8 KiB");
  const bool pair = kind != ProviderKeyKind::Aes256;
  if (pair != (public_key != nullptr))
    return Error(Errc::InvalidArgument, pair ? "a private key comes with its public key"
                                             : "a symmetric key has no public one");
  namespace a = ck::attribute;
  auto unwrapped = impl_->with_session<void>([&](ck::Session session) -> Result<void> {
    const ck::Functions& f = impl_->f();
    AVILA_TRY_VOID(check_free(f, session, label));
    AVILA_TRY(const ck::Object by, find(f, session, ck::object_class::kSecretKey, wrapping_label));
    const ck::Ulong object_class =
        pair ? ck::object_class::kPrivateKey : ck::object_class::kSecretKey;
    const ck::Ulong type = !pair                       ? ck::key_type::kAes
                           : curve_of(kind) != nullptr ? ck::key_type::kEc
                                                       : ck::key_type::kRsa;
    Template key = key_template(label, options.extractable);
    key.add(a::kClass, object_class).add(a::kKeyType, type);
    if (pair)
      key.flag(a::kSign, true);
    else
      key.flag(a::kEncrypt, true).flag(a::kDecrypt, true);
    ck::Mechanism mechanism{ck::mechanism::kAesKeyWrapPad, nullptr, 0};
    ck::Object made = 0;
    const auto rv = f.unwrap_key(session, &mechanism, by, bytes_of(wrapped), length_of(wrapped),
                                 key.list.data(), key.count(), &made);
    // As for C_Decrypt: modules have several names for what was changed.
    if (rv == ck::rv::kGeneralError || rv == ck::rv::kFunctionFailed)
      return Error(Errc::Unauthenticated, "C_UnwrapKey: " + std::string(ck::rv_name(rv)));
    AVILA_TRY_VOID(said(rv, "C_UnwrapKey"));
    if (!pair) return {};
    auto stored = create_public(f, session, label, kind, *public_key);
    if (!stored.has_value()) (void)f.destroy_object(session, made);
    return stored;
  });
  if (!pair || !unwrapped.has_value()) return unwrapped;
  // A signature proves that the halves belong together.
  const auto algorithm = crypto::default_algorithm(public_key->type());
  const ByteSpan message = label_of("the halves of a key that was unwrapped");
  auto signature = sign(label, algorithm, message);
  auto proved = signature.has_value() ? public_key->verify(algorithm, message, *signature)
                                      : Result<void>(std::move(signature).error());
  if (proved.has_value()) return {};
  (void)destroy(label);
  if (proved.error().is(Errc::Unauthenticated))
    return Error(Errc::InvalidArgument, "the public key is not that of the unwrapped one");
  return proved;
}

Result<void> Pkcs11Provider::destroy(std::string_view label) {
  return impl_->with_session<void>([&](ck::Session session) -> Result<void> {
    bool any = false;
    for (const ck::Ulong object_class :
         {ck::object_class::kSecretKey, ck::object_class::kPrivateKey,
          ck::object_class::kPublicKey}) {
      const auto object = find(impl_->f(), session, object_class, label);
      if (!object.has_value() && object.error().is(Errc::NotFound)) continue;
      if (!object.has_value()) return object.error().clone();
      AVILA_TRY_VOID(said(impl_->f().destroy_object(session, *object), "C_DestroyObject"));
      any = true;
    }
    if (!any) return Error(Errc::NotFound, "the token has no such key: " + std::string(label));
    return {};
  });
}

Result<std::vector<std::byte>> Pkcs11Provider::wrap(std::string_view label, ByteSpan secret,
                                                    ByteSpan aad) {
  if (secret.size() > kMaxWrapped)
    return Error(Errc::LimitExceeded, "a provider wraps at most 4096 bytes");
  return impl_->with_session<std::vector<std::byte>>(
      [&](ck::Session session) -> Result<std::vector<std::byte>> {
        const ck::Functions& f = impl_->f();
        AVILA_TRY(const ck::Object key, find(f, session, ck::object_class::kSecretKey, label));
        std::vector<std::byte> out(1 + kIv + secret.size() + kTag);
        out[0] = kWrapVersion;
        const ByteSpan iv = ByteSpan(out).subspan(1, kIv);
        AVILA_TRY_VOID(said(f.generate_random(session, bytes_of(iv), kIv), "C_GenerateRandom"));
        GcmCall gcm(iv, aad);
        AVILA_TRY_VOID(said(f.encrypt_init(session, &gcm.mechanism, key), "C_EncryptInit"));
        ck::Ulong length = static_cast<ck::Ulong>(secret.size() + kTag);
        AVILA_TRY_VOID(said(f.encrypt(session, bytes_of(secret), length_of(secret),
                                      bytes_of(ByteSpan(out).subspan(1 + kIv)), &length),
                            "C_Encrypt"));
        if (length != secret.size() + kTag)
          return Error(Errc::Corrupted, "the module gave a ciphertext of another length");
        return out;
      });
}

Result<SecretBytes> Pkcs11Provider::unwrap(std::string_view label, ByteSpan wrapped, ByteSpan aad) {
  if (wrapped.size() < 1 + kIv + kTag || wrapped.size() > 1 + kIv + kMaxWrapped + kTag ||
      wrapped[0] != kWrapVersion)
    return Error(Errc::Malformed, "not what this provider wrapped");
  return impl_->with_session<SecretBytes>([&](ck::Session session) -> Result<SecretBytes> {
    const ck::Functions& f = impl_->f();
    AVILA_TRY(const ck::Object key, find(f, session, ck::object_class::kSecretKey, label));
    GcmCall gcm(wrapped.subspan(1, kIv), aad);
    AVILA_TRY_VOID(said(f.decrypt_init(session, &gcm.mechanism, key), "C_DecryptInit"));
    const ByteSpan sealed = wrapped.subspan(1 + kIv);
    SecretBytes out(sealed.size());  // some modules want room for the tag
    ck::Ulong length = length_of(sealed);
    const auto rv =
        f.decrypt(session, bytes_of(sealed), length_of(sealed), bytes_of(out.span()), &length);
    // Modules have several names for a tag that does not fit; everything else was right before.
    if (rv == ck::rv::kGeneralError || rv == ck::rv::kFunctionFailed)
      return Error(Errc::Unauthenticated, "C_Decrypt: " + std::string(ck::rv_name(rv)));
    AVILA_TRY_VOID(said(rv, "C_Decrypt"));
    if (length != sealed.size() - kTag)
      return Error(Errc::Corrupted, "the module gave a plaintext of another length");
    return SecretBytes::copy_of(std::as_const(out).span().first(length));
  });
}

Result<std::vector<std::byte>> Pkcs11Provider::sign(std::string_view label,
                                                    SignatureAlgorithm algorithm,
                                                    ByteSpan message) {
  const auto scheme = scheme_of(algorithm);
  if (!scheme.has_value())
    return Error(Errc::InvalidArgument, "the module's keys do not sign by this algorithm");
  return impl_->with_session<std::vector<std::byte>>(
      [&](ck::Session session) -> Result<std::vector<std::byte>> {
        const ck::Functions& f = impl_->f();
        AVILA_TRY(const ck::Object key, find(f, session, ck::object_class::kPrivateKey, label));
        AVILA_TRY(const auto type, attribute(f, session, key, ck::attribute::kKeyType));
        ck::Ulong kind = 0;
        if (type.size() == sizeof kind) std::memcpy(&kind, type.data(), sizeof kind);
        if (kind != (scheme->rsa ? ck::key_type::kRsa : ck::key_type::kEc))
          return Error(Errc::InvalidArgument, "the algorithm does not fit the key");
        const auto digest = crypto::digest(scheme->digest, message);
        std::vector<std::byte> input(
            digest.bytes.begin(), digest.bytes.begin() + static_cast<std::ptrdiff_t>(digest.size));
        ck::PssParameters pss{scheme->hash, scheme->mgf, static_cast<ck::Ulong>(digest.size)};
        ck::Mechanism mechanism{ck::mechanism::kEcdsa, nullptr, 0};
        if (scheme->pss) {
          mechanism = {ck::mechanism::kRsaPss, &pss, sizeof pss};
        } else if (scheme->rsa) {
          mechanism.mechanism = ck::mechanism::kRsaPkcs;
          input = digest_info(*scheme, digest);
        } else {
          AVILA_TRY(const auto curve, attribute(f, session, key, ck::attribute::kEcParameters));
          const Curve* const known = curve_of(curve);
          if (known == nullptr)
            return Error(Errc::Unsupported, "the token's key is on another curve");
          input.resize(std::min(input.size(), known->digest_bytes));
        }
        AVILA_TRY_VOID(said(f.sign_init(session, &mechanism, key), "C_SignInit"));
        std::vector<std::byte> out(2048);
        ck::Ulong length = static_cast<ck::Ulong>(out.size());
        AVILA_TRY_VOID(said(
            f.sign(session, bytes_of(input), length_of(input), bytes_of(out), &length), "C_Sign"));
        out.resize(length);
        if (scheme->rsa) return out;
        return ecdsa_der(out);
      });
}

Result<crypto::PublicKey> Pkcs11Provider::public_key(std::string_view label) {
  return impl_->with_session<crypto::PublicKey>(
      [&](ck::Session session) -> Result<crypto::PublicKey> {
        const ck::Functions& f = impl_->f();
        namespace a = ck::attribute;
        AVILA_TRY(const ck::Object key, find(f, session, ck::object_class::kPublicKey, label));
        AVILA_TRY(const auto type, attribute(f, session, key, a::kKeyType));
        ck::Ulong kind = 0;
        if (type.size() == sizeof kind) std::memcpy(&kind, type.data(), sizeof kind);
        if (kind == ck::key_type::kEc) {
          AVILA_TRY(const auto curve, attribute(f, session, key, a::kEcParameters));
          AVILA_TRY(const auto point, attribute(f, session, key, a::kEcPoint));
          return ec_key(curve, point);
        }
        if (kind != ck::key_type::kRsa)
          return Error(Errc::Unsupported, "the token's key is neither RSA nor EC");
        AVILA_TRY(const auto modulus, attribute(f, session, key, a::kModulus));
        AVILA_TRY(const auto exponent, attribute(f, session, key, a::kPublicExponent));
        AVILA_TRY(auto rsa, crypto::RsaPublicKey::create(modulus, exponent));
        return crypto::PublicKey(std::move(rsa));
      });
}

Result<void> Pkcs11Provider::random(MutableByteSpan into) {
  return impl_->with_session<void>([&](ck::Session session) {
    return said(impl_->f().generate_random(session, bytes_of(into), length_of(into)),
                "C_GenerateRandom");
  });
}

}  // namespace avila::keystore

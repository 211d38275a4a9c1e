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
constexpr std::string_view kP256Oid = "1.2.840.10045.3.1.7", kP384Oid = "1.3.132.0.34";

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
  if (raw.size() == 64) {
    AVILA_TRY(const auto signature, crypto::EcdsaSignature<field::CurveP256>::decode(raw));
    return signature.to_der();
  }
  AVILA_TRY(const auto signature, crypto::EcdsaSignature<field::CurveP384>::decode(raw));
  return signature.to_der();
}

Result<crypto::PublicKey> ec_key(ByteSpan parameters, ByteSpan der_point) {
  asn1::Reader reader(der_point);
  AVILA_TRY(const ByteSpan point, reader.octet_string());
  if (as_text(parameters) == as_text(curve_oid(kP256Oid))) {
    AVILA_TRY(auto key, crypto::P256PublicKey::decode(point));
    return crypto::PublicKey(std::move(key));
  }
  if (as_text(parameters) == as_text(curve_oid(kP384Oid))) {
    AVILA_TRY(auto key, crypto::P384PublicKey::decode(point));
    return crypto::PublicKey(std::move(key));
  }
  return Error(Errc::Unsupported, "the token's key is on another curve than P-256 and P-384");
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

Result<void> Pkcs11Provider::generate(std::string_view label, ProviderKeyKind kind) {
  if (label.empty() || label.size() > kMaxLabel)
    return Error(Errc::InvalidArgument, "a label has 1 to 256 bytes");
  namespace a = ck::attribute;
  const bool ec = kind == ProviderKeyKind::P256 || kind == ProviderKeyKind::P384;
  return impl_->with_session<void>([&](ck::Session session) -> Result<void> {
    const ck::Functions& f = impl_->f();
    for (const ck::Ulong object_class :
         {ck::object_class::kSecretKey, ck::object_class::kPrivateKey}) {
      const auto there = find(f, session, object_class, label);
      if (there.has_value() || there.error().is(Errc::Conflict))
        return Error(Errc::AlreadyExists, "the token has a key of that label");
      if (!there.error().is(Errc::NotFound)) return there.error().clone();
    }
    const ByteSpan named = label_of(label);
    ck::Object made = 0, made_open = 0;
    if (kind == ProviderKeyKind::Aes256) {
      const ck::Ulong length = 32;
      ck::Mechanism mechanism{ck::mechanism::kAesKeyGen, nullptr, 0};
      Template key;
      key.add(a::kLabel, named).add(a::kId, named).add(a::kValueLength, length);
      key.flag(a::kToken, true).flag(a::kPrivate, true).flag(a::kSensitive, true);
      key.flag(a::kExtractable, false).flag(a::kEncrypt, true).flag(a::kDecrypt, true);
      return said(f.generate_key(session, &mechanism, key.list.data(), key.count(), &made),
                  "C_GenerateKey");
    }
    const ck::Ulong bits = kind == ProviderKeyKind::Rsa2048   ? 2048
                           : kind == ProviderKeyKind::Rsa3072 ? 3072
                                                              : 4096;
    const std::byte exponent[] = {std::byte{1}, std::byte{0}, std::byte{1}};
    const auto curve = curve_oid(kind == ProviderKeyKind::P256 ? kP256Oid : kP384Oid);
    ck::Mechanism mechanism{ec ? ck::mechanism::kEcKeyPairGen : ck::mechanism::kRsaKeyPairGen,
                            nullptr, 0};
    Template open, secret;
    open.add(a::kLabel, named).add(a::kId, named).flag(a::kToken, true).flag(a::kVerify, true);
    if (ec)
      open.add(a::kEcParameters, curve);
    else
      open.add(a::kModulusBits, bits).add(a::kPublicExponent, exponent);
    secret.add(a::kLabel, named).add(a::kId, named).flag(a::kToken, true).flag(a::kSign, true);
    secret.flag(a::kPrivate, true).flag(a::kSensitive, true).flag(a::kExtractable, false);
    return said(f.generate_key_pair(session, &mechanism, open.list.data(), open.count(),
                                    secret.list.data(), secret.count(), &made_open, &made),
                "C_GenerateKeyPair");
  });
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
          // FIPS 186-5 section 6.4.1: the leftmost bits, as many as the order has.
          AVILA_TRY(const auto curve, attribute(f, session, key, ck::attribute::kEcParameters));
          const std::size_t order = as_text(curve) == as_text(curve_oid(kP256Oid)) ? 32 : 48;
          input.resize(std::min(input.size(), order));
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

#include "jwe.hpp"

#include <array>
#include <avila/jwt/detail/steps.hpp>
#include <avila/jwt/error.hpp>
#include <avila/os/entropy.hpp>
#include <avila/text/encoding.hpp>

#include "header.hpp"

namespace avila::jwt {
namespace detail {
namespace {

struct Decoded {
  std::string encrypted_key, iv, ciphertext, tag;
};

Result<Decoded> decode_parts(const JweParts& parts) {
  Decoded out;
  AVILA_TRY(out.encrypted_key, decode(parts.encrypted_key, "encrypted key"));
  AVILA_TRY(out.iv, decode(parts.iv, "iv"));
  AVILA_TRY(out.ciphertext, decode(parts.ciphertext, "ciphertext"));
  AVILA_TRY(out.tag, decode(parts.tag, "tag"));
  return out;
}

}  // namespace

Result<Jwe> decrypt(const JweParts& parts, std::span<const DecryptionKey> keys,
                    const JweAllowed& allowed, os::Entropy& entropy, const DecryptOptions& options,
                    std::uint64_t& pbes2_left) {
  const json::Value& members = parts.header.members;
  AVILA_TRY(const std::string_view algorithm_name, string_member(members, "alg"));
  AVILA_TRY(const std::string_view content_name, string_member(members, "enc"));
  AVILA_TRY(const std::string_view key_id, string_member(members, "kid"));
  if (algorithm_name.empty() || content_name.empty())
    return Error(Errc::Malformed, "header without \"alg\" or \"enc\"");
  const auto algorithm = find_key_management(algorithm_name);
  const auto content = find_content_encryption(content_name);
  if (!algorithm || !content || !allowed.algorithms.contains(*algorithm) ||
      !allowed.contents.contains(*content))
    return Error(TokenError::NotAllowed, "an algorithm of the token is not allowed");
  AVILA_TRY_VOID(check_critical(parts.protected_members, parts.header, options.understood, false));
  if (members.find("zip") != nullptr)
    return Error(Errc::Unsupported, "compressed content is not taken");
  AVILA_TRY(const Decoded decoded, decode_parts(parts));

  std::size_t tries = 0;
  for (const DecryptionKey& key : keys) {
    if (!key.fits(*algorithm, *content)) continue;
    if (!key_id.empty() && !key.key_id().empty() && key.key_id() != key_id) continue;
    if (++tries > kKeyTriesMax)
      return Error(Errc::LimitExceeded, "more keys fit the token than kKeyTriesMax");
    auto cek = unwrap_key(*algorithm, *content, key, members, as_bytes(decoded.encrypted_key),
                          entropy, pbes2_left);
    if (!cek.has_value()) {
      const Errc code = cek.error().code();
      if (code == Errc::Unauthenticated) continue;
      return std::move(cek).error();  // of what the header holds: known to its writer anyway
    }
    auto text = open_content(*content, cek->span(), as_bytes(decoded.iv), as_bytes(parts.aad),
                             as_bytes(decoded.ciphertext), as_bytes(decoded.tag));
    if (text.has_value()) return Jwe{parts.header, std::move(*text), *algorithm, *content};
  }
  if (tries == 0) return Error(TokenError::NoKey, "no key is for this token");
  return Error(TokenError::Invalid, "the token does not open");
}

Result<SecretBytes> draw_cek(KeyManagement algorithm, ContentEncryption content,
                             os::Entropy& entropy) {
  if (algorithm == KeyManagement::Dir || algorithm == KeyManagement::EcdhEs) return SecretBytes();
  SecretBytes cek(cek_bytes(content));
  AVILA_TRY_VOID(entropy.fill(cek.span()));
  return cek;
}

Result<void> add_members(json::Value& header, const json::Object& more) {
  constexpr std::array<std::string_view, 12> kOurs = {"alg", "enc", "kid", "zip", "crit", "epk",
                                                      "apu", "apv", "iv",  "tag", "p2s",  "p2c"};
  for (const json::Member& member : more) {
    for (const std::string_view name : kOurs)
      if (member.key == name)
        return Error(Errc::InvalidArgument, "\"" + member.key + "\" is set by the library");
    header.set(member.key, member.value);
  }
  return {};
}

Result<SealedText> seal(ContentEncryption content, const SecretBytes& cek, std::string_view aad,
                        ByteSpan plaintext, os::Entropy& entropy) {
  std::array<std::byte, 16> iv_room;
  const MutableByteSpan iv = std::span(iv_room).first(iv_bytes(content));
  AVILA_TRY_VOID(entropy.fill(iv));
  AVILA_TRY(const Sealed sealed, seal_content(content, cek.span(), iv, as_bytes(aad), plaintext));
  return SealedText{text::base64url_encode(iv), text::base64url_encode(sealed.ciphertext),
                    text::base64url_encode(sealed.tag)};
}

}  // namespace detail

Result<std::string> encrypt_compact(ByteSpan plaintext, const EncryptionKey& recipient,
                                    ContentEncryption content, os::Entropy& entropy,
                                    const EncryptOptions& options) {
  AVILA_TRY(SecretBytes cek, detail::draw_cek(recipient.algorithm(), content, entropy));
  AVILA_TRY(const auto wrapped, detail::wrap_key(recipient, content, cek, entropy, options));
  json::Value header = json::Value::make_object();
  header.set("alg", name(recipient.algorithm()));
  if (!recipient.key_id().empty()) header.set("kid", recipient.key_id());
  for (const json::Member& member : wrapped.parameters) header.set(member.key, member.value);
  AVILA_TRY_VOID(detail::add_members(header, options.header));
  header.set("enc", name(content));
  const std::string protected_text = text::base64url_encode(json::to_string(header));
  AVILA_TRY(const auto sealed, detail::seal(content, cek, protected_text, plaintext, entropy));
  std::string token = protected_text + '.' + text::base64url_encode(wrapped.encrypted_key) + '.' +
                      sealed.iv + '.' + sealed.ciphertext + '.' + sealed.tag;
  if (token.size() > kTokenSizeMax) return Error(Errc::LimitExceeded, "token above kTokenSizeMax");
  return token;
}

Result<Jwe> decrypt_compact(std::string_view token, std::span<const DecryptionKey> keys,
                            const JweAllowed& allowed, os::Entropy& entropy,
                            const DecryptOptions& options) {
  AVILA_TRY(const auto parts, detail::split_compact(token, 5));
  AVILA_TRY(Header header, detail::decode_header(parts[0]));
  json::Value members = header.members;
  const detail::JweParts jwe{std::move(header), std::move(members), parts[1], std::string(parts[0]),
                             parts[2],          parts[3],           parts[4]};
  std::uint64_t pbes2_left = options.pbes2_count_max;
  return detail::decrypt(jwe, keys, allowed, entropy, options, pbes2_left);
}

}  // namespace avila::jwt

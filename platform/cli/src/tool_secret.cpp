#include "tool_secret.hpp"

#include <avila/os/file_system.hpp>
#include <avila/text/encoding.hpp>
#include <cerrno>
#include <cstdio>
#include <memory>

namespace avila::cli {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin) (void)std::fclose(file);
  }
};

bool begins_with_brace(std::string_view text) {
  const std::size_t at = text.find_first_not_of(" \t\r\n");
  return at != std::string_view::npos && text[at] == '{';
}

Result<crypto::Jwk> wrapped(Result<crypto::PrivateKey> key) {
  if (!key.has_value()) return std::move(key).error();
  return crypto::Jwk{std::move(*key), {}};
}
Result<crypto::Jwk> wrapped(Result<crypto::PublicKey> key) {
  if (!key.has_value()) return std::move(key).error();
  return crypto::Jwk{std::move(*key), {}};
}

Result<crypto::Jwk> read_pem(std::string_view text, ByteSpan password) {
  auto key = wrapped(crypto::PrivateKey::from_pem(text, password));
  if (key.has_value() || !key.error().is(Errc::NotFound)) return key;
  return wrapped(crypto::PublicKey::from_pem(text));
}

// The forms differ in what they begin with, so that only one of them can be read.
Result<crypto::Jwk> read_der(ByteSpan der, ByteSpan password) {
  auto key = wrapped(crypto::PrivateKey::from_pkcs8(der));
  if (key.has_value()) return key;
  if (auto pub = wrapped(crypto::PublicKey::from_spki(der)); pub.has_value()) return pub;
  if (auto rsa = wrapped(crypto::PrivateKey::from_pkcs1(der)); rsa.has_value()) return rsa;
  if (auto ec = wrapped(crypto::PrivateKey::from_sec1(der)); ec.has_value()) return ec;
  if (!password.empty()) return wrapped(crypto::PrivateKey::from_encrypted_pkcs8(der, password));
  return key;
}

}  // namespace

Result<SecretBytes> read_secret(const std::string& path, std::size_t max) {
  const bool standard = path.empty() || path == "-";
  const std::string name = standard ? "standard input" : path;
  const std::unique_ptr<std::FILE, CloseFile> file(standard ? stdin
                                                            : std::fopen(path.c_str(), "rb"));
  if (file == nullptr) return Error::from_errno(errno, path);
  (void)std::setvbuf(file.get(), nullptr, _IONBF, 0);  // else it would stay in a buffer of stdio
  SecretBytes room(max + 1);
  std::size_t size = 0;
  while (size < room.size()) {
    const std::size_t got =
        std::fread(room.span().data() + size, 1, room.size() - size, file.get());
    if (std::ferror(file.get()) != 0) return Error::from_errno(errno, name);
    if (got == 0) break;
    size += got;
  }
  if (size > max) return Error(Errc::LimitExceeded, name + " is too long for a key or a password");
  return SecretBytes::copy_of(room.span().first(size));
}

Result<SecretBytes> read_password(const std::string& path) {
  AVILA_TRY(SecretBytes read, read_secret(path, kPasswordMax));
  std::string_view text = as_text(read.span());
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return SecretBytes::copy_of(as_bytes(text));
}

Result<SecretBytes> hex_option(const Arguments& arguments, std::string_view option) {
  const std::string given = arguments.get(option);
  SecretBytes held;
  std::string_view digits = given;
  if (given.starts_with('@')) {
    AVILA_TRY(held, read_password(given.substr(1)));
    digits = as_text(held.span());
  }
  auto bytes = text::hex_decode(digits);
  if (!bytes.has_value())
    return Error(Errc::InvalidArgument, std::string(option) + " takes hexadecimal digits");
  SecretBytes out = SecretBytes::copy_of(as_bytes(*bytes));
  wipe_memory(bytes->data(), bytes->size());
  return out;
}

Result<void> write_result(const Arguments& arguments, ByteSpan bytes, bool secret) {
  if (!arguments.has("--out") || arguments.get("--out") == "-") return print(as_text(bytes));
  return os::real_file_system().write_atomically(arguments.get("--out"), bytes,
                                                 secret ? 0600 : 0644);
}

Result<crypto::Jwk> read_key(const std::string& path, const Arguments& arguments) {
  AVILA_TRY(const SecretBytes content, read_secret(path, kKeyFileMax));
  return parse_key(content, path, arguments);
}

Result<crypto::Jwk> parse_key(const SecretBytes& content, const std::string& path,
                              const Arguments& arguments) {
  const std::string name = path.empty() || path == "-" ? "standard input" : path;
  SecretBytes password;
  if (arguments.has("--password-file")) {
    AVILA_TRY(password, read_password(arguments.get("--password-file")));
  }
  const std::string_view text = as_text(content.span());
  if (begins_with_brace(text)) return crypto::Jwk::parse(text).context(name);
  if (text.find("-----BEGIN ") != std::string_view::npos)
    return read_pem(text, password.span()).context(name);
  return read_der(content.span(), password.span()).context(name);
}

Result<crypto::PublicKey> public_half(const crypto::Jwk& key) {
  if (const auto* own = std::get_if<crypto::PrivateKey>(&key.key)) return own->public_key();
  if (const auto* pub = std::get_if<crypto::PublicKey>(&key.key)) return crypto::PublicKey(*pub);
  return Error(Errc::InvalidArgument, "a symmetric key has no public half");
}

Result<const crypto::PrivateKey*> private_half(const crypto::Jwk& key) {
  const auto* own = std::get_if<crypto::PrivateKey>(&key.key);
  if (own == nullptr) return Error(Errc::InvalidArgument, "this is no private key");
  return own;
}

}  // namespace avila::cli

#include "certificate_files.hpp"

#include <algorithm>
#include <avila/os/entropy.hpp>
#include <avila/os/file_system.hpp>
#include <avila/text/number.hpp>

namespace avila::cli {

Result<crypto::PrivateKey> KeyChoice::generate() const {
  return crypto::PrivateKey::generate(type, os::system_entropy(), {.rsa_bits = rsa_bits});
}

Result<KeyChoice> key_choice(const std::string& kind) {
  using enum crypto::KeyType;
  if (kind.starts_with("rsa:")) {
    AVILA_TRY(const std::uint64_t bits, text::parse_uint(kind.substr(4)));
    return KeyChoice{Rsa, bits};
  }
  for (const crypto::KeyType type : {P256, P384, P521, Ed25519, MlDsa44, MlDsa65, MlDsa87})
    if (kind == crypto::name(type)) return KeyChoice{.type = type};
  return Error(Errc::InvalidArgument, "no kind of key: '" + kind + '\'').with_hint(kKeyKinds);
}

std::vector<std::string> split_list(std::string_view list) {
  std::vector<std::string> words;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    words.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return words;
}

Result<void> write_file(const std::string& path, ByteSpan bytes, std::uint32_t mode) {
  return os::real_file_system().write_atomically(path, bytes, mode).context(path);
}

}  // namespace avila::cli

// Any text is taken for a log: lines are refused, or are counted.
#include <avila/keystore/audit.hpp>
#include <avila/keystore/keystore.hpp>
#include <cstdlib>

#include "../layer1_crypto/keystore/src/audit_chain.hpp"

using namespace avila;
using namespace avila::keystore;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto key =
      crypto::Ed25519PrivateKey::from_seed(std::array<std::byte, 32>{}).public_key();
  AuditVerifier verifier(key);
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::uint64_t entries = 0;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    const auto parsed = parse_audit_line(line);
    if (parsed.has_value() && !line.starts_with(parsed->hashed)) std::abort();
    if (verifier.line(line).has_value() && verifier.report().entries != ++entries) std::abort();
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  return 0;
}

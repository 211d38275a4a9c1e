// A handshake whose messages the input changes before they are sealed: whoever connects, both sides
// have the same keys, and a protocol that was offered or none. (A side that lies about the protocol
// it chose believes another one than its peer.)
#include <avila/asn1/writer.hpp>
#include <avila/crypto/key.hpp>
#include <avila/error/assert.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/tls/engine.hpp>

#include "tls_pair.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tls_fuzz;
  if (size < 2) return 0;
  // mode, type of the message, then edits: how (0 set, 1 cut, 2 append), where (2 bytes), what.
  const std::uint8_t mode = data[0], type = data[1];
  const std::span edits(data + 2, size - 2);
  Pair pair(mode);
  const auto change = [&](std::vector<std::byte>& message) {
    if (message[0] != static_cast<std::byte>(type)) return;
    for (std::size_t i = 0; i + 4 <= edits.size(); i += 4) {
      const std::size_t at = std::size_t{edits[i + 1]} << 8 | edits[i + 2];
      const auto value = static_cast<std::byte>(edits[i + 3]);
      if (edits[i] % 3 == 0 && message.size() > 4) message[4 + at % (message.size() - 4)] = value;
      if (edits[i] % 3 == 1) message.resize(4 + at % (message.size() - 3));
      if (edits[i] % 3 == 2) message.push_back(value);
    }
    const std::size_t length = message.size() - 4;
    for (int i = 0; i < 3; ++i) message[3 - i] = static_cast<std::byte>(length >> 8 * i);
  };
  ((mode & 8) != 0 ? pair.client.rewrite_for_tests : pair.server.rewrite_for_tests) = change;
  avila::tls::Engine client = pair.make_client(), server = pair.make_server();
  for (int i = 0; i < 10; ++i) {
    const bool a = move_bytes(client, server), b = move_bytes(server, client);
    if (!a && !b) break;
  }
  if (!client.is_connected() || !server.is_connected()) return 0;
  std::array<std::byte, 16> ours{}, theirs{};
  AVILA_ASSERT(client.export_keying_material("fuzz", {}, ours).has_value());
  AVILA_ASSERT(server.export_keying_material("fuzz", {}, theirs).has_value());
  AVILA_ASSERT(ours == theirs);
  for (const avila::tls::Engine* side : {&client, &server}) {
    AVILA_ASSERT(side->info().alpn.empty() || side->info().alpn == "h2");
  }
  return 0;
}

// Whatever comes as records, at any stage of a connection, in one piece or many: the same verdict,
// and an alert for what is refused.
#include <avila/asn1/writer.hpp>
#include <avila/crypto/key.hpp>
#include <avila/error/assert.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/tls/engine.hpp>

#include "tls_pair.hpp"

namespace {

using namespace tls_fuzz;

bool feed(std::uint8_t mode, ByteSpan bytes, std::size_t piece) {
  Pair pair(mode);
  tls::Engine client = pair.make_client(), server = pair.make_server();
  for (int stage = (mode >> 4) & 3; stage > 0; --stage) {
    (void)move_bytes(client, server);
    (void)move_bytes(server, client);
  }
  tls::Engine& target = (mode & 8) != 0 ? client : server;
  target.sent(target.output().size());
  const bool was_failed = target.is_failed();
  while (!bytes.empty()) {
    const ByteSpan part = bytes.first(std::min(piece, bytes.size()));
    bytes = bytes.subspan(part.size());
    if (target.receive(part).has_value()) {
      while (!target.readable().empty() && target.consume(target.readable().size()).has_value()) {
      }
    }
  }
  const auto verdict = target.receive({});
  AVILA_ASSERT(verdict.has_value() == !target.is_failed());
  if (!verdict.has_value() && !was_failed)
    AVILA_ASSERT(tls::alert_from_peer(verdict.error()).has_value() || !target.output().empty());
  return verdict.has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 20'000) return 0;
  const ByteSpan bytes = std::as_bytes(std::span(data + 1, size - 1));
  AVILA_ASSERT(feed(data[0], bytes, bytes.size() + 1) == feed(data[0], bytes, 3));
  return 0;
}

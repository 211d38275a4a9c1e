// A server and a client against whatever a peer sends: the same in one piece or in many, the output
// in whole frames, and bounded by what came.
#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/http2/engine.hpp>
#include <cstddef>
#include <cstdint>

namespace {

using namespace avila;
using namespace avila::http2;

/// Answers each request with a body as soon as it is there, and gives credit for what comes.
class Peer final : public Engine::Events {
 public:
  explicit Peer(Engine::Role role) : engine(role, {.concurrent_streams = 8}, *this), role_(role) {}

  void headers(Engine::Stream& stream, HeaderList& list, bool) override {
    stream.head_received = true;
    stream.malformed = list.size() > 0 && list[0].name.empty();
  }
  void trailers(Engine::Stream&, HeaderList&) override {}
  void data(Engine::Stream& stream, ByteSpan bytes) override {
    received += bytes.size();
    engine.credit(&stream, bytes.size());
  }
  void end(Engine::Stream& stream) override {
    if (role_ == Engine::Role::Client) return;
    engine.begin_block();
    engine.field(":status", "200");
    engine.end_block(stream, false);
    engine.submit(stream, as_bytes(kBody), true);
  }
  void sent(Engine::Stream&) override {}
  void closed(Engine::Stream&, ErrorCode, bool) override { ++gone; }

  static constexpr std::string_view kBody = "0123456789012345678901234567890123456789";
  Engine engine;
  std::size_t received = 0, gone = 0;

 private:
  Engine::Role role_;
};

std::string run(Engine::Role role, ByteSpan bytes, std::size_t piece) {
  Peer peer(role);
  if (role == Engine::Role::Client) {
    Engine::Stream* stream = peer.engine.open();
    peer.engine.begin_block();
    peer.engine.field(":method", "GET");
    peer.engine.end_block(*stream, true);
  }
  const std::size_t before = peer.engine.output().size();
  bool ok = true;
  for (std::size_t at = 0; at < bytes.size() && ok; at += piece)
    ok = peer.engine.receive(bytes.subspan(at, std::min(piece, bytes.size() - at)), 1).has_value();
  peer.engine.fill(1 << 20);
  const std::string& out = peer.engine.output();
  AVILA_ASSERT(peer.received <= bytes.size());
  AVILA_ASSERT(peer.engine.stream_count() <= 9);
  AVILA_ASSERT(out.size() <= before + 1024 + 20 * bytes.size());
  std::string_view rest = out;
  if (role == Engine::Role::Client) rest.remove_prefix(kClientPreface.size());
  while (!rest.empty()) {
    AVILA_ASSERT(rest.size() >= kFrameHeaderBytes);
    const FrameHeader header = FrameHeader::decode(as_bytes(rest));
    AVILA_ASSERT(rest.size() >= kFrameHeaderBytes + header.length);
    rest.remove_prefix(kFrameHeaderBytes + header.length);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteSpan bytes = std::as_bytes(std::span(data, size)).subspan(1);
  const auto role = (data[0] & 1) != 0 ? Engine::Role::Client : Engine::Role::Server;
  const std::string whole = run(role, bytes, bytes.size() + 1);
  AVILA_ASSERT(run(role, bytes, 1 + data[0] % 50) == whole);
  return 0;
}

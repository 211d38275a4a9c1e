// Fragments of liars and of honest peers, mixed: memory stays below its limit, what completes has
// its checksum, and what an honest peer cut comes out as it went in.
#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/hash/crc32c.hpp>
#include <avila/udp/reassembly.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace {

using namespace avila;
using udp::Fragment;

constexpr udp::ReassemblyLimits kLimits{.message_bytes_max = 20'000,
                                        .messages_max = 8,
                                        .messages_per_peer_max = 3,
                                        .memory_bytes_max = 30'000,
                                        .fragments_max = 16};

class Input {
 public:
  explicit Input(ByteSpan bytes) noexcept : rest_(bytes) {}
  bool empty() const noexcept { return rest_.empty(); }
  std::size_t number(int bytes) noexcept {
    std::size_t value = 0;
    for (; bytes > 0 && !rest_.empty(); --bytes, rest_ = rest_.subspan(1))
      value = value << 8 | std::to_integer<std::size_t>(rest_.front());
    return value;
  }
  ByteSpan take(std::size_t size) noexcept {
    const ByteSpan taken = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

 private:
  ByteSpan rest_;
};

class Checked {
 public:
  using Added = Result<std::optional<std::vector<std::byte>>>;
  Added add(std::size_t peer, ByteSpan datagram, Instant now) {
    const tcp::SocketAddress from(tcp::IpAddress::v4(10, 0, 0, static_cast<std::uint8_t>(peer % 4)),
                                  9);
    Added added = reassembler_.add(from, datagram, now);
    AVILA_ASSERT(reassembler_.memory_bytes() <= kLimits.memory_bytes_max);
    AVILA_ASSERT(reassembler_.pending() <= kLimits.messages_max);
    AVILA_ASSERT((reassembler_.pending() == 0) == (reassembler_.memory_bytes() == 0));
    if (added.has_value() && added->has_value()) {
      const auto fragment = Fragment::parse(datagram);
      AVILA_ASSERT(fragment.has_value());
      AVILA_ASSERT(hash::crc32c(**added) == fragment->crc);
      AVILA_ASSERT((*added)->size() == fragment->message_bytes);
    }
    return added;
  }
  void end() {
    reassembler_.expire(Instant::max());
    AVILA_ASSERT(reassembler_.pending() == 0 && reassembler_.memory_bytes() == 0);
  }

 private:
  udp::Reassembler reassembler_{kLimits};
};

void lie(Input& input, Checked& checked, Instant now) {
  Fragment fragment;
  const std::size_t peer = input.number(1);
  fragment.message = input.number(1) % 6;
  fragment.message_bytes = static_cast<std::uint32_t>(input.number(2));
  fragment.offset = static_cast<std::uint32_t>(input.number(2));
  const std::size_t size = input.number(2) % 2000;
  std::vector<std::byte> datagram(Fragment::kHeaderBytes + size,
                                  static_cast<std::byte>(input.number(1)));
  fragment.write_header(std::span(datagram).first<Fragment::kHeaderBytes>());
  (void)checked.add(peer, datagram, now);
}

/// Nobody else speaks meanwhile, so that nothing is evicted: all of it arrives, some of it twice.
void speak_honestly(Input& input, Checked& checked, Instant now, std::uint64_t number) {
  const std::size_t size = input.number(2) % 8000;
  std::vector<std::byte> message(size);
  std::size_t seed = input.number(1);
  for (std::byte& byte : message) byte = static_cast<std::byte>(seed = seed * 69'069 + 1);
  auto datagrams = *udp::cut_message(message, number, 600 + input.number(1));
  for (std::size_t i = datagrams.size(); i > 1; --i)
    std::swap(datagrams[i - 1], datagrams[input.number(1) % i]);
  for (std::size_t i = 0; i < datagrams.size(); ++i) {
    const bool twice = datagrams.size() > 1 && i + 1 < datagrams.size() && input.number(1) % 4 == 0;
    for (int copy = twice ? 0 : 1; copy < 2; ++copy) {
      const auto added = checked.add(3, datagrams[i], now);
      AVILA_ASSERT(added.has_value());
      AVILA_ASSERT(added->has_value() == (i + 1 == datagrams.size()));
      if (added->has_value()) AVILA_ASSERT(**added == message);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(std::as_bytes(std::span{data, size}));
  Checked checked;
  Instant now{0};
  std::uint64_t honest = 1'000;  // numbers that the liars do not use
  for (int step = 0; step < 200 && !input.empty(); ++step) {
    switch (input.number(1) % 4) {
      case 0: (void)checked.add(input.number(1), input.take(input.number(2) % 1500), now); break;
      case 1: now = now + milliseconds(static_cast<std::int64_t>(input.number(2))); break;
      case 2: speak_honestly(input, checked, now, honest++); break;
      default: lie(input, checked, now); break;
    }
  }
  checked.end();
  return 0;
}

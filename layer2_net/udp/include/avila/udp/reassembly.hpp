// Messages larger than a datagram: cutting them into fragments, and putting those together again.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/primitives/duration.hpp>
#include <avila/tcp/address.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace avila::udp {

/// The format of a fragment, numbers big-endian:
///   0  2  0xAF 0x47          8  8  the message's number, of its sender
///   2  1  version, 1        16  4  the message's size
///   3  1  0                 20  4  where this part begins in it
///   4  4  CRC-32C of the whole message; then the part itself, to the datagram's end
/// A message that fits is one fragment. Only the fragment that ends the message may carry less than
/// kPartBytesMin.
struct Fragment {
  static constexpr std::size_t kHeaderBytes = 24;
  static constexpr std::size_t kPartBytesMin = 256;

  std::uint64_t message = 0;
  std::uint32_t crc = 0;
  std::uint32_t message_bytes = 0;
  std::uint32_t offset = 0;
  ByteSpan part;  ///< within the datagram

  /// Errc::Malformed, with where and why.
  static Result<Fragment> parse(ByteSpan datagram);
  void write_header(std::span<std::byte, kHeaderBytes> out) const noexcept;
};

/// Datagrams of at most `datagram_bytes` (with the header) that make up the message, which is under
/// 4 GiB. Errc::InvalidArgument where the datagrams are too small for kPartBytesMin.
Result<std::vector<std::vector<std::byte>>> cut_message(ByteSpan message, std::uint64_t number,
                                                        std::size_t datagram_bytes);

struct ReassemblyLimits {
  std::size_t message_bytes_max = 1024 * 1024;      ///< larger messages are refused
  std::size_t messages_max = 1024;                  ///< incomplete at once; the oldest makes room
  std::size_t messages_per_peer_max = 32;           ///< its own oldest makes room
  std::size_t memory_bytes_max = 16 * 1024 * 1024;  ///< of incomplete ones, overhead included
  std::size_t fragments_max = 4096;                 ///< of one message
  Duration timeout = seconds(10);                   ///< from the first fragment on
};

struct ReassemblyMetrics {
  std::uint64_t completed = 0;
  std::uint64_t duplicates = 0;  ///< fragments that were there already
  std::uint64_t malformed = 0;   ///< datagrams that are no fragments
  std::uint64_t refused = 0;     ///< beyond a limit, or at odds with their message
  std::uint64_t overlaps = 0;    ///< messages given up for overlapping fragments
  std::uint64_t corrupted = 0;   ///< whole, but with another checksum
  std::uint64_t timed_out = 0;
  std::uint64_t evicted = 0;  ///< for the limits above
};

/// Puts messages together; whatever arrives, its memory stays below the limit. Fragments may come
/// in any order, and twice. Overlapping ones give the message up (as RFC 5722 has it for IPv6):
/// they are how filters are deceived. Not thread-safe.
class Reassembler {
 public:
  /// What a fragment and a message cost besides their bytes, for memory_bytes_max.
  static constexpr std::size_t kFragmentOverhead = 96;
  static constexpr std::size_t kMessageOverhead = 320;

  explicit Reassembler(ReassemblyLimits limits = {}) : limits_(limits) {}

  /// The message that this datagram completed, if it did. Errors concern this datagram alone:
  /// Malformed, LimitExceeded, Corrupted.
  Result<std::optional<std::vector<std::byte>>> add(const tcp::SocketAddress& peer,
                                                    ByteSpan datagram, Instant now);
  /// Gives up what is too old; add() does it too.
  void expire(Instant now) noexcept;

  std::size_t pending() const noexcept { return pending_.size(); }
  std::size_t memory_bytes() const noexcept { return memory_bytes_; }
  const ReassemblyMetrics& metrics() const noexcept { return metrics_; }

 private:
  struct Key {
    tcp::IpAddress ip;
    std::uint16_t port = 0;
    std::uint32_t scope = 0;
    std::uint64_t message = 0;
    bool operator<(const Key& other) const noexcept;
    bool same_peer(const Key& other) const noexcept;
  };
  struct Pending {
    std::map<std::uint32_t, std::vector<std::byte>> parts;  // by offset; they do not overlap
    std::uint64_t age = 0;                                  // its place in by_age_
    std::size_t received_bytes = 0;
    std::uint32_t message_bytes = 0;
    std::uint32_t crc = 0;
  };
  using Messages = std::map<Key, Pending>;

  void drop(Messages::iterator message) noexcept;
  void make_room(const Key& key, std::size_t wanted_bytes);
  Result<bool> store(Pending& pending, const Fragment& fragment);

  ReassemblyLimits limits_;
  ReassemblyMetrics metrics_;
  Messages pending_;
  struct Age {
    Key key;
    Instant since;
  };
  std::map<std::uint64_t, Age> by_age_;
  std::uint64_t next_age_ = 0;
  std::size_t memory_bytes_ = 0;
};

}  // namespace avila::udp

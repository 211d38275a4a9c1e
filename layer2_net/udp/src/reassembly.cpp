#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/hash/crc32c.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/udp/reassembly.hpp>
#include <iterator>
#include <tuple>

namespace avila::udp {
namespace {

constexpr std::uint16_t kMagic = 0xAF47;
constexpr std::byte kVersion{1};

Error malformed(const char* what, std::size_t offset) {
  return Error(Errc::Malformed, std::string("fragment: ") + what, {.offset = offset});
}

}  // namespace

Result<Fragment> Fragment::parse(ByteSpan datagram) {
  if (datagram.size() < kHeaderBytes) return malformed("shorter than its header", datagram.size());
  if (load_be<std::uint16_t>(datagram.data()) != kMagic) return malformed("another magic", 0);
  if (datagram[2] != kVersion) return malformed("another version than 1", 2);
  if (datagram[3] != std::byte{0}) return malformed("byte 3 is not 0", 3);
  Fragment fragment;
  fragment.crc = load_be<std::uint32_t>(datagram.data() + 4);
  fragment.message = load_be<std::uint64_t>(datagram.data() + 8);
  fragment.message_bytes = load_be<std::uint32_t>(datagram.data() + 16);
  fragment.offset = load_be<std::uint32_t>(datagram.data() + 20);
  fragment.part = datagram.subspan(kHeaderBytes);
  if (fragment.offset > fragment.message_bytes ||
      fragment.part.size() > fragment.message_bytes - fragment.offset)
    return malformed("reaches beyond the end of its message", 20);
  const bool last = fragment.offset + fragment.part.size() == fragment.message_bytes;
  if (!last && fragment.part.size() < kPartBytesMin)
    return malformed("a part of less than 256 bytes that is not the last", datagram.size());
  if (fragment.part.empty() && fragment.message_bytes != 0)
    return malformed("an empty part of a message that is not empty", datagram.size());
  return fragment;
}

void Fragment::write_header(std::span<std::byte, kHeaderBytes> out) const noexcept {
  store_be<std::uint16_t>(out.data(), kMagic);
  out[2] = kVersion;
  out[3] = std::byte{0};
  store_be<std::uint32_t>(out.data() + 4, crc);
  store_be<std::uint64_t>(out.data() + 8, message);
  store_be<std::uint32_t>(out.data() + 16, message_bytes);
  store_be<std::uint32_t>(out.data() + 20, offset);
}

Result<std::vector<std::vector<std::byte>>> cut_message(ByteSpan message, std::uint64_t number,
                                                        std::size_t datagram_bytes) {
  if (datagram_bytes < Fragment::kHeaderBytes + Fragment::kPartBytesMin)
    return Error(Errc::InvalidArgument, "a datagram of fragments has at least 280 bytes");
  if (message.size() > UINT32_MAX)
    return Error(Errc::InvalidArgument, "a message has less than 4 GiB");
  const std::size_t part_bytes = datagram_bytes - Fragment::kHeaderBytes;
  Fragment fragment;
  fragment.message = number;
  fragment.crc = hash::crc32c(message);
  fragment.message_bytes = static_cast<std::uint32_t>(message.size());
  std::vector<std::vector<std::byte>> datagrams;
  std::size_t at = 0;
  do {
    const std::size_t size = std::min(part_bytes, message.size() - at);
    std::vector<std::byte>& datagram = datagrams.emplace_back(Fragment::kHeaderBytes + size);
    fragment.offset = static_cast<std::uint32_t>(at);
    fragment.write_header(std::span(datagram).first<Fragment::kHeaderBytes>());
    std::copy_n(message.begin() + static_cast<std::ptrdiff_t>(at), size,
                datagram.begin() + Fragment::kHeaderBytes);
    at += size;
  } while (at < message.size());
  return datagrams;
}

bool Reassembler::Key::operator<(const Key& other) const noexcept {
  // The message last: those of one peer are neighbours.
  return std::tuple(ip.is_v6(), ip.bytes(), port, scope, message) <
         std::tuple(other.ip.is_v6(), other.ip.bytes(), other.port, other.scope, other.message);
}

bool Reassembler::Key::same_peer(const Key& other) const noexcept {
  return ip == other.ip && port == other.port && scope == other.scope;
}

void Reassembler::drop(Messages::iterator message) noexcept {
  const Pending& pending = message->second;
  const std::size_t freed =
      kMessageOverhead + pending.received_bytes + pending.parts.size() * kFragmentOverhead;
  AVILA_ASSERT(freed <= memory_bytes_);
  memory_bytes_ -= freed;
  by_age_.erase(pending.age);
  pending_.erase(message);
  AVILA_ASSERT(pending_.size() == by_age_.size());
}

void Reassembler::expire(Instant now) noexcept {
  while (!by_age_.empty() && now - by_age_.begin()->second.since >= limits_.timeout) {
    ++metrics_.timed_out;
    drop(pending_.find(by_age_.begin()->second.key));
  }
}

// The peer's own oldest goes first where it has too many: one peer cannot push the others out with
// the number of its messages.
void Reassembler::make_room(const Key& key, std::size_t wanted_bytes) {
  const auto is_new = pending_.find(key) == pending_.end();
  if (is_new) {
    Key first = key;
    first.message = 0;
    std::size_t count = 0;
    auto oldest = pending_.end();
    for (auto at = pending_.lower_bound(first); at != pending_.end() && at->first.same_peer(key);
         ++at, ++count)
      if (oldest == pending_.end() || at->second.age < oldest->second.age) oldest = at;
    if (count >= limits_.messages_per_peer_max && oldest != pending_.end()) {
      ++metrics_.evicted;
      drop(oldest);
    }
  }
  while (!pending_.empty() && ((is_new && pending_.size() >= limits_.messages_max) ||
                               memory_bytes_ + wanted_bytes > limits_.memory_bytes_max)) {
    ++metrics_.evicted;
    drop(pending_.find(by_age_.begin()->second.key));
  }
}

// True: stored. False: it was there. An error: it overlaps with what is there.
Result<bool> Reassembler::store(Pending& pending, const Fragment& fragment) {
  const std::uint64_t begin = fragment.offset;
  const std::uint64_t end = begin + fragment.part.size();
  const auto after = pending.parts.lower_bound(fragment.offset);
  if (after != pending.parts.end() && after->first == fragment.offset &&
      after->second.size() == fragment.part.size()) {
    if (std::equal(fragment.part.begin(), fragment.part.end(), after->second.begin())) return false;
    return Error(Errc::Corrupted, "fragment: other bytes at the same place", {.offset = begin});
  }
  const bool into_next = after != pending.parts.end() && after->first < end;
  const bool into_previous =
      after != pending.parts.begin() &&
      std::prev(after)->first + std::uint64_t{std::prev(after)->second.size()} > begin;
  if (into_next || into_previous)
    return Error(Errc::Corrupted, "fragment: overlaps with another", {.offset = begin});
  pending.parts.emplace(fragment.offset,
                        std::vector<std::byte>(fragment.part.begin(), fragment.part.end()));
  pending.received_bytes += fragment.part.size();
  memory_bytes_ += fragment.part.size() + kFragmentOverhead;
  return true;
}

Result<std::optional<std::vector<std::byte>>> Reassembler::add(const tcp::SocketAddress& peer,
                                                               ByteSpan datagram, Instant now) {
  expire(now);
  auto parsed = Fragment::parse(datagram);
  if (!parsed.has_value()) {
    ++metrics_.malformed;
    return std::move(parsed).error();
  }
  const Fragment& fragment = *parsed;
  if (fragment.message_bytes > limits_.message_bytes_max) {
    ++metrics_.refused;
    return Error(Errc::LimitExceeded, "a message of " + std::to_string(fragment.message_bytes) +
                                          " bytes is beyond the limit");
  }
  if (fragment.part.size() == fragment.message_bytes) {  // whole: nothing is kept
    if (hash::crc32c(fragment.part) != fragment.crc) {
      ++metrics_.corrupted;
      return Error(Errc::Corrupted, "message: another CRC-32C");
    }
    ++metrics_.completed;
    return std::optional(std::vector<std::byte>(fragment.part.begin(), fragment.part.end()));
  }
  const Key key{peer.ip(), peer.port(), peer.scope_id(), fragment.message};
  const std::size_t cost = fragment.part.size() + kFragmentOverhead + kMessageOverhead;
  if (cost > limits_.memory_bytes_max || limits_.messages_max == 0) {
    ++metrics_.refused;
    return Error(Errc::LimitExceeded, "fragment: larger than the memory for all messages");
  }
  auto found = pending_.find(key);
  if (found != pending_.end()) {
    const Pending& pending = found->second;
    if (pending.message_bytes != fragment.message_bytes || pending.crc != fragment.crc) {
      ++metrics_.refused;
      return Error(Errc::Corrupted, "fragment: at odds with the others of its message");
    }
    if (pending.parts.size() >= limits_.fragments_max) {
      ++metrics_.refused;
      drop(found);
      return Error(Errc::LimitExceeded, "a message of too many fragments");
    }
  }
  make_room(key, cost);
  found = pending_.find(key);  // it may have been the oldest itself
  if (found == pending_.end()) {
    found = pending_.try_emplace(key).first;
    found->second.age = next_age_++;
    found->second.message_bytes = fragment.message_bytes;
    found->second.crc = fragment.crc;
    by_age_.emplace(found->second.age, Age{key, now});
    memory_bytes_ += kMessageOverhead;
  }
  auto stored = store(found->second, fragment);
  AVILA_ASSERT(memory_bytes_ <= limits_.memory_bytes_max);
  if (!stored.has_value()) {
    ++metrics_.overlaps;
    drop(found);
    return std::move(stored).error();
  }
  if (!*stored) {
    ++metrics_.duplicates;
    return std::optional<std::vector<std::byte>>();
  }
  if (found->second.received_bytes < fragment.message_bytes)
    return std::optional<std::vector<std::byte>>();
  // As many bytes as the message has, none of them twice: it is whole.
  std::vector<std::byte> message;
  message.reserve(fragment.message_bytes);
  for (const auto& [offset, part] : found->second.parts) {
    AVILA_ASSERT(offset == message.size());
    message.insert(message.end(), part.begin(), part.end());
  }
  drop(found);
  if (hash::crc32c(message) != fragment.crc) {
    ++metrics_.corrupted;
    return Error(Errc::Corrupted, "message: another CRC-32C");
  }
  ++metrics_.completed;
  return std::optional(std::move(message));
}

}  // namespace avila::udp

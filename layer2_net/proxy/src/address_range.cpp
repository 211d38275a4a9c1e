#include <algorithm>
#include <avila/proxy/address_range.hpp>
#include <avila/text/number.hpp>

namespace avila::proxy {

Result<AddressRange> AddressRange::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  AVILA_TRY(tcp::IpAddress address, tcp::IpAddress::parse(text.substr(0, slash)));
  const unsigned most = address.is_v4() ? 32 : 128;
  if (slash == std::string_view::npos) {
    address = address.unmapped();
    return AddressRange(address, address.is_v4() ? 32 : 128);
  }
  AVILA_TRY(const std::uint64_t bits,
            text::parse_uint(text.substr(slash + 1)).context("prefix length"));
  if (bits > most)
    return Error(Errc::OutOfRange, "a prefix of " + std::string(text) + " is at most " +
                                       std::to_string(most) + " bits long");
  // contains() compares what is not mapped.
  if (bits >= 96 && address.is_v6() && address.unmapped().is_v4())
    return AddressRange(address.unmapped(), static_cast<unsigned>(bits) - 96);
  return AddressRange(address, static_cast<unsigned>(bits));
}

bool AddressRange::contains(const tcp::IpAddress& given) const noexcept {
  const tcp::IpAddress address = given.unmapped();
  if (address.is_v4() != address_.is_v4()) return false;
  for (unsigned i = 0, left = bits_; left > 0; ++i) {
    const unsigned take = std::min(left, 8U);
    const unsigned mask = (0xff00U >> take) & 0xffU;
    if (((address.bytes()[i] ^ address_.bytes()[i]) & mask) != 0) return false;
    left -= take;
  }
  return true;
}

Result<AddressSet> AddressSet::parse(const std::vector<std::string>& ranges) {
  AddressSet set;
  for (const std::string& text : ranges) {
    AVILA_TRY(const AddressRange range, AddressRange::parse(text).context(text));
    set.add(range);
  }
  return set;
}

bool AddressSet::contains(const tcp::IpAddress& address) const noexcept {
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [&](const AddressRange& range) { return range.contains(address); });
}

namespace {

struct Block {
  std::uint8_t bytes[4];
  unsigned bits;
};

// RFC 6890 and its registry.
constexpr Block kSpecialV4[] = {
    {{0, 0, 0, 0}, 8},      {{10, 0, 0, 0}, 8},     {{100, 64, 0, 0}, 10}, {{127, 0, 0, 0}, 8},
    {{169, 254, 0, 0}, 16}, {{172, 16, 0, 0}, 12},  {{192, 0, 0, 0}, 24},  {{192, 0, 2, 0}, 24},
    {{192, 88, 99, 0}, 24}, {{192, 168, 0, 0}, 16}, {{198, 18, 0, 0}, 15}, {{198, 51, 100, 0}, 24},
    {{203, 0, 113, 0}, 24}, {{224, 0, 0, 0}, 4},    {{240, 0, 0, 0}, 4}};

bool is_internal_v4(const std::uint8_t* bytes) noexcept {
  const tcp::IpAddress address = tcp::IpAddress::v4(bytes[0], bytes[1], bytes[2], bytes[3]);
  return std::any_of(std::begin(kSpecialV4), std::end(kSpecialV4), [&](const Block& block) {
    const auto& b = block.bytes;
    return AddressRange(tcp::IpAddress::v4(b[0], b[1], b[2], b[3]), block.bits).contains(address);
  });
}

}  // namespace

bool is_internal(const tcp::IpAddress& given) noexcept {
  const tcp::IpAddress address = given.unmapped();
  const auto& b = address.bytes();
  if (address.is_v4()) return is_internal_v4(b.data());
  if (b[0] == 0x00 && b[1] == 0x64 && b[2] == 0xff && b[3] == 0x9b) {  // NAT64, RFC 6052, RFC 8215
    const bool well_known =
        std::all_of(b.begin() + 4, b.begin() + 12, [](auto x) { return x == 0; });
    return !well_known || is_internal_v4(b.data() + 12);
  }
  if (b[0] == 0x20 && b[1] == 0x02) return is_internal_v4(b.data() + 2);  // 6to4, RFC 3056
  if (b[0] == 0x20 && b[1] == 0x01 && b[2] < 0x02) return true;           // 2001::/23 with Teredo
  if (b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0d && b[3] == 0xb8) return true;  // documentation
  if (b[0] == 0x3f && b[1] == 0xff && b[2] < 0x10) return true;                   // RFC 9637
  return (b[0] & 0xe0) != 0x20;  // RFC 4291 §2.4: global unicast is 2000::/3
}

std::optional<tcp::IpAddress> address_of_peer(std::string_view peer) {
  if (peer.starts_with('[')) {
    peer = peer.substr(1, peer.find(']') - 1);
  } else if (std::count(peer.begin(), peer.end(), ':') == 1) {
    peer = peer.substr(0, peer.find(':'));
  }
  auto address = tcp::IpAddress::parse(peer.substr(0, peer.find('%')));
  if (!address.has_value()) return std::nullopt;
  return *address;
}

}  // namespace avila::proxy

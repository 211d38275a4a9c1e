// The static table of RFC 7541 appendix A, and where a name begins in it.
#pragma once
#include <avila/http2/header_list.hpp>
#include <cstdint>

namespace avila::http2::detail {

inline constexpr std::size_t kStaticCount = 61;

/// Index 1 of the RFC is [0]. Fields of one name stand together.
inline constexpr HeaderField kStaticTable[kStaticCount] = {
    {":authority", ""},
    {":method", "GET"},
    {":method", "POST"},
    {":path", "/"},
    {":path", "/index.html"},
    {":scheme", "http"},
    {":scheme", "https"},
    {":status", "200"},
    {":status", "204"},
    {":status", "206"},
    {":status", "304"},
    {":status", "400"},
    {":status", "404"},
    {":status", "500"},
    {"accept-charset", ""},
    {"accept-encoding", "gzip, deflate"},
    {"accept-language", ""},
    {"accept-ranges", ""},
    {"accept", ""},
    {"access-control-allow-origin", ""},
    {"age", ""},
    {"allow", ""},
    {"authorization", ""},
    {"cache-control", ""},
    {"content-disposition", ""},
    {"content-encoding", ""},
    {"content-language", ""},
    {"content-length", ""},
    {"content-location", ""},
    {"content-range", ""},
    {"content-type", ""},
    {"cookie", ""},
    {"date", ""},
    {"etag", ""},
    {"expect", ""},
    {"expires", ""},
    {"from", ""},
    {"host", ""},
    {"if-match", ""},
    {"if-modified-since", ""},
    {"if-none-match", ""},
    {"if-range", ""},
    {"if-unmodified-since", ""},
    {"last-modified", ""},
    {"link", ""},
    {"location", ""},
    {"max-forwards", ""},
    {"proxy-authenticate", ""},
    {"proxy-authorization", ""},
    {"range", ""},
    {"referer", ""},
    {"refresh", ""},
    {"retry-after", ""},
    {"server", ""},
    {"set-cookie", ""},
    {"strict-transport-security", ""},
    {"transfer-encoding", ""},
    {"user-agent", ""},
    {"vary", ""},
    {"via", ""},
    {"www-authenticate", ""},
};

/// FNV-1a of 32 bits.
constexpr std::uint32_t hash_name(std::string_view name) noexcept {
  std::uint32_t hash = 2166136261U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

/// Slots of the first field of each name, by open addressing: 0 is empty, else the RFC's index.
struct StaticNames {
  static constexpr std::size_t kSlots = 256;
  std::uint8_t slots[kSlots]{};
  constexpr StaticNames() {
    for (std::size_t i = 0; i < kStaticCount; ++i) {
      if (i > 0 && kStaticTable[i].name == kStaticTable[i - 1].name) continue;
      std::size_t at = hash_name(kStaticTable[i].name) % kSlots;
      while (slots[at] != 0) at = (at + 1) % kSlots;
      slots[at] = static_cast<std::uint8_t>(i + 1);
    }
  }
  constexpr std::size_t find(std::string_view name, std::uint32_t hash) const noexcept {
    for (std::size_t at = hash % kSlots; slots[at] != 0; at = (at + 1) % kSlots)
      if (kStaticTable[slots[at] - 1].name == name) return slots[at];
    return 0;
  }
};
inline constexpr StaticNames kStaticNames;

}  // namespace avila::http2::detail

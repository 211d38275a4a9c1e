// What a peer may ask of us.
#pragma once
#include <cstddef>
#include <cstdint>

namespace avila::tls {

struct Limits {
  std::size_t handshake_message_bytes = 128 * 1024;  ///< of one message
  std::size_t hello_bytes = 32 * 1024;               ///< of a ClientHello or ServerHello
  std::size_t certificates = 10;                     ///< in a peer's chain
  std::size_t tickets_received = 8;                  ///< kept of one connection
  std::size_t ticket_bytes = 16 * 1024;              ///< of a ticket that is kept
  std::uint32_t idle_records = 32;  ///< in a row without any content: empty ones, warnings, CCS
  std::uint32_t key_updates = 32;   ///< from the peer without application data in between
  /// Records under one key, then TLS 1.3 updates it and TLS 1.2 ends (RFC 8446 section 5.5: 2^24.5
  /// full records leave AES-GCM a margin of 2^-57).
  std::uint64_t records_per_key = std::uint64_t{1} << 23;
  std::size_t unread_bytes = 1024 * 1024;  ///< received and not read yet, of an Engine
};

/// Shares in a ClientHello, of which there is one for each group.
inline constexpr std::size_t kKeySharesMax = 32;

/// Tickets live no longer than this (RFC 8446 section 4.6.1).
inline constexpr std::uint32_t kTicketLifetimeMax = 7 * 24 * 3600;  // seconds

}  // namespace avila::tls

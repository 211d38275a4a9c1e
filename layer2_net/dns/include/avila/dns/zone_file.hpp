// Zone files (RFC 1035 section 5).
#pragma once
#include <avila/dns/record.hpp>

namespace avila::dns {

struct ZoneFileOptions {
  Name origin;                       ///< until the file says $ORIGIN
  std::uint32_t default_ttl = 3600;  ///< where neither the record, $TTL nor a record before has one
  Class record_class = Class::IN;
  std::size_t bytes_max = std::size_t{64} << 20;
  std::size_t records_max = 1'000'000;
};

/// $ORIGIN and $TTL (RFC 2308 section 4) are understood; $INCLUDE is refused: a zone file may come
/// from elsewhere, and does not read our files. Errors: Malformed, LimitExceeded, with the line.
Result<std::vector<Record>> parse_zone_file(std::string_view text,
                                            const ZoneFileOptions& options = {});
/// One record in the form of a line.
Result<Record> parse_record(std::string_view line, const ZoneFileOptions& options = {});

}  // namespace avila::dns

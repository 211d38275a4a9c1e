// Numbers of the DNS and their names: types, classes, codes. Source: IANA, "Domain Name System
// (DNS) Parameters".
#pragma once
#include <avila/error/result.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace avila::dns {

/// Types that the library treats by name; any other value is fine too (RFC 3597).
enum class Type : std::uint16_t {
  A = 1,
  NS = 2,
  CNAME = 5,
  SOA = 6,
  PTR = 12,
  HINFO = 13,
  MX = 15,
  TXT = 16,
  SIG = 24,
  KEY = 25,
  AAAA = 28,
  SRV = 33,
  NAPTR = 35,
  DNAME = 39,
  OPT = 41,
  DS = 43,
  SSHFP = 44,
  RRSIG = 46,
  NSEC = 47,
  DNSKEY = 48,
  NSEC3 = 50,
  NSEC3PARAM = 51,
  TLSA = 52,
  CDS = 59,
  CDNSKEY = 60,
  SVCB = 64,
  HTTPS = 65,
  TKEY = 249,
  TSIG = 250,
  IXFR = 251,
  AXFR = 252,
  ANY = 255,
  CAA = 257,
};

enum class Class : std::uint16_t { IN = 1, CH = 3, HS = 4, NONE = 254, ANY = 255 };

enum class Opcode : std::uint8_t { Query = 0, Iquery = 1, Status = 2, Notify = 4, Update = 5 };

/// With the upper bits of EDNS (RFC 6891 section 6.1.3).
enum class Rcode : std::uint16_t {
  NoError = 0,
  FormErr = 1,
  ServFail = 2,
  NxDomain = 3,
  NotImp = 4,
  Refused = 5,
  YxDomain = 6,
  NotAuth = 9,
  NotZone = 10,
  BadVers = 16,
  BadCookie = 23,
};

/// Extended DNS errors (RFC 8914 section 5.2).
enum class Ede : std::uint16_t {
  Other = 0,
  UnsupportedDnskeyAlgorithm = 1,
  UnsupportedDsDigest = 2,
  StaleAnswer = 3,
  ForgedAnswer = 4,
  DnssecIndeterminate = 5,
  DnssecBogus = 6,
  SignatureExpired = 7,
  SignatureNotYetValid = 8,
  DnskeyMissing = 9,
  RrsigsMissing = 10,
  NoZoneKeyBit = 11,
  NsecMissing = 12,
  CachedError = 13,
  NotReady = 14,
  Blocked = 15,
  Censored = 16,
  Filtered = 17,
  Prohibited = 18,
  StaleNxdomainAnswer = 19,
  NotAuthoritative = 20,
  NotSupported = 21,
  NoReachableAuthority = 22,
  NetworkError = 23,
  InvalidData = 24,
  SignatureExpiredBeforeValid = 25,
  TooEarly = 26,
  UnsupportedNsec3Iterations = 27,
};

/// "AAAA", or "TYPE65280" for those without a name.
std::string to_string(Type type);
std::string to_string(Class value);  ///< "IN", "CLASS9"
std::string to_string(Opcode opcode);
std::string to_string(Rcode rcode);
std::string_view to_string(Ede code) noexcept;
/// Names and "TYPE123", without case. Errors: Malformed.
Result<Type> parse_type(std::string_view text);
Result<Class> parse_class(std::string_view text);

/// Questions only: ANY, AXFR, IXFR, MAILA, MAILB (RFC 6895 section 3.1: 128 to 255), and OPT.
bool is_meta_type(Type type) noexcept;

}  // namespace avila::dns

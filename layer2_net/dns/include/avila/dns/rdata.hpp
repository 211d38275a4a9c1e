// Typed views of the data of the common types. decode() takes uncompressed wire data, as
// Record::rdata is; its only error is Malformed. encode() is its inverse.
#pragma once
#include <avila/dns/record.hpp>
#include <avila/tcp/address.hpp>
#include <optional>

namespace avila::dns {

/// The address of an A or AAAA record.
std::optional<tcp::IpAddress> address_of(const Record& record) noexcept;
Record address_record(Name owner, std::uint32_t ttl, const tcp::IpAddress& address);
/// The name that an NS, CNAME, DNAME, PTR or other record of a single name holds.
Result<Name> name_of(const Record& record);

/// The types of a bitmap (RFC 4034 section 4.1.2).
class TypeBitmap {
 public:
  TypeBitmap() = default;
  explicit TypeBitmap(std::string wire) : wire_(std::move(wire)) {}
  bool contains(Type type) const noexcept;
  std::vector<Type> types() const;
  const std::string& wire() const noexcept { return wire_; }

 private:
  std::string wire_;
};

struct Soa {
  Name primary, mailbox;
  std::uint32_t serial = 0, refresh = 0, retry = 0, expire = 0, minimum = 0;
  static Result<Soa> decode(std::string_view rdata);
  std::string encode() const;
};

struct Mx {
  std::uint16_t preference = 0;
  Name exchange;
  static Result<Mx> decode(std::string_view rdata);
  std::string encode() const;
};

struct Srv {
  std::uint16_t priority = 0, weight = 0, port = 0;
  Name target;
  static Result<Srv> decode(std::string_view rdata);
  std::string encode() const;
};

struct Txt {
  std::vector<std::string> texts;  ///< 1 or more of at most 255 bytes
  static Result<Txt> decode(std::string_view rdata);
  std::string encode() const;
};

struct Caa {
  std::uint8_t flags = 0;  ///< 128: critical
  std::string tag, value;
  static Result<Caa> decode(std::string_view rdata);
  std::string encode() const;
};

struct Naptr {
  std::uint16_t order = 0, preference = 0;
  std::string flags, services, regexp;
  Name replacement;
  static Result<Naptr> decode(std::string_view rdata);
  std::string encode() const;
};

struct Tlsa {
  std::uint8_t usage = 0, selector = 0, matching = 0;
  std::string data;
  static Result<Tlsa> decode(std::string_view rdata);
  std::string encode() const;
};

struct Sshfp {
  std::uint8_t algorithm = 0, kind = 0;
  std::string fingerprint;
  static Result<Sshfp> decode(std::string_view rdata);
  std::string encode() const;
};

/// SVCB and HTTPS (RFC 9460).
struct Svcb {
  std::uint16_t priority = 0;  ///< 0: an alias
  Name target;
  struct Parameter {
    std::uint16_t key = 0;
    std::string value;
  };
  std::vector<Parameter> parameters;  ///< by rising key
  static Result<Svcb> decode(std::string_view rdata);
  std::string encode() const;
};

struct Ds {
  std::uint16_t key_tag = 0;
  std::uint8_t algorithm = 0, digest_type = 0;
  std::string digest;
  static Result<Ds> decode(std::string_view rdata);
  std::string encode() const;
};

struct Dnskey {
  static constexpr std::uint16_t kZoneKey = 0x0100;
  static constexpr std::uint16_t kRevoked = 0x0080;  ///< RFC 5011
  static constexpr std::uint16_t kSecureEntryPoint = 0x0001;
  std::uint16_t flags = 0;
  std::uint8_t protocol = 3, algorithm = 0;
  std::string key;
  static Result<Dnskey> decode(std::string_view rdata);
  std::string encode() const;
};

struct Rrsig {
  Type covered{};
  std::uint8_t algorithm = 0, labels = 0;
  std::uint32_t original_ttl = 0, expiration = 0, inception = 0;
  std::uint16_t key_tag = 0;
  Name signer;
  std::string signature;
  static Result<Rrsig> decode(std::string_view rdata);
  std::string encode() const;
};

struct Nsec {
  Name next;
  TypeBitmap types;
  static Result<Nsec> decode(std::string_view rdata);
  std::string encode() const;
};

struct Nsec3 {
  static constexpr std::uint8_t kOptOut = 1;
  std::uint8_t algorithm = 1, flags = 0;
  std::uint16_t iterations = 0;
  std::string salt, next_hash;
  TypeBitmap types;
  static Result<Nsec3> decode(std::string_view rdata);
  std::string encode() const;
};

struct Nsec3Param {
  std::uint8_t algorithm = 1, flags = 0;
  std::uint16_t iterations = 0;
  std::string salt;
  static Result<Nsec3Param> decode(std::string_view rdata);
  std::string encode() const;
};

}  // namespace avila::dns

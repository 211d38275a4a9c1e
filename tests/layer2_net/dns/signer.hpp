// Signs zones of tests: one Ed25519 key, NSEC (RFC 4034, RFC 8080).
#pragma once
#include <avila/crypto/ed25519.hpp>
#include <avila/dns/dnssec.hpp>
#include <avila/dns/zone.hpp>
#include <avila/dns/zone_file.hpp>
#include <map>

namespace dns_test {

using namespace avila;
using dns::Name;
using dns::Record;
using dns::Type;

constexpr std::uint32_t kInception = 1'500'000'000, kExpiration = 2'000'000'000;
constexpr WallTime kSignedTime{1'700'000'000LL * 1'000'000'000};  ///< in between

class Signer {
 public:
  static constexpr std::uint16_t kKeySigning =
      dns::Dnskey::kZoneKey | dns::Dnskey::kSecureEntryPoint;
  explicit Signer(Name zone, std::uint8_t seed = 1, std::uint16_t flags = kKeySigning)
      : zone_(std::move(zone)),
        key_(std::make_shared<const crypto::Ed25519PrivateKey>(
            crypto::Ed25519PrivateKey::from_seed(seed_of(seed)))),
        flags_(flags) {}

  Record dnskey() const {
    const dns::Dnskey key{flags_, 3, 15, std::string(as_text(key_->public_key().bytes()))};
    return {zone_, Type::DNSKEY, dns::Class::IN, 300, key.encode()};
  }
  /// The same key, which says that it is revoked (RFC 5011).
  Signer revoked() const {
    Signer same = *this;
    same.flags_ |= dns::Dnskey::kRevoked;
    return same;
  }
  Record ds() const {
    return {zone_, Type::DS, dns::Class::IN, 300, dns::make_ds(zone_, dnskey(), 2)->encode()};
  }
  /// RFC 4035 section 5.3.2.
  Record sign(const std::vector<Record>& set, std::uint32_t expiration = kExpiration) const {
    const Name& owner = set[0].owner;
    dns::Rrsig signature;
    signature.covered = set[0].type;
    signature.algorithm = 15;
    signature.labels =
        static_cast<std::uint8_t>(owner.label_count() - (owner.is_wildcard() ? 1 : 0));
    signature.original_ttl = set[0].ttl;
    signature.inception = kInception;
    signature.expiration = expiration;
    signature.key_tag = dns::key_tag(dnskey().rdata);
    signature.signer = zone_.lower();
    std::string message = signature.encode();
    std::vector<std::string> data;
    for (const Record& record : set)
      data.push_back(dns::canonical_rdata(record.type, record.rdata));
    std::sort(data.begin(), data.end());
    for (const std::string& each : data) {
      message += owner.lower().wire();
      put(message, static_cast<unsigned>(set[0].type), 2);
      put(message, 1, 2);
      put(message, set[0].ttl, 4);
      put(message, static_cast<unsigned>(each.size()), 2);
      message += each;
    }
    signature.signature = as_text(key_->sign(as_bytes(message)));
    return {owner, Type::RRSIG, dns::Class::IN, set[0].ttl, signature.encode()};
  }
  /// Adds the key, NSEC records and signatures. Below delegations nothing is signed.
  dns::Zone sign_zone(std::string_view text) const {
    std::vector<Record> records = dns::parse_zone_file(text).value();
    records.push_back(dnskey());
    std::map<Name, std::map<Type, std::vector<Record>>> nodes;
    for (const Record& record : records) nodes[record.owner][record.type].push_back(record);
    std::erase_if(nodes, [&](const auto& node) {
      for (Name above = node.first.parent(); above.is_below(zone_); above = above.parent())
        if (const auto cut = nodes.find(above);
            cut != nodes.end() && cut->second.contains(Type::NS))
          return true;
      return false;
    });
    for (auto node = nodes.begin(); node != nodes.end(); ++node) {
      const auto after = std::next(node);
      std::string line = node->first.to_string() + " 60 IN NSEC " +
                         (after == nodes.end() ? zone_ : after->first).to_string();
      for (const auto& [type, set] : node->second) line += ' ' + dns::to_string(type);
      const Record nsec = dns::parse_record(line + " RRSIG NSEC").value();
      records.push_back(nsec);
      records.push_back(sign({nsec}));
      const bool cut = !(node->first == zone_) && node->second.contains(Type::NS);
      for (const auto& [type, set] : node->second)
        if (!cut || type == Type::DS) records.push_back(sign(set));
    }
    return dns::Zone::create(zone_, std::move(records)).value();
  }

 private:
  static std::array<std::byte, 32> seed_of(std::uint8_t seed) {
    std::array<std::byte, 32> all;
    all.fill(std::byte{seed});
    return all;
  }
  static void put(std::string& out, std::uint32_t value, int bytes) {
    while (bytes-- > 0) out.push_back(static_cast<char>(value >> (8 * bytes)));
  }
  Name zone_;
  std::shared_ptr<const crypto::Ed25519PrivateKey> key_;  // shared by copies with other flags
  std::uint16_t flags_;
};

}  // namespace dns_test

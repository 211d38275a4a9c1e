// DNSSEC without a network (RFC 4034, RFC 4035, RFC 5155): keys, signatures, proofs of absence.
#pragma once
#include <avila/dns/rdata.hpp>
#include <avila/primitives/duration.hpp>
#include <span>

namespace avila::dns {

/// What validation says of data (RFC 4035 section 4.3).
enum class Security : std::uint8_t {
  Unchecked,      ///< nobody has looked
  Secure,         ///< signed, by keys that a trust anchor leads to
  Insecure,       ///< proven not to be signed, or by what we do not know
  Bogus,          ///< should be signed and is not, or wrongly
  Indeterminate,  ///< no trust anchor above it
};
std::string_view to_string(Security security) noexcept;

struct DnssecOptions {
  /// Algorithms 5 and 7 and digest 1. RFC 9905: no more.
  bool allow_sha1 = false;
  /// Below it a key verifies nothing. RFC 5702 allows 512; such keys are broken in hours.
  std::size_t rsa_bits_min = 1024;
  /// Above it answers are insecure (RFC 9276 section 3.2).
  std::uint16_t nsec3_iterations_max = 50;
};

/// The work that one answer may cost. What is beyond it is Bogus (CVE-2023-50387, CVE-2023-50868).
struct DnssecBudget {
  int signatures = 64;     ///< verifications, of every key that fits a tag
  int nsec3_hashes = 512;  ///< of names, iterations apart
  int digests = 64;        ///< of keys, for every DS that fits their tag
};

/// 1 to 16 or so: whether we verify its signatures.
bool is_supported_algorithm(std::uint8_t algorithm, const DnssecOptions& options = {}) noexcept;
bool is_supported_digest(std::uint8_t digest_type, const DnssecOptions& options = {}) noexcept;

/// RFC 4034 appendix B; `rdata` of a DNSKEY.
std::uint16_t key_tag(std::string_view rdata) noexcept;
/// Whether `ds` names this key of `owner` (RFC 4034 section 5.1.4): tag, algorithm and digest.
/// Digests: SHA-1, SHA-256, SHA-384.
bool matches(const Ds& ds, const Name& owner, const Record& dnskey);
/// The DS of a key. Errors: Unsupported.
Result<Ds> make_ds(const Name& owner, const Record& dnskey, std::uint8_t digest_type);

/// Whether one signature over a set is good by one key (RFC 4035 section 5.3). All records have the
/// same owner, class and type. Errors: InvalidArgument (it is not for this set), TimedOut (expired
/// at `now`), PreconditionFailed (not valid yet), Unauthenticated, Unsupported, Malformed.
Result<void> verify(std::span<const Record> set, const Rrsig& signature, const Record& dnskey,
                    WallTime now, const DnssecOptions& options = {});

/// What was found for a set among signatures and keys of `zone`.
struct SetVerdict {
  bool verified = false;
  std::uint8_t labels = 0;    ///< of the signature that was good: fewer than the owner's: wildcard
  std::uint32_t ttl_max = 0;  ///< until the signature expires, and of the original TTL
  std::uint32_t original_ttl = 0, expires_in = 0;  ///< the same two apart, in seconds
  Ede error = Ede::DnssecBogus;                    ///< else, the best guess why
};
/// `signatures`: RRSIG records; those of other sets or signers are passed over.
SetVerdict verify_set(std::span<const Record> set, std::span<const Record> signatures,
                      const Name& zone, std::span<const Record> dnskeys, WallTime now,
                      const DnssecOptions& options, DnssecBudget& budget);

/// RFC 5155 section 5: SHA-1, iterated. Errors: Unsupported (algorithm).
Result<std::string> nsec3_hash(const Name& name, std::uint8_t algorithm, std::uint16_t iterations,
                               std::string_view salt);

/// A proof of absence.
enum class Proof : std::uint8_t {
  None,    ///< nothing is proven
  Proven,  ///< it is absent
  OptOut,  ///< NSEC3 opt-out: an unsigned delegation may be there, and nothing else
};

/// Verified NSEC or NSEC3 records of one zone. Keeps views of them.
class Denial {
 public:
  /// `records`: NSEC and NSEC3, in any order; those of other types are passed over.
  Denial(const Name& zone, std::span<const Record> records, const DnssecOptions& options,
         DnssecBudget& budget);

  /// The name does not exist, and no wildcard could stand for it (RFC 4035 section 5.4; RFC 5155
  /// section 8.4).
  Proof name_error(const Name& name);
  /// The name itself is denied; of wildcards nothing is said.
  bool denies(const Name& name);
  /// The name, or the wildcard that stands for it, has no records of that type (RFC 5155 sections
  /// 8.5 to 8.7).
  Proof no_data(const Name& name, Type type);
  /// No name closer than `closest_encloser` exists: a wildcard below it was rightly expanded
  /// (RFC 5155 section 8.8).
  Proof wildcard_expansion(const Name& name, const Name& closest_encloser);
  /// A delegation without DS: insecure from here on (RFC 5155 section 8.9). Proven: there is one.
  Proof insecure_delegation(const Name& name);

  /// All NSEC3 ask for more iterations than options allow: nothing can be proven.
  bool too_many_iterations() const noexcept { return too_many_iterations_; }
  bool empty() const noexcept { return nsec_.empty() && nsec3_.empty(); }

 private:
  struct OneNsec {
    Name owner;
    Nsec data;
  };
  struct OneNsec3 {
    std::string owner_hash;
    Nsec3 data;
  };
  struct Closest {
    Name encloser;
    Name next_closer;
    const OneNsec3* cover = nullptr;  ///< of next_closer
  };
  const OneNsec* nsec_matching(const Name& name) const noexcept;
  const OneNsec* nsec_covering(const Name& name) const noexcept;
  const OneNsec3* nsec3_matching(const Name& name);
  const OneNsec3* nsec3_covering(const Name& name);
  std::optional<std::string> hash(const Name& name);
  std::optional<Closest> closest(const Name& name);

  Name zone_;
  std::vector<OneNsec> nsec_;
  std::vector<OneNsec3> nsec3_;
  std::vector<std::pair<Name, std::string>> hashed_;
  DnssecBudget& budget_;
  bool too_many_iterations_ = false;
};

}  // namespace avila::dns

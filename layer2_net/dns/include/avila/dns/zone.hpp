// A zone, and what an authoritative server says of it (RFC 1034 section 4.3.2).
#pragma once
#include <avila/dns/message.hpp>
#include <map>
#include <memory>
#include <optional>

namespace avila::dns {

/// Immutable. Signed zones bring their RRSIG, NSEC or NSEC3 records along; they are sent to those
/// who ask for them (RFC 4035 section 3.1), and not made here.
class Zone {
 public:
  static constexpr std::size_t kChainMax = 8;  ///< CNAMEs and DNAMEs that an answer follows

  /// Errors: Malformed (no SOA at the apex or two, a name outside, CNAME beside other data).
  static Result<Zone> create(Name apex, std::vector<Record> records);
  /// A zone file. The apex is that of its SOA; `origin` is for relative names before $ORIGIN.
  static Result<Zone> parse(std::string_view text, const Name& origin = Name());

  const Name& apex() const noexcept { return apex_; }
  bool is_signed() const noexcept { return signed_; }
  std::size_t record_count() const noexcept { return count_; }

  /// Fills in the answer to a question at or below the apex: sections, AA, rcode. `dnssec_ok`:
  /// with signatures and proofs.
  void answer(const Question& question, bool dnssec_ok, Message& into) const;
  /// The name, if the zone has it or anything below it; else the closest above that it has.
  Name closest_encloser(const Name& name) const;
  /// All records as AXFR sends them (RFC 5936 section 2.2): the SOA first and last.
  std::vector<Record> transfer() const;
  /// The set, or null.
  const std::vector<Record>* find(const Name& name, Type type) const;

 private:
  using Sets = std::map<Type, std::vector<Record>>;
  struct Match;

  bool exists(const Name& name) const;  // itself, or something below it
  const Sets* node(const Name& name) const;
  void add_set(const Sets& sets, Type type, const Name* owner, bool dnssec_ok,
               std::vector<Record>& to) const;
  void add_soa(bool dnssec_ok, Message& into) const;
  void add_glue(const std::vector<Record>& set, bool dnssec_ok, Message& into) const;
  void add_referral(const Name& cut, const Sets& sets, bool dnssec_ok, Message& into) const;
  void add_nsec_for(const Name& name, Message& into) const;
  void prove_no_data(const Name& name, Message& into) const;
  void prove_absent(const Name& name, const Name& encloser, bool wildcard_too, Message& into) const;
  void add_nsec3(std::string_view hash, bool cover, Message& into) const;
  std::optional<std::string> hash(const Name& name) const;
  bool step(Name& name, const Question& question, bool dnssec_ok, Message& into) const;

  Name apex_;
  std::map<Name, Sets> nodes_;                      // canonical order
  std::map<std::string, Name, std::less<>> nsec3_;  // hash → owner
  std::string nsec3_salt_;
  std::uint16_t nsec3_iterations_ = 0;
  bool signed_ = false;
  bool uses_nsec3_ = false;
  std::size_t count_ = 0;
};

}  // namespace avila::dns

#include <avila/pki/extensions.hpp>

#include <algorithm>

namespace avila::pki {
namespace {

using asn1::Oid;
using asn1::Reader;

/// The reader of a value that is one SEQUENCE.
Result<Reader> only_sequence(ByteSpan value) {
  Reader outer(value);
  AVILA_TRY(Reader inside, outer.sequence());
  AVILA_TRY_VOID(outer.finish());
  return inside;
}

/// A bit string of named bits, bit n of the result is named bit n; one bit at least is named.
Result<std::uint16_t> named_bits(Reader& reader, asn1::Tag tag) {
  AVILA_TRY(const asn1::BitString bits, reader.bit_string(tag));
  std::uint16_t set = 0;
  for (std::size_t i = 0; i < 16; ++i)
    if (bits.bit(i)) set = static_cast<std::uint16_t>(set | 1U << i);
  if (bits.size() == 0) return Error(Errc::Malformed, "named bits without any bit");
  return set;
}

Result<std::uint32_t> small_number(Reader& reader, std::uint32_t most,
                                   asn1::Tag tag = asn1::tags::kInteger) {
  AVILA_TRY(const ByteSpan magnitude, reader.unsigned_integer(tag));
  std::uint64_t value = 0;
  for (const std::byte byte : magnitude.first(std::min<std::size_t>(magnitude.size(), 7)))
    value = value << 8 | static_cast<std::uint64_t>(byte);
  if (magnitude.size() > 7 || value > most)
    return Error(Errc::Malformed, "a number above " + std::to_string(most));
  return static_cast<std::uint32_t>(value);
}

// A path is never as long as this: counters of certificates are cut to it.
constexpr std::uint32_t kManyCertificates = 1'000'000;
Result<std::uint32_t> skip_count(Reader& reader, asn1::Tag tag = asn1::tags::kInteger) {
  AVILA_TRY(const ByteSpan magnitude, reader.unsigned_integer(tag));
  std::uint32_t value = 0;
  for (const std::byte byte : magnitude)
    value = std::min(value * 256 + static_cast<std::uint32_t>(byte), kManyCertificates);
  return value;
}

Result<BasicConstraints> parse_basic_constraints(ByteSpan value) {
  AVILA_TRY(Reader inside, only_sequence(value));
  BasicConstraints constraints;
  // DER leaves out FALSE; some CAs write it.
  if (inside.at(asn1::tags::kBoolean)) {
    AVILA_TRY(constraints.ca, inside.boolean());
  }
  if (!inside.empty()) {
    AVILA_TRY(constraints.path_length, small_number(inside, 255));
  }
  AVILA_TRY_VOID(inside.finish());
  return constraints;
}

Result<KeyUsage> parse_key_usage(ByteSpan value) {
  Reader reader(value);
  AVILA_TRY(const std::uint16_t bits, named_bits(reader, asn1::tags::kBitString));
  AVILA_TRY_VOID(reader.finish());
  if ((bits & 0x1FF) == 0) return Error(Errc::Malformed, "a key usage that allows nothing");
  return static_cast<KeyUsage>(bits & 0x1FF);
}

Result<std::vector<Oid>> parse_oids(ByteSpan value) {
  AVILA_TRY(Reader inside, only_sequence(value));
  std::vector<Oid> oids;
  do {
    AVILA_TRY(const Oid oid, inside.oid());
    oids.push_back(oid);
  } while (!inside.empty());
  return oids;
}

Result<std::vector<GeneralName>> parse_names(ByteSpan value) {
  AVILA_TRY(Reader inside, only_sequence(value));
  return parse_general_names(inside);
}

Result<ByteSpan> parse_subject_key_identifier(ByteSpan value) {
  Reader reader(value);
  AVILA_TRY(const ByteSpan identifier, reader.octet_string());
  AVILA_TRY_VOID(reader.finish());
  return identifier;
}

Result<std::vector<GeneralName>> parse_subtrees(Reader subtrees) {
  std::vector<GeneralName> names;
  do {
    AVILA_TRY(Reader subtree, subtrees.sequence());
    AVILA_TRY(GeneralName base, parse_general_name(subtree, true));
    // RFC 5280 §4.2.1.10: minimum is 0, so DER leaves it out, and maximum is absent.
    AVILA_TRY_VOID(subtree.finish());
    names.push_back(std::move(base));
    if (names.size() > kMaxGeneralNames)
      return Error(Errc::LimitExceeded, "more than kMaxGeneralNames subtrees");
  } while (!subtrees.empty());
  return names;
}

Result<NameConstraints> parse_name_constraints(ByteSpan value) {
  AVILA_TRY(Reader inside, only_sequence(value));
  NameConstraints constraints;
  if (inside.empty()) return Error(Errc::Malformed, "name constraints without any");
  AVILA_TRY(const auto permitted, inside.optional_enter(asn1::context(0)));
  if (permitted.has_value()) {
    AVILA_TRY(constraints.permitted, parse_subtrees(*permitted));
  }
  AVILA_TRY(const auto excluded, inside.optional_enter(asn1::context(1)));
  if (excluded.has_value()) {
    AVILA_TRY(constraints.excluded, parse_subtrees(*excluded));
  }
  AVILA_TRY_VOID(inside.finish());
  return constraints;
}

Result<void> parse_qualifiers(Reader qualifiers, PolicyInformation& information) {
  do {
    AVILA_TRY(Reader qualifier, qualifiers.sequence());
    AVILA_TRY(const Oid id, qualifier.oid());
    AVILA_TRY(const asn1::Element value, qualifier.next());
    AVILA_TRY_VOID(qualifier.finish());
    if (id == oids::kCpsQualifier) {
      information.cps.emplace_back(as_text(value.content));
    } else if (id != oids::kUserNoticeQualifier) {
      information.has_unknown_qualifier = true;
    }
  } while (!qualifiers.empty());
  return {};
}

Result<std::vector<PolicyMapping>> parse_policy_mappings(ByteSpan value) {
  AVILA_TRY(Reader inside, only_sequence(value));
  std::vector<PolicyMapping> mappings;
  do {
    AVILA_TRY(Reader pair, inside.sequence());
    PolicyMapping mapping;
    AVILA_TRY(mapping.issuer_policy, pair.oid());
    AVILA_TRY(mapping.subject_policy, pair.oid());
    AVILA_TRY_VOID(pair.finish());
    mappings.push_back(mapping);
  } while (!inside.empty());
  return mappings;
}

Result<PolicyConstraints> parse_policy_constraints(ByteSpan value) {
  AVILA_TRY(Reader inside, only_sequence(value));
  PolicyConstraints constraints;
  if (inside.empty()) return Error(Errc::Malformed, "policy constraints without any");
  if (inside.at(asn1::context_primitive(0))) {
    AVILA_TRY(constraints.require_explicit_policy, skip_count(inside, asn1::context_primitive(0)));
  }
  if (inside.at(asn1::context_primitive(1))) {
    AVILA_TRY(constraints.inhibit_policy_mapping, skip_count(inside, asn1::context_primitive(1)));
  }
  AVILA_TRY_VOID(inside.finish());
  return constraints;
}

Result<std::uint32_t> parse_inhibit_any_policy(ByteSpan value) {
  Reader reader(value);
  AVILA_TRY(const std::uint32_t skip, skip_count(reader));
  AVILA_TRY_VOID(reader.finish());
  return skip;
}

Result<std::vector<AccessDescription>> parse_access(ByteSpan value) {
  AVILA_TRY(Reader inside, only_sequence(value));
  std::vector<AccessDescription> all;
  do {
    AVILA_TRY(Reader description, inside.sequence());
    AccessDescription access;
    AVILA_TRY(access.method, description.oid());
    AVILA_TRY(access.location, parse_general_name(description));
    AVILA_TRY_VOID(description.finish());
    all.push_back(std::move(access));
  } while (!inside.empty());
  return all;
}

Result<std::vector<std::uint16_t>> parse_tls_features(ByteSpan value) {
  AVILA_TRY(Reader inside, only_sequence(value));
  std::vector<std::uint16_t> features;
  while (!inside.empty()) {
    AVILA_TRY(const std::uint32_t feature, small_number(inside, 0xFFFF));
    features.push_back(static_cast<std::uint16_t>(feature));
  }
  return features;
}

/// Parses a value into its place: assign(out.member, parse(value)).
template <class T, class U>
Result<void> assign(std::optional<T>& to, Result<U> parsed) {
  if (!parsed.has_value()) return std::move(parsed).error();
  to = std::move(parsed).value();
  return {};
}

using Take = Result<void> (*)(Extensions&, ByteSpan);
struct Parser {
  Oid oid;
  const char* name;
  Take take;
};
constexpr Parser kParsers[] = {
    {oids::kSubjectKeyIdentifier, "subjectKeyIdentifier",
     [](Extensions& e, ByteSpan v) {
       return assign(e.subject_key_identifier, parse_subject_key_identifier(v));
     }},
    {oids::kKeyUsage, "keyUsage",
     [](Extensions& e, ByteSpan v) { return assign(e.key_usage, parse_key_usage(v)); }},
    {oids::kSubjectAltName, "subjectAltName",
     [](Extensions& e, ByteSpan v) { return assign(e.subject_alt_name, parse_names(v)); }},
    {oids::kIssuerAltName, "issuerAltName",
     [](Extensions& e, ByteSpan v) { return assign(e.issuer_alt_name, parse_names(v)); }},
    {oids::kBasicConstraints, "basicConstraints",
     [](Extensions& e, ByteSpan v) {
       return assign(e.basic_constraints, parse_basic_constraints(v));
     }},
    {oids::kNameConstraints, "nameConstraints",
     [](Extensions& e, ByteSpan v) {
       return assign(e.name_constraints, parse_name_constraints(v));
     }},
    {oids::kCrlDistributionPoints, "cRLDistributionPoints",
     [](Extensions& e, ByteSpan v) {
       return assign(e.crl_distribution_points, parse_distribution_points(v));
     }},
    {oids::kFreshestCrl, "freshestCRL",
     [](Extensions& e, ByteSpan v) {
       return assign(e.freshest_crl, parse_distribution_points(v));
     }},
    {oids::kCertificatePolicies, "certificatePolicies",
     [](Extensions& e, ByteSpan v) { return assign(e.policies, parse_certificate_policies(v)); }},
    {oids::kPolicyMappings, "policyMappings",
     [](Extensions& e, ByteSpan v) { return assign(e.policy_mappings, parse_policy_mappings(v)); }},
    {oids::kAuthorityKeyIdentifier, "authorityKeyIdentifier",
     [](Extensions& e, ByteSpan v) {
       return assign(e.authority_key_identifier, parse_authority_key_identifier(v));
     }},
    {oids::kPolicyConstraints, "policyConstraints",
     [](Extensions& e, ByteSpan v) {
       return assign(e.policy_constraints, parse_policy_constraints(v));
     }},
    {oids::kExtendedKeyUsage, "extKeyUsage",
     [](Extensions& e, ByteSpan v) { return assign(e.extended_key_usage, parse_oids(v)); }},
    {oids::kInhibitAnyPolicy, "inhibitAnyPolicy",
     [](Extensions& e, ByteSpan v) {
       return assign(e.inhibit_any_policy, parse_inhibit_any_policy(v));
     }},
    {oids::kAuthorityInfoAccess, "authorityInfoAccess",
     [](Extensions& e, ByteSpan v) { return assign(e.authority_info_access, parse_access(v)); }},
    {oids::kTlsFeature, "tlsFeature",
     [](Extensions& e, ByteSpan v) { return assign(e.tls_features, parse_tls_features(v)); }},
};

}  // namespace

Result<std::vector<PolicyInformation>> parse_certificate_policies(ByteSpan value) {
  AVILA_TRY(Reader inside, only_sequence(value));
  std::vector<PolicyInformation> policies;
  do {
    AVILA_TRY(Reader one, inside.sequence());
    PolicyInformation information;
    AVILA_TRY(information.policy, one.oid());
    AVILA_TRY(const auto qualifiers, one.optional_enter(asn1::tags::kSequence));
    if (qualifiers.has_value()) AVILA_TRY_VOID(parse_qualifiers(*qualifiers, information));
    AVILA_TRY_VOID(one.finish());
    // RFC 5280 §4.2.1.4: anyPolicy has the two qualifiers of that section only; a policy stands
    // there once.
    if (information.policy == oids::kAnyPolicy && information.has_unknown_qualifier)
      return Error(Errc::Malformed, "a qualifier that anyPolicy cannot have");
    if (std::any_of(policies.begin(), policies.end(), [&](const PolicyInformation& other) {
          return other.policy == information.policy;
        }))
      return Error(Errc::Malformed, "a certificate policy that is listed twice");
    policies.push_back(std::move(information));
    if (policies.size() > kMaxExtensions)
      return Error(Errc::LimitExceeded, "more than kMaxExtensions policies");
  } while (!inside.empty());
  return policies;
}

Result<AuthorityKeyIdentifier> parse_authority_key_identifier(ByteSpan value) {
  AVILA_TRY(Reader inside, only_sequence(value));
  AuthorityKeyIdentifier identifier;
  if (inside.at(asn1::context_primitive(0))) {
    AVILA_TRY(identifier.key_identifier, inside.octet_string(asn1::context_primitive(0)));
  }
  AVILA_TRY(const auto issuer, inside.optional_enter(asn1::context(1)));
  if (issuer.has_value()) {
    AVILA_TRY(identifier.issuer, parse_general_names(*issuer));
  }
  if (inside.at(asn1::context_primitive(2))) {
    AVILA_TRY(identifier.serial, inside.integer(asn1::context_primitive(2)));
  }
  AVILA_TRY_VOID(inside.finish());
  return identifier;
}

Result<DistributionPointName> parse_distribution_point_name(Reader inside) {
  DistributionPointName name;
  AVILA_TRY(const auto full, inside.optional_enter(asn1::context(0)));
  if (full.has_value()) {
    AVILA_TRY(name.full_name, parse_general_names(*full));
  } else {
    AVILA_TRY(const asn1::Element relative, inside.next(asn1::context(1)));
    name.relative_name = relative.content;
  }
  AVILA_TRY_VOID(inside.finish());
  return name;
}

Result<ReasonMask> parse_reasons(Reader& reader, asn1::Tag tag) { return named_bits(reader, tag); }

Result<std::vector<DistributionPoint>> parse_distribution_points(ByteSpan value) {
  AVILA_TRY(Reader inside, only_sequence(value));
  std::vector<DistributionPoint> points;
  do {
    AVILA_TRY(Reader one, inside.sequence());
    DistributionPoint point;
    AVILA_TRY(const auto name, one.optional_enter(asn1::context(0)));
    if (name.has_value()) {
      AVILA_TRY(point.name, parse_distribution_point_name(*name));
    }
    if (one.at(asn1::context_primitive(1))) {
      AVILA_TRY(point.reasons, parse_reasons(one, asn1::context_primitive(1)));
    }
    AVILA_TRY(const auto issuer, one.optional_enter(asn1::context(2)));
    if (issuer.has_value()) {
      AVILA_TRY(point.crl_issuer, parse_general_names(*issuer));
    }
    AVILA_TRY_VOID(one.finish());
    if (!point.name.has_value() && point.crl_issuer.empty())
      return Error(Errc::Malformed, "a distribution point with neither a name nor a CRL issuer");
    points.push_back(std::move(point));
  } while (!inside.empty());
  return points;
}

Result<std::vector<Extension>> parse_extension_list(Reader sequence) {
  std::vector<Extension> all;
  do {
    AVILA_TRY(Reader one, sequence.sequence());
    Extension extension;
    AVILA_TRY(extension.oid, one.oid());
    if (one.at(asn1::tags::kBoolean)) {
      AVILA_TRY(extension.critical, one.boolean());
    }
    AVILA_TRY(extension.value, one.octet_string());
    AVILA_TRY_VOID(one.finish());
    // RFC 5280 §4.2: one instance of an extension at most.
    if (std::any_of(all.begin(), all.end(),
                    [&](const Extension& other) { return other.oid == extension.oid; }))
      return Error(Errc::Malformed, "the extension " + extension.oid.to_string() + " twice");
    if (all.size() == kMaxExtensions)
      return Error(Errc::LimitExceeded, "more than kMaxExtensions extensions");
    all.push_back(extension);
  } while (!sequence.empty());
  return all;
}

Result<Extensions> parse_extensions(Reader sequence) {
  Extensions extensions;
  AVILA_TRY(extensions.all, parse_extension_list(sequence));
  for (const Extension& extension : extensions.all)
    for (const Parser& parser : kParsers)
      if (parser.oid == extension.oid)
        AVILA_TRY_VOID(parser.take(extensions, extension.value).context(parser.name));
  return extensions;
}

bool is_known_extension(const Oid& oid) noexcept {
  return std::any_of(std::begin(kParsers), std::end(kParsers),
                     [&](const Parser& parser) { return parser.oid == oid; });
}

const Extension* Extensions::find(const Oid& oid) const noexcept {
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const Extension& extension) { return extension.oid == oid; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace avila::pki

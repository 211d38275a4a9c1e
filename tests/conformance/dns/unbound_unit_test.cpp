// The unit data of unbound: signatures, digests, hashes, packets, records.
#include <algorithm>
#include <avila/dns/dnssec.hpp>
#include <avila/text/encoding.hpp>
#include <avila_test/conformance.hpp>
#include <map>
#include <set>

#include "entries.hpp"

namespace {

using namespace avila;
using namespace dns_conformance;
using dns::Record;
using dns::Type;

std::vector<std::filesystem::path> files(const std::string& prefix) {
  std::vector<std::filesystem::path> all;
  for (const auto& path : avila_test::files_below(avila_test::suite_path("dns/unbound_unit")))
    if (path.filename().string().starts_with(prefix)) all.push_back(path);
  return all;
}

std::vector<Record> of_type(const std::vector<Record>& records, Type type) {
  std::vector<Record> all;
  for (const Record& record : records)
    if (record.type == type) all.push_back(record);
  return all;
}

void exclude(avila_test::SuiteReport& report, const std::string& name, const char* why) {
  std::printf("excluded %s: %s\n", name.c_str(), why);
  report.exclude();
}

/// The name of a question says what must come out of it: bogus… must fail, all else must verify.
bool expects_bogus(const Entry& entry) {
  return entry.message.questions.at(0).name.to_string().starts_with("bogus");
}

TEST(DnsConformance, UnboundSignatures) {
  AVILA_REQUIRE_SUITE("dns/unbound_unit");
  avila_test::SuiteReport report("dns/unbound_unit signatures");
  dns::DnssecOptions options;
  options.allow_sha1 = true;
  options.rsa_bits_min = 512;
  for (const auto& path : files("test_sig")) {
    const auto entries = read_entries(avila_test::read_file(path));
    if (entries.empty()) {
      report.fail(path.string() + ": no entry");
      continue;
    }
    const auto keys = of_type(entries[0].message.answers, Type::DNSKEY);
    // The files do not say when they were valid: when the last of their good signatures began.
    std::uint32_t now = 0;
    for (std::size_t i = 1; i < entries.size(); ++i)
      for (const Record& record : entries[i].message.answers)
        if (const auto signature = dns::Rrsig::decode(record.rdata);
            record.type == Type::RRSIG && signature.has_value() && !expects_bogus(entries[i]))
          now = std::max(now, signature->inception);
    for (std::size_t i = 1; i < entries.size(); ++i) {
      const auto& message = entries[i].message;
      std::vector<Record> all = message.answers;
      all.insert(all.end(), message.authorities.begin(), message.authorities.end());
      const auto signatures = of_type(all, Type::RRSIG);
      const auto first = dns::Rrsig::decode(signatures.empty() ? "" : signatures[0].rdata);
      std::vector<Record> set;
      for (const Record& record : all)
        if (first.has_value() && record.type == first->covered &&
            record.owner == signatures[0].owner)
          set.push_back(record);
      const std::string name =
          path.filename().string() + ": " + message.questions.at(0).to_string();
      static const std::map<int, const char*> kNotVerified = {
          {3, "DSA (RFC 8624: must not be validated)"},
          {12, "ECC-GOST (retired by RFC 9558)"},
          {16, "Ed448 is not verified here"}};
      if (first.has_value() && kNotVerified.contains(first->algorithm)) {
        exclude(report, name, kNotVerified.at(first->algorithm));
        continue;
      }
      std::set<char> algorithms;
      for (const Record& record : signatures) algorithms.insert(record.rdata.at(2));
      dns::DnssecBudget budget;
      const auto verdict = dns::verify_set(set, signatures, keys.at(0).owner, keys,
                                           WallTime{static_cast<std::int64_t>(now) * 1'000'000'000},
                                           options, budget);
      if (path.filename() == "test_sigs.sha1_and_256" && verdict.verified &&
          expects_bogus(entries[i]) && algorithms.size() > 1) {
        exclude(report, name,
                "a good signature of every algorithm is asked for (harden-algo-downgrade); "
                "RFC 6840 section 5.11: validators must not insist");
        continue;
      }
      report.check(verdict.verified != expects_bogus(entries[i]),
                   name + ": " + std::string(dns::to_string(verdict.error)));
    }
  }
  report.finish();
}

TEST(DnsConformance, UnboundDigests) {
  AVILA_REQUIRE_SUITE("dns/unbound_unit");
  avila_test::SuiteReport report("dns/unbound_unit digests");
  for (const auto& path : files("test_ds."))
    for (const Entry& entry : read_entries(avila_test::read_file(path))) {
      const auto ds = of_type(entry.message.answers, Type::DS);
      const auto key = of_type(entry.message.answers, Type::DNSKEY);
      const auto data = dns::Ds::decode(ds.at(0).rdata);
      const std::string name = entry.message.questions.at(0).name.to_string();
      report.check(dns::matches(*data, ds[0].owner, key.at(0)) == name.starts_with("yes"),
                   ds[0].to_string());
    }
  report.finish();
}

TEST(DnsConformance, UnboundNsec3Hashes) {
  AVILA_REQUIRE_SUITE("dns/unbound_unit");
  avila_test::SuiteReport report("dns/unbound_unit nsec3 hashes");
  for (const auto& path : files("test_nsec3_hash"))
    for (const Entry& entry : read_entries(avila_test::read_file(path))) {
      const auto data = dns::Nsec3::decode(entry.message.authorities.at(0).rdata);
      const auto hash = dns::nsec3_hash(entry.message.questions.at(0).name, data->algorithm,
                                        data->iterations, data->salt);
      std::string text = text::base32hex_encode(*hash);
      for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      report.check(entry.message.answers.at(0).owner.first_label() == text, text);
    }
  report.finish();
}

/// Packets in hex: one a line, or over lines after ";-- next packet --".
std::vector<std::string> packets_of(const std::string& text) {
  const bool marked = text.find("-- next packet --") != std::string::npos;
  std::vector<std::string> packets;
  std::string current;
  std::istringstream in(text);
  const auto flush = [&] {
    if (current.size() >= 24) packets.push_back(current);
    current.clear();
  };
  for (std::string line; std::getline(in, line);) {
    if (!marked || line.find("-- next packet --") != std::string::npos) flush();
    if (const std::size_t comment = line.find(';'); comment != line.npos) line.resize(comment);
    for (const char c : line)
      if (std::isxdigit(static_cast<unsigned char>(c)) != 0) current.push_back(c);
  }
  flush();
  return packets;
}

/// Whether the counts of the header promise more than could follow it: 5 bytes a question, 11 a
/// record. Much of test_packets.2 and .3 is segments of TCP, taken for messages.
bool is_overdrawn(std::string_view packet) {
  const auto count = [&](std::size_t at) {
    return std::size_t{static_cast<unsigned char>(packet[at])} << 8 |
           static_cast<unsigned char>(packet[at + 1]);
  };
  return 12 + 5 * count(4) + 11 * (count(6) + count(8) + count(10)) > packet.size();
}

/// Of test_packets.5, where the comments of the file say so; by number from 0.
const std::map<std::size_t, const char*> kBroken = {
    {2, "the question points into the answer"},
    {3, "the first answer points into the second"},
    {5, "a pointer to itself"},
    {6, "a pointer into the header"},
    {7, "a pointer past the end"},
    {8, "two OPT records (RFC 6891 section 6.1.1)"},
};

TEST(DnsConformance, UnboundPackets) {
  AVILA_REQUIRE_SUITE("dns/unbound_unit");
  avila_test::SuiteReport report("dns/unbound_unit packets");
  std::size_t overdrawn = 0, broken = 0;
  for (const auto& path : files("test_packets")) {
    const auto packets = packets_of(avila_test::read_file(path));
    for (std::size_t i = 0; i < packets.size(); ++i) {
      const std::string name = path.filename().string() + " packet " + std::to_string(i);
      const auto bytes = text::hex_decode(packets[i]);
      if (!bytes.has_value()) {
        report.fail(name + ": odd hex");
        continue;
      }
      const bool is_broken = path.filename() == "test_packets.5" && kBroken.contains(i);
      const auto message = dns::Message::decode(as_bytes(*bytes));
      if (is_broken || is_overdrawn(*bytes)) {
        ++(is_broken ? broken : overdrawn);
        report.check(!message.has_value(), name + " was taken");
        continue;
      }
      if (!message.has_value()) {
        report.fail(name + ": " + message.error().to_string());
        continue;
      }
      const auto again = dns::Message::decode(as_bytes(message->encode().value()));
      report.check(again.has_value() && *again == *message, name + " does not come back the same");
    }
  }
  std::printf("refused, as they must be: %zu with counts beyond their bytes, %zu broken by hand\n",
              overdrawn, broken);
  EXPECT_EQ(broken, kBroken.size());
  report.finish();
}

TEST(DnsConformance, UnboundRecords) {
  AVILA_REQUIRE_SUITE("dns/unbound_unit");
  avila_test::SuiteReport report("dns/unbound_unit records");
  for (const auto& path : files("test_ldnsrr")) {
    const std::string text = avila_test::read_file(path);
    const bool with_wire = path.filename().string().find(".c") != std::string::npos;
    if (!with_wire) {
      const auto records = dns::parse_zone_file(text);
      if (!records.has_value()) {
        report.fail(path.string() + ": " + records.error().to_string());
        continue;
      }
      for (const Record& record : *records) {
        const auto again = dns::parse_record(record.to_string());
        report.check(again.has_value() && *again == record, record.to_string());
      }
      continue;
    }
    // Pairs of lines: the record's wire form, and its text.
    std::istringstream in(text);
    for (std::string hex, line; std::getline(in, hex) && std::getline(in, line);) {
      // It is no zone file text (RFC 1035 section 5.1).
      if (std::count(line.begin(), line.end(), '"') == 1) {
        exclude(report, line, "a quote that never closes");
        continue;
      }
      const auto wire = text::hex_decode(hex);
      const auto record = dns::parse_record(line);
      if (!wire.has_value() || !record.has_value()) {
        report.fail(line + ": " + (record.has_value() ? "odd hex" : record.error().to_string()));
        continue;
      }
      dns::Message message;
      message.additionals = {*record};
      // Without a compressed byte: one record in a message of its own.
      std::string bytes(12, '\0');
      bytes[7] = 1;
      bytes += *wire;
      const auto decoded = dns::Message::decode(as_bytes(bytes));
      report.check(
          decoded.has_value() && decoded->answers.size() == 1 && decoded->answers[0] == *record &&
              dns::parse_record(decoded->answers[0].to_string()).value() == *record,
          line + " became " +
              (decoded.has_value() && !decoded->answers.empty() ? decoded->answers[0].to_string()
                                                                : "nothing"));
    }
  }
  report.finish();
}

}  // namespace

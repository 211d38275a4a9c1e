// Replay scripts of unbound: what servers answer, what a client asks, what it must get.
#include <algorithm>
#include <avila/dns/resolver.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/random/chacha.hpp>
#include <avila/time/civil.hpp>
#include <avila_test/conformance.hpp>
#include <map>
#include <set>

#include "../../layer2_net/dns/fake_network.hpp"
#include "entries.hpp"

namespace {

using namespace avila;
using namespace dns_conformance;
using dns::Message;
using dns::Name;
using dns::Rcode;
using dns::Record;
using dns::Type;

struct Range {
  long first = 0, last = 0;
  std::vector<std::string> addresses;
  std::vector<Entry> entries;
};

struct Step {
  long number = 0;
  std::string kind;
  std::vector<std::string> words;
  Entry entry;
};

struct Script {
  std::vector<std::string> trust_anchors, insecure;
  std::vector<dns::ZoneServers> zones;
  std::string date, unknown;  // a setting that we do not know
  bool aggressive = true, minimise = true, v6 = true, validate = true;
  std::vector<Range> ranges;
  std::vector<Step> steps;
};

std::string unquoted(std::string text) {
  if (const std::size_t open = text.find('"'); open != text.npos) {
    const std::size_t close = text.find('"', open + 1);
    return text.substr(open + 1, close - open - 1);
  }
  const auto all = words(text);
  return all.empty() ? "" : all[0];
}

const std::map<std::string, std::string> kExcluded = {
    {"iter_dnsseclame_ta.rpl", "DSA (RFC 8624: must not be validated)"},
    {"iter_fwdstubauth.rpl", "zones of its own within the resolver (auth-zone)"},
    {"iter_lame_noaa.rpl", "it leads unbound's own order of queries by the hand"},
    {"iter_prefetch.rpl", "asks again before answers expire (prefetch)"},
    {"val_negcache_ttl_prefetch.rpl", "asks again before answers expire (prefetch)"},
};
/// Where we tell more: what was left out of the answer was what makes it bogus (6).
const std::map<std::string, std::string> kOtherEde = {{"val_scrub_rr_length.rpl", "ede=6"}};

/// Settings that change nothing of what is compared here.
const std::set<std::string> kHarmless = {"server",
                                         "target-fetch-policy",
                                         "trust-anchor-signaling",
                                         "minimal-responses",
                                         "iter-scrub-promiscuous",
                                         "rrset-roundrobin",
                                         "ede",
                                         "access-control",
                                         "fake-sha1",
                                         "harden-referral-path",
                                         "stub-prime",
                                         "stub-first",
                                         "verbosity",
                                         "log-queries",
                                         "harden-glue",
                                         "harden-below-nxdomain",
                                         "use-caps-for-id",
                                         "do-ip4",
                                         "cache-min-ttl",
                                         "outbound-msg-retry",
                                         "outgoing-interface",
                                         "root-key-sentinel",
                                         "ede-serve-expired",
                                         "val-log-level",
                                         "discard-timeout",
                                         "infra-keep-probing",
                                         "val-bogus-ttl",
                                         "qname-minimisation-strict",
                                         "num-threads",
                                         "unwanted-reply-threshold",
                                         "harden-large-queries",
                                         "harden-short-bufsize",
                                         "disable-edns-do",
                                         "iter-scrub-ns",
                                         "iter-scrub-cname",
                                         "max-global-quota",
                                         "dlv-anchor"};

void read_config(std::istream& in, Script& script) {
  dns::ZoneServers zone;
  bool in_zone = false;
  const auto flush = [&] {
    if (in_zone) script.zones.push_back(zone);
    in_zone = false;
    zone = {};
  };
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("CONFIG_END")) break;
    const bool quoted = line.find('"') != line.npos;
    if (const std::size_t hash = line.find('#'); hash != line.npos && !quoted) line.resize(hash);
    const auto all = words(line);
    if (all.empty() || all[0][0] == '#') continue;
    std::string key = all[0];
    const bool keyed = key.find(':') != key.npos;
    if (keyed) key.resize(key.find(':'));
    const std::string value = unquoted(line.substr(line.find(':') + 1));
    if (key == "stub-zone" || key == "forward-zone") {
      flush();
      in_zone = true;
      zone.forward = key == "forward-zone";
    } else if (key == "server") {
      flush();
    } else if (key == "name" && in_zone) {
      zone.zone = Name::parse(value).value();
    } else if (key == "stub-addr" || key == "forward-addr") {
      if (auto ip = tcp::IpAddress::parse(value); ip.has_value())
        zone.servers.emplace_back(*ip, std::uint16_t{0});
      else
        script.unknown = key + " " + value;
    } else if (key == "trust-anchor") {
      script.trust_anchors.push_back(value);
    } else if (key == "domain-insecure") {
      script.insecure.push_back(value);
    } else if (key == "val-override-date") {
      script.date = value;
    } else if (key == "qname-minimisation") {
      script.minimise = value == "yes";
    } else if (key == "do-ip6") {
      script.v6 = value == "yes";
    } else if (key == "prefetch" || key == "prefetch-key") {
      if (value == "yes") script.unknown = key;
    } else if (key == "aggressive-nsec") {
      script.aggressive = value == "yes";
    } else if (key == "module-config") {
      script.validate = value.find("validator") != value.npos;
      for (const char* module : {"subnet", "python", "cachedb", "respip", "dns64", "ipset"})
        if (value.find(module) != value.npos) script.unknown = "module " + value;
    } else if (!kHarmless.contains(key)) {
      script.unknown = key;
    }
  }
  flush();
}

Script read_script(const std::string& text) {
  Script script;
  std::istringstream in(text);
  read_config(in, script);
  Range* range = nullptr;
  for (std::string line; std::getline(in, line);) {
    const auto all = words(line);
    if (all.empty()) continue;
    if (all[0] == "RANGE_BEGIN" && all.size() > 2) {
      range = &script.ranges.emplace_back();
      range->first = std::stol(all[1]);
      range->last = std::stol(all[2]);
    } else if (all[0] == "ADDRESS" && range != nullptr && all.size() > 1) {
      range->addresses.push_back(all[1]);
    } else if (all[0] == "RANGE_END") {
      range = nullptr;
    } else if (all[0] == "STEP" && all.size() > 2) {
      Step step;
      step.number = std::stol(all[1]);
      step.kind = all[2];
      step.words.assign(all.begin() + 3, all.end());
      script.steps.push_back(std::move(step));
    } else if (all[0] == "ENTRY_BEGIN") {
      Entry entry = read_entry(in);
      if (range != nullptr)
        range->entries.push_back(std::move(entry));
      else if (!script.steps.empty())
        script.steps.back().entry = std::move(entry);
    }
  }
  return script;
}

bool has(const std::vector<std::string>& all, const std::string& word) {
  return std::find(all.begin(), all.end(), word) != all.end();
}

bool fits(const Entry& entry, const Message& query, bool stream) {
  const dns::Question& asked = query.questions.at(0);
  const dns::Question* wanted = entry.message.question();
  for (const std::string& match : entry.match) {
    if (match == "qname" && (wanted == nullptr || !(wanted->name == asked.name))) return false;
    if (match == "qtype" && (wanted == nullptr || wanted->type != asked.type)) return false;
    if (match == "subdomain" && (wanted == nullptr || !asked.name.is_at_or_below(wanted->name)))
      return false;
    if ((match == "TCP" && !stream) || (match == "UDP" && stream)) return false;
    if (match == "DO" && !(query.edns.has_value() && query.edns->dnssec_ok)) return false;
    if (match == "noedns" && query.edns.has_value()) return false;
  }
  return true;
}

void set_flags(const std::vector<std::string>& reply, Message& message) {
  for (const std::string& word : reply) {
    if (word == "QR") message.response = true;
    if (word == "AA") message.authoritative = true;
    if (word == "TC") message.truncated = true;
    if (word == "RD") message.recursion_desired = true;
    if (word == "RA") message.recursion_available = true;
    if (word == "AD") message.authentic_data = true;
    if (word == "CD") message.checking_disabled = true;
    if (word == "DO") message.edns.emplace().dnssec_ok = true;
    for (const Rcode code : {Rcode::FormErr, Rcode::ServFail, Rcode::NxDomain, Rcode::NotImp,
                             Rcode::Refused, Rcode::YxDomain})
      if (word == dns::to_string(code)) message.rcode = code;
  }
}

/// Texts of the records that count, sorted.
std::vector<std::string> texts(const std::vector<Record>& records, bool with_ttl,
                               bool proofs_only) {
  std::vector<std::string> all;
  for (Record record : records) {
    Type type = record.type;
    if (type == Type::RRSIG) type = dns::Rrsig::decode(record.rdata)->covered;
    if (proofs_only && type != Type::SOA && type != Type::NSEC && type != Type::NSEC3) continue;
    if (!with_ttl) record.ttl = 0;
    record.owner = record.owner.lower();
    record.rdata = dns::canonical_rdata(record.type, record.rdata);
    all.push_back(record.to_string());
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::string joined(const std::vector<std::string>& all) {
  std::string out;
  for (const std::string& each : all) out += "    " + each.substr(0, 150) + '\n';
  return out;
}

/// "" or what is different.
std::string compare(const Message& got, const Step& step) {
  const std::vector<std::string>& match = step.entry.match;
  const bool all = has(match, "all");
  Message wanted = step.entry.message;
  set_flags(step.entry.reply, wanted);
  std::string what;
  if (all || has(match, "rcode")) {
    if (got.rcode != wanted.rcode)
      what += "rcode " + dns::to_string(got.rcode) + ", not " + dns::to_string(wanted.rcode) + '\n';
  }
  if ((all || has(match, "flags")) && got.authentic_data != wanted.authentic_data)
    what += got.authentic_data ? "AD\n" : "no AD\n";
  const bool ttl = has(match, "ttl");
  if (all || has(match, "answer")) {
    const auto is = texts(got.answers, ttl, false), should = texts(wanted.answers, ttl, false);
    if (is != should) what += "answers\n" + joined(is) + "  not\n" + joined(should);
  }
  // What else a resolver puts into the authority section is its own choice; proofs are not.
  if ((all || has(match, "authority")) && wanted.rcode != Rcode::ServFail) {
    const auto is = texts(got.authorities, ttl, true),
               should = texts(wanted.authorities, ttl, true);
    if (is != should) what += "authority\n" + joined(is) + "  not\n" + joined(should);
  }
  for (const std::string& word : match)
    if (word.starts_with("ede=")) {
      const auto code = got.edns.has_value() ? got.edns->extended_error() : std::nullopt;
      const std::string is =
          code.has_value() ? std::to_string(static_cast<unsigned>(*code)) : "none";
      if (is != word.substr(4)) what += "ede " + is + ", not " + word.substr(4) + '\n';
    }
  return what;
}

struct Replay {
  explicit Replay(const Script& play)
      : script(play),
        network(executor, [this](const tcp::SocketAddress& server, const std::string& query,
                                 bool stream) { return respond(server, query, stream); }) {}

  std::vector<dns_test::Packet> respond(const tcp::SocketAddress& server, const std::string& bytes,
                                        bool stream) const {
    const Message query = Message::decode(as_bytes(bytes)).value();
    const std::string address = server.ip().to_string();
    for (const Range& range : script.ranges) {
      if (step < range.first || step > range.last) continue;
      const bool here =
          std::any_of(range.addresses.begin(), range.addresses.end(), [&](const std::string& text) {
            const auto ip = tcp::IpAddress::parse(text);
            return ip.has_value() && *ip == server.ip();
          });
      if (!here && !range.addresses.empty()) continue;
      for (const Entry& entry : range.entries) {
        if (!fits(entry, query, stream)) continue;
        if (has(entry.adjust, "do_not_answer")) return {};
        Message answer = entry.message;
        set_flags(entry.reply, answer);
        answer.id = query.id;  // unbound's own harness does so even without copy_id
        if (has(entry.adjust, "copy_query")) answer.questions = query.questions;
        if (has(entry.adjust, "copy_ednsdata_assume_clientsubnet")) return {};
        return {{server, answer.encode().value()}};
      }
    }
    if (std::getenv("AVILA_DNS_TRACE") != nullptr)
      std::printf("no answer of %s to %s\n", address.c_str(),
                  query.questions[0].to_string().c_str());
    return {};
  }

  std::string run() {
    dns::ResolverOptions options;
    options.zones = script.zones;
    options.clock = &clock;
    options.minimise = script.minimise;
    options.aggressive_nsec = script.aggressive;
    options.randomise_case = false;
    options.use_v6 = script.v6;
    options.dnssec.allow_sha1 = true;
    options.dnssec.rsa_bits_min = 512;
    os::SeededEntropy entropy(7);
    random::SecureRandom random(entropy);
    options.random = &random;
    for (const std::string& text : script.trust_anchors)
      if (script.validate) options.trust_anchors.push_back(dns::parse_record(text).value());
    for (const std::string& name : script.insecure)
      options.insecure.push_back(Name::parse(name).value());
    if (script.date == "-1") {  // any date: when the last of the signatures began
      std::uint32_t now = 0;
      for (const Range& range : script.ranges)
        for (const Entry& entry : range.entries)
          for (const auto* records : {&entry.message.answers, &entry.message.authorities})
            for (const Record& record : *records)
              if (const auto data = dns::Rrsig::decode(record.rdata);
                  record.type == Type::RRSIG && data.has_value())
                now = std::max(now, data->inception);
      clock.set_wall({static_cast<std::int64_t>(now) * 1'000'000'000});
    }
    if (script.date.size() == 14) {
      const Record time =
          dns::parse_record(". RRSIG A 8 0 1 " + script.date + " 0 1 . AAAA").value();
      clock.set_wall(
          {static_cast<std::int64_t>(dns::Rrsig::decode(time.rdata)->expiration) * 1'000'000'000});
    }
    dns::Resolver resolver(network, options);
    std::optional<Message> got;
    bool compared = false;
    for (const Step& each : script.steps) {
      step = each.number;
      if (each.kind == "QUERY") {
        Message query = each.entry.message;
        query.edns.reset();
        set_flags(each.entry.reply, query);
        got = executor.block_on(resolver.handle(query, {}));
      } else if (each.kind == "CHECK_ANSWER") {
        if (!got.has_value()) return "no answer to compare";
        compared = true;
        const std::string what = compare(*got, each);
        if (!what.empty()) {
          const auto ede =
              got->edns.has_value() ? got->edns->find(dns::OptionCode::ExtendedError) : nullptr;
          return "step " + std::to_string(step) + ": " + what +
                 (ede != nullptr ? ede->data.substr(2) : "");
        }
      } else if (each.kind == "TIME_PASSES" && each.words.size() > 1) {
        const double passed = std::stod(each.words[1]);
        clock.advance({static_cast<std::int64_t>(passed * 1e9)});
      }
    }
    return compared ? "" : "nothing was compared";
  }

  const Script& script;
  async::SimExecutor executor{1};
  os::ManualClock clock;
  dns_test::FakeNetwork network;
  long step = 0;
};

TEST(DnsConformance, UnboundReplays) {
  AVILA_REQUIRE_SUITE("dns/unbound_rpl");
  avila_test::SuiteReport report("dns/unbound_rpl");
  const char* only = std::getenv("AVILA_DNS_ONLY");
  for (const auto& path :
       avila_test::files_below(avila_test::suite_path("dns/unbound_rpl"), ".rpl")) {
    const std::string name = path.filename().string();
    if (only != nullptr && name.find(only) == name.npos) continue;
    Script script = read_script(avila_test::read_file(path));
    if (kExcluded.contains(name)) {
      std::printf("excluded %s: %s\n", name.c_str(), kExcluded.at(name).c_str());
      report.exclude();
      continue;
    }
    if (!script.unknown.empty()) {
      report.fail(name + ": " + script.unknown + " is unknown");
      continue;
    }
    for (Step& step : script.steps)
      for (std::string& word : step.entry.match)
        if (word.starts_with("ede=") && kOtherEde.contains(name)) word = kOtherEde.at(name);
    const std::string what = Replay(script).run();
    report.check(what.empty(), name + ": " + what);
  }
  report.finish();
}

}  // namespace

#include <algorithm>
#include <avila/dns/stub.hpp>
#include <avila/future/combine.hpp>
#include <avila/os/file_system.hpp>
#include <avila/text/number.hpp>

namespace avila::dns {
namespace {

constexpr std::size_t kConfBytesMax = std::size_t{1} << 20;
constexpr std::size_t kHostsBytesMax = std::size_t{16} << 20;
constexpr std::size_t kChainMax = 16;  // CNAMEs within one answer
constexpr unsigned kNdotsMax = 15, kAttemptsMax = 5;
constexpr std::int64_t kTimeoutMax = 30;

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < line.size();) {
    at = line.find_first_not_of(" \t\r", at);
    if (at == line.npos) break;
    const std::size_t end = std::min(line.find_first_of(" \t\r", at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

template <class F>
void for_each_line(std::string_view text, std::string_view comments, F&& each) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = line.substr(0, std::min(line.find_first_of(comments), line.size()));
    const auto words = words_of(line);
    if (!words.empty()) each(words);
  }
}

void apply_option(ResolvConf& conf, std::string_view word) {
  const std::size_t colon = word.find(':');
  const std::string_view name = word.substr(0, colon);
  const std::uint64_t value =
      colon == word.npos ? 0 : text::parse_uint(word.substr(colon + 1)).value_or(std::uint64_t{0});
  if (name == "ndots")
    conf.ndots = static_cast<unsigned>(std::min<std::uint64_t>(value, kNdotsMax));
  if (name == "timeout" && value > 0)
    conf.timeout = seconds(std::min(static_cast<std::int64_t>(value), kTimeoutMax));
  if (name == "attempts" && value > 0)
    conf.attempts = static_cast<unsigned>(std::min<std::uint64_t>(value, kAttemptsMax));
  if (name == "rotate") conf.rotate = true;
  if (name == "use-vc") conf.use_tcp = true;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  while (out.ends_with('.')) out.pop_back();
  return out;
}

Result<std::string> read_text(os::FileSystem& files, const std::string& path, std::size_t most) {
  AVILA_TRY(const auto file, files.open(path, {}));
  AVILA_TRY(const std::uint64_t size, file->size());
  if (size > most) return Error(Errc::LimitExceeded, path + " is too long");
  std::string text(size, '\0');
  AVILA_TRY(const MutableByteSpan got, file->read_at(0, std::as_writable_bytes(std::span(text))));
  text.resize(got.size());
  return text;
}

/// Follows CNAMEs from the question to the records of a type.
Name follow(const Message& answer, Type type, std::vector<Record>& found) {
  Name name = answer.questions.empty() ? Name() : answer.questions[0].name;
  for (std::size_t i = 0; i < kChainMax; ++i) {
    const Record* alias = nullptr;
    for (const Record& record : answer.answers) {
      if (!(record.owner == name)) continue;
      if (record.type == type) found.push_back(record);
      if (record.type == Type::CNAME) alias = &record;
    }
    if (!found.empty() || alias == nullptr) return name;
    auto target = name_of(*alias);
    if (!target.has_value()) return name;
    name = std::move(*target);
  }
  return name;
}

}  // namespace

ResolvConf parse_resolv_conf(std::string_view text) {
  ResolvConf conf;
  for_each_line(text, "#;", [&](const std::vector<std::string_view>& words) {
    if (words[0] == "nameserver" && words.size() > 1 &&
        conf.servers.size() < ResolvConf::kServersMax) {
      // "fe80::1%eth0" too; with a port where it is written [address]:port.
      std::string text_form(words[1]);
      if (!text_form.starts_with('[') && text_form.find(':') != std::string::npos)
        text_form = '[' + text_form + "]:53";
      else if (text_form.find(':') == std::string::npos)
        text_form += ":53";
      if (auto address = SocketAddress::parse(text_form);
          address.has_value() && !address->is_unix())
        conf.servers.push_back(std::move(*address));
    } else if (words[0] == "search" || words[0] == "domain") {
      conf.search.clear();  // the last line counts
      for (std::size_t i = 1; i < words.size() && i <= ResolvConf::kSearchMax; ++i)
        if (auto name = Name::parse(words[i]); name.has_value() && !name->is_root())
          conf.search.push_back(std::move(*name));
    } else if (words[0] == "options") {
      for (std::size_t i = 1; i < words.size(); ++i) apply_option(conf, words[i]);
    }
  });
  return conf;
}

Hosts parse_hosts(std::string_view text) {
  Hosts hosts;
  for_each_line(text, "#", [&](const std::vector<std::string_view>& words) {
    const auto address = tcp::IpAddress::parse(words[0].substr(0, words[0].find('%')));
    if (!address.has_value()) return;
    for (std::size_t i = 1; i < words.size(); ++i) {
      auto& all = hosts[lower(words[i])];
      if (std::find(all.begin(), all.end(), *address) == all.end()) all.push_back(*address);
    }
  });
  return hosts;
}

StubOptions StubOptions::from_system(os::FileSystem& files) {
  StubOptions options;
  if (const auto text = read_text(files, "/etc/resolv.conf", kConfBytesMax); text.has_value())
    options.conf = parse_resolv_conf(*text);
  if (options.conf.servers.empty()) options.conf.servers = {SocketAddress::loopback(53)};
  if (const auto text = read_text(files, "/etc/hosts", kHostsBytesMax); text.has_value())
    options.hosts = parse_hosts(*text);
  return options;
}

Name reverse_name(const tcp::IpAddress& address) {
  std::string text;
  const auto& bytes = address.bytes();
  if (address.is_v4()) {
    for (std::size_t i = 4; i-- > 0;) text += std::to_string(bytes[i]) + '.';
    return Name::parse(text + "in-addr.arpa").value();
  }
  static constexpr char kDigits[] = "0123456789abcdef";
  for (std::size_t i = 16; i-- > 0;) {
    text += kDigits[bytes[i] & 15];
    text += '.';
    text += kDigits[bytes[i] >> 4];
    text += '.';
  }
  return Name::parse(text + "ip6.arpa").value();
}

Task<Result<Message>> StubResolver::query(Name name, Type type, CancelToken cancel) {
  const ResolvConf& conf = options_.conf;
  if (conf.servers.empty()) co_return Error(Errc::InvalidArgument, "no DNS server is configured");
  Message query = Message::query(std::move(name), type);
  query.edns.emplace();
  query.authentic_data = true;  // RFC 6840 section 5.7: we would like to know
  ExchangeOptions options;
  options.timeout = conf.timeout;
  options.tcp_only = conf.use_tcp;
  const std::size_t first = conf.rotate ? turn_.fetch_add(1, std::memory_order_relaxed) : 0;
  std::string last = "no server answered";
  for (unsigned attempt = 0; attempt < conf.attempts; ++attempt) {
    for (std::size_t i = 0; i < conf.servers.size(); ++i) {
      const SocketAddress& server = conf.servers[(first + i) % conf.servers.size()];
      auto answer = co_await exchange(network_, server, query, options, cancel);
      if (cancel.cancelled()) co_return future::cancelled_error("DNS query");
      if (!answer.has_value()) {
        last = answer.error().to_string();
        continue;
      }
      if (answer->rcode == Rcode::FormErr && query.edns.has_value()) {
        query.edns.reset();  // a server from before EDNS (RFC 6891 section 7)
        answer = co_await exchange(network_, server, query, options, cancel);
        if (!answer.has_value()) continue;
      }
      if (answer->rcode == Rcode::NoError || answer->rcode == Rcode::NxDomain)
        co_return std::move(*answer);
      last = "the server says " + to_string(answer->rcode);
    }
  }
  co_return Error(Errc::Unavailable, "DNS: " + last);
}

Task<Result<LookupResult>> StubResolver::lookup_exact(Name name, CancelToken cancel) {
  std::vector<Task<Result<Message>>> tasks;
  tasks.push_back(query(name, Type::AAAA, cancel));
  tasks.push_back(query(name, Type::A, cancel));
  auto answers = co_await future::when_all(std::move(tasks));
  LookupResult result;
  result.canonical = name;
  result.authentic = true;
  std::vector<tcp::IpAddress> families[2];
  bool answered = false;
  for (std::size_t i = 0; i < 2; ++i) {
    if (!answers[i].has_value()) continue;
    answered = true;
    std::vector<Record> found;
    const Name canonical = follow(*answers[i], i == 0 ? Type::AAAA : Type::A, found);
    result.authentic = result.authentic && answers[i]->authentic_data;
    if (!found.empty()) result.canonical = canonical;
    for (const Record& record : found)
      if (const auto address = address_of(record); address.has_value())
        families[i].push_back(*address);
  }
  if (!answered) co_return std::move(answers[1]).error();
  for (std::size_t i = 0; i < std::max(families[0].size(), families[1].size()); ++i)
    for (const auto& family : families)
      if (i < family.size()) result.addresses.push_back(family[i]);
  // Of a family that nobody told of it is not known that there is none.
  if (result.addresses.empty())
    for (auto& answer : answers)
      if (!answer.has_value()) co_return std::move(answer).error();
  if (result.addresses.empty())
    co_return Error(Errc::NotFound, name.to_string() + " has no address");
  co_return std::move(result);
}

Task<Result<LookupResult>> StubResolver::lookup(std::string host, CancelToken cancel) {
  if (const auto literal = tcp::IpAddress::parse(host); literal.has_value()) {
    LookupResult result;
    result.addresses = {*literal};
    co_return std::move(result);
  }
  AVILA_CO_TRY(Name name, Name::parse(host));
  const std::string plain = lower(host);
  if (const auto known = options_.hosts.find(plain); known != options_.hosts.end()) {
    LookupResult result;
    result.addresses = known->second;
    result.canonical = name;
    co_return std::move(result);
  }
  if (plain == "localhost" || plain.ends_with(".localhost")) {
    LookupResult result;
    std::array<std::uint8_t, 16> loopback{};
    loopback[15] = 1;
    result.addresses = {tcp::IpAddress::v6(loopback), tcp::IpAddress::v4(127, 0, 0, 1)};
    result.canonical = name;
    co_return std::move(result);
  }
  std::vector<Name> candidates;
  const bool absolute = host.ends_with('.');
  const bool dotted = name.label_count() > options_.conf.ndots;
  if (absolute || dotted) candidates.push_back(name);
  if (!absolute)
    for (const Name& suffix : options_.conf.search)
      if (auto full = name.with_suffix(Name(), suffix); full.has_value())
        candidates.push_back(std::move(*full));
  if (!absolute && !dotted) candidates.push_back(name);
  Result<LookupResult> first = Error(Errc::NotFound, host + " has no address");
  bool failed = false;
  for (const Name& candidate : candidates) {
    auto result = co_await lookup_exact(candidate, cancel);
    if (result.has_value() || cancel.cancelled()) co_return std::move(result);
    // That no server answered says more than that some other name is absent.
    if (!failed && !result.error().is(Errc::NotFound)) {
      failed = true;
      first = std::move(result);
    }
  }
  co_return std::move(first);
}

Task<Result<std::vector<Name>>> StubResolver::reverse(tcp::IpAddress address, CancelToken cancel) {
  Name name = reverse_name(address);
  auto answer = co_await query(std::move(name), Type::PTR, cancel);
  AVILA_CO_TRY(const Message message, std::move(answer));
  std::vector<Record> found;
  (void)follow(message, Type::PTR, found);
  std::vector<Name> names;
  for (const Record& record : found)
    if (auto target = name_of(record); target.has_value()) names.push_back(std::move(*target));
  if (names.empty()) co_return Error(Errc::NotFound, address.to_string() + " has no name");
  co_return std::move(names);
}

Task<Result<std::vector<SocketAddress>>> StubResolver::resolve(async::Executor&, std::string host,
                                                               std::uint16_t port,
                                                               CancelToken cancel) {
  auto found = co_await lookup(std::move(host), cancel);
  AVILA_CO_TRY(const LookupResult result, std::move(found));
  std::vector<SocketAddress> addresses;
  for (const auto& address : result.addresses) addresses.emplace_back(address, port);
  co_return std::move(addresses);
}

}  // namespace avila::dns

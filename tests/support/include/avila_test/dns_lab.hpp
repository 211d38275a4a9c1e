// A small internet on loopback: root, TLD and zones, signed by dnssec-signzone, served by named,
// knotd and our own server, each on an address of 127.0.0.0/8 and all on one port.
#pragma once
#ifndef _WIN32
#include <gtest/gtest.h>

#include <avila/async/runtime.hpp>
#include <avila/dns/resolver.hpp>
#include <avila/dns/server.hpp>
#include <avila/os/process.hpp>
#include <avila/tcp/connect.hpp>
#include <avila/tcp/listener.hpp>
#include <avila/udp/socket.hpp>
#include <avila_test/tools.hpp>
#include <fstream>
#include <sstream>

namespace avila_test {

using namespace avila;

inline std::string read_text(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}
inline void write_text(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

struct ZoneSpec {
  std::string name;  ///< "good.test", "." for the root
  std::string algorithm = "ECDSAP256SHA256";
  std::string sign_options;          ///< of dnssec-signzone
  std::string extra;                 ///< records
  std::string server = "127.0.0.1";  ///< DnsLab::kNamed
  bool is_signed = true;
  bool other_key_in_parent = false;
};

/// Waits until a TCP port answers; false after a minute or so.
inline bool wait_for_port(async::Runtime& runtime, const tcp::SocketAddress& address) {
  for (int i = 0; i < 1200; ++i) {
    const tcp::ConnectOptions options{.timeout = milliseconds(500)};
    if (runtime.block_on(tcp::connect(runtime, address, options)).has_value()) return true;
    (void)run_command("sleep 0.05");
  }
  return false;
}

class DnsLab {
 public:
  explicit DnsLab(async::Runtime& runtime) : runtime_(runtime) { choose_port(); }

  std::uint16_t port() const { return port_; }
  const std::string& anchor() const { return anchor_; }
  const avila_test::TempDir& folder() const { return folder_; }

  /// Makes and signs a zone; its DS is kept for the parent.
  void add(const ZoneSpec& spec) {
    const std::string base = spec.name == "." ? "root" : spec.name;
    const std::string origin = spec.name == "." ? "." : spec.name + ".";
    const std::string file = folder_ / (base + ".zone");
    std::string text = "$TTL 300\n$ORIGIN " + origin +
                       "\n@ SOA ns hostmaster 1 3600 900 86400 60\n@ NS ns\nns A " + spec.server +
                       "\n" + spec.extra;
    if (spec.is_signed) {
      const std::string flags = " -q -K . -f KSK -a " + spec.algorithm +
                                (spec.algorithm.starts_with("RSA") ? " -b 2048 " : " ");
      const std::string key = key_name("dnssec-keygen" + flags + origin);
      text += read_text(folder_ / (key + ".key"));
      write_text(file, text);
      const std::string signer = "cd " + folder_.path() + " && dnssec-signzone -q -P -z -o " +
                                 origin + " -f " + base + ".signed " + spec.sign_options + " " +
                                 base + ".zone " + key + " 2>&1";
      const auto done = run_command(signer);
      EXPECT_EQ(done.status, 0) << signer << done.out;
      std::string vouched = key;
      if (spec.other_key_in_parent) vouched = key_name("dnssec-keygen" + flags + origin);
      const auto ds = run_command("cd " + folder_.path() + " && dnssec-dsfromkey -2 " + vouched);
      ds_[spec.name] = ds.out;
      if (spec.name == ".") anchor_ = ds.out;
    } else {
      write_text(folder_ / (base + ".signed"), text);
    }
    specs_.push_back(spec);
  }

  std::string zone_path(const std::string& name) const { return folder_ / (name + ".signed"); }
  /// Changes what is served of a zone, after it was signed.
  void edit(const std::string& name, const std::string& command) {
    const std::string path = zone_path(name);
    const auto done =
        run_command(command + " < " + path + " > " + path + ".new && mv " + path + ".new " + path);
    EXPECT_EQ(done.status, 0) << command;
  }
  /// NS, glue and DS of a child, for its parent's zone.
  std::string delegation(const std::string& child, const std::string& server) const {
    const auto ds = ds_.find(child);
    return child + ". NS ns." + child + ".\nns." + child + ". A " + server + "\n" +
           (ds == ds_.end() ? "" : ds->second);
  }

  /// named, for the zones of kNamed. It listens on the addresses of interfaces only.
  void start_named() {
    std::string conf =
        "options { directory \"" + folder_.path() + "\"; pid-file none; listen-on port " +
        std::to_string(port_) + " { " + kNamed +
        "; }; listen-on-v6 { none; }; recursion no; dnssec-validation no; notify no; "
        "allow-transfer { none; }; session-keyfile none; };\ncontrols {};\n";
    for (const ZoneSpec& spec : specs_)
      if (spec.server == kNamed)
        conf += "zone \"" + spec.name + "\" { type primary; check-integrity no; file \"" +
                zone_path(spec.name) + "\"; };\n";
    write_text(folder_ / "named.conf", conf);
    os::SpawnOptions options;
    options.arguments = {"-c", folder_ / "named.conf", "-f", "-n", "1",
                         "-L", folder_ / "named.log"};
    options.error = os::Stream::Null;
    processes_.push_back(os::Process::spawn("named", options).value());
    expect_port(kNamed, folder_ / "named.log");
  }
  /// Ours, for zones that named would not serve as they are.
  void start_ours() {
    for (const ZoneSpec& spec : specs_)
      if (spec.server == kOurs) {
        auto zone = dns::Zone::parse(read_text(zone_path(spec.name)));
        ASSERT_TRUE(zone.has_value()) << zone.error().to_string();
        handler_.add(std::move(*zone));
      }
    server_ = std::make_unique<dns::Server>(runtime_, handler_);
    ASSERT_TRUE(server_->listen({tcp::IpAddress::parse(kOurs).value(), port_}).has_value());
  }
  /// knotd with a zone that it signs itself.
  void start_signing_knot(const std::string& zone, const std::string& server,
                          const std::string& records) {
    const std::string name = zone + ".knot";
    write_text(folder_ / name, "$TTL 300\n$ORIGIN " + zone +
                                   ".\n@ SOA ns hostmaster 1 3600 900 86400 60\n@ NS ns\nns A " +
                                   server + "\n" + records);
    const std::string conf = write_knot_conf(
        server,
        "policy:\n  - id: ours\n    manual: on\n    nsec3: on\n    nsec3-iterations: 0\nzone:\n"
        "  - domain: " +
            zone + "\n    file: " + (folder_ / name) +
            "\n    zonefile-sync: -1\n    journal-content: none\n    dnssec-signing: on\n"
            "    dnssec-policy: ours\n");
    const std::string keymgr = "keymgr -c " + conf + " " + zone + ". ";
    const auto made = run_command(keymgr + "generate algorithm=ed25519 ksk=yes zsk=yes 2>&1");
    EXPECT_EQ(made.status, 0) << made.out;
    ds_[zone] = run_command(keymgr + "ds | awk '$5 == 2'").out;
    run_knot(server, conf);
  }
  /// knotd, for the zones of one address.
  void start_knot(const std::string& server) {
    std::string zones = "zone:\n";
    for (const ZoneSpec& spec : specs_)
      if (spec.server == server)
        zones += "  - domain: " + spec.name +
                 "\n    file: " + zone_path(spec.name == "." ? "root" : spec.name) +
                 "\n    zonefile-sync: -1\n    journal-content: none\n";
    run_knot(server, write_knot_conf(server, zones));
  }
  void stop() {
    if (server_ != nullptr) runtime_.block_on(server_->shutdown());
    server_.reset();
    for (os::Process& process : processes_) (void)process.signal(15);
    for (os::Process& process : processes_) (void)process.wait_for(seconds(10));
    processes_.clear();
  }
  ~DnsLab() { stop(); }

  dns::ResolverOptions resolver_options(const std::string& root = "127.0.0.11") const {
    dns::ResolverOptions options;
    options.port = port_;
    options.zones = {{dns::Name(), {{tcp::IpAddress::parse(root).value(), port_}}, false}};
    options.trust_anchors = dns::parse_trust_anchors(anchor_).value();
    return options;
  }

  static constexpr const char* kNamed = "127.0.0.1";
  static constexpr const char* kOurs = "127.0.0.15";

 private:
  std::string write_knot_conf(const std::string& server, const std::string& rest) {
    const std::string run = folder_ / ("knot" + server);
    std::filesystem::create_directories(run + "/db");
    write_text(run + "/knot.conf", "server:\n    listen: " + server + "@" + std::to_string(port_) +
                                       "\n    rundir: " + run + "\ndatabase:\n    storage: " + run +
                                       "/db\n" + rest);
    return run + "/knot.conf";
  }
  void run_knot(const std::string& server, const std::string& conf) {
    os::SpawnOptions options;
    options.arguments = {"-c", "exec knotd -c " + conf + " > " + conf + ".log 2>&1"};
    processes_.push_back(os::Process::spawn("sh", options).value());
    expect_port(server, conf + ".log");
  }
  void expect_port(const std::string& server, const std::string& log) {
    EXPECT_TRUE(wait_for_port(runtime_, {tcp::IpAddress::parse(server).value(), port_}))
        << server << ": " << read_text(log);
  }
  std::string key_name(const std::string& command) {
    auto done = run_command("cd " + folder_.path() + " && " + command + " 2>/dev/null");
    EXPECT_EQ(done.status, 0) << command;
    while (!done.out.empty() && done.out.back() == '\n') done.out.pop_back();
    return done.out;
  }
  /// One that is free on the first of the addresses.
  void choose_port() {
    const auto address = tcp::IpAddress::parse(kNamed).value();
    for (int i = 0; i < 50; ++i) {
      auto stream = tcp::Listener::bind(runtime_, {address, 0});
      if (!stream.has_value()) continue;
      port_ = stream->local_address().port();
      if (udp::Socket::bind(runtime_, {address, port_}).has_value()) return;
    }
  }

  async::Runtime& runtime_;
  avila_test::TempDir folder_;
  std::uint16_t port_ = 0;
  std::string anchor_;
  std::vector<ZoneSpec> specs_;
  std::map<std::string, std::string> ds_;
  std::vector<os::Process> processes_;
  dns::AuthoritativeHandler handler_;
  std::unique_ptr<dns::Server> server_;
};

}  // namespace avila_test
#endif

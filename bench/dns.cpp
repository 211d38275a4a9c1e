// dns.*: messages read and written, and cached answers over UDP: our resolver, and unbound and
// named where they are on PATH, each with one thread, under the same load (64 questions at a time
// for 1,000 names, from this process). CPU is that of the server's process alone.
#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <avila/async/runtime.hpp>
#include <avila/dns/resolver.hpp>
#include <avila/dns/server.hpp>
#include <avila/dns/zone.hpp>
#include <avila/dns/zone_file.hpp>
#include <avila/os/process.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "bench.hpp"

using namespace avila;
using dns::Message;
using dns::Name;
using dns::Type;

namespace {

constexpr int kNames = 1000;
constexpr std::size_t kWindow = 64;
constexpr double kSeconds = 3;

std::string host(int i) { return "host" + std::to_string(i) + ".bench"; }

void codec() {
  // What a validating resolver gets to see: an address with its signature, and what goes with it.
  Message message = Message::query(Name::parse("www.bench.example").value(), Type::A);
  message.response = message.authoritative = true;
  const std::string signature =
      " 300 IN RRSIG A 13 3 300 20300101000000 20200101000000 1 bench.example. " +
      std::string(86, 'A') + "==";
  for (const std::string& line :
       {std::string("www.bench.example. 300 IN A 192.0.2.1"), "www.bench.example." + signature,
        std::string("www.bench.example. 300 IN A 192.0.2.2")})
    message.answers.push_back(dns::parse_record(line).value());
  for (int i = 0; i < 4; ++i) {
    const std::string server = "ns" + std::to_string(i) + ".bench.example.";
    message.authorities.push_back(dns::parse_record("bench.example. 3600 IN NS " + server).value());
    message.additionals.push_back(dns::parse_record(server + " 3600 IN A 192.0.2.53").value());
  }
  message.edns.emplace();
  const std::string bytes = message.encode().value();
  bench::need(Message::decode(as_bytes(bytes)).value() == message, "the message comes back");
  bench::ops("dns.decode", 1, [&] { bench::keep(Message::decode(as_bytes(bytes))); });
  bench::ops("dns.encode", 1, [&] { bench::keep(message.encode()); });
}

/// User and system time of a process, in seconds.
double cpu_of(long pid) {
  const std::string stat = bench::read_file("/proc/" + std::to_string(pid) + "/stat");
  const char* at = stat.c_str() + stat.rfind(')');
  unsigned long user = 0, system = 0;
  std::sscanf(at, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

class Load {
 public:
  explicit Load(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{1, 0};
    bench::need(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0, "connect");
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    for (int i = 0; i < kNames; ++i) {
      Message query = Message::query(Name::parse(host(i)).value(), Type::A);
      query.edns.emplace();
      queries_.push_back(query.encode().value());
    }
  }
  ~Load() { ::close(socket_); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  /// A window of questions and their answers; how many came, and whether all held an address.
  std::size_t round(bool& good) {
    for (std::size_t i = 0; i < kWindow; ++i) {
      const std::string& query = queries_[next_++ % queries_.size()];
      bench::keep(::send(socket_, query.data(), query.size(), 0));
    }
    std::size_t got = 0;
    char buffer[1500];
    for (; got < kWindow; ++got) {
      const ssize_t n = ::recv(socket_, buffer, sizeof buffer, 0);
      if (n <= 0) break;
      good = good && n > 12 && (buffer[3] & 15) == 0 && buffer[7] == 1;
    }
    return got;
  }
  /// Until every name has been answered twice over.
  bool warm() {
    for (int i = 0; i < 200; ++i) {
      bool good = true;
      std::size_t got = 0;
      for (int j = 0; j < 2 * kNames / static_cast<int>(kWindow) + 1; ++j) got += round(good);
      if (good && got >= 2 * kNames) return true;
    }
    return false;
  }

 private:
  int socket_;
  std::vector<std::string> queries_;
  std::size_t next_ = 0;
};

void measure_server(const std::string& name, std::uint16_t port, long pid) {
  Load load(port);
  bench::need(load.warm(), "a server answers");
  std::vector<double> rates, cpu;
  for (int run = 0; run < 3; ++run) {
    const double cpu_before = cpu_of(pid), start = bench::now();
    std::size_t answers = 0;
    bool good = true;
    while (bench::now() - start < kSeconds) answers += load.round(good);
    bench::need(good && answers > 0, "a server answers rightly");
    rates.push_back(static_cast<double>(answers) / (bench::now() - start));
    cpu.push_back((cpu_of(pid) - cpu_before) / static_cast<double>(answers) * 1e6);
  }
  std::sort(rates.begin(), rates.end());
  std::sort(cpu.begin(), cpu.end());
  bench::emit("dns.cached.udp." + name, rates[1], "ops/s");
  bench::emit("dns.cached.udp." + name + ".cpu", cpu[1], "us");
}

/// The child's life: a resolver that tells its port through the pipe.
[[noreturn]] void serve_ours(int to_parent, std::uint16_t authority) {
  async::Runtime runtime({.threads = 1});
  dns::SystemNetwork network(runtime);
  dns::ResolverOptions options;
  options.zones = {{Name(), {tcp::SocketAddress::loopback(authority)}, false}};
  dns::Resolver resolver(network, options);
  dns::Server server(runtime, resolver);
  const auto bound = server.listen(tcp::SocketAddress::loopback(0));
  const std::uint16_t port = bound.has_value() ? bound->port() : 0;
  bench::need(::write(to_parent, &port, sizeof port) == sizeof port, "pipe");
  for (;;) ::pause();
}

std::uint16_t free_port() {
  async::Runtime runtime({.threads = 1});
  dns::AuthoritativeHandler nobody;
  dns::Server server(runtime, nobody);
  const std::uint16_t port = server.listen(tcp::SocketAddress::loopback(0)).value().port();
  runtime.block_on(server.shutdown());
  return port;
}

void peer(const std::string& name, const std::string& conf, std::uint16_t port,
          std::vector<std::string> arguments) {
  const std::string file = arguments.back();
  std::ofstream(file) << conf;
  os::SpawnOptions options;
  if (name == "named") arguments = {"-c", file, "-f", "-n", "1", "-L", file + ".log"};
  options.arguments = arguments;
  options.error = options.out = os::Stream::Null;
  auto process = os::Process::spawn(name, options);
  if (!process.has_value()) {
    std::fprintf(stderr, "no %s on PATH\n", name.c_str());
    return;
  }
  measure_server(name, port, process->id());
  (void)process->signal(SIGTERM);
  (void)process->wait_for(seconds(10));
}

void cached() {
  if (!bench::wanted("dns.cached")) return;
  std::string zone = ". 86400 SOA a. b. 1 1 1 1 60\n. 86400 NS a.\na. 86400 A 127.0.0.1\n";
  for (int i = 0; i < kNames; ++i) zone += host(i) + ". 86400 A 192.0.2.1\n";
  const std::uint16_t authority = free_port(), unbound_port = free_port(), named_port = free_port();
  int pipe_ends[2];
  bench::need(::pipe(pipe_ends) == 0, "pipe");
  const pid_t ours = ::fork();  // before this process has threads
  if (ours == 0) serve_ours(pipe_ends[1], authority);
  async::Runtime runtime({.threads = 1});
  dns::AuthoritativeHandler handler;
  handler.add(dns::Zone::parse(zone).value());
  dns::Server server(runtime, handler);
  bench::need(server.listen(tcp::SocketAddress::loopback(authority)).has_value(), "the authority");
  std::uint16_t port = 0;
  bench::need(::read(pipe_ends[0], &port, sizeof port) == sizeof port && port != 0, "our resolver");
  measure_server("avila", port, ours);
  ::kill(ours, SIGKILL);
  ::waitpid(ours, nullptr, 0);
  const std::string folder =
      (std::filesystem::temp_directory_path() / ("bench-dns-" + std::to_string(::getpid())))
          .string();
  std::filesystem::create_directory(folder);
  const std::string at = std::to_string(authority);
  peer("unbound",
       "server:\n interface: 127.0.0.1@" + std::to_string(unbound_port) +
           "\n num-threads: 1\n do-daemonize: no\n use-syslog: no\n username: \"\"\n chroot: \"\"\n"
           " pidfile: \"\"\n module-config: \"iterator\"\n do-not-query-localhost: no\n"
           " directory: \"" +
           folder +
           "\"\nremote-control:\n control-enable: no\n"
           "stub-zone:\n name: \".\"\n stub-addr: 127.0.0.1@" +
           at + "\n",
       unbound_port, {"-d", "-c", folder + "/unbound.conf"});
  peer("named",
       "options { directory \"" + folder + "\"; pid-file none; listen-on port " +
           std::to_string(named_port) +
           " { 127.0.0.1; }; listen-on-v6 { none; }; dnssec-validation no; session-keyfile none; "
           "forward only; forwarders { 127.0.0.1 port " +
           at + "; }; };\ncontrols {};\n",
       named_port, {folder + "/named.conf"});
  std::filesystem::remove_all(folder);
  runtime.block_on(server.shutdown());
}

}  // namespace

int main(int argc, char** argv) {
  bench::init(argc, argv);
  codec();
  cached();
}

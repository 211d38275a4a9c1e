// The SOCKS5 server under the clients of others: PySocks (Debian's python3-socks) for UDP
// ASSOCIATE, the package socks of npm (found through NODE_PATH) for UDP ASSOCIATE and BIND.
#include <gtest/gtest.h>
#include <avila/async/runtime.hpp>
#include <avila/proxy/socks5.hpp>
#include <avila/tcp/connect.hpp>
#include <avila/udp/socket.hpp>
#include <avila_test/tools.hpp>

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace avila;
using avila_test::run_command;
using future::Task;

constexpr const char* kPython = "/usr/bin/python3";

bool have_pysocks() {
  if (run_command(std::string(kPython) + " -c 'import socks' 2>/dev/null").status == 0) return true;
  std::printf("SKIPPED: PySocks is not installed (python3-socks)\n");
  return false;
}

bool have_npm_socks() {
  if (run_command("node -e 'require(\"socks\")' 2>/dev/null").status == 0) return true;
  std::printf("SKIPPED: node with the package socks not found (NODE_PATH)\n");
  return false;
}

/// Sends back what it is sent, in capitals: who hears himself does not pass.
Task<void> echo(udp::Socket& socket, future::CancelToken cancel) {
  std::byte buffer[65'536];
  const MutableByteSpan space(buffer);
  while (true) {
    auto got = co_await socket.receive(space, cancel);
    if (!got.has_value()) co_return;
    std::string text(as_text(space.first(got->size_bytes)));
    for (char& c : text)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    auto sent = co_await socket.send_to(as_bytes(text), got->source);
    (void)sent;
  }
}

class Names final : public tcp::Resolver {
 public:
  Task<Result<std::vector<tcp::SocketAddress>>> resolve(async::Executor&, std::string host,
                                                        std::uint16_t port,
                                                        future::CancelToken) override {
    if (host != "echo.test") co_return Error(Errc::NotFound, "there is no such name");
    std::vector<tcp::SocketAddress> found;
    found.push_back(tcp::SocketAddress::loopback(port));
    co_return found;
  }
};

class Socks : public ::testing::Test {
 protected:
  void SetUp() override {
    auto bound = udp::Socket::bind(runtime, tcp::SocketAddress::loopback(0));
    ASSERT_TRUE(bound.has_value());
    socket = std::move(*bound);
    echoing = runtime.spawn(echo(socket, stop.token()));
    options.destinations.ports = {};
    options.destinations.deny_internal = false;
    options.destinations.denied_hosts = {"127.0.0.9"};
    options.users = {{"me", "secret"}};
    options.resolver = &names;
    server = std::make_unique<proxy::SocksServer>(runtime, options);
    ASSERT_TRUE(server->listen("127.0.0.1:0").has_value());
  }
  void TearDown() override {
    stop.cancel();
    echoing.wait();
    runtime.block_on(server->shutdown());
  }
  /// The script's output; its arguments are the ports of the server and of the echo.
  std::string run(const std::string& program, const std::string& script) {
    std::ofstream(folder / "script") << script;
    const std::string address = server->local_address();
    const auto ran = run_command("timeout 60 " + program + " " + (folder / "script") + " " +
                                 address.substr(address.find(':') + 1) + " " +
                                 std::to_string(socket.local_address().value().port()) + " 2>&1");
    EXPECT_EQ(ran.status, 0);
    return ran.out;
  }

  avila_test::TempDir folder;
  async::Runtime runtime{{.threads = 2}};
  udp::Socket socket;
  future::CancelSource stop;
  async::JoinHandle<void> echoing;
  Names names;
  proxy::ForwardOptions options;
  std::unique_ptr<proxy::SocksServer> server;
};

TEST_F(Socks, PySocksSendsDatagrams) {
  if (!have_pysocks()) GTEST_SKIP() << "PySocks is not installed";
  const std::string out = run(kPython, R"(
import socket, socks, sys
proxy, echo = int(sys.argv[1]), int(sys.argv[2])
def one(password='secret'):
    s = socks.socksocket(socket.AF_INET, socket.SOCK_DGRAM)
    s.set_proxy(socks.SOCKS5, '127.0.0.1', proxy, True, 'me', password)
    s.settimeout(20)
    return s
a, b = one(), one()
for s, host in ((a, '127.0.0.1'), (b, '127.0.0.1'), (a, 'echo.test')):
    text = ('hello from %s to %s' % ('a' if s is a else 'b', host)).encode()
    s.sendto(text, (host, echo))
    print(s.recvfrom(1000))
a.sendto(b'x' * 9000, ('127.0.0.1', echo))
print(a.recvfrom(9000)[0] == b'X' * 9000)
b.sendto(b'denied', ('127.0.0.9', echo))
b.sendto(b'allowed', ('127.0.0.1', echo))
print(b.recvfrom(1000)[0])
try:
    one('wrong').sendto(b'x', ('127.0.0.1', echo))
except socks.SOCKS5AuthError as error:
    print('refused')
)");
  const std::string port = std::to_string(socket.local_address().value().port());
  EXPECT_EQ(out, "(b'HELLO FROM A TO 127.0.0.1', ('127.0.0.1', " + port +
                     "))\n(b'HELLO FROM B TO 127.0.0.1', ('127.0.0.1', " + port +
                     "))\n(b'HELLO FROM A TO ECHO.TEST', ('127.0.0.1', " + port +
                     "))\nTrue\nb'ALLOWED'\nrefused\n");
}

TEST_F(Socks, NpmSocksSendsDatagrams) {
  if (!have_npm_socks()) GTEST_SKIP() << "no package socks";
  const std::string out = run("node", R"(
const dgram = require('dgram'), {SocksClient} = require('socks');
const [proxy, echo] = process.argv.slice(2).map(Number);
const socket = dgram.createSocket('udp4');
socket.bind(0, '127.0.0.1', () => {
  const client = new SocksClient({
    proxy: {host: '127.0.0.1', port: proxy, type: 5, userId: 'me', password: 'secret'},
    destination: {host: '0.0.0.0', port: 0}, command: 'associate'});
  const hosts = ['127.0.0.1', 'echo.test'];
  let relay;
  const ask = () => socket.send(SocksClient.createUDPFrame({
    remoteHost: {host: hosts[0], port: echo}, data: Buffer.from('hello ' + hosts[0])}),
    relay.port, relay.host);
  socket.on('message', message => {
    const frame = SocksClient.parseUDPFrame(message);
    console.log(frame.frameNumber, frame.remoteHost.host, frame.remoteHost.port === echo,
                frame.data.toString());
    hosts.shift();
    if (hosts.length > 0) return ask();
    process.exit(0);
  });
  client.on('error', error => { console.log(error.message); process.exit(1); });
  client.on('established', info => { relay = info.remoteHost; ask(); });
  client.connect();
});
)");
  EXPECT_EQ(out, "0 127.0.0.1 true HELLO 127.0.0.1\n0 127.0.0.1 true HELLO ECHO.TEST\n");
}

TEST_F(Socks, NpmSocksTakesAConnection) {
  if (!have_npm_socks()) GTEST_SKIP() << "no package socks";
  const std::string out = run("node", R"(
const net = require('net'), {SocksClient} = require('socks');
const proxy = Number(process.argv[2]);
const client = new SocksClient({
  proxy: {host: '127.0.0.1', port: proxy, type: 5, userId: 'me', password: 'secret'},
  destination: {host: '127.0.0.1', port: 21}, command: 'bind'});
client.on('error', error => { console.log(error.message); process.exit(1); });
client.on('bound', info => {
  const peer = net.connect(info.remoteHost.port, info.remoteHost.host, () => peer.write('ping'));
  peer.on('data', data => { console.log('peer', data.toString()); peer.end(); });
  client.on('established', info => {
    console.log(info.remoteHost.host, info.remoteHost.port === peer.localPort);
    info.socket.on('data', data => {
      console.log('client', data.toString());
      info.socket.write('pong');
    });
    info.socket.on('end', () => process.exit(0));
    info.socket.resume();
  });
});
client.connect();
)");
  EXPECT_EQ(out, "127.0.0.1 true\nclient ping\npeer pong\n");
}

}  // namespace

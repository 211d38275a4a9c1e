// Published clients and servers on the other end: npm's ws, Python's websockets.
#include <gtest/gtest.h>

#include <avila/async/runtime.hpp>
#include <avila/http/server.hpp>
#include <avila/websocket/client.hpp>
#include <avila/websocket/server.hpp>
#include <avila_test/tools.hpp>
#include <fstream>

namespace {

using namespace avila;
using avila_test::run_command;
using future::CancelToken;
using future::Task;

Task<void> echo(websocket::Connection& connection, CancelToken cancel) {
  while (true) {
    auto got = co_await connection.receive(cancel);
    if (!got.has_value() || !got->has_value()) co_return;
    auto sent = co_await connection.send((*got)->kind, std::move((*got)->data));
    if (!sent.has_value()) co_return;
  }
}

class Handler final : public http::Handler {
 public:
  Task<http::Response> handle(http::Request& request) override {
    co_return websocket::accept(request, echo);
  }
};

class Clients : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(server_.listen("127.0.0.1:0").has_value()); }
  void TearDown() override { runtime_.block_on(server_.shutdown(milliseconds(200))); }
  std::string run(const std::string& program, const std::string& script) {
    const std::string file = folder_ / "script";
    std::ofstream(file) << script;
    const auto result = run_command("timeout 20 " + program + " " + file + " ws://" +
                                    server_.local_address() + "/ 2>&1");
    EXPECT_EQ(result.status, 0) << result.out;
    return result.out;
  }
  avila_test::TempDir folder_;
  async::Runtime runtime_{{.threads = 2}};
  Handler handler_;
  http::Server server_{runtime_, handler_};
};

TEST_F(Clients, NpmWs) {
  if (run_command("node -e \"require('ws')\" 2>/dev/null").status != 0) {
    std::printf("SKIPPED: node with the package ws not found (NODE_PATH)\n");
    GTEST_SKIP();
  }
  EXPECT_EQ(run("node", R"(
const WebSocket = require('ws');
const sizes = [0, 1, 125, 126, 65535, 65536, 1000000];
function talk(deflate, next) {
  const ws = new WebSocket(process.argv[2], {perMessageDeflate: deflate});
  let i = 0;
  const send = () => i % 2 ? ws.send(Buffer.alloc(sizes[i], i)) : ws.send('é'.repeat(sizes[i]));
  ws.on('open', send);
  ws.on('message', (data, binary) => {
    const expected = i % 2 ? Buffer.alloc(sizes[i], i) : Buffer.from('é'.repeat(sizes[i]));
    if (binary !== (i % 2 === 1) || !data.equals(expected)) throw new Error('differs at ' + i);
    if (++i < sizes.length) send(); else ws.ping('x');
  });
  ws.on('pong', () => ws.close(4001, 'bye'));
  ws.on('close', (code) => { console.log(ws.extensions + ':' + code); next(); });
}
talk(true, () => talk(false, () => {}));
)"),
            "permessage-deflate:4001\n:4001\n");
}

TEST_F(Clients, PythonWebsockets) {
  if (run_command("/usr/bin/python3 -c 'import websockets' 2>/dev/null").status != 0) {
    std::printf("SKIPPED: Python's websockets not found\n");
    GTEST_SKIP();
  }
  EXPECT_EQ(run("/usr/bin/python3", R"(
import asyncio, sys, websockets
async def talk(compression):
    async with websockets.connect(sys.argv[1], compression=compression, max_size=None) as ws:
        for size in (0, 1, 125, 126, 65535, 65536, 1000000):
            await ws.send('x' * size)
            assert await ws.recv() == 'x' * size
            await ws.send(b'\xff' * size)
            assert await ws.recv() == b'\xff' * size
        async def parts():
            for i in range(5): yield 'part%d ' % i
        await ws.send(parts())
        assert await ws.recv() == 'part0 part1 part2 part3 part4 '
        await (await ws.ping())
        await ws.close(1001)
        return ws.close_code
print(asyncio.run(talk('deflate')), asyncio.run(talk(None)))
)"),
            "1001 1001\n");
}

Task<std::string> converse(async::Executor& executor, std::string url) {
  auto connected = co_await websocket::connect(executor, url);
  if (!connected.has_value()) co_return connected.error().to_string();
  websocket::Connection& connection = (*connected)->connection();
  std::string log = connection.deflate().on ? "deflate " : "plain ";
  for (const std::size_t size : {0U, 126U, 65'536U, 700'000U}) {
    const std::string text(size, 'q');
    auto sent = co_await connection.send_text(text);
    if (!sent.has_value()) co_return sent.error().to_string();
    auto got = co_await connection.receive();
    if (!got.has_value()) co_return got.error().to_string();
    if (!got->has_value() || (*got)->data != text) co_return "differs";
  }
  auto closed = co_await connection.close();
  if (!closed.has_value()) co_return closed.error().to_string();
  auto end = co_await connection.receive();
  co_return log + (end.has_value() && !end->has_value() ? "closed" : "cut");
}

TEST_F(Clients, OurClientAgainstPythonsServer) {
  if (run_command("/usr/bin/python3 -c 'import websockets' 2>/dev/null").status != 0) {
    std::printf("SKIPPED: Python's websockets not found\n");
    GTEST_SKIP();
  }
  const std::string script = folder_ / "server.py", port_file = folder_ / "port";
  std::ofstream(script) << R"(
import asyncio, sys, os, websockets
async def echo(ws):
    async for message in ws: await ws.send(message)
async def main():
    async with websockets.serve(echo, '127.0.0.1', 0, max_size=None) as server:
        port = server.sockets[0].getsockname()[1]
        open(sys.argv[1] + '.new', 'w').write(str(port))
        os.rename(sys.argv[1] + '.new', sys.argv[1])
        await asyncio.sleep(20)
asyncio.run(main())
)";
  const std::string pid =
      run_command("/usr/bin/python3 " + script + " " + port_file + " >/dev/null 2>&1 & echo -n $!")
          .out;
  const std::string port = run_command("for i in $(seq 100); do [ -s " + port_file +
                                       " ] && break; sleep 0.1; done; cat " + port_file)
                               .out;
  EXPECT_EQ(runtime_.block_on(converse(runtime_, "ws://127.0.0.1:" + port + "/")),
            "deflate closed");
  (void)run_command("kill " + pid);
}

}  // namespace

#include "client_connection.hpp"

#include <algorithm>
#include <avila/future/sleep.hpp>
#include <avila/tcp/connect.hpp>
#include <avila/tcp/stream.hpp>
#include <memory>

namespace avila::http {

namespace {

class TcpConnector final : public Connector {
 public:
  TcpConnector(async::Executor& executor, async::Security* security)
      : executor_(executor), security_(security) {}
  Task<Connected> connect(std::string host, std::uint16_t port, CancelToken cancel) override {
    auto stream =
        co_await tcp::connect(executor_, std::move(host), port, tcp::ConnectOptions(), cancel);
    if (!stream.has_value()) co_return std::move(stream).error();
    std::unique_ptr<async::Transport> transport(new tcp::Stream(std::move(*stream)));
    co_return Connected(std::move(transport));
  }
  Task<Connected> secure(std::unique_ptr<async::Transport> transport, std::string host,
                         CancelToken cancel) override {
    if (security_ == nullptr)
      return Connector::secure(std::move(transport), std::move(host), std::move(cancel));
    return security_->connect(std::move(transport), std::move(host), std::move(cancel));
  }
  Task<Connected> secure_for(std::vector<std::string> protocols,
                             std::unique_ptr<async::Transport> transport, std::string host,
                             CancelToken cancel) override {
    if (security_ == nullptr)
      return Connector::secure(std::move(transport), std::move(host), std::move(cancel));
    return security_->connect_for(std::move(protocols), std::move(transport), std::move(host),
                                  std::move(cancel));
  }

 private:
  async::Executor& executor_;
  async::Security* security_;
};

}  // namespace

Task<Connector::Connected> Connector::secure(std::unique_ptr<async::Transport> transport,
                                             std::string host, CancelToken cancel) {
  (void)transport, (void)cancel;
  co_return Error(Errc::Unsupported, "there is no TLS to connect to " + host + " with",
                  {.hint = "set the option `security`"});
}

std::unique_ptr<Connector> make_connector(async::Executor& executor, async::Security* security) {
  return std::make_unique<TcpConnector>(executor, security);
}

Client::State::State(async::Executor& executor_value, ClientOptions options_value)
    : executor(executor_value), options(std::move(options_value)), connector(options.connector) {
  if (connector == nullptr) {
    own_connector = make_connector(executor, options.security);
    connector = own_connector.get();
  }
}

std::unique_ptr<detail::ClientConnection> Client::State::take(const std::string& key) {
  const Instant now = executor.now();
  std::vector<Idle> closed;  // destroyed outside of the lock
  const std::lock_guard lock(mutex);
  const auto found = idle.find(key);
  if (found == idle.end()) return nullptr;
  std::vector<Idle>& list = found->second;
  while (!list.empty()) {
    Idle last = std::move(list.back());  // the one used last is the likeliest to live
    list.pop_back();
    --idle_count;
    // Anything to read between exchanges is the end of the stream, or bytes nobody asked for.
    std::byte probe;
    const bool fresh = now - last.since < options.pool_idle;
    if (fresh && !last.connection->transport->try_read({&probe, 1}).has_value()) {
      last.connection->reused = true;
      return std::move(last.connection);
    }
    closed.push_back(std::move(last));
  }
  idle.erase(found);
  return nullptr;
}

void Client::State::give_back(std::unique_ptr<detail::ClientConnection> connection) {
  const Instant now = executor.now();
  const std::lock_guard lock(mutex);
  std::vector<Idle>& list = idle[connection->key];
  if (list.size() >= options.pool_per_origin && !list.empty()) {
    list.erase(list.begin());
    --idle_count;
  }
  if (list.size() >= options.pool_per_origin || idle_count >= options.pool_total) return;
  list.push_back({std::move(connection), now});
  ++idle_count;
}

Client::State::Origin Client::State::look_up(const std::string& key) {
  const std::lock_guard lock(mutex);
  if (origins.size() >= options.pool_total) {  // what is gone is forgotten, then what is left
    std::erase_if(origins, [](const auto& each) {
      const Origin& origin = each.second;
      return origin.connecting == nullptr &&
             (origin.connection == nullptr || !origin.connection->usable());
    });
    const auto first = origins.begin();
    if (origins.size() >= options.pool_total && first->second.connecting == nullptr)
      origins.erase(first);
  }
  Origin& origin = origins[key];
  if (origin.connection != nullptr && !origin.connection->usable()) origin.connection = nullptr;
  if (origin.http1_only || origin.connection != nullptr || origin.connecting != nullptr)
    return origin;
  origin.connecting = std::make_shared<future::Event>();
  return {};
}

void Client::State::connected(const std::string& key, std::shared_ptr<SharedConnection> connection,
                              bool http1_only) {
  std::shared_ptr<future::Event> waiting;
  {
    const std::lock_guard lock(mutex);
    Origin& origin = origins[key];
    origin.connection = std::move(connection);
    origin.http1_only = http1_only;
    waiting.swap(origin.connecting);
  }
  if (waiting != nullptr) waiting->set();
}

namespace detail {

Task<Result<std::size_t>> read_head(ClientConnection& connection, const ParseLimits& limits,
                                    CancelToken cancel) {
  HeadScanner scanner;
  std::string& received = connection.received;
  while (true) {
    AVILA_CO_TRY(const std::optional<std::size_t> length, scanner.scan(received, limits));
    if (length) co_return *length;
    const std::size_t before = received.size();
    received.resize(before + 16 * 1024);
    const MutableByteSpan space(reinterpret_cast<std::byte*>(received.data()) + before, 16 * 1024);
    auto got = co_await connection.transport->read(space, cancel);
    received.resize(before + (got.has_value() ? *got : 0));
    AVILA_CO_TRY(const std::size_t n, std::move(got));
    if (n == 0)
      co_return Error(Errc::Closed, "the server closed the connection before it answered");
  }
}

ClientBody::ClientBody(std::shared_ptr<Client::State> state,
                       std::unique_ptr<ClientConnection> connection, Framing framing,
                       const ParseLimits& limits, bool keep_alive, CancelToken cancel)
    : state_(std::move(state)),
      connection_(std::move(connection)),
      decoder_(framing, limits),
      input_(std::move(connection_->received)),
      keep_alive_(keep_alive),
      cancel_(std::move(cancel)) {
  connection_->received.clear();
  if (decoder_.done()) finish();
}

Task<Result<ByteSpan>> ClientBody::read() {
  while (!decoder_.done()) {
    if (taken_ == input_.size()) {
      input_.resize(kReadBytes);
      taken_ = 0;
      const MutableByteSpan space(reinterpret_cast<std::byte*>(input_.data()), input_.size());
      future::Deadline deadline(state_->options.timeout, cancel_);
      auto got = co_await connection_->transport->read(space, deadline.token());
      input_.resize(got.has_value() ? *got : 0);
      if (!got.has_value())
        co_return deadline.translate(std::move(got).error(), "read the body of a response");
      if (*got == 0) {
        keep_alive_ = false;
        AVILA_CO_TRY_VOID(decoder_.end_of_input());
      }
      continue;
    }
    const ByteSpan rest = as_bytes(std::string_view(input_).substr(taken_));
    AVILA_CO_TRY(const BodyDecoder::Step step, decoder_.next(rest));
    taken_ += step.consumed;
    if (decoder_.done()) finish();
    if (!step.data.empty()) co_return step.data;
  }
  finish();
  co_return ByteSpan();
}

/// The body has ended: the connection goes back, unless the server said more than it should.
void ClientBody::finish() {
  if (connection_ == nullptr) return;
  if (keep_alive_ && taken_ == input_.size()) {
    state_->give_back(std::move(connection_));
  } else {
    connection_.reset();
  }
}

}  // namespace detail
}  // namespace avila::http

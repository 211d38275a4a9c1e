// A client's connection, the pool it comes from, and the body it carries.
#pragma once
#include <avila/async/transport.hpp>
#include <avila/future/sync.hpp>
#include <avila/http/client.hpp>
#include <avila/url/url.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace avila::http {

namespace detail {

struct ClientConnection {
  std::unique_ptr<async::Transport> transport;
  std::string received;  // and not yet taken
  std::string key;       // of the pool
  bool reused = false;
};

}  // namespace detail

struct Client::State {
  State(async::Executor& executor_value, ClientOptions options_value);

  /// An idle connection that is still open, or nothing.
  std::unique_ptr<detail::ClientConnection> take(const std::string& key);
  void give_back(std::unique_ptr<detail::ClientConnection> connection);

  /// What is known of an origin that may speak HTTP/2.
  struct Origin {
    std::shared_ptr<SharedConnection> connection;  // shared with its exchanges
    std::shared_ptr<future::Event> connecting;     // set when somebody's attempt is over
    bool http1_only = false;
  };
  /// For one who wants a connection to `key`: a shared one, what to wait for, or neither: then it
  /// is theirs to connect, and to call connected(). `http1_only`: take() or connect as of old.
  Origin look_up(const std::string& key);
  /// `connection` null: the attempt failed, or became HTTP/1.1 (`http1_only`).
  void connected(const std::string& key, std::shared_ptr<SharedConnection> connection,
                 bool http1_only);

  async::Executor& executor;
  const ClientOptions options;
  std::unique_ptr<Connector> own_connector;
  Connector* connector;

  struct Idle {
    std::unique_ptr<detail::ClientConnection> connection;
    Instant since;
  };
  std::mutex mutex;
  std::map<std::string, std::vector<Idle>, std::less<>> idle;
  std::size_t idle_count = 0;
  std::map<std::string, Origin, std::less<>> origins;
  std::mutex cookie_mutex;
};

namespace detail {

inline constexpr int kInterimMax = 100;  // 1xx responses before the final one

/// Reads from the connection until a head is whole: its text stays in `received`.
Task<Result<std::size_t>> read_head(ClientConnection& connection, const ParseLimits& limits,
                                    CancelToken cancel);

/// One request, complete but for the fields of framing, up to the head of the final response. Its
/// timeout is that of each step where the body is streamed. `absolute`: for a proxy.
Task<Result<StreamedResponse>> exchange(std::shared_ptr<Client::State> state,
                                        std::unique_ptr<ClientConnection> connection,
                                        std::shared_ptr<const ClientRequest> request,
                                        url::Url target, bool absolute, CancelToken cancel,
                                        CancelToken body_cancel);

/// A response body over its connection.
class ClientBody final : public BodyReader {
 public:
  ClientBody(std::shared_ptr<Client::State> state, std::unique_ptr<ClientConnection> connection,
             Framing framing, const ParseLimits& limits, bool keep_alive, CancelToken cancel);
  Task<Result<ByteSpan>> read() override;
  const Headers& trailers() const noexcept override { return decoder_.trailers(); }

 private:
  void finish();
  static constexpr std::size_t kReadBytes = 32 * 1024;
  std::shared_ptr<Client::State> state_;
  std::unique_ptr<ClientConnection> connection_;
  BodyDecoder decoder_;
  std::string input_;
  std::size_t taken_ = 0;
  bool keep_alive_;
  CancelToken cancel_;
};

}  // namespace detail
}  // namespace avila::http

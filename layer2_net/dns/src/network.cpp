#include <avila/dns/network.hpp>
#include <avila/random/chacha.hpp>
#include <avila/tcp/connect.hpp>
#include <avila/udp/socket.hpp>

namespace avila::dns {
namespace {

constexpr std::size_t kAnswerBytesMax = 4096;  // of UDP: more than we ever ask for
constexpr int kPortTries = 8;
constexpr std::uint16_t kPortMin = 1024;

/// What one datagram is to the question that we asked.
enum class Fit : std::uint8_t { Ours, Stranger, OtherCase };

Fit fit_of(const Message& answer, const Message& query, bool same_case) {
  if (!answer.response || answer.id != query.id || answer.opcode != query.opcode)
    return Fit::Stranger;
  if (answer.questions.empty())  // servers that understand nothing repeat nothing
    return answer.rcode == Rcode::FormErr || answer.rcode == Rcode::NotImp ? Fit::Ours
                                                                           : Fit::Stranger;
  if (answer.questions != query.questions) return Fit::Stranger;
  return same_case ? Fit::Ours : Fit::OtherCase;
}

Name random_case(const Name& name, random::SecureRandom& random) {
  std::string wire = name.wire();
  std::uint64_t bits = 0;
  int left = 0;
  for (char& c : wire) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter) continue;
    if (left == 0) bits = random.next(), left = 64;
    if ((bits & 1) != 0) c = static_cast<char>(c ^ 0x20);
    bits >>= 1, --left;
  }
  return Name::from_wire(wire).value();
}

/// Whether the answer is one to hand on, or UDP has failed in a way that TCP may cure.
struct UdpOutcome {
  Message answer;
  bool use_tcp = false;
};

Task<Result<UdpOutcome>> exchange_udp(Network& network, SocketAddress server, Message query,
                                      ExchangeOptions options, CancelToken cancel) {
  AVILA_CO_TRY(const auto socket, network.open_udp(server));
  AVILA_CO_TRY(std::string bytes, query.encode(kMessageBytesMax));
  std::string name, name_sent;
  if (options.randomise_case && !query.questions.empty()) {
    random::SecureRandom& random =
        options.random != nullptr ? *options.random : random::secure_random();
    name = query.questions[0].name.wire();
    name_sent = random_case(query.questions[0].name, random).wire();
    bytes.replace(kHeaderBytes, name.size(), name_sent);
  }
  auto sent = co_await socket->send_to(as_bytes(bytes), server, cancel);
  AVILA_CO_TRY_VOID(std::move(sent));
  std::string buffer(kAnswerBytesMax, '\0');
  UdpOutcome outcome;
  for (int wrong = 0; wrong < options.wrong_answers_max;) {
    const MutableByteSpan room = std::as_writable_bytes(std::span(buffer));
    auto received = co_await socket->receive(room, cancel);
    AVILA_CO_TRY(const udp::Datagram datagram, std::move(received));
    if (!(datagram.source == server)) {
      ++wrong;
      continue;
    }
    // What the server compressed against the question comes out as we were asked for it.
    const bool same_case = buffer.compare(kHeaderBytes, name.size(), name_sent) == 0;
    if (same_case) buffer.replace(kHeaderBytes, name.size(), name);
    auto answer =
        Message::decode(as_bytes(std::string_view(buffer).substr(0, datagram.size_bytes)));
    const Fit fit = answer.has_value() ? fit_of(*answer, query, same_case) : Fit::Stranger;
    if (fit == Fit::Stranger) {
      ++wrong;
      continue;
    }
    outcome.use_tcp = fit == Fit::OtherCase || answer->truncated || datagram.truncated;
    outcome.answer = std::move(*answer);
    co_return std::move(outcome);
  }
  outcome.use_tcp = true;
  co_return std::move(outcome);
}

Task<Result<Message>> exchange_tcp(Network& network, SocketAddress server, Message query,
                                   ExchangeOptions options, CancelToken cancel) {
  auto connected = co_await network.connect(server, cancel);
  AVILA_CO_TRY(const auto stream, std::move(connected));
  auto answer = co_await exchange_stream(*stream, std::move(query), false, options, cancel);
  stream->close();
  co_return std::move(answer);
}

std::uint16_t random_id(const ExchangeOptions& options) {
  random::SecureRandom& random =
      options.random != nullptr ? *options.random : random::secure_random();
  return static_cast<std::uint16_t>(random.next());
}

}  // namespace

Network::Socket SystemNetwork::open_udp(const SocketAddress& server) {
  const bool v4 = server.ip().is_v4();
  const tcp::IpAddress any = v4 ? tcp::IpAddress() : tcp::IpAddress::v6({});
  for (int i = 0;; ++i) {
    const auto port =
        static_cast<std::uint16_t>(kPortMin + random::secure_random().below(65536 - kPortMin));
    auto socket = udp::Socket::bind(executor_, {any, i < kPortTries ? port : std::uint16_t{0}});
    if (!socket.has_value()) {
      if (i < kPortTries) continue;
      return std::move(socket).error().context("DNS socket");
    }
    AVILA_TRY_VOID(socket->connect(server));
    return std::unique_ptr<udp::DatagramTransport>(
        std::make_unique<udp::Socket>(std::move(*socket)));
  }
}

Task<Network::Stream> SystemNetwork::connect(SocketAddress server, CancelToken cancel) {
  const tcp::ConnectOptions options;
  auto connected = co_await tcp::connect(executor_, server, options, cancel);
  AVILA_CO_TRY(tcp::Stream stream, std::move(connected));
  co_return std::unique_ptr<async::Transport>(std::make_unique<tcp::Stream>(std::move(stream)));
}

Task<Result<Message>> exchange(Network& network, SocketAddress server, Message query,
                               ExchangeOptions options, CancelToken cancel) {
  query.id = random_id(options);
  if (!options.tcp_only) {
    future::Deadline deadline(options.timeout, cancel);
    const CancelToken token = deadline.token();
    auto outcome = co_await exchange_udp(network, server, query, options, token);
    if (!outcome.has_value()) co_return deadline.translate(std::move(outcome).error(), "DNS query");
    if (!outcome->use_tcp) co_return std::move(outcome->answer);
  }
  query.id = random_id(options);
  future::Deadline deadline(options.timeout, cancel);
  const CancelToken token = deadline.token();
  auto answer = co_await exchange_tcp(network, server, std::move(query), options, token);
  if (!answer.has_value())
    co_return deadline.translate(std::move(answer).error(), "DNS query over TCP");
  co_return std::move(answer);
}

Task<Result<Message>> exchange_stream(async::Transport& stream, Message query, bool pad,
                                      ExchangeOptions options, CancelToken cancel) {
  if (query.id == 0) query.id = random_id(options);
  if (pad) pad_to(query, 128);
  AVILA_CO_TRY(std::string bytes, query.encode());
  auto written = co_await write_framed(stream, std::move(bytes), cancel);
  AVILA_CO_TRY_VOID(std::move(written));
  for (int wrong = 0; wrong < options.wrong_answers_max; ++wrong) {
    auto read = co_await read_framed(stream, cancel);
    AVILA_CO_TRY(const std::string frame, std::move(read));
    if (frame.empty()) co_return Error(Errc::Closed, "the server closed the connection");
    AVILA_CO_TRY(Message answer, Message::decode(as_bytes(frame)));
    if (fit_of(answer, query, true) == Fit::Ours) co_return std::move(answer);
  }
  co_return Error(Errc::Malformed, "the server answers other questions");
}

Task<Result<Message>> exchange_tls(Network& network, async::Security& security,
                                   SocketAddress server, std::string host, Message query,
                                   ExchangeOptions options, CancelToken cancel) {
  future::Deadline deadline(options.timeout, cancel);
  const CancelToken token = deadline.token();
  auto connected = co_await network.connect(server, token);
  if (!connected.has_value())
    co_return deadline.translate(std::move(connected).error(), "DNS over TLS");
  auto secured = co_await security.connect(std::move(*connected), std::move(host), token);
  if (!secured.has_value())
    co_return deadline.translate(std::move(secured).error(), "DNS over TLS");
  query.id = random_id(options);
  const auto& stream = *secured;
  auto answer = co_await exchange_stream(*stream, std::move(query), true, options, token);
  stream->close();
  if (!answer.has_value()) co_return deadline.translate(std::move(answer).error(), "DNS over TLS");
  co_return std::move(answer);
}

Task<Result<std::string>> read_framed(async::Transport& stream, CancelToken cancel) {
  std::string head(2, '\0');
  const MutableByteSpan first = std::as_writable_bytes(std::span(head));
  auto got = co_await stream.read(first, cancel);
  AVILA_CO_TRY(const std::size_t count, std::move(got));
  if (count == 0) co_return std::string();
  if (count == 1) {
    const MutableByteSpan rest = first.subspan(1);
    auto more = co_await async::read_exact(stream, rest, cancel);
    AVILA_CO_TRY_VOID(std::move(more));
  }
  const std::size_t length = static_cast<std::size_t>(static_cast<unsigned char>(head[0])) << 8 |
                             static_cast<unsigned char>(head[1]);
  if (length < kHeaderBytes)
    co_return Error(Errc::Malformed, "a DNS message of " + std::to_string(length) + " bytes");
  std::string message(length, '\0');
  const MutableByteSpan body = std::as_writable_bytes(std::span(message));
  auto read = co_await async::read_exact(stream, body, cancel);
  AVILA_CO_TRY_VOID(std::move(read));
  co_return std::move(message);
}

Task<Result<void>> write_framed(async::Transport& stream, std::string message, CancelToken cancel) {
  AVILA_ASSERT(message.size() <= kMessageBytesMax);
  message.insert(0, 1, static_cast<char>(message.size() >> 8));
  message.insert(1, 1, static_cast<char>(message.size() - 1));
  auto written = co_await stream.write_all(as_bytes(message), cancel);
  co_return std::move(written);
}

void pad_to(Message& message, std::size_t block) {
  if (!message.edns.has_value()) message.edns.emplace();
  auto& options = message.edns->options;
  std::erase_if(options, [](const EdnsOption& each) { return each.code == OptionCode::Padding; });
  options.push_back({OptionCode::Padding, {}});
  const auto bytes = message.encode();
  if (!bytes.has_value()) return;
  options.back().data.assign((block - bytes->size() % block) % block, '\0');
}

}  // namespace avila::dns

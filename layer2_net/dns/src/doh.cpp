#include <algorithm>
#include <avila/dns/doh.hpp>
#include <avila/http2/client.hpp>
#include <avila/text/encoding.hpp>
#include <avila/url/query.hpp>

namespace avila::dns {
namespace {

constexpr std::string_view kMediaType = "application/dns-message";

/// RFC 8484 section 5.1: no longer fresh than the record that goes first.
std::uint32_t freshness(const Message& answer) noexcept {
  std::uint32_t least = ~std::uint32_t{0};
  for (const auto* records : {&answer.answers, &answer.authorities})
    for (const Record& record : *records) least = std::min(least, record.ttl);
  return least == ~std::uint32_t{0} ? 0 : least;
}

Result<std::string> query_of(const http::Request& request) {
  if (request.method_text == "POST") return std::string(request.body);
  const auto parameters = url::QueryParams::parse(request.query);
  const auto value = parameters.get("dns");
  if (!value.has_value()) return Error(Errc::InvalidArgument, "the parameter dns is missing");
  return text::base64url_decode(*value);
}

Task<Result<Message>> ask(async::Executor& executor, std::unique_ptr<async::Transport> stream,
                          DohServer server, Message query, CancelToken cancel) {
  http2::ClientOptions options;
  options.body_bytes = kMessageBytesMax;
  http2::ClientConnection connection(executor, std::move(stream), options);
  query.id = 0;  // RFC 8484 section 4.1: for caches
  pad_to(query, 128);
  http::ClientRequest request;
  request.method = "POST";
  request.url =
      "https://" + server.host + ':' + std::to_string(server.address.port()) + server.path;
  request.headers.add("content-type", kMediaType);
  request.headers.add("accept", kMediaType);
  AVILA_CO_TRY(request.body, query.encode());
  auto sent = co_await connection.send(std::move(request), cancel);
  const Duration drain = milliseconds(100);
  co_await connection.close(drain);
  AVILA_CO_TRY(const http::ClientResponse response, std::move(sent));
  if (response.status != 200)
    co_return Error(Errc::Unavailable, "DNS over HTTPS: status " + std::to_string(response.status));
  if (response.headers.find("content-type").value_or("") != kMediaType)
    co_return Error(Errc::Malformed, "DNS over HTTPS: the answer is no application/dns-message");
  auto answer = Message::decode(as_bytes(response.body));
  AVILA_CO_TRY(Message message, std::move(answer));
  if (!message.response || message.questions != query.questions)
    co_return Error(Errc::Malformed, "DNS over HTTPS: an answer to another question");
  co_return std::move(message);
}

}  // namespace

http::BodyPlan DohHandler::plan_body(http::Request&) {
  http::BodyPlan plan;
  plan.limit_bytes = kMessageBytesMax;
  return plan;
}

Task<http::Response> DohHandler::handle(http::Request& request) {
  if (request.path != path_) co_return http::Response::text(404, "not here\n");
  const bool post = request.method_text == "POST";
  if (!post && request.method_text != "GET") {
    http::Response refused(405);
    refused.headers.add("allow", "GET, POST");
    co_return std::move(refused);
  }
  if (post && request.media_type() != kMediaType)
    co_return http::Response::text(415, "application/dns-message is spoken here\n");
  auto query = query_of(request);
  if (!query.has_value() || query->size() < kHeaderBytes || query->size() > kMessageBytesMax)
    co_return http::Response::text(400, "not a DNS message\n");
  Client client;
  client.channel = Channel::Https;
  if (auto peer = SocketAddress::parse(request.peer); peer.has_value())
    client.address = std::move(*peer);
  auto answer = co_await serve_message(handler_, std::move(*query), std::move(client));
  if (!answer.has_value()) co_return http::Response::text(400, "not a query\n");
  const std::uint32_t fresh = freshness(*answer);
  auto bytes = answer->encode();
  if (!bytes.has_value()) co_return http::Response::text(500, "the answer does not fit\n");
  http::Response response(200, kMediaType, http::Body(std::move(*bytes)));
  response.headers.add("cache-control", "max-age=" + std::to_string(fresh));
  co_return std::move(response);
}

Task<Result<Message>> exchange_https(async::Executor& executor, Network& network,
                                     async::Security& security, DohServer server, Message query,
                                     ExchangeOptions options, CancelToken cancel) {
  future::Deadline deadline(options.timeout, cancel);
  const CancelToken token = deadline.token();
  auto connected = co_await network.connect(server.address, token);
  if (!connected.has_value())
    co_return deadline.translate(std::move(connected).error(), "DNS over HTTPS");
  std::vector<std::string> protocols = {"h2"};
  auto secured = co_await security.connect_for(std::move(protocols), std::move(*connected),
                                               server.host, token);
  if (!secured.has_value())
    co_return deadline.translate(std::move(secured).error(), "DNS over HTTPS");
  auto answer =
      co_await ask(executor, std::move(*secured), std::move(server), std::move(query), token);
  if (!answer.has_value())
    co_return deadline.translate(std::move(answer).error(), "DNS over HTTPS");
  co_return std::move(answer);
}

}  // namespace avila::dns

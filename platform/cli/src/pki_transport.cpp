#include "pki_transport.hpp"

#include <avila/http/parser.hpp>

namespace avila::cli {
namespace {

future::Task<Result<pki::HttpReply>> exchange(http::Client& client, http::ClientRequest request,
                                              std::size_t bytes_max) {
  auto opened = co_await client.open(std::move(request));
  AVILA_CO_TRY(http::StreamedResponse response, std::move(opened));
  pki::HttpReply reply;
  reply.status = response.status;
  for (const http::Field& field : response.headers)
    reply.headers.emplace_back(field.name, field.value);
  auto body = co_await response.body->read_all(bytes_max);
  if (!body.has_value() && body.error().is(http::HttpError::BodyTooLarge))
    co_return Error(Errc::LimitExceeded,
                    "the reply is longer than " + std::to_string(bytes_max) + " bytes");
  AVILA_CO_TRY(reply.body, std::move(body));
  co_return reply;
}

}  // namespace

PkiTransport::PkiTransport(async::Runtime& runtime, async::Security& security)
    : runtime_(runtime),
      client_(runtime, http::ClientOptions{.user_agent = "avl", .security = &security}) {}

Result<pki::HttpReply> PkiTransport::send(const pki::HttpRequest& request) {
  http::ClientRequest sent;
  sent.method = request.method;
  sent.url = request.url;
  sent.body = request.body;
  sent.follow_redirects = false;
  sent.timeout = request.timeout;
  for (const auto& [name, value] : request.headers)
    if (!sent.headers.try_add(name, value))
      return Error(Errc::InvalidArgument, "no header: '" + name + '\'');
  return runtime_.block_on(exchange(client_, std::move(sent), request.reply_bytes_max));
}

}  // namespace avila::cli

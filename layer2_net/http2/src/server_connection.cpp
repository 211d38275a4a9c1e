#include "server_connection.hpp"

#include <algorithm>
#include <avila/future/scheduler.hpp>

#include "request.hpp"

namespace avila::http2::detail {

ServerConnection::ServerConnection(async::Transport& transport, std::string peer,
                                   http::Handler& handler, const ServerOptions& options,
                                   const CancelToken& stop)
    : Multiplexer(transport, Engine::Role::Server, options.engine,
                  {options.frame_timeout, options.idle_timeout, options.body_timeout,
                   options.write_timeout},
                  stop),
      peer_(std::move(peer)),
      handler_(handler),
      options_(options) {}

void ServerConnection::headers(Engine::Stream& stream, HeaderList& list, bool end_stream) {
  // Handlers of streams that the peer has reset may still run: they count, too.
  if (running_ >= 2 * std::size_t{options_.engine.concurrent_streams}) {
    engine.reset(stream, ErrorCode::RefusedStream);
    return;
  }
  auto made = std::make_shared<ServerStream>(*this, stream, stop_token());
  std::swap(made->list, list);
  made->request.peer = peer_;
  made->request.cancel = made->cancel_source.token();
  made->request.interim = made.get();
  const bool large = made->list.truncated();
  if (!large &&
      !read_request(made->list, end_stream, made->request, made->cookie, stream.announced)) {
    stream.malformed = true;
    return;
  }
  stream.owner = made.get();
  made->self = made;
  stream.priority.incremental = true;  // responses in turn, unless the peer knows better
  if (const auto priority = made->request.header("priority"))
    stream.priority = Priority::parse(*priority);
  if (large) return refuse(*made, 431);
  const http::BodyPlan plan = handler_.plan_body(made->request);
  const bool tunnel =
      made->request.method == http::Method::Connect || !made->request.protocol.empty();
  const bool streamed = (plan.stream || tunnel) && !end_stream;
  made->body_limit = plan.limit_bytes != http::BodyPlan::kServerLimit ? plan.limit_bytes
                     : streamed                                       ? options_.streamed_body_bytes
                                                                      : options_.body_bytes;
  if (tunnel) made->body_limit = ~std::uint64_t{0};
  if (stream.announced != Engine::kUnknownLength && stream.announced > made->body_limit)
    return refuse(*made, 413);
  if (end_stream) return;  // ended() comes at once
  if (!streamed && !admit(*made)) {
    engine.reset(stream, ErrorCode::RefusedStream);
    return;
  }
  if (const auto expect = made->request.header("expect");
      expect.has_value() && http::equal_ignoring_case(*expect, "100-continue")) {
    made->expect_continue = streamed;  // and told when it is read
    if (!streamed) send_interim(stream, 100, {});
  }
  made->watch_receiving = !streamed;
  if (!streamed) return;
  made->request.stream = made.get();
  made->reading.emplace(made->cancel_source.token());
  ready_.push_back(std::move(made));
}

void ServerConnection::send_interim(Engine::Stream& stream, int status,
                                    const http::Headers& headers) {
  engine.begin_block();
  write_status(engine, status);
  write_fields(engine, headers, true);
  engine.end_block(stream, false);
}

void ServerConnection::data(Engine::Stream& stream, ByteSpan bytes) {
  auto* io = static_cast<ServerStream*>(stream.owner);
  if (io != nullptr && !io->discard && stream.received > io->body_limit) {
    engine.credit(&stream, bytes.size());
    io->too_large = true;
    if (io->watch_receiving) return refuse(*io, 413);
    engine.reset(stream, ErrorCode::Cancel);  // the handler has begun: its read fails
    return;
  }
  if (io != nullptr && io->watch_receiving) return collect(*io, bytes);
  Multiplexer::data(stream, bytes);
}

void ServerConnection::ended(StreamIo& io) {
  auto& stream = static_cast<ServerStream&>(io);
  if (stream.discard || stream.request.stream != nullptr) return;
  if (stream.watch_receiving) collected(stream);
  ready_.push_back(stream.self);
}

void ServerConnection::forget(StreamIo& io) {
  auto& stream = static_cast<ServerStream&>(io);
  if (stream.self == nullptr) return;
  if (!stream.ended) let_go(stream);
  charge(stream, stream.charged);  // its handler has it, and another stream its place
  // Where the response is on its way nobody is left to hear of it.
  if (stream.closed_with != ErrorCode::NoError || stream.closed_by_peer)
    stream.cancel_source.cancel();
  dead_.push_back(std::move(stream.self));
}

void ServerConnection::after_receive() {
  {
    const std::lock_guard lock(mutex);
    working_.swap(ready_);
  }
  for (SharedStream& stream : working_) {
    const bool inline_answer = handler_.handle_now(stream->request, stream->response) &&
                               stream->response.upgrade == nullptr &&
                               stream->response.body.kind() != http::Body::Kind::Stream;
    std::string memory;  // freed when the mutex is, too
    const std::lock_guard lock(mutex);
    if (inline_answer) {
      respond(*stream);
      let_go_of_memory(*stream, memory);
      continue;
    }
    ++running_;
    spawn(handle(std::move(stream)));
  }
  working_.clear();
}

Task<void> ServerConnection::handle(SharedStream stream) {
  const bool have = stream->response.upgrade != nullptr ||
                    stream->response.body.kind() == http::Body::Kind::Stream;
  if (!have) stream->response = co_await handler_.handle(stream->request);
  http::Response& response = stream->response;
  if (response.upgrade != nullptr) {
    if (response.status == 101) response.status = 200;  // RFC 8441 section 4
    bool open = false;
    {
      const std::lock_guard lock(mutex);
      open = stream->stream != nullptr;
      if (open) send_head(*stream, false);
    }
    kick();
    const CancelToken token = stream->cancel_source.token();
    if (open) co_await response.upgrade->run(*stream, std::string(), token);
    (void)co_await stream->shutdown_write();
  } else if (response.body.kind() == http::Body::Kind::Stream) {
    auto written = co_await stream_body(*stream);
    if (!written.has_value()) give_up(*stream, written.error());
  } else {
    const std::lock_guard lock(mutex);
    respond(*stream);
  }
  bool first = false;
  {
    std::string memory;
    const std::lock_guard lock(mutex);
    --running_;
    stream->drop_unread();
    let_go_of_memory(*stream, memory);
    first = !kick_due_;
    kick_due_ = true;
  }
  if (!first) co_return;
  // Those that are ready as well end before that: one write, and one TLS record, for all of them.
  co_await future::yield();
  {
    const std::lock_guard lock(mutex);
    kick_due_ = false;
  }
  kick();
}

/// After the head has left the peer is told by a reset, else by another response.
void ServerConnection::give_up(ServerStream& stream, const Error& error) {
  if (stream.head_sent) return stream.StreamIo::reset(ErrorCode::InternalError);
  {
    const std::lock_guard lock(mutex);
    if (stream.stream == nullptr) return;  // nobody is left to be told
  }
  stream.response = stream.response.body.source()->instead(error);
  const std::lock_guard lock(mutex);
  respond(stream);
}

Task<Result<void>> ServerConnection::stream_body(ServerStream& stream) {
  bool body_wanted = true;
  {
    const std::lock_guard lock(mutex);
    const bool gone = stream.stream == nullptr;
    // A source that reads the request's body is told by its first write: it has ends to tie up.
    if (gone && !stream.response.duplex) co_return Error(Errc::Closed, "the peer is gone");
    const int status = stream.response.status;
    body_wanted = stream.request.method != http::Method::Head && status / 100 != 1 &&
                  status != 204 && status != 304;
    if (!gone && (!body_wanted || !stream.response.late_head)) send_head(stream, !body_wanted);
  }
  kick();
  if (!body_wanted) co_return Result<void>();
  auto written = co_await stream.response.body.source()->write_to(stream);
  if (!written.has_value()) co_return std::move(written).error();
  auto finished = co_await stream.finish();
  co_return std::move(finished);
}

void ServerConnection::respond(ServerStream& stream) {
  if (stream.stream == nullptr) return;
  const http::Response& response = stream.response;
  const bool bodiless =
      response.status / 100 == 1 || response.status == 204 || response.status == 304;
  const bool tunnel = stream.request.method == http::Method::Connect && response.status / 100 == 2;
  const ByteSpan body = response.body.bytes();
  const bool send_body =
      !bodiless && !tunnel && stream.request.method != http::Method::Head && !body.empty();
  if (!stream.ended) stream.drop_unread();  // nobody reads the rest
  send_head(stream, !send_body);
  if (send_body && stream.stream != nullptr) engine.submit(*stream.stream, body, true);
}

void ServerConnection::send_head(ServerStream& stream, bool end_stream, const http::Headers* more) {
  const http::Response& response = stream.response;
  stream.head_sent = true;
  engine.begin_block();
  write_status(engine, std::clamp(response.status, 100, 999));
  const bool bodiless =
      response.status / 100 == 1 || response.status == 204 || response.status == 304;
  const bool tunnel =
      response.upgrade != nullptr ||
      (stream.request.method == http::Method::Connect && response.status / 100 == 2);
  const auto length = bodiless || tunnel ? std::nullopt : response.body.length();
  write_fields(engine, response.headers, true);
  if (options_.send_date && !response.headers.contains("date"))
    engine.field("date",
                 http::current_date(options_.clock != nullptr ? *options_.clock : os::real_clock()),
                 Indexing::Incremental);
  if (!options_.server_name.empty()) engine.field("server", options_.server_name);
  if (length.has_value()) engine.field("content-length", std::to_string(*length));
  if (more != nullptr) write_fields(engine, *more, true);
  engine.end_block(*stream.stream, end_stream);
}

void ServerConnection::refuse(ServerStream& stream, int status) {
  stream.response = http::Response::text(status, std::string(http::reason_phrase(status)) + "\n");
  let_go(stream);
  stream.drop_unread();
  respond(stream);
}

}  // namespace avila::http2::detail

namespace avila::http2 {

http::Task<void> Server::serve(async::Transport& transport, std::string received, std::string peer,
                               http::Handler& handler, http::CancelToken drain,
                               http::CancelToken stop) {
  detail::ServerConnection connection(transport, std::move(peer), handler, options_, stop);
  const auto on_drain = drain.on_cancel([&connection] { connection.drain(); });
  co_await connection.run(std::move(received));
}

}  // namespace avila::http2

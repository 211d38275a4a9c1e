#include <avila/cell/guarded.hpp>
#include <avila/dns/server.hpp>
#include <avila/future/sync.hpp>
#include <avila/future/task_group.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/tcp/listener.hpp>
#include <avila/udp/socket.hpp>

namespace avila::dns {
namespace {

constexpr std::size_t kQueryBytesMax = 4096;  // of UDP
constexpr std::size_t kUdpBatch = 32;         // queries that one call of the system takes
constexpr int kPortTries = 32;

/// The shortest answer to what could not be read: id and rcode.
Message refusal(ByteSpan bytes, Rcode rcode) {
  Message answer;
  answer.id = load_be16(bytes.data());
  answer.response = true;
  answer.opcode = static_cast<Opcode>(static_cast<unsigned>(bytes[2]) >> 3 & 15);
  answer.rcode = rcode;
  return answer;
}

/// A query, or what is to be said to something else; neither: nothing.
struct Incoming {
  std::optional<Message> query, refused;
};

Incoming read_query(std::string_view bytes) {
  Incoming in;
  // Never answer an answer: two servers would not stop.
  if (bytes.size() < kHeaderBytes || (bytes[2] & '\x80') != 0) return in;
  auto decoded = Message::decode(as_bytes(bytes));
  if (!decoded.has_value()) {
    in.refused = refusal(as_bytes(bytes), Rcode::FormErr);
  } else if (decoded->opcode != Opcode::Query) {
    in.refused = refusal(as_bytes(bytes), Rcode::NotImp);
  } else if (decoded->questions.size() != 1) {
    in.refused = refusal(as_bytes(bytes), Rcode::FormErr);
  } else if (decoded->edns.has_value() && decoded->edns->version != 0) {
    in.refused = Message::answer_to(*decoded);
    in.refused->rcode = Rcode::BadVers;  // RFC 6891 section 6.1.3
  } else {
    in.query = std::move(*decoded);
  }
  return in;
}

Task<Message> serve_query(Handler& handler, Message query, Client client) {
  const Message head = Message::answer_to(query);
  const Type type = query.questions[0].type;
  if (type == Type::AXFR || type == Type::IXFR || type == Type::OPT || type == Type::TSIG) {
    Message answer = head;
    answer.rcode = Rcode::Refused;
    co_return std::move(answer);
  }
  Message answer = co_await handler.handle(std::move(query), std::move(client));
  answer.id = head.id;
  answer.response = true;
  answer.opcode = head.opcode;
  answer.questions = head.questions;
  answer.recursion_desired = head.recursion_desired;
  if (!head.edns.has_value()) answer.edns.reset();
  if (static_cast<unsigned>(answer.rcode) > 15 && !answer.edns.has_value())
    answer.rcode = Rcode::ServFail;
  co_return std::move(answer);
}

}  // namespace

Task<std::optional<Message>> serve_message(Handler& handler, std::string bytes, Client client) {
  Incoming in = read_query(bytes);
  if (!in.query.has_value()) co_return std::move(in.refused);
  Message answer = co_await serve_query(handler, std::move(*in.query), std::move(client));
  co_return std::move(answer);
}

std::string encode_for_udp(const Message& answer, const Message& query, std::size_t bytes_max) {
  std::size_t room = kUdpBytesPlain;
  if (query.edns.has_value())
    room = std::max<std::size_t>(room, std::min<std::size_t>(query.edns->udp_bytes, bytes_max));
  auto bytes = answer.encode(room);
  if (bytes.has_value()) return std::move(*bytes);
  Message short_answer = Message::answer_to(query);
  short_answer.truncated = true;
  short_answer.edns.reset();
  return short_answer.encode().value_or(std::string());
}

const Zone* AuthoritativeHandler::zone_for(const Question& question) const {
  const Zone* best = nullptr;
  for (const auto& zone : zones_) {
    if (!question.name.is_at_or_below(zone->apex())) continue;
    // A DS record is its parent's (RFC 4035 section 3.1.4.1).
    if (question.type == Type::DS && question.name == zone->apex() && best != nullptr) continue;
    const bool loses = best != nullptr && question.type == Type::DS &&
                       question.name == best->apex() && !question.name.is_root();
    if (best == nullptr || loses || best->apex().label_count() < zone->apex().label_count())
      best = zone.get();
  }
  return best;
}

Message AuthoritativeHandler::answer(const Message& query) const {
  Message answer = Message::answer_to(query);
  const Question& question = query.questions[0];
  const Zone* zone = question.question_class == Class::IN || question.question_class == Class::ANY
                         ? zone_for(question)
                         : nullptr;
  if (zone == nullptr) {
    answer.rcode = Rcode::Refused;
    if (answer.edns.has_value()) answer.edns->add_extended_error(Ede::NotAuthoritative);
    return answer;
  }
  zone->answer(question, query.edns.has_value() && query.edns->dnssec_ok, answer);
  return answer;
}

Task<Message> AuthoritativeHandler::handle(Message query, Client) { co_return answer(query); }

Name AuthoritativeHandler::counted_as(const Question& question) const {
  const Zone* zone = zone_for(question);
  return zone == nullptr ? question.name : zone->closest_encloser(question.name);
}

std::optional<std::vector<Message>> AuthoritativeHandler::transfer(const Message& query,
                                                                   const Client&) {
  if (!options_.allow_transfer) return std::nullopt;
  constexpr std::size_t kRecordsPerMessage = 100;
  for (const auto& zone : zones_) {
    if (!(zone->apex() == query.questions[0].name)) continue;
    std::vector<Message> messages;
    std::size_t bytes = 0;
    for (Record& record : zone->transfer()) {
      const std::size_t size = record.rdata.size() + record.owner.wire().size() + 10;
      if (messages.empty() || messages.back().answers.size() >= kRecordsPerMessage ||
          bytes + size > kMessageBytesMax / 2) {
        messages.push_back(Message::answer_to(query));
        messages.back().authoritative = true;
        bytes = 0;
      }
      bytes += size;
      messages.back().answers.push_back(std::move(record));
    }
    return messages;
  }
  return std::nullopt;
}

namespace {

struct UdpAnswer {
  std::string bytes;
  SocketAddress to;
  std::optional<tcp::IpAddress> source;
  future::Semaphore::Permit permit;  // until it is sent
};

/// Answers of one socket that are ready; one task at a time sends them.
struct UdpOutbox {
  struct Waiting {
    std::vector<UdpAnswer> answers;
    bool sending = false;
  };
  udp::Socket& socket;
  cell::Guarded<Waiting> waiting;
};

}  // namespace

struct Server::State {
  State(async::Executor& runs, Handler& answers, ServerOptions chosen)
      : executor(runs),
        handler(answers),
        options(std::move(chosen)),
        udp_slots(options.pending_udp),
        connection_slots(options.connections) {
    if (options.rate_limit.has_value())
      rate_limit = std::make_unique<ResponseRateLimit>(*options.rate_limit);
  }

  async::Executor& executor;
  Handler& handler;
  const ServerOptions options;
  future::Semaphore udp_slots;
  future::Semaphore connection_slots;
  future::CancelSource stop;
  cell::Guarded<std::vector<async::JoinHandle<void>>> tasks;
  std::unique_ptr<ResponseRateLimit> rate_limit;
  std::atomic<std::uint64_t> queries{0}, dropped{0}, malformed{0};
  std::atomic<std::uint64_t> rate_dropped{0}, rate_slipped{0};

  bool keeps_to_rate(const SocketAddress& client, const Name& counted_as, Message& answer);

  static Task<void> serve_udp(std::shared_ptr<State> state, std::unique_ptr<udp::Socket> socket);
  static Task<void> answer_udp(State* state, UdpOutbox* outbox, std::string bytes,
                               udp::Datagram datagram, future::Semaphore::Permit permit);
  static Task<void> serve_listener(std::shared_ptr<State> state,
                                   std::unique_ptr<tcp::Listener> listener,
                                   async::Security* security);
  static Task<void> serve_stream(State* state, std::unique_ptr<async::Transport> stream,
                                 Client client, async::Security* security,
                                 future::Semaphore::Permit permit);
  static Task<void> answer_stream(State* state, async::Transport* stream,
                                  future::AsyncMutex* writing, std::string bytes, Client client,
                                  future::Semaphore::Permit permit, CancelToken cancel);
  void keep(async::JoinHandle<void> task) { tasks.lock()->push_back(std::move(task)); }
};

/// False: the answer is not to be sent. It may be truncated here.
bool Server::State::keeps_to_rate(const SocketAddress& client, const Name& counted_as,
                                  Message& answer) {
  switch (rate_limit->take(client.ip(), answer, counted_as)) {
    case RateVerdict::Send: return true;
    case RateVerdict::Slip:
      truncate_wholly(answer);
      rate_slipped.fetch_add(1, std::memory_order_relaxed);
      return true;
    case RateVerdict::Drop: rate_dropped.fetch_add(1, std::memory_order_relaxed); break;
  }
  return false;
}

Task<void> Server::State::answer_udp(State* state, UdpOutbox* outbox, std::string bytes,
                                     udp::Datagram datagram, future::Semaphore::Permit permit) {
  Incoming in = read_query(bytes);
  UdpAnswer out;
  if (in.query.has_value()) {
    Client client{datagram.source, Channel::Udp};
    Message asked;  // as far as the size of the answer goes
    asked.id = in.query->id;
    asked.questions = in.query->questions;
    asked.edns = in.query->edns;
    Message answer = co_await serve_query(state->handler, std::move(*in.query), std::move(client));
    if (state->rate_limit != nullptr) {
      const Name counted_as = state->handler.counted_as(asked.questions[0]);
      if (!state->keeps_to_rate(datagram.source, counted_as, answer)) co_return;
    }
    out.bytes = encode_for_udp(answer, asked, state->options.udp_answer_bytes);
  } else if (in.refused.has_value()) {
    if (state->rate_limit != nullptr && !state->keeps_to_rate(datagram.source, Name(), *in.refused))
      co_return;
    out.bytes = in.refused->encode(kUdpBytesPlain).value_or(std::string());
  } else {
    state->malformed.fetch_add(1, std::memory_order_relaxed);
    co_return;
  }
  out.to = std::move(datagram.source);
  out.source = std::move(datagram.destination);
  out.permit = std::move(permit);
  {
    auto waiting = outbox->waiting.lock();
    waiting->answers.push_back(std::move(out));
    if (waiting->sending) co_return;
    waiting->sending = true;
  }
  // Who comes first sends for all that are ready by then: one call of the system for many.
  const CancelToken cancel = state->stop.token();
  for (;;) {
    co_await future::yield();
    std::vector<UdpAnswer> answers;
    {
      auto waiting = outbox->waiting.lock();
      answers.swap(waiting->answers);
      waiting->sending = !answers.empty();
    }
    if (answers.empty()) co_return;
    std::vector<udp::Outgoing> batch;
    for (const UdpAnswer& each : answers) {
      udp::Outgoing& outgoing = batch.emplace_back();
      outgoing.bytes = as_bytes(each.bytes);
      outgoing.to = each.to;
      outgoing.source = each.source;
    }
    for (std::span<const udp::Outgoing> left(batch); !left.empty();) {
      std::size_t done = 1;  // datagrams get lost: the client asks again
      if (auto sent = outbox->socket.try_send_batch(left); !sent.has_value()) {
        const std::span<const udp::Outgoing> first = left.first(1);
        auto waited = co_await outbox->socket.send_batch(first, cancel);
        (void)waited;
      } else if (sent->has_value()) {
        done = **sent;
      }
      left = left.subspan(done);
    }
  }
}

Task<void> Server::State::serve_udp(std::shared_ptr<State> state,
                                    std::unique_ptr<udp::Socket> socket) {
  UdpOutbox outbox{*socket, {}};
  future::TaskGroup group(state->stop.token());
  std::string buffer(kUdpBatch * kQueryBytesMax, '\0');
  const MutableByteSpan room = std::as_writable_bytes(std::span(buffer));
  std::vector<udp::Incoming> batch(kUdpBatch);
  for (;;) {
    for (std::size_t i = 0; i < kUdpBatch; ++i)
      batch[i].buffer = room.subspan(i * kQueryBytesMax, kQueryBytesMax);
    const CancelToken cancel = state->stop.token();
    const std::span<udp::Incoming> slots(batch);
    auto received = co_await socket->receive_batch(slots, cancel);
    if (cancel.cancelled()) break;
    if (!received.has_value()) {
      if (received.error().is(Errc::Closed)) break;
      continue;  // what the network says of an answer that we sent
    }
    for (udp::Incoming& each : slots.first(*received)) {
      auto permit = state->udp_slots.try_acquire();
      if (!permit.has_value() || each.datagram.truncated) {
        state->dropped.fetch_add(1, std::memory_order_relaxed);
        continue;
      }
      state->queries.fetch_add(1, std::memory_order_relaxed);
      group.spawn(answer_udp(state.get(), &outbox,
                             std::string(as_text(each.buffer.first(each.datagram.size_bytes))),
                             std::move(each.datagram), std::move(*permit)));
    }
  }
  auto joined = co_await group.join();
  (void)joined;
}

Task<void> Server::State::answer_stream(State* state, async::Transport* stream,
                                        future::AsyncMutex* writing, std::string bytes,
                                        Client client, future::Semaphore::Permit permit,
                                        CancelToken cancel) {
  state->queries.fetch_add(1, std::memory_order_relaxed);
  std::vector<Message> answers;
  const auto query = Message::decode(as_bytes(bytes));
  if (query.has_value() && !query->response && query->opcode == Opcode::Query &&
      query->questions.size() == 1 && query->questions[0].type == Type::AXFR)
    if (auto messages = state->handler.transfer(*query, client); messages.has_value())
      answers = std::move(*messages);
  const bool pad = client.channel == Channel::Tls && query.has_value() && query->edns.has_value() &&
                   query->edns->find(OptionCode::Padding) != nullptr;
  if (answers.empty()) {
    auto answer = co_await serve_message(state->handler, std::move(bytes), std::move(client));
    if (!answer.has_value()) {
      state->malformed.fetch_add(1, std::memory_order_relaxed);
      co_return;
    }
    if (pad && answer->edns.has_value()) pad_to(*answer, 468);  // RFC 8467 section 4.1
    answers.push_back(std::move(*answer));
  }
  auto locked = co_await writing->lock(cancel);
  if (!locked.has_value()) co_return;
  for (const Message& answer : answers) {
    auto encoded = answer.encode();
    if (!encoded.has_value()) break;
    future::Deadline deadline(state->options.write_timeout, cancel);
    const CancelToken token = deadline.token();
    auto written = co_await write_framed(*stream, std::move(*encoded), token);
    if (!written.has_value()) {
      stream->close();  // a part may have gone out
      break;
    }
  }
  permit.release();
}

Task<void> Server::State::serve_stream(State* state, std::unique_ptr<async::Transport> stream,
                                       Client client, async::Security* security,
                                       future::Semaphore::Permit permit) {
  const CancelToken stop = state->stop.token();
  if (security != nullptr) {
    future::Deadline deadline(state->options.idle_timeout, stop);
    const CancelToken token = deadline.token();
    auto secured = co_await security->accept(std::move(stream), token);
    if (!secured.has_value()) co_return;
    stream = std::move(*secured);
  }
  future::AsyncMutex writing;
  future::Semaphore slots(state->options.pipelined);
  future::TaskGroup group(stop);
  for (;;) {
    auto slot = co_await slots.acquire(1, stop);
    if (!slot.has_value()) break;
    future::Deadline deadline(state->options.idle_timeout, stop);
    const CancelToken token = deadline.token();
    auto frame = co_await read_framed(*stream, token);
    if (!frame.has_value() || frame->empty()) break;
    group.spawn(answer_stream(state, stream.get(), &writing, std::move(*frame), client,
                              std::move(*slot), group.token()));
  }
  auto joined = co_await group.join();
  (void)joined;
  auto ended = co_await stream->shutdown_write();
  (void)ended;
  stream->close();
  permit.release();
}

Task<void> Server::State::serve_listener(std::shared_ptr<State> state,
                                         std::unique_ptr<tcp::Listener> listener,
                                         async::Security* security) {
  future::TaskGroup group(state->stop.token());
  for (;;) {
    const CancelToken cancel = state->stop.token();
    auto accepted = co_await listener->accept(cancel);
    if (!accepted.has_value()) break;
    auto permit = state->connection_slots.try_acquire();
    if (!permit.has_value()) {
      state->dropped.fetch_add(1, std::memory_order_relaxed);
      continue;
    }
    Client client;
    client.channel = security != nullptr ? Channel::Tls : Channel::Tcp;
    if (auto peer = accepted->peer_address(); peer.has_value()) client.address = std::move(*peer);
    auto stream = std::make_unique<tcp::Stream>(std::move(*accepted));
    group.spawn(serve_stream(state.get(), std::move(stream), std::move(client), security,
                             std::move(*permit)));
  }
  auto joined = co_await group.join();
  (void)joined;
}

Server::Server(async::Executor& executor, Handler& handler, ServerOptions options)
    : state_(std::make_shared<State>(executor, handler, std::move(options))) {}

Server::~Server() { state_->stop.cancel(); }

Result<SocketAddress> Server::listen(const SocketAddress& address) {
  for (int i = 0;; ++i) {
    AVILA_TRY(tcp::Listener listener, tcp::Listener::bind(state_->executor, address));
    const SocketAddress bound = listener.local_address();
    udp::SocketOptions options;
    options.packet_info = address.ip().is_unspecified();
    options.receive_buffer_bytes = std::size_t{1} << 20;
    auto socket = udp::Socket::bind(state_->executor, bound, options);
    if (!socket.has_value()) {
      // The port that was free for TCP is taken for UDP: another.
      if (address.port() == 0 && i < kPortTries && socket.error().is(Errc::AddressInUse)) continue;
      return std::move(socket).error();
    }
    state_->keep(state_->executor.spawn(
        State::serve_udp(state_, std::make_unique<udp::Socket>(std::move(*socket)))));
    state_->keep(state_->executor.spawn(State::serve_listener(
        state_, std::make_unique<tcp::Listener>(std::move(listener)), nullptr)));
    return bound;
  }
}

Result<SocketAddress> Server::listen_tls(const SocketAddress& address, async::Security& security) {
  AVILA_TRY(tcp::Listener listener, tcp::Listener::bind(state_->executor, address));
  const SocketAddress bound = listener.local_address();
  state_->keep(state_->executor.spawn(State::serve_listener(
      state_, std::make_unique<tcp::Listener>(std::move(listener)), &security)));
  return bound;
}

Task<void> Server::shutdown() {
  const std::shared_ptr<State> state = state_;
  state->stop.cancel();
  std::vector<async::JoinHandle<void>> tasks = std::exchange(*state->tasks.lock(), {});
  for (async::JoinHandle<void>& task : tasks) co_await task;
}

ServerMetrics Server::metrics() const noexcept {
  return {state_->queries.load(std::memory_order_relaxed),
          state_->dropped.load(std::memory_order_relaxed),
          state_->malformed.load(std::memory_order_relaxed),
          state_->rate_dropped.load(std::memory_order_relaxed),
          state_->rate_slipped.load(std::memory_order_relaxed)};
}

}  // namespace avila::dns

// Bodies that are read whole, and what they may take of a connection's memory together.
//
// A stream's window is a promise: what it lets the peer send will have to be kept. So the budget is
// charged with what came and with what may come. What all streams begin with is set aside, so that
// none has to be refused (half of the budget at most); windows grow as long as there is room in the
// rest. Then one body at a time goes on beyond the budget, until its handler has ended: without
// that, each could wait for the others for ever.
#include <algorithm>
#include <avila/error/assert.hpp>

#include "server_connection.hpp"

namespace avila::http2::detail {

/// What the body may come to if the peer is given `more` of its window.
std::uint64_t ServerConnection::demand_of(const ServerStream& body,
                                          std::size_t more) const noexcept {
  const Engine::Stream& stream = *body.stream;
  const std::uint64_t whole = std::min(stream.announced, body.body_limit);
  const auto window = static_cast<std::uint64_t>(stream.receive_window) + stream.uncredited + more;
  return body.arrived.size() + std::min(window, whole - std::min(whole, stream.received));
}

/// For windows to grow.
std::uint64_t ServerConnection::room() const noexcept {
  const std::uint64_t budget = options_.connection_body_bytes;
  const std::uint64_t set_aside =
      std::uint64_t{options_.engine.stream_window_bytes} * options_.engine.concurrent_streams;
  return budget - std::min(budget, std::min(set_aside, budget / 2) + grown_);
}

void ServerConnection::charge(ServerStream& body, std::uint64_t bytes) noexcept {
  if (&body == beyond_) return;
  // Where the stream is gone, and only its handler left, the place set aside is for the next.
  const std::uint64_t begin = body.stream != nullptr ? options_.engine.stream_window_bytes : 0;
  const std::uint64_t grown = bytes - std::min(bytes, begin);
  charged_ += bytes - body.charged;
  grown_ += grown - body.grown;
  body.charged = bytes;
  body.grown = grown;
}

/// False: there is not even room for what its window lets the peer send.
bool ServerConnection::admit(ServerStream& body) {
  const std::uint64_t demand = demand_of(body, 0);
  if (charged_ > 0 && charged_ + demand > options_.connection_body_bytes) return false;
  collecting_.push_back(&body);
  charge(body, demand);
  return true;
}

void ServerConnection::collect(ServerStream& body, ByteSpan bytes) {
  body.arrived.append(as_text(bytes));
  engine.credit(nullptr, bytes.size());  // others share it: it never waits for this one
  body.withheld += bytes.size();
  grant(body);
}

/// Gives back of the stream's window what there is room for.
void ServerConnection::grant(ServerStream& body) {
  if (body.withheld == 0) return;
  charge(body, demand_of(body, 0));
  std::size_t give = body.withheld;
  const std::uint64_t free = room();
  if (&body != beyond_ && demand_of(body, give) > demand_of(body, 0) + free) {
    if (beyond_ == nullptr) {
      charge(body, 0);
      beyond_ = &body;
    } else {
      give = static_cast<std::size_t>(std::min<std::uint64_t>(give, free));
    }
  }
  body.withheld -= give;
  body.held_back = body.withheld > 0;
  engine.credit_stream(*body.stream, give);
  charge(body, demand_of(body, 0));
}

void ServerConnection::grant_all() {
  for (ServerStream* body : collecting_) grant(*body);
}

/// END_STREAM came. It stays charged until its handler has ended.
void ServerConnection::collected(ServerStream& body) {
  body.whole_body.swap(body.arrived);
  body.request.body = body.whole_body;
  body.request.trailers = &static_cast<StreamIo&>(body).trailers;
  std::erase(collecting_, &body);
  body.withheld = 0;
  body.held_back = false;
  charge(body, body.whole_body.size());
  grant_all();
}

/// Nobody wants the body any more. Streamed ones are their readers'.
void ServerConnection::let_go(ServerStream& body) {
  if (!body.watch_receiving) return;
  if (body.stream != nullptr) engine.credit_stream(*body.stream, std::exchange(body.withheld, 0));
  body.watch_receiving = body.held_back = false;
  body.arrived.clear();
  std::erase(collecting_, &body);
  charge(body, 0);
  if (beyond_ == &body) beyond_ = nullptr;
  grant_all();
}

/// Its handler has ended: the response may take its time, the body need not.
void ServerConnection::let_go_of_memory(ServerStream& body, std::string& memory) {
  body.request.body = {};
  memory.swap(body.whole_body);
  let_go(body);
}

/// Where all wait for handlers that keep what they have, somebody must go for the others to go on.
void ServerConnection::watch(std::int64_t now_ns) {
  const bool stuck =
      !collecting_.empty() && std::all_of(collecting_.begin(), collecting_.end(),
                                          [](const ServerStream* body) { return body->held_back; });
  if (!stuck || stuck_since_ns_ == 0) {
    stuck_since_ns_ = stuck ? now_ns : 0;
  } else if (now_ns - stuck_since_ns_ > options_.body_timeout.ns) {
    stuck_since_ns_ = 0;
    const auto newest = std::find_if(collecting_.rbegin(), collecting_.rend(),
                                     [](const ServerStream* body) { return body->grown > 0; });
    refuse(newest != collecting_.rend() ? **newest : *collecting_.back(), 503);
  }
}

}  // namespace avila::http2::detail

// Streams, and what is sent on them.
#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/http2/engine.hpp>
#include <avila/primitives/endian.hpp>

namespace avila::http2 {

Engine::Stream* Engine::find(std::uint32_t id) noexcept {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second.get();
}

Engine::Stream& Engine::add_stream(std::uint32_t id) {
  auto stream = std::make_unique<Stream>();
  stream->id = id;
  stream->send_window = peer_window_;
  stream->receive_window = options_.stream_window_bytes;
  return *streams_.emplace(id, std::move(stream)).first->second;
}

bool Engine::is_idle(std::uint32_t id) const noexcept {
  const bool peers = (id % 2 == 1) == (role_ == Role::Server);
  return peers ? id > last_peer_id_ : id >= next_id_;
}

bool Engine::was_reset_lately(std::uint32_t id) const noexcept {
  return std::find(std::begin(reset_ids_), std::end(reset_ids_), id) != std::end(reset_ids_);
}

bool Engine::can_open() const noexcept {
  return !exhausted() && !goaway_sent_ && own_streams_ < peer_streams_max_;
}

Engine::Stream* Engine::open(Priority priority) {
  if (!can_open()) return nullptr;
  Stream& stream = add_stream(static_cast<std::uint32_t>(next_id_));
  next_id_ += 2;
  ++own_streams_;
  stream.priority = priority;
  return &stream;
}

void Engine::remote_end(Stream& stream) {
  stream.remote_done = true;
  const std::uint32_t id = stream.id;
  events_.end(stream);
  Stream* still = find(id);
  if (still != nullptr && still->local_done) close(*still, ErrorCode::NoError, false);
}

void Engine::local_end(Stream& stream) {
  stream.local_done = true;
  if (stream.remote_done) close(stream, ErrorCode::NoError, false);
}

void Engine::close(Stream& stream, ErrorCode code, bool by_peer) {
  const auto found = streams_.find(stream.id);
  AVILA_ASSERT(found != streams_.end());
  const std::unique_ptr<Stream> gone = std::move(found->second);
  streams_.erase(found);
  const bool peers = (gone->id % 2 == 1) == (role_ == Role::Server);
  --(peers ? peer_streams_ : own_streams_);
  events_.closed(*gone, code, by_peer);
}

void Engine::reset(Stream& stream, ErrorCode code) {
  append_rst(stream.id, code);
  close(stream, code, false);
}

void Engine::append_rst(std::uint32_t id, ErrorCode code) {
  reset_ids_[reset_at_++ % std::size(reset_ids_)] = id;
  std::byte bytes[4];
  store_be32(bytes, static_cast<std::uint32_t>(code));
  append_frame_header(out_, {4, FrameType::RstStream, 0, id});
  out_ += as_text(bytes);
}

void Engine::append_window_update(std::uint32_t id, std::uint32_t bytes) {
  std::byte payload[4];
  store_be32(payload, bytes);
  append_frame_header(out_, {4, FrameType::WindowUpdate, 0, id});
  out_ += as_text(payload);
}

void Engine::credit(Stream* stream, std::size_t bytes) {
  uncredited_ += static_cast<std::uint32_t>(bytes);
  if (uncredited_ >= options_.connection_window_bytes / 4) {
    append_window_update(0, uncredited_);
    receive_window_ += uncredited_;
    uncredited_ = 0;
  }
  if (stream != nullptr) credit_stream(*stream, bytes);
}

void Engine::credit_stream(Stream& stream, std::size_t bytes) {
  if (stream.remote_done) return;
  stream.uncredited += static_cast<std::uint32_t>(bytes);
  if (stream.uncredited >= options_.stream_window_bytes / 4) {
    append_window_update(stream.id, stream.uncredited);
    stream.receive_window += stream.uncredited;
    stream.uncredited = 0;
  }
}

// --- Sending ---

void Engine::begin_block() {
  block_.clear();
  encoder_.begin_block(block_);
}

void Engine::end_block(Stream& stream, bool end_stream) {
  std::string_view rest = block_;
  FrameType type = FrameType::Headers;
  std::uint8_t first_flags = end_stream ? flags::kEndStream : std::uint8_t{0};
  do {
    const std::string_view piece = rest.substr(0, peer_frame_bytes_);
    rest.remove_prefix(piece.size());
    const std::uint8_t last = rest.empty() ? flags::kEndHeaders : std::uint8_t{0};
    append_frame_header(out_, {static_cast<std::uint32_t>(piece.size()), type,
                               static_cast<std::uint8_t>(first_flags | last), stream.id});
    out_ += piece;
    type = FrameType::Continuation;
    first_flags = 0;
  } while (!rest.empty());
  if (end_stream) local_end(stream);
}

void Engine::submit(Stream& stream, ByteSpan bytes, bool end) {
  AVILA_ASSERT(stream.pending.empty() && !stream.local_done);
  if (bytes.empty()) {
    if (!end) return;
    append_data(stream, 0, true);
    local_end(stream);
    return;
  }
  stream.pending = bytes;
  stream.end_after_pending = end;
  queue(stream);
}

bool Engine::submit_whole(Stream& stream, ByteSpan bytes) {
  AVILA_ASSERT(stream.pending.empty() && !stream.local_done);
  const auto size = static_cast<std::int64_t>(bytes.size());
  if (bytes.size() > kDefaultFrameBytes || stream.send_window < size || send_window_ < size)
    return false;
  if (bytes.empty()) return true;
  stream.pending = bytes;
  append_data(stream, bytes.size(), false);
  return true;
}

void Engine::queue(Stream& stream) {
  if (stream.queued || stream.pending.empty() || stream.send_window <= 0) return;
  stream.queued = true;
  ready_[stream.priority.urgency].push_back(stream.id);
}

void Engine::append_data(Stream& stream, std::size_t bytes, bool end) {
  append_frame_header(out_, {static_cast<std::uint32_t>(bytes), FrameType::Data,
                             end ? flags::kEndStream : std::uint8_t{0}, stream.id});
  out_ += as_text(stream.pending.first(bytes));
  stream.pending = stream.pending.subspan(bytes);
  stream.send_window -= static_cast<std::int64_t>(bytes);
  send_window_ -= static_cast<std::int64_t>(bytes);
  controls_.give(static_cast<double>(bytes) / 1024.0);
}

void Engine::fill(std::size_t limit_bytes) {
  for (auto& ready : ready_) {
    while (!ready.empty() && send_window_ > 0 && out_.size() < limit_bytes) {
      const std::uint32_t id = ready.front();
      ready.pop_front();
      Stream* stream = find(id);
      if (stream == nullptr) continue;
      stream->queued = false;
      if (stream->pending.empty() || stream->send_window <= 0) continue;
      const std::int64_t window = std::min(stream->send_window, send_window_);
      const std::size_t bytes =
          std::min({stream->pending.size(), static_cast<std::size_t>(window),
                    std::size_t{peer_frame_bytes_}, std::size_t{kDefaultFrameBytes}});
      const bool all = bytes == stream->pending.size();
      append_data(*stream, bytes, all && stream->end_after_pending);
      if (all) {
        events_.sent(*stream);
        stream = find(id);
        if (stream != nullptr && stream->end_after_pending) local_end(*stream);
      } else if (stream->send_window > 0) {
        stream->queued = true;
        if (stream->priority.incremental) {
          ready.push_back(id);
        } else {
          ready.push_front(id);
        }
      }
    }
  }
}

void Engine::goaway(ErrorCode code, std::string_view debug) {
  debug = debug.substr(0, 256);
  // Section 6.8: it never grows; what came after the first was refused.
  if (!goaway_sent_) goaway_last_id_ = last_peer_id_;
  std::byte payload[8];
  store_be32(payload, goaway_last_id_);
  store_be32(payload + 4, static_cast<std::uint32_t>(code));
  append_frame_header(out_,
                      {static_cast<std::uint32_t>(8 + debug.size()), FrameType::Goaway, 0, 0});
  out_.append(as_text(payload)).append(debug);
  goaway_sent_ = true;
}

void Engine::ping(std::uint64_t data) {
  std::byte payload[8];
  store_be64(payload, data);
  append_frame_header(out_, {8, FrameType::Ping, 0, 0});
  out_ += as_text(payload);
}

}  // namespace avila::http2

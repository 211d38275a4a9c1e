// What a peer sends: frames, their checks, and the floods.
#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/http2/engine.hpp>
#include <avila/primitives/endian.hpp>

namespace avila::http2 {

bool Engine::Bucket::take(std::int64_t now_ns) noexcept {
  if (at_ns_ != 0) give(static_cast<double>(now_ns - at_ns_) * 1e-9 * limit_.per_second);
  at_ns_ = now_ns;
  left_ -= 1;
  return left_ >= 0;
}

void Engine::Bucket::give(double count) noexcept {
  left_ = std::min<double>(left_ + count, limit_.burst);
}

Engine::Engine(Role role, EngineOptions options, Events& events)
    : role_(role),
      options_(options),
      events_(events),
      decoder_(options.table_bytes),
      encoder_(options.table_bytes),
      next_id_(role == Role::Client ? 1 : 2),
      faults_(options.stream_faults),
      controls_(options.control_frames) {
  if (role == Role::Client) out_ += kClientPreface;
  std::string payload;
  const auto setting = [&](SettingId id, std::uint32_t value) {
    std::byte bytes[6];
    store_be16(bytes, static_cast<std::uint16_t>(id));
    store_be32(bytes + 2, value);
    payload += as_text(bytes);
  };
  if (options_.table_bytes != kDefaultTableBytes)
    setting(SettingId::HeaderTableSize, options_.table_bytes);
  if (role == Role::Client) setting(SettingId::EnablePush, 0);
  if (role == Role::Server) {
    setting(SettingId::MaxConcurrentStreams, options_.concurrent_streams);
    if (options_.extended_connect) setting(SettingId::EnableConnectProtocol, 1);
    setting(SettingId::NoRfc7540Priorities, 1);
  }
  setting(SettingId::InitialWindowSize, options_.stream_window_bytes);
  if (options_.frame_bytes != kDefaultFrameBytes)
    setting(SettingId::MaxFrameSize, options_.frame_bytes);
  setting(SettingId::MaxHeaderListSize, options_.header_list_bytes);
  append_frame_header(out_,
                      {static_cast<std::uint32_t>(payload.size()), FrameType::Settings, 0, 0});
  out_ += payload;
  if (options_.connection_window_bytes > kDefaultWindowBytes) {
    append_window_update(0, options_.connection_window_bytes - kDefaultWindowBytes);
    receive_window_ = options_.connection_window_bytes;
  }
}

Error Engine::fail(Http2Error error, ErrorCode code, std::string_view what) {
  if (!failed_) goaway(code, what);
  failed_ = true;
  return Error(error, what);
}

Error Engine::protocol(std::string_view what) {
  return fail(Http2Error::Protocol, ErrorCode::ProtocolError, what);
}

Result<void> Engine::receive(ByteSpan bytes, std::int64_t now_ns) {
  if (failed_) return Error(Http2Error::Protocol, "the connection has failed before");
  now_ns_ = now_ns;
  if (!in_.empty()) {
    // Only as much as completes the frame, so that whole ones behind it are not copied.
    while (!in_.empty() && !bytes.empty()) {
      std::size_t want =
          role_ == Role::Server && !preface_seen_ ? kClientPreface.size() : kFrameHeaderBytes;
      if (preface_seen_ && in_.size() >= kFrameHeaderBytes)
        want += FrameHeader::decode(as_bytes(in_)).length;
      const std::size_t more = std::min(want - std::min(want, in_.size()), bytes.size());
      in_ += as_text(bytes.first(more));
      bytes = bytes.subspan(more);
      std::string whole;
      whole.swap(in_);
      AVILA_TRY(const std::size_t taken, take(as_bytes(whole)));
      in_ = std::move(whole);
      in_.erase(0, taken);
      if (more == 0 && taken == 0) break;
    }
  }
  AVILA_TRY(const std::size_t taken, take(bytes));
  in_ += as_text(bytes.subspan(taken));
  return {};
}

/// Whole frames off the front; how many bytes they were.
Result<std::size_t> Engine::take(ByteSpan bytes) {
  const std::size_t size = bytes.size();
  if (!preface_seen_) {
    if (role_ == Role::Server) {
      const std::size_t n = std::min(bytes.size(), kClientPreface.size());
      if (as_text(bytes.first(n)) != kClientPreface.substr(0, n))
        return protocol("the connection preface is not that of HTTP/2");
      if (n < kClientPreface.size()) return std::size_t{0};
      bytes = bytes.subspan(n);
    }
    preface_seen_ = true;
  }
  while (bytes.size() >= kFrameHeaderBytes) {
    const FrameHeader header = FrameHeader::decode(bytes);
    if (header.length > options_.frame_bytes)
      return fail(Http2Error::FrameSize, ErrorCode::FrameSizeError,
                  "a frame is larger than SETTINGS_MAX_FRAME_SIZE");
    if (!settings_seen_ && (header.type != FrameType::Settings || header.has(flags::kAck)))
      return protocol("the first frame is not SETTINGS");
    if (bytes.size() < kFrameHeaderBytes + header.length) break;
    AVILA_TRY_VOID(on_frame(header, bytes.subspan(kFrameHeaderBytes, header.length)));
    bytes = bytes.subspan(kFrameHeaderBytes + header.length);
    if (continuation_of_ == 0) ++units_done_;
  }
  return size - bytes.size();
}

Result<void> Engine::on_frame(const FrameHeader& header, ByteSpan payload) {
  if (continuation_of_ != 0 &&
      (header.type != FrameType::Continuation || header.stream != continuation_of_))
    return protocol("a header block was interrupted by another frame");
  switch (header.type) {
    case FrameType::Data: return on_data(header, payload);
    case FrameType::Headers: return on_headers(header, payload);
    case FrameType::Continuation: return on_continuation(header, payload);
    case FrameType::Settings: return on_settings(header, payload);
    case FrameType::WindowUpdate: return on_window_update(header, payload);
    case FrameType::RstStream: return on_rst_stream(header, payload);
    case FrameType::Goaway: return on_goaway(header, payload);
    case FrameType::PriorityUpdate: return on_priority_update(header, payload);
    case FrameType::PushPromise: return protocol("PUSH_PROMISE, which nobody may send here");
    case FrameType::Ping: {
      if (header.stream != 0) return protocol("PING on a stream");
      if (payload.size() != 8)
        return fail(Http2Error::FrameSize, ErrorCode::FrameSizeError, "PING is not of 8 bytes");
      AVILA_TRY_VOID(control_frame());
      if (header.has(flags::kAck)) {
        events_.ping_acknowledged(load_be64(payload.data()));
      } else {
        append_frame_header(out_, {8, FrameType::Ping, flags::kAck, 0});
        out_ += as_text(payload);
      }
      return {};
    }
    case FrameType::Priority:  // deprecated (RFC 9113 section 5.3.2): checked and left alone
      if (header.stream == 0) return protocol("PRIORITY without a stream");
      AVILA_TRY_VOID(control_frame());
      if (payload.size() != 5) return stream_error(header.stream, ErrorCode::FrameSizeError);
      return {};
  }
  return control_frame();  // of an unknown type: ignored (section 4.1)
}

Result<void> Engine::control_frame() {
  if (controls_.take(now_ns_)) return {};
  return fail(Http2Error::EnhanceYourCalm, ErrorCode::EnhanceYourCalm, "too many control frames");
}

Result<void> Engine::stream_fault() {
  if (faults_.take(now_ns_)) return {};
  return fail(Http2Error::EnhanceYourCalm, ErrorCode::EnhanceYourCalm, "too many streams reset");
}

/// A mistake of the peer that concerns one stream.
Result<void> Engine::stream_error(std::uint32_t id, ErrorCode code) {
  AVILA_TRY_VOID(stream_fault());
  if (Stream* stream = find(id)) {
    reset(*stream, code);
  } else {
    append_rst(id, code);
  }
  return {};
}

Result<ByteSpan> Engine::without_padding(const FrameHeader& header, ByteSpan payload) {
  if (!header.has(flags::kPadded)) return payload;
  if (payload.empty())
    return fail(Http2Error::FrameSize, ErrorCode::FrameSizeError, "no room for the padding length");
  const auto padding = static_cast<std::size_t>(payload[0]);
  if (padding >= payload.size()) return protocol("more padding than the frame has bytes");
  return payload.subspan(1, payload.size() - 1 - padding);
}

Result<void> Engine::on_data(const FrameHeader& header, ByteSpan payload) {
  if (header.stream == 0) return protocol("DATA without a stream");
  const auto whole = static_cast<std::uint32_t>(payload.size());  // padding counts (section 6.9.1)
  AVILA_TRY(const ByteSpan body, without_padding(header, payload));
  if (is_idle(header.stream)) return protocol("DATA on an idle stream");
  if (whole > receive_window_)
    return fail(Http2Error::FlowControl, ErrorCode::FlowControlError,
                "more DATA than the connection's window");
  receive_window_ -= whole;
  controls_.give(whole / 1024.0);
  if (body.empty() && !header.has(flags::kEndStream)) AVILA_TRY_VOID(control_frame());
  Stream* stream = find(header.stream);
  if (stream == nullptr || stream->remote_done) {
    credit(nullptr, whole);
    if (stream == nullptr && was_reset_lately(header.stream)) return {};
    return stream_error(header.stream, ErrorCode::StreamClosed);
  }
  if (!stream->head_received) {
    credit(nullptr, whole);
    return stream_error(header.stream, ErrorCode::ProtocolError);
  }
  if (whole > stream->receive_window) {
    credit(nullptr, whole);
    return stream_error(header.stream, ErrorCode::FlowControlError);
  }
  stream->receive_window -= whole;
  stream->received += body.size();
  if (stream->announced != kUnknownLength && stream->received > stream->announced) {
    credit(nullptr, whole);
    return stream_error(header.stream, ErrorCode::ProtocolError);  // section 8.1.1
  }
  if (whole > body.size()) credit(stream, whole - body.size());
  const bool end = header.has(flags::kEndStream);
  if (!body.empty()) {
    events_.data(*stream, body);
    stream = find(header.stream);  // an event may have reset it
  }
  if (!end || stream == nullptr) return {};
  if (stream->announced != kUnknownLength && stream->received != stream->announced)
    return stream_error(header.stream, ErrorCode::ProtocolError);
  remote_end(*stream);
  return {};
}

Result<void> Engine::on_headers(const FrameHeader& header, ByteSpan payload) {
  if (header.stream == 0) return protocol("HEADERS without a stream");
  AVILA_TRY(ByteSpan block, without_padding(header, payload));
  if (header.has(flags::kPriority)) {
    if (block.size() < 5)
      return fail(Http2Error::FrameSize, ErrorCode::FrameSizeError, "HEADERS cut in its priority");
    block = block.subspan(5);
  }
  block_ends_stream_ = header.has(flags::kEndStream);
  received_ = as_text(block);
  if (header.has(flags::kEndHeaders)) return on_block(header.stream, block_ends_stream_);
  continuation_of_ = header.stream;
  continuations_ = 0;
  return {};
}

Result<void> Engine::on_continuation(const FrameHeader& header, ByteSpan payload) {
  if (continuation_of_ == 0) return protocol("CONTINUATION without HEADERS before it");
  if (++continuations_ > options_.continuation_frames ||
      received_.size() + payload.size() > options_.header_block_bytes)
    return fail(Http2Error::EnhanceYourCalm, ErrorCode::EnhanceYourCalm,
                "a header block is too large");
  received_ += as_text(payload);
  if (!header.has(flags::kEndHeaders)) return {};
  continuation_of_ = 0;
  return on_block(header.stream, block_ends_stream_);
}

Result<void> Engine::on_block(std::uint32_t id, bool end_stream) {
  list_.clear();
  if (auto decoded = decoder_.decode(as_bytes(received_), options_.header_list_bytes, list_);
      !decoded.has_value())
    return fail(Http2Error::Compression, ErrorCode::CompressionError, decoded.error().to_string());
  // A bomb: the table makes megabytes of few bytes. It cost time, and will again.
  if (list_.list_bytes() > 16 * std::uint64_t{options_.header_list_bytes})
    return fail(Http2Error::EnhanceYourCalm, ErrorCode::EnhanceYourCalm,
                "a header list is too large");
  Stream* stream = find(id);
  if (stream == nullptr) {
    if (is_idle(id)) return on_new_stream(id, end_stream);
    if (was_reset_lately(id)) return {};
    return fail(Http2Error::StreamClosed, ErrorCode::StreamClosed, "HEADERS on a closed stream");
  }
  if (stream->remote_done) return stream_error(id, ErrorCode::StreamClosed);
  if (!stream->head_received) {  // a response
    events_.headers(*stream, list_, end_stream);
  } else {
    if (!end_stream) return stream_error(id, ErrorCode::ProtocolError);  // trailers end it
    events_.trailers(*stream, list_);
  }
  stream = find(id);
  if (stream == nullptr) return {};
  if (stream->malformed) return stream_error(id, ErrorCode::ProtocolError);
  if (!end_stream) return {};
  if (stream->announced != kUnknownLength && stream->received != stream->announced)
    return stream_error(id, ErrorCode::ProtocolError);  // section 8.1.1
  remote_end(*stream);
  return {};
}

Result<void> Engine::on_new_stream(std::uint32_t id, bool end_stream) {
  if (role_ == Role::Client) return protocol("the server opened a stream");
  if (id % 2 == 0) return protocol("a client's stream has an even number");
  last_peer_id_ = id;
  if (goaway_sent_ || peer_streams_ >= options_.concurrent_streams) {
    append_rst(id, ErrorCode::RefusedStream);
    return goaway_sent_ ? Result<void>() : stream_fault();
  }
  Stream& stream = add_stream(id);
  stream.head_received = true;
  ++peer_streams_;
  events_.headers(stream, list_, end_stream);
  Stream* still = find(id);
  if (still == nullptr) return {};
  if (still->malformed) return stream_error(id, ErrorCode::ProtocolError);
  if (!end_stream) return {};
  if (still->announced != kUnknownLength && still->announced != 0)
    return stream_error(id, ErrorCode::ProtocolError);
  remote_end(*still);
  return {};
}

Result<void> Engine::on_settings(const FrameHeader& header, ByteSpan payload) {
  if (header.stream != 0) return protocol("SETTINGS on a stream");
  if (payload.size() % 6 != 0 || (header.has(flags::kAck) && !payload.empty()))
    return fail(Http2Error::FrameSize, ErrorCode::FrameSizeError, "SETTINGS of a wrong length");
  if (settings_seen_) AVILA_TRY_VOID(control_frame());
  if (!settings_seen_) peer_streams_max_ = ~std::uint32_t{0};
  settings_seen_ = true;
  if (header.has(flags::kAck)) return {};
  for (; !payload.empty(); payload = payload.subspan(6))
    AVILA_TRY_VOID(on_setting(static_cast<SettingId>(load_be16(payload.data())),
                              load_be32(payload.data() + 2)));
  append_frame_header(out_, {0, FrameType::Settings, flags::kAck, 0});
  events_.settings_changed();
  return {};
}

Result<void> Engine::on_setting(SettingId id, std::uint32_t value) {
  switch (id) {
    case SettingId::HeaderTableSize: encoder_.set_peer_limit(value); break;
    case SettingId::EnablePush:
      if (value > 1 || (value == 1 && role_ == Role::Client))
        return protocol("SETTINGS_ENABLE_PUSH has no such value");
      break;
    case SettingId::MaxConcurrentStreams: peer_streams_max_ = value; break;
    case SettingId::InitialWindowSize: {
      if (value > kWindowBytesMax)
        return fail(Http2Error::FlowControl, ErrorCode::FlowControlError,
                    "SETTINGS_INITIAL_WINDOW_SIZE above 2^31 - 1");
      const std::int64_t change = std::int64_t{value} - peer_window_;
      peer_window_ = value;
      for (auto& [stream_id, stream] : streams_) {
        stream->send_window += change;  // below zero too (section 6.9.2)
        if (stream->send_window > kWindowBytesMax)
          return fail(Http2Error::FlowControl, ErrorCode::FlowControlError,
                      "a window grew above 2^31 - 1");
        queue(*stream);
      }
      break;
    }
    case SettingId::MaxFrameSize:
      if (value < kDefaultFrameBytes || value > kFrameBytesMax)
        return protocol("SETTINGS_MAX_FRAME_SIZE out of range");
      peer_frame_bytes_ = value;
      break;
    case SettingId::MaxHeaderListSize: peer_header_list_ = value; break;
    case SettingId::EnableConnectProtocol:
      if (value > 1) return protocol("SETTINGS_ENABLE_CONNECT_PROTOCOL has no such value");
      peer_extended_connect_ = value == 1;
      break;
    case SettingId::NoRfc7540Priorities:
      if (value > 1) return protocol("SETTINGS_NO_RFC7540_PRIORITIES has no such value");
      break;
  }
  return {};
}

Result<void> Engine::on_window_update(const FrameHeader& header, ByteSpan payload) {
  if (payload.size() != 4)
    return fail(Http2Error::FrameSize, ErrorCode::FrameSizeError,
                "WINDOW_UPDATE is not of 4 bytes");
  AVILA_TRY_VOID(control_frame());
  const std::uint32_t increment = load_be32(payload.data()) & kStreamIdMax;
  if (header.stream == 0) {
    if (increment == 0) return protocol("WINDOW_UPDATE by zero");
    send_window_ += increment;
    if (send_window_ > kWindowBytesMax)
      return fail(Http2Error::FlowControl, ErrorCode::FlowControlError,
                  "the connection's window grew above 2^31 - 1");
    return {};
  }
  if (is_idle(header.stream)) return protocol("WINDOW_UPDATE on an idle stream");
  Stream* stream = find(header.stream);
  if (stream == nullptr) return {};
  if (increment == 0) return stream_error(header.stream, ErrorCode::ProtocolError);
  stream->send_window += increment;
  if (stream->send_window > kWindowBytesMax)
    return stream_error(header.stream, ErrorCode::FlowControlError);
  queue(*stream);
  return {};
}

Result<void> Engine::on_rst_stream(const FrameHeader& header, ByteSpan payload) {
  if (header.stream == 0) return protocol("RST_STREAM without a stream");
  if (payload.size() != 4)
    return fail(Http2Error::FrameSize, ErrorCode::FrameSizeError, "RST_STREAM is not of 4 bytes");
  if (is_idle(header.stream)) return protocol("RST_STREAM on an idle stream");
  AVILA_TRY_VOID(stream_fault());
  if (Stream* stream = find(header.stream))
    close(*stream, static_cast<ErrorCode>(load_be32(payload.data())), true);
  return {};
}

Result<void> Engine::on_goaway(const FrameHeader& header, ByteSpan payload) {
  if (header.stream != 0) return protocol("GOAWAY on a stream");
  if (payload.size() < 8)
    return fail(Http2Error::FrameSize, ErrorCode::FrameSizeError, "GOAWAY is cut");
  AVILA_TRY_VOID(control_frame());
  const std::uint32_t last = load_be32(payload.data()) & kStreamIdMax;
  const auto code = static_cast<ErrorCode>(load_be32(payload.data() + 4));
  refusing_ = true;
  if (role_ == Role::Client) {  // what the server did not begin may be tried again elsewhere
    std::vector<std::uint32_t> unseen;
    for (const auto& [id, stream] : streams_)
      if (id > last) unseen.push_back(id);
    for (const std::uint32_t id : unseen)
      if (Stream* stream = find(id)) close(*stream, ErrorCode::RefusedStream, true);
  }
  events_.goaway(last, code, as_text(payload.subspan(8)));
  return {};
}

Result<void> Engine::on_priority_update(const FrameHeader& header, ByteSpan payload) {
  if (header.stream != 0 || role_ == Role::Client)
    return protocol("a PRIORITY_UPDATE out of place");
  if (payload.size() < 4)
    return fail(Http2Error::FrameSize, ErrorCode::FrameSizeError, "PRIORITY_UPDATE is cut");
  AVILA_TRY_VOID(control_frame());
  const std::uint32_t id = load_be32(payload.data()) & kStreamIdMax;
  if (id == 0) return protocol("PRIORITY_UPDATE of no stream");
  // For streams that are not open yet it is dropped: a hint is not worth memory.
  if (Stream* stream = find(id)) stream->priority = Priority::parse(as_text(payload.subspan(4)));
  return {};
}

}  // namespace avila::http2

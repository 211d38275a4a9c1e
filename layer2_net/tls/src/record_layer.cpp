#include <algorithm>
#include <avila/primitives/endian.hpp>

#include "engine_state.hpp"

namespace avila::tls {

namespace {

constexpr std::size_t kHandshakeHead = 4;

Error unexpected_record(const char* what) { return Error(Alert::UnexpectedMessage, what); }

/// Why bytes that are no record at all are refused: says what they look like.
Error no_record(ByteSpan header) {
  const std::string_view text = as_text(header.first(3));
  if (text == "GET" || text == "POS" || text == "HEA" || text == "PUT" || text == "HTT")
    return Error(Alert::UnexpectedMessage, "this is plain HTTP, not TLS");
  return Error(Alert::UnexpectedMessage, "this is not a TLS record");
}

}  // namespace

Result<void> Engine::State::process() {
  while (readable.empty() && !read_closed) {
    const MutableByteSpan bytes = in.mutable_span();
    if (bytes.size() < kRecordHeaderBytes) return {};
    const auto type = static_cast<unsigned>(bytes[0]);
    if (type < 20 || type > 23) return no_record(bytes);
    if (bytes[1] != std::byte{3})
      return Error(Alert::ProtocolVersion, "a record of another version");
    const std::size_t length = load_be16(&bytes[3]);
    const std::size_t length_max = !read_key.has_value() && skip_budget == 0 ? kPlaintextMax
                                   : is13()                                  ? kCiphertextMax13
                                                                             : kCiphertextMax12;
    if (length > length_max) return Error(Alert::RecordOverflow, "a record that is too long");
    if (bytes.size() < kRecordHeaderBytes + length) return {};
    record_size = kRecordHeaderBytes + length;
    AVILA_TRY_VOID(on_record(bytes.first(record_size)));
    if (readable.empty()) in.consume(record_size);
  }
  return {};
}

Result<void> Engine::State::on_record(MutableByteSpan record) {
  auto type = static_cast<ContentType>(record[0]);
  const MutableByteSpan content = record.subspan(kRecordHeaderBytes);
  if (type == ContentType::ChangeCipherSpec) return on_ccs(content);
  if (!read_key.has_value()) {
    // RFC 8446 section 4.2.10: early data before the second ClientHello is passed over.
    if (type == ContentType::ApplicationData && content.size() <= skip_budget) {
      skip_budget -= content.size();
      return {};
    }
    return dispatch({type, content});
  }
  if (is13() && type != ContentType::ApplicationData) {
    // A peer that failed before it had keys can only say so in the clear.
    if (type == ContentType::Alert && !handshake->done() && read_level == Level::Handshake)
      return dispatch({type, content});
    return unexpected_record("a record in the clear where all are protected");
  }
  auto opened = read_key->open(record);
  if (!opened.has_value()) {
    if (opened.error().is(Alert::BadRecordMac) && content.size() <= skip_budget) {
      skip_budget -= content.size();
      return {};
    }
    return std::move(opened).error();
  }
  skip_budget = 0;
  return dispatch(*opened);
}

Result<void> Engine::State::on_ccs(ByteSpan content) {
  if (content.size() != 1 || content[0] != std::byte{1})
    return unexpected_record("a ChangeCipherSpec that is not 1");
  if (!message.empty()) return unexpected_record("ChangeCipherSpec inside a handshake message");
  if (is12()) {
    if (read_key.has_value() || !next_read12.has_value())
      return unexpected_record("ChangeCipherSpec at a point where it may not be");
    AVILA_TRY_VOID(handshake->receive_ccs());
    read_key = std::move(next_read12);
    next_read12.reset();
    return {};
  }
  // RFC 8446 section 5: during the handshake of TLS 1.3 it means nothing.
  if (!handshake->version_known() || handshake->done())
    return unexpected_record("ChangeCipherSpec at a point where it may not be");
  return count_idle();
}

Result<void> Engine::State::count_idle() {
  if (++idle_records > limits.idle_records)
    return unexpected_record("too many records without content");
  return {};
}

Result<void> Engine::State::dispatch(const OpenedRecord& record) {
  switch (record.type) {
    case ContentType::Handshake: return on_handshake(record.content);
    case ContentType::Alert: return on_alert(record.content);
    case ContentType::ApplicationData: return on_application_data(record.content);
    default: return unexpected_record("a record of unknown type");
  }
}

Result<void> Engine::State::on_alert(ByteSpan content) {
  AVILA_TRY(const auto alert, AlertMessage::parse(content));
  const auto description = static_cast<Alert>(alert.description);
  if (description == Alert::CloseNotify) {
    // Before there are keys, anybody could have sent it.
    if (!handshake->done())
      return Error(static_cast<PeerAlert>(alert.description),
                   "the peer closed the connection during the handshake");
    read_closed = true;
    return {};
  }
  const bool warning = alert.level == 1;
  if (description == Alert::UserCanceled || (warning && !is13())) return count_idle();
  return Error(static_cast<PeerAlert>(alert.description),
               "the peer sent the alert " + std::string(name(description)));
}

Result<void> Engine::State::on_handshake(ByteSpan content) {
  if (content.empty()) return unexpected_record("a handshake record without content");
  message.insert(message.end(), content.begin(), content.end());
  std::size_t done = 0;
  while (message.size() - done >= kHandshakeHead) {
    const ByteSpan rest = ByteSpan(message).subspan(done);
    const std::size_t length = load_be32(rest.data()) & 0xffffff;
    const auto type = static_cast<HandshakeType>(rest[0]);
    const bool hello = type == HandshakeType::ClientHello || type == HandshakeType::ServerHello;
    if (length > (hello ? limits.hello_bytes : limits.handshake_message_bytes))
      return Error(Alert::IllegalParameter, "a handshake message that is too long");
    if (rest.size() < kHandshakeHead + length) break;
    // Nothing but data changes the peer's keys for ever, or asks for it.
    if (handshake->done() && ++key_updates > limits.key_updates)
      return unexpected_record("too many handshake messages without data");
    const Level level = read_level;
    const bool had_key = read_key.has_value();
    const std::uint64_t sequence = had_key ? read_key->sequence() : 0;
    AVILA_TRY_VOID(handshake->receive(level, rest.first(kHandshakeHead + length)));
    done += kHandshakeHead + length;
    // RFC 8446 section 5.1: a change of keys comes at the end of a record.
    const bool changed = read_level != level || read_key.has_value() != had_key ||
                         (had_key && read_key->sequence() != sequence);
    if (changed && done != message.size())
      return unexpected_record("a handshake message across a change of keys");
  }
  message.erase(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(done));
  return {};
}

Result<void> Engine::State::on_application_data(MutableByteSpan content) {
  if (!message.empty()) return unexpected_record("data inside a handshake message");
  if (read_level == Level::EarlyData) {
    if (content.size() > early_data_max - early.size())
      return unexpected_record("more early data than the ticket allowed");
    early.insert(early.end(), content.begin(), content.end());
    return content.empty() ? count_idle() : Result<void>();
  }
  if (!handshake->done()) return unexpected_record("data during the handshake");
  if (content.empty()) return count_idle();
  idle_records = key_updates = 0;
  readable = content;
  return {};
}

// ---- sending

Result<void> Engine::State::send(Level level, ByteSpan bytes) {
  AVILA_ASSERT(is12() || level == write_level);
  handshake_out.insert(handshake_out.end(), bytes.begin(), bytes.end());
  return {};
}

Result<void> Engine::State::flush_handshake() {
  // RFC 8446 section 6.1: nothing goes behind close_notify, not even an answer that was asked for.
  if (close_sent) handshake_out.clear();
  if (handshake_out.empty()) return {};
  ByteSpan rest = handshake_out;
  while (!rest.empty()) {
    const ByteSpan fragment = rest.first(std::min(rest.size(), kPlaintextMax));
    AVILA_TRY_VOID(seal(ContentType::Handshake, fragment));
    rest = rest.subspan(fragment.size());
  }
  handshake_out.clear();
  return {};
}

Result<void> Engine::State::seal(ContentType type, ByteSpan content) {
  if (write_key.has_value()) return write_key->seal(type, content, out);
  const bool first_hello = type == ContentType::Handshake && role == Role::Client && !hello_sent;
  if (type == ContentType::Handshake) hello_sent = true;
  std::byte* const header = out.spare(kRecordHeaderBytes + content.size()).data();
  header[0] = static_cast<std::byte>(type);
  // RFC 8446 section 5.1: 0x0301 pleases old servers.
  store_be16(header + 1, first_hello ? 0x0301 : 0x0303);
  store_be16(header + 3, static_cast<std::uint16_t>(content.size()));
  out.commit(kRecordHeaderBytes);
  out.append(content);
  return {};
}

Result<void> Engine::State::use_secret(Direction direction, Level level, const SuiteInfo& suite,
                                       ByteSpan secret) {
  if (direction == Direction::Write) {
    AVILA_TRY_VOID(flush_handshake());
    write_key.reset();
    if (level != Level::Initial) write_key = RecordKey::tls13(suite, secret);
    write_level = level;
  } else {
    read_key = RecordKey::tls13(suite, secret);
    read_level = level;
  }
  return {};
}

Result<void> Engine::State::use_keys12(Direction direction, const SuiteInfo& suite, ByteSpan key,
                                       ByteSpan iv) {
  if (direction == Direction::Read) {
    next_read12 = RecordKey::tls12(suite, key, iv);
    return {};
  }
  AVILA_TRY_VOID(flush_handshake());
  AVILA_TRY_VOID(seal(ContentType::ChangeCipherSpec, std::array{std::byte{1}}));
  write_key = RecordKey::tls12(suite, key, iv);
  return {};
}

Result<void> Engine::State::send_compat_ccs() {
  AVILA_TRY_VOID(flush_handshake());
  AVILA_ASSERT(!write_key.has_value());  // it goes in the clear
  return seal(ContentType::ChangeCipherSpec, std::array{std::byte{1}});
}

Result<void> Engine::State::send_warning(Alert alert) {
  AVILA_TRY_VOID(count_idle());
  AVILA_TRY_VOID(flush_handshake());
  if (!close_sent) queue_alert(alert, false);
  return {};
}

void Engine::State::queue_alert(Alert alert, bool fatal) {
  const std::array content = {fatal ? std::byte{2} : std::byte{1}, static_cast<std::byte>(alert)};
  (void)seal(ContentType::Alert, content);  // a key that is used up cannot say so either
}

Error Engine::State::fail(Error error) {
  if (!alert_from_peer(error).has_value() && !error.is(TransportFault::Truncated) && !close_sent) {
    (void)flush_handshake();
    queue_alert(alert_for(error), true);
  }
  readable = {};
  failure.emplace(error.clone());
  return error;
}

Result<void> Engine::State::write(ByteSpan bytes) {
  while (!bytes.empty()) {
    const ByteSpan part = bytes.first(std::min(bytes.size(), kPlaintextMax));
    if (write_key->sequence() >= limits.records_per_key) {
      if (!is13() || !handshake->done())
        return Error(Errc::LimitExceeded, "as many records under one key as may be");
      AVILA_TRY_VOID(handshake->update_keys(false));
    }
    AVILA_TRY_VOID(seal(ContentType::ApplicationData, part));
    bytes = bytes.subspan(part.size());
  }
  return {};
}

}  // namespace avila::tls

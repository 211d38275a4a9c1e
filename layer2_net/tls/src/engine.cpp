#include <avila/tls/engine.hpp>

#include "engine_state.hpp"

namespace avila::tls {

Engine::Engine(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;
Engine::~Engine() = default;

Result<void> Engine::State::start(const std::vector<std::byte>& early_data) {
  AVILA_TRY_VOID(handshake->start());
  AVILA_TRY_VOID(flush_handshake());
  if (!handshake->offers_early_data()) return {};
  return write(early_data);
}

Result<Engine> Engine::client(std::shared_ptr<const ClientConfig> config, ClientOptions options) {
  if (!options.quic_parameters.empty())
    return Error(Errc::InvalidArgument, "tls: QUIC has no records: use Handshake");
  auto state = std::make_unique<State>(*config, Role::Client);
  const std::vector<std::byte> early = options.early_data;
  AVILA_TRY(state->handshake, Handshake::client(std::move(config), std::move(options), *state));
  AVILA_TRY_VOID(state->start(early));
  return Engine(std::move(state));
}

Result<Engine> Engine::server(std::shared_ptr<const ServerConfig> config) {
  auto state = std::make_unique<State>(*config, Role::Server);
  state->early_data_max = config->early_data_bytes;
  AVILA_TRY(state->handshake, Handshake::server(std::move(config), {}, *state));
  return Engine(std::move(state));
}

MutableByteSpan Engine::receive_buffer(std::size_t wish) {
  // What can be read stays where it is: `readable` points into the buffer.
  State& s = *state_;
  if (s.readable.empty()) return s.in.spare(wish);
  const std::size_t offset =
      static_cast<std::size_t>(s.readable.data() - s.in.mutable_span().data());
  const std::size_t size = s.readable.size();
  const MutableByteSpan room = s.in.spare(wish);
  s.readable = s.in.mutable_span().subspan(offset, size);
  return room;
}

Result<void> Engine::received(std::size_t count) {
  State& s = *state_;
  s.in.commit(count);
  return s.guarded([&]() -> Result<void> {
    if (s.read_closed) {
      s.in.clear();  // RFC 8446 section 6.1: what comes after close_notify is ignored
      return {};
    }
    if (s.in.size() > s.limits.unread_bytes)
      return Error(Errc::LimitExceeded, "tls: more was received than was read");
    return s.process();
  });
}

Result<void> Engine::receive(ByteSpan bytes) {
  if (bytes.empty()) return state_->guarded([] { return Result<void>(); });
  std::memcpy(receive_buffer(bytes.size()).data(), bytes.data(), bytes.size());
  return received(bytes.size());
}

Result<void> Engine::receive_end() {
  if (state_->failure.has_value()) return state_->failure->clone();
  if (state_->read_closed) return {};
  return state_->fail(
      Error(TransportFault::Truncated, state_->handshake->done()
                                           ? "tls: the transport ended without close_notify"
                                           : "tls: the transport ended during the handshake"));
}

ByteSpan Engine::output() const noexcept { return state_->out.span(); }
void Engine::sent(std::size_t count) noexcept { state_->out.consume(count); }
void Engine::take_output(buffer::BytesMut& into) {
  if (into.empty()) {
    std::swap(into, state_->out);
  } else {
    into.append(output());
    state_->out.clear();
  }
}
ByteSpan Engine::readable() const noexcept { return state_->readable; }

Result<void> Engine::consume(std::size_t count) {
  State& s = *state_;
  AVILA_ASSERT(count <= s.readable.size());
  s.readable = s.readable.subspan(count);
  if (!s.readable.empty() || count == 0) return {};
  s.readable = {};
  s.in.consume(s.record_size);
  return s.guarded([&] { return s.process(); });
}

Result<void> Engine::write(ByteSpan bytes) {
  State& s = *state_;
  if (s.failure.has_value()) return s.failure->clone();
  if (s.close_sent) return Error(Errc::Closed, "tls: data after close()");
  if (!s.handshake->can_write())
    return Error(Errc::PreconditionFailed, "tls: data before the handshake is done");
  return s.guarded([&] { return s.write(bytes); });
}

Result<void> Engine::close() {
  State& s = *state_;
  if (s.failure.has_value()) return s.failure->clone();
  if (s.close_sent) return {};
  (void)s.flush_handshake();
  s.queue_alert(Alert::CloseNotify, false);
  s.close_sent = true;
  return {};
}

void Engine::abort(Alert alert) {
  if (!state_->failure.has_value()) (void)state_->fail(Error(alert, "tls: given up"));
}

Result<void> Engine::update_keys(bool ask_peer) {
  State& s = *state_;
  if (s.close_sent) return Error(Errc::Closed, "tls: new keys after close()");
  if (!s.handshake->done() || s.handshake->info().version != ProtocolVersion::Tls13)
    return Error(Errc::PreconditionFailed, "tls: keys are updated in TLS 1.3, when connected");
  return s.guarded([&] { return s.handshake->update_keys(ask_peer); });
}

bool Engine::is_connected() const noexcept { return state_->handshake->done(); }
bool Engine::can_write() const noexcept {
  return state_->handshake->can_write() && !state_->close_sent && !state_->failure.has_value();
}
bool Engine::is_read_closed() const noexcept { return state_->read_closed; }
bool Engine::is_failed() const noexcept { return state_->failure.has_value(); }
const ConnectionInfo& Engine::info() const noexcept { return state_->handshake->info(); }

Result<void> Engine::export_keying_material(std::string_view label, ByteSpan context,
                                            MutableByteSpan out) const {
  return state_->handshake->export_keying_material(label, context, out);
}

ByteSpan Engine::early_data() const noexcept { return state_->early; }
bool Engine::early_data_accepted() const noexcept {
  return state_->handshake->done() && state_->handshake->info().early_data_accepted;
}

}  // namespace avila::tls

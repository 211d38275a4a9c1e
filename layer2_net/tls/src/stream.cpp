#include <avila/future/sleep.hpp>
#include <avila/tls/stream.hpp>

namespace avila::tls {

namespace {

using future::CancelToken;
using future::Task;

/// Read from the transport at a time: more when that was not enough, for most connections idle.
constexpr std::size_t kReceiveBytesMax = 64 * 1024;
/// Sealed and handed to the transport at a time: stays in the cache.
constexpr std::size_t kSealBytes = 64 * 1024;

Error broken_error() { return Error(Errc::Closed, "tls: a write was cancelled or failed before"); }

}  // namespace

TlsStream::~TlsStream() { close(); }

void TlsStream::collect_output() {
  const std::lock_guard lock(mutex_);
  engine_.take_output(sending_);
}

Task<Result<void>> TlsStream::flush_locked(CancelToken cancel) {
  if (broken_) co_return broken_error();
  collect_output();
  while (!sending_.empty()) {
    broken_ = true;  // until it went well
    auto written = co_await transport_->write_all(sending_.span(), cancel);
    sending_.clear();
    AVILA_CO_TRY_VOID(std::move(written));
    broken_ = false;
    collect_output();
  }
  co_return Result<void>();
}

Task<Result<void>> TlsStream::flush(CancelToken cancel) {
  auto locked = co_await writing_.lock(cancel);
  AVILA_CO_TRY(const auto lock, std::move(locked));
  auto flushed = co_await flush_locked(cancel);
  co_return flushed;
}

/// True when nothing is left to send.
bool TlsStream::try_flush_locked() {
  if (broken_) return false;
  collect_output();
  while (!sending_.empty()) {
    const auto wrote = transport_->try_write(sending_.span());
    if (!wrote.has_value()) return false;
    if (!wrote->has_value()) {
      broken_ = true;
      return false;
    }
    sending_.consume(**wrote);
  }
  return true;
}

std::optional<Result<std::size_t>> TlsStream::read_now(MutableByteSpan buffer) {
  const std::lock_guard lock(mutex_);
  if (!engine_.readable().empty()) {
    std::size_t taken = 0;
    while (taken < buffer.size() && !engine_.readable().empty()) {
      const ByteSpan readable = engine_.readable();
      const std::size_t count = std::min(readable.size(), buffer.size() - taken);
      std::memcpy(&buffer[taken], readable.data(), count);
      taken += count;
      if (!engine_.consume(count).has_value()) break;  // the next call says why
    }
    return Result<std::size_t>(taken);
  }
  if (engine_.is_failed()) return Result<std::size_t>(engine_.receive({}).error());
  if (engine_.is_read_closed()) return Result<std::size_t>(std::size_t{0});
  return std::nullopt;
}

MutableByteSpan TlsStream::room() {
  const std::lock_guard lock(mutex_);
  return engine_.receive_buffer(receive_bytes_).first(receive_bytes_);
}

void TlsStream::received(std::size_t count) {
  const std::lock_guard lock(mutex_);
  if (count == receive_bytes_) receive_bytes_ = std::min(4 * count, kReceiveBytesMax);
  // A failure stays in the engine: read_now() tells of it.
  (void)(count == 0 ? engine_.receive_end() : engine_.received(count));
}

std::optional<Result<std::size_t>> TlsStream::try_read(MutableByteSpan buffer) {
  if (buffer.empty()) return Result<std::size_t>(std::size_t{0});
  for (;;) {
    auto now = read_now(buffer);
    if (now.has_value()) return now;
    if (const auto lock = writing_.try_lock(); lock.has_value()) (void)try_flush_locked();
    auto got = transport_->try_read(room());
    if (!got.has_value() || !got->has_value()) return got;
    received(**got);
  }
}

Task<Result<std::size_t>> TlsStream::read(MutableByteSpan buffer, CancelToken cancel) {
  for (;;) {
    auto now = try_read(buffer);
    if (now.has_value()) {
      // An alert of ours is on its way to the peer, who may wait for nothing else.
      if (!now->has_value())
        if (const auto lock = writing_.try_lock(); lock.has_value()) (void)try_flush_locked();
      co_return std::move(*now);
    }
    {
      // What try_write() left here must go before we wait for an answer to it. Who writes just now
      // takes it along.
      auto lock = writing_.try_lock();
      if (lock.has_value() && !broken_ && !sending_.empty()) {
        auto flushed = co_await flush_locked(cancel);
        AVILA_CO_TRY_VOID(std::move(flushed));
      }
    }
    const MutableByteSpan space = room();
    auto got = co_await transport_->read(space, cancel);
    AVILA_CO_TRY(const std::size_t count, std::move(got));
    received(count);
  }
}

Task<Result<void>> TlsStream::write_all(ByteSpan bytes, CancelToken cancel) {
  auto locked = co_await writing_.lock(cancel);
  AVILA_CO_TRY(const auto lock, std::move(locked));
  while (!bytes.empty()) {
    const ByteSpan part = bytes.first(std::min(bytes.size(), kSealBytes));
    if (broken_) co_return broken_error();
    Result<void> sealed;
    {
      const std::lock_guard engine_lock(mutex_);
      sealed = engine_.write(part);
    }
    AVILA_CO_TRY_VOID(std::move(sealed));
    bytes = bytes.subspan(part.size());
    if (try_flush_locked()) continue;
    auto flushed = co_await flush_locked(cancel);
    AVILA_CO_TRY_VOID(std::move(flushed));
  }
  co_return Result<void>();
}

Task<Result<void>> TlsStream::write_vectored(std::span<const ByteSpan> parts, CancelToken cancel) {
  if (parts.size() == 1) {
    auto only = co_await write_all(parts[0], cancel);
    co_return only;
  }
  // Small parts (a head and its body) share records, and so packets.
  std::vector<std::byte> joined;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    ByteSpan part = parts[i];
    if (joined.size() + part.size() <= kSealBytes) {
      joined.insert(joined.end(), part.begin(), part.end());
      continue;
    }
    const std::size_t head = kSealBytes - std::min(joined.size(), kSealBytes);
    joined.insert(joined.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(head));
    auto first = co_await write_all(joined, cancel);
    AVILA_CO_TRY_VOID(std::move(first));
    joined.clear();
    auto rest = co_await write_all(part.subspan(head), cancel);
    AVILA_CO_TRY_VOID(std::move(rest));
  }
  auto last = co_await write_all(joined, cancel);
  co_return last;
}

std::optional<Result<std::size_t>> TlsStream::try_write(ByteSpan bytes) {
  return try_write_vectored({&bytes, 1});
}

std::optional<Result<std::size_t>> TlsStream::try_write_vectored(std::span<const ByteSpan> parts) {
  const auto lock = writing_.try_lock();
  if (!lock.has_value()) return std::nullopt;
  if (broken_) return Result<std::size_t>(broken_error());
  if (!try_flush_locked()) return std::nullopt;
  std::size_t taken = 0;
  std::array<std::byte, 4096> joined;  // small parts share a record
  std::size_t held = 0;
  {
    const std::lock_guard engine_lock(mutex_);
    const auto seal = [&](ByteSpan bytes) { return engine_.write(bytes); };
    for (const ByteSpan part : parts) {
      const ByteSpan some = part.first(std::min(part.size(), kSealBytes - taken));
      if (held + some.size() <= joined.size()) {
        if (!some.empty()) std::memcpy(&joined[held], some.data(), some.size());
        held += some.size();
      } else {
        if (auto done = seal(ByteSpan(joined).first(held)); !done.has_value())
          return Result<std::size_t>(std::move(done).error());
        held = 0;
        if (auto done = seal(some); !done.has_value())
          return Result<std::size_t>(std::move(done).error());
      }
      taken += some.size();
      if (some.size() < part.size()) break;
    }
    if (auto done = seal(ByteSpan(joined).first(held)); !done.has_value())
      return Result<std::size_t>(std::move(done).error());
  }
  (void)try_flush_locked();  // what is left goes later
  if (broken_) return Result<std::size_t>(broken_error());
  return Result<std::size_t>(taken);
}

Task<Result<void>> TlsStream::shutdown_write() {
  const future::Deadline deadline(kEndTimeout);  // a peer that does not read holds nobody up
  auto locked = co_await writing_.lock(deadline.token());
  if (!locked.has_value()) co_return deadline.translate(std::move(locked).error(), "close_notify");
  const auto lock = std::move(*locked);
  {
    const std::lock_guard engine_lock(mutex_);
    (void)engine_.close();
  }
  auto flushed = co_await flush_locked(deadline.token());
  if (!flushed.has_value())
    co_return deadline.translate(std::move(flushed).error(), "close_notify");
  auto ended = co_await transport_->shutdown_write();
  co_return ended;
}

void TlsStream::close() noexcept {
  if (transport_ == nullptr) return;
  if (const auto lock = writing_.try_lock(); lock.has_value() && !broken_) {
    {
      const std::lock_guard engine_lock(mutex_);
      if (engine_.is_connected()) (void)engine_.close();
    }
    (void)try_flush_locked();
    broken_ = true;
  }
  transport_->close();
}

Result<void> TlsStream::export_keying_material(std::string_view label, ByteSpan context,
                                               MutableByteSpan out) const {
  const std::lock_guard lock(mutex_);
  return engine_.export_keying_material(label, context, out);
}

Result<void> TlsStream::update_keys(bool ask_peer) {
  const std::lock_guard lock(mutex_);
  return engine_.update_keys(ask_peer);
}

Task<Result<void>> TlsStream::run_handshake(CancelToken cancel) {
  for (;;) {
    auto flushed = co_await flush(cancel);
    if (engine_.is_failed()) co_return engine_.receive({}).error();
    AVILA_CO_TRY_VOID(std::move(flushed));
    if (engine_.is_connected()) co_return Result<void>();
    const MutableByteSpan space = room();
    auto got = co_await transport_->read(space, cancel);
    AVILA_CO_TRY(const std::size_t count, std::move(got));
    received(count);
  }
}

Task<Result<std::unique_ptr<TlsStream>>> shake_hands(std::unique_ptr<TlsStream> stream,
                                                     Duration timeout, CancelToken cancel) {
  future::Deadline deadline(timeout, cancel);
  auto done = co_await stream->run_handshake(deadline.token());
  if (!done.has_value()) co_return deadline.translate(std::move(done).error(), "TLS handshake");
  co_return Result<std::unique_ptr<TlsStream>>(std::move(stream));
}

Task<Result<std::unique_ptr<TlsStream>>> connect(std::unique_ptr<async::Transport> transport,
                                                 std::shared_ptr<const ClientConfig> config,
                                                 ClientOptions options, HandshakeOptions handshake,
                                                 CancelToken cancel) {
  auto made = Engine::client(std::move(config), std::move(options));
  AVILA_CO_TRY(Engine engine, std::move(made));
  std::unique_ptr<TlsStream> stream(new TlsStream(std::move(engine), std::move(transport)));
  auto done = co_await shake_hands(std::move(stream), handshake.timeout, cancel);
  co_return done;
}

Task<Result<std::unique_ptr<TlsStream>>> accept(std::unique_ptr<async::Transport> transport,
                                                std::shared_ptr<const ServerConfig> config,
                                                HandshakeOptions handshake, CancelToken cancel) {
  auto made = Engine::server(std::move(config));
  AVILA_CO_TRY(Engine engine, std::move(made));
  std::unique_ptr<TlsStream> stream(new TlsStream(std::move(engine), std::move(transport)));
  auto done = co_await shake_hands(std::move(stream), handshake.timeout, cancel);
  co_return done;
}

}  // namespace avila::tls

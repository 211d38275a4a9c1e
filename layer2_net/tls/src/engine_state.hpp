// The record layer of one connection, and the handshake above it.
#pragma once
#include <avila/tls/engine.hpp>
#include <optional>

#include <avila/buffer/bytes.hpp>
#include "record_key.hpp"

namespace avila::tls {

struct Engine::State final : HandshakeIo {
  State(const CommonConfig& config, Role side) : limits(config.limits), role(side) {}

  // HandshakeIo.
  Result<void> send(Level level, ByteSpan message) override;
  Result<void> use_secret(Direction direction, Level level, const SuiteInfo& suite,
                          ByteSpan secret) override;
  Result<void> use_keys12(Direction direction, const SuiteInfo& suite, ByteSpan key,
                          ByteSpan iv) override;
  Result<void> send_compat_ccs() override;
  Result<void> send_warning(Alert alert) override;
  void skip_early_data(std::size_t bytes_max) override { skip_budget = bytes_max; }

  Result<void> start(const std::vector<std::byte>& early);
  /// Opens records until there is something to read, or nothing left.
  Result<void> process();
  Result<void> on_record(MutableByteSpan record);
  Result<void> on_ccs(ByteSpan content);
  Result<void> dispatch(const OpenedRecord& record);
  Result<void> on_alert(ByteSpan content);
  Result<void> on_handshake(ByteSpan content);
  Result<void> on_application_data(MutableByteSpan content);
  Result<void> count_idle();

  Result<void> flush_handshake();
  Result<void> seal(ContentType type, ByteSpan content);
  Result<void> write(ByteSpan bytes);
  void queue_alert(Alert alert, bool fatal);
  /// Remembers the error, tells the peer of it where it is ours, and gives it back.
  Error fail(Error error);
  template <class F>
  Result<void> guarded(F&& work) {
    if (failure.has_value()) return failure->clone();
    Result<void> done = work();
    if (done.has_value()) done = flush_handshake();
    if (!done.has_value()) return fail(std::move(done).error());
    return {};
  }
  bool is13() const noexcept {
    return handshake->version_known() && handshake->info().version == ProtocolVersion::Tls13;
  }
  bool is12() const noexcept {
    return handshake->version_known() && handshake->info().version == ProtocolVersion::Tls12;
  }

  const Limits limits;
  const Role role;
  std::size_t early_data_max = 0;
  std::unique_ptr<Handshake> handshake;

  buffer::BytesMut in, out;
  MutableByteSpan readable;     // inside `in`
  std::size_t record_size = 0;  // of the record that `readable` is of: dropped when it is read
  std::vector<std::byte> early;

  std::optional<RecordKey> read_key, write_key, next_read12;
  Level read_level = Level::Initial, write_level = Level::Initial;
  std::vector<std::byte> message;        // a handshake message that is not whole yet
  std::vector<std::byte> handshake_out;  // to be put into records
  bool hello_sent = false, close_sent = false, read_closed = false;
  std::size_t skip_budget = 0;
  std::uint32_t idle_records = 0, key_updates = 0;
  std::optional<Error> failure;
};

}  // namespace avila::tls

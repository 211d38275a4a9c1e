// Transport: a byte stream in both directions. The seam between protocols and sockets.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/future/cancel.hpp>
#include <avila/future/task.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace avila::async {

class Executor;

/// One reader and one writer at a time, which may be two tasks. Buffers belong to an operation
/// until it completes. A cancelled read took nothing and the stream stays usable; a cancelled write
/// may have sent a part, so only close() is left. Implementations: tcp::Stream, TLS, and the pipes
/// below.
class Transport {
 public:
  virtual ~Transport() = default;

  /// At least one byte; 0 at the end of the stream, or for an empty buffer.
  virtual future::Task<Result<std::size_t>> read(MutableByteSpan buffer,
                                                 future::CancelToken cancel = {}) = 0;
  virtual future::Task<Result<void>> write_all(ByteSpan bytes, future::CancelToken cancel = {}) = 0;
  /// All parts in order, as one write where the platform can. The array of parts, too, belongs to
  /// the operation until it completes.
  virtual future::Task<Result<void>> write_vectored(std::span<const ByteSpan> parts,
                                                    future::CancelToken cancel = {});
  /// The peer reads the end; we can still read.
  virtual future::Task<Result<void>> shutdown_write() = 0;
  /// At once, in both directions. Pending operations complete with Errc::Closed. Idempotent.
  virtual void close() noexcept = 0;

  /// What completes without waiting, without a coroutine: the number of bytes (read: 0 at the end),
  /// or nothing when it would have to wait: then use the waiting form.
  virtual std::optional<Result<std::size_t>> try_read(MutableByteSpan buffer) = 0;
  virtual std::optional<Result<std::size_t>> try_write(ByteSpan bytes) = 0;
  virtual std::optional<Result<std::size_t>> try_write_vectored(std::span<const ByteSpan> parts);
  /// Whether the peer is known to have ended its side or to be gone, though what it sent before may
  /// not be read yet. Never sure: false where nothing is known. From any task.
  virtual bool hung_up() const noexcept { return false; }
  /// What both sides agreed to speak over it by ALPN, "h2"; empty where they did not.
  virtual std::string_view application_protocol() const noexcept { return {}; }
};

/// Reads until the buffer is full. Errc::Malformed when the stream ends before.
future::Task<Result<void>> read_exact(Transport& transport, MutableByteSpan buffer,
                                      future::CancelToken cancel = {});

struct PipeOptions {
  std::size_t capacity_bytes = 64 * 1024;  ///< written and not yet read, per direction
  // The rest makes a bad network out of it; with SimExecutor the same seed gives the same run.
  std::uint64_t seed = 0;           ///< 0: no chunking, whatever the following say
  std::size_t chunk_bytes_max = 0;  ///< reads and writes move 1 to this many; 0: no limit
  std::int64_t delay_ns_max = 0;    ///< bytes arrive 0 to this much later, in order
  double reset_probability = 0;     ///< of each operation: both ends fail, ConnectionReset
};

struct TransportPair {
  std::unique_ptr<Transport> first;
  std::unique_ptr<Transport> second;
};
/// Two ends in memory: what one writes the other reads.
TransportPair make_pipe(PipeOptions options = {});

}  // namespace avila::async

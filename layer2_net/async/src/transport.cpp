#include <avila/async/transport.hpp>

namespace avila::async {

future::Task<Result<void>> Transport::write_vectored(std::span<const ByteSpan> parts,
                                                     future::CancelToken cancel) {
  for (const ByteSpan part : parts) {
    auto written = co_await write_all(part, cancel);
    AVILA_CO_TRY_VOID(std::move(written));
  }
  co_return Result<void>();
}

std::optional<Result<std::size_t>> Transport::try_write_vectored(std::span<const ByteSpan> parts) {
  for (const ByteSpan part : parts)
    if (!part.empty()) return try_write(part);
  return Result<std::size_t>(std::size_t{0});
}

future::Task<Result<void>> read_exact(Transport& transport, MutableByteSpan buffer,
                                      future::CancelToken cancel) {
  while (!buffer.empty()) {
    if (auto now = transport.try_read(buffer); now.has_value()) {
      AVILA_CO_TRY(const std::size_t count, std::move(*now));
      if (count == 0) co_return Error(Errc::Malformed, "the stream ended within a message");
      buffer = buffer.subspan(count);
      continue;
    }
    auto result = co_await transport.read(buffer, cancel);
    AVILA_CO_TRY(const std::size_t count, std::move(result));
    if (count == 0) co_return Error(Errc::Malformed, "the stream ended within a message");
    buffer = buffer.subspan(count);
  }
  co_return Result<void>();
}

}  // namespace avila::async

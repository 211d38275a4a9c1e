// Items over an async::Transport: FramedReader and FramedWriter drive a codec. Either half may be
// used alone, and both may be on one transport, in two tasks.
#pragma once
#include <avila/async/transport.hpp>
#include <avila/codec/codec.hpp>
#include <avila/error/result.hpp>
#include <avila/future/cancel.hpp>
#include <avila/future/task.hpp>
#include <cstddef>
#include <optional>
#include <utility>

namespace avila::codec {

struct FramedReaderOptions {
  std::size_t read_bytes = std::size_t{16} << 10;        ///< room offered to each read
  std::size_t buffer_bytes_max = std::size_t{64} << 20;  ///< received and not yet an item
};

/// One task at a time. The transport outlives it. Nothing is read ahead of need: while nobody calls
/// next(), the transport fills up and the peer has to wait.
template <Decoder D>
class FramedReader {
 public:
  using Item = typename D::Item;

  explicit FramedReader(async::Transport& transport, D decoder = D(),
                        FramedReaderOptions options = {})
      : transport_(&transport), decoder_(std::move(decoder)), options_(options) {}

  /// The next item; nothing at the end of the stream. Errors are the decoder's and the transport's;
  /// LimitExceeded beyond buffer_bytes_max. After a cancelled call the reader is usable.
  future::Task<Result<std::optional<Item>>> next(future::CancelToken cancel = {}) {
    for (;;) {
      auto item = ended_ ? decoder_.decode_eof(buffer_) : decoder_.decode(buffer_);
      if (!item.has_value() || item->has_value() || ended_) co_return item;
      if (buffer_.size() >= options_.buffer_bytes_max)
        co_return Error(Errc::LimitExceeded, "an item that the read buffer does not hold");
      const MutableByteSpan room = buffer_.spare(options_.read_bytes).first(options_.read_bytes);
      auto got = co_await transport_->read(room, cancel);
      if (!got.has_value()) co_return std::move(got).error();
      buffer_.commit(*got);
      ended_ = *got == 0;
    }
  }

  D& decoder() noexcept { return decoder_; }
  /// Received bytes that are no item yet: to go on with another protocol.
  buffer::BytesMut& buffered() noexcept { return buffer_; }

 private:
  async::Transport* transport_;
  D decoder_;
  FramedReaderOptions options_;
  buffer::BytesMut buffer_;
  bool ended_ = false;
};

struct FramedWriterOptions {
  std::size_t flush_bytes = std::size_t{16} << 10;  ///< feed() waits for the transport from here on
};

/// One task at a time. The transport outlives it.
template <class E>
class FramedWriter {
 public:
  explicit FramedWriter(async::Transport& transport, E encoder = E(),
                        FramedWriterOptions options = {})
      : transport_(&transport), encoder_(std::move(encoder)), options_(options) {}

  /// Encodes and sends.
  template <class Item>
    requires Encoder<E, Item>
  future::Task<Result<void>> send(Item item, future::CancelToken cancel = {}) {
    if (broken_) co_return closed();
    auto encoded = encoder_.encode(item, buffer_);
    if (!encoded.has_value()) co_return encoded;
    auto sent = co_await flush(cancel);
    co_return sent;
  }
  /// Encodes; sends once flush_bytes have come together.
  template <class Item>
    requires Encoder<E, Item>
  future::Task<Result<void>> feed(Item item, future::CancelToken cancel = {}) {
    if (broken_) co_return closed();
    auto encoded = encoder_.encode(item, buffer_);
    if (!encoded.has_value() || buffer_.size() < options_.flush_bytes) co_return encoded;
    auto sent = co_await flush(cancel);
    co_return sent;
  }
  /// Sends what is buffered. After an error or a cancelled call a part may have gone: every later
  /// call fails with Errc::Closed.
  future::Task<Result<void>> flush(future::CancelToken cancel = {}) {
    if (broken_) co_return closed();
    if (buffer_.empty()) co_return Result<void>();
    broken_ = true;  // until it is known that all of it has gone
    const buffer::Bytes bytes = buffer_.freeze();
    const ByteSpan view = bytes.span();
    auto sent = co_await transport_->write_all(view, cancel);
    broken_ = !sent.has_value();
    co_return sent;
  }
  /// flush(), and the peer reads the end.
  future::Task<Result<void>> finish(future::CancelToken cancel = {}) {
    auto sent = co_await flush(cancel);
    if (!sent.has_value()) co_return sent;
    auto ended = co_await transport_->shutdown_write();
    co_return ended;
  }

  E& encoder() noexcept { return encoder_; }
  std::size_t buffered_bytes() const noexcept { return buffer_.size(); }

 private:
  static Error closed() { return Error(Errc::Closed, "an earlier write failed"); }

  async::Transport* transport_;
  E encoder_;
  FramedWriterOptions options_;
  buffer::BytesMut buffer_;
  bool broken_ = false;
};

}  // namespace avila::codec

// Channels between tasks: mpsc (a queue with back-pressure) and oneshot (one value).
#pragma once
#include <avila/error/result.hpp>
#include <avila/future/stream.hpp>
#include <avila/future/wait_queue.hpp>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

namespace avila::future {

namespace detail {

inline Error channel_closed() {
  return Error(Errc::Closed, "the other end of the channel is gone");
}

template <class T>
struct Channel {
  explicit Channel(std::size_t capacity_values) : capacity(capacity_values) {}
  const std::size_t capacity;
  // Guarded by `queue`.
  std::deque<T> values;
  std::size_t senders = 1;
  bool receiver_gone = false;
  WaitList receiving;
  WaitList sending;
  WaitQueue queue{receiving, &sending};
};

}  // namespace detail

/// Copyable; the channel ends when the last one is gone or finished. Any thread.
template <class T>
class Sender final : public Sink<T> {
 public:
  Sender() noexcept = default;
  explicit Sender(std::shared_ptr<detail::Channel<T>> channel) noexcept
      : channel_(std::move(channel)) {}
  Sender(const Sender& other) : channel_(other.channel_) {
    if (channel_) channel_->queue.locked([this] { ++channel_->senders; });
  }
  Sender(Sender&& other) noexcept : channel_(std::move(other.channel_)) {}
  Sender& operator=(Sender other) noexcept {
    std::swap(channel_, other.channel_);
    return *this;
  }
  ~Sender() override { finish(); }

  /// Waits for room. Errc::Closed when the receiver is gone; Cancelled: the value was not sent.
  Task<Result<void>> send(T value, CancelToken cancel = {}) override {
    if (!channel_) co_return detail::channel_closed();
    const std::shared_ptr<detail::Channel<T>> channel = channel_;
    bool sent = false;
    const auto attempt = [&] {
      if (channel->receiver_gone) return true;
      if (channel->values.size() >= channel->capacity) return false;
      channel->values.push_back(std::move(value));
      return sent = true;
    };
    const bool done = co_await channel->queue.wait(channel->sending, attempt, cancel);
    if (!done) co_return cancelled_error("send");
    if (!sent) co_return detail::channel_closed();
    co_return Result<void>();
  }

  /// Without waiting: Errc::WouldBlock when it is full, Closed when the receiver is gone. `value`
  /// is moved from only on success.
  Result<void> try_send(T&& value) {
    if (!channel_) return detail::channel_closed();
    int outcome = 0;
    channel_->queue.update([&] {
      if (channel_->receiver_gone) {
        outcome = 1;
      } else if (channel_->values.size() >= channel_->capacity || !channel_->sending.empty()) {
        outcome = 2;
      } else {
        channel_->values.push_back(std::move(value));
      }
    });
    if (outcome == 1) return detail::channel_closed();
    if (outcome == 2) return Error(Errc::WouldBlock, "the channel is full");
    return {};
  }

  void finish() noexcept override {
    if (!channel_) return;
    const std::shared_ptr<detail::Channel<T>> channel = std::move(channel_);
    channel->queue.update([&] { --channel->senders; });
  }

 private:
  std::shared_ptr<detail::Channel<T>> channel_;  // shared by all ends
};

/// The only reader. What was sent before the senders went is still received.
template <class T>
class Receiver final : public Stream<T> {
 public:
  Receiver() noexcept = default;
  explicit Receiver(std::shared_ptr<detail::Channel<T>> channel) noexcept
      : channel_(std::move(channel)) {}
  Receiver(Receiver&& other) noexcept : channel_(std::move(other.channel_)) {}
  Receiver& operator=(Receiver&& other) noexcept {
    std::swap(channel_, other.channel_);
    return *this;
  }
  ~Receiver() override { close(); }

  /// Nothing: all senders are gone and the channel is empty, or it was closed here.
  Task<Result<std::optional<T>>> next(CancelToken cancel = {}) override {
    std::optional<T> value;
    if (!channel_) co_return value;
    const std::shared_ptr<detail::Channel<T>> channel = channel_;
    const auto attempt = [&] { return take(*channel, value); };
    const bool done = co_await channel->queue.wait(channel->receiving, attempt, cancel);
    if (!done) co_return cancelled_error("receive");
    co_return value;
  }
  /// The same with Errc::Closed for the end.
  Task<Result<T>> receive(CancelToken cancel = {}) {
    auto result = co_await next(std::move(cancel));
    AVILA_CO_TRY(std::optional<T> value, std::move(result));
    if (!value.has_value()) co_return detail::channel_closed();
    co_return std::move(*value);
  }
  /// What is there now; nothing does not tell whether more will come.
  std::optional<T> try_receive() {
    std::optional<T> value;
    if (channel_) channel_->queue.update([&] { (void)take(*channel_, value); });
    return value;
  }
  std::size_t size() const {
    return channel_ ? channel_->queue.locked([this] { return channel_->values.size(); }) : 0;
  }
  /// Senders get Errc::Closed; what was not received is dropped.
  void close() noexcept {
    if (!channel_) return;
    const std::shared_ptr<detail::Channel<T>> channel = std::move(channel_);
    std::deque<T> dropped;  // destroyed outside the lock
    channel->queue.update([&] {
      channel->receiver_gone = true;
      dropped.swap(channel->values);
    });
  }

 private:
  static bool take(detail::Channel<T>& channel, std::optional<T>& value) {
    if (channel.values.empty()) return channel.senders == 0 || channel.receiver_gone;
    value.emplace(std::move(channel.values.front()));
    channel.values.pop_front();
    return true;
  }
  std::shared_ptr<detail::Channel<T>> channel_;
};

template <class T>
struct ChannelEnds {
  Sender<T> sender;
  Receiver<T> receiver;
};

/// A queue of at most `capacity` values (at least one); senders wait when it is full.
template <class T>
ChannelEnds<T> mpsc(std::size_t capacity) {
  auto channel = std::make_shared<detail::Channel<T>>(capacity == 0 ? 1 : capacity);
  return {Sender<T>(channel), Receiver<T>(channel)};
}
/// Without a bound: only where something else bounds what is sent.
template <class T>
ChannelEnds<T> mpsc_unbounded() {
  return mpsc<T>(SIZE_MAX);
}

/// Sends one value, without waiting.
template <class T>
class OneshotSender {
 public:
  explicit OneshotSender(Sender<T> sender) noexcept : sender_(std::move(sender)) {}
  /// Errc::Closed when nobody will receive it. Once.
  Result<void> send(T value) {
    auto result = sender_.try_send(std::move(value));
    sender_.finish();
    return result;
  }

 private:
  Sender<T> sender_;
};

template <class T>
struct OneshotEnds {
  OneshotSender<T> sender;
  Receiver<T> receiver;  ///< receive(): the value, or Errc::Closed when the sender went without
};

template <class T>
OneshotEnds<T> oneshot() {
  ChannelEnds<T> ends = mpsc<T>(1);
  return {OneshotSender<T>(std::move(ends.sender)), std::move(ends.receiver)};
}

}  // namespace avila::future

#include <algorithm>
#include <avila/future/task_group.hpp>
#include <avila/proxy/relay.hpp>
#include <memory>

#include "alarm.hpp"

namespace avila::proxy {

namespace {

using detail::Alarm;
using future::Task;

constexpr std::size_t kBufferBytes = 32 * 1024;

Task<Result<void>> copy(async::Transport& from, std::string first, async::Transport& to,
                        std::uint64_t& count, Alarm& alarm, Duration idle) {
  const future::CancelToken token = alarm.token();
  if (!first.empty()) {
    const ByteSpan bytes = as_bytes(first);
    auto written = co_await to.write_all(bytes, token);
    if (!written.has_value()) alarm.cancel();
    AVILA_CO_TRY_VOID(std::move(written));
    count += first.size();
  }
  const std::unique_ptr<std::byte[]> buffer(new std::byte[kBufferBytes]);
  const MutableByteSpan space(buffer.get(), kBufferBytes);
  while (true) {
    auto got = co_await from.read(space, token);
    if (!got.has_value()) {
      alarm.cancel();
      co_return std::move(got).error();
    }
    alarm.set(Alarm::kRead, idle);
    if (*got == 0) {
      auto ended = co_await to.shutdown_write();
      if (!ended.has_value()) alarm.cancel();
      co_return ended;
    }
    const ByteSpan bytes = space.first(*got);
    auto written = co_await to.write_all(bytes, token);
    if (!written.has_value()) {
      alarm.cancel();
      co_return std::move(written).error();
    }
    alarm.set(Alarm::kRead, idle);
    count += *got;
  }
}

}  // namespace

Task<RelayResult> relay(async::Transport& first, std::string from_first, async::Transport& second,
                        std::string from_second, Duration idle, future::CancelToken cancel) {
  RelayResult result;
  Alarm alarm(std::clamp(idle / 4, milliseconds(5), seconds(1)));
  alarm.set(Alarm::kRead, idle);
  const auto follow = cancel.on_cancel(detail::CancelAlarm{&alarm});
  future::TaskGroup group;
  group.spawn(copy(first, std::move(from_first), second, result.to_second, alarm, idle));
  group.spawn(copy(second, std::move(from_second), first, result.to_first, alarm, idle));
  auto joined = co_await group.join();
  (void)joined;  // a tunnel that breaks is a tunnel that ends
  result.idle = alarm.expired();
  first.close();
  second.close();
  co_return result;
}

}  // namespace avila::proxy

// A request's body that is read as it is sent, beside the wait for the answer: what the client's
// versions of HTTP share. Programs set ClientRequest::body_reader.
#pragma once
#include <atomic>
#include <avila/future/cancel.hpp>
#include <avila/future/sync.hpp>
#include <avila/future/task_group.hpp>
#include <avila/http/message.hpp>
#include <avila/primitives/duration.hpp>
#include <cstdint>
#include <optional>

namespace avila::http {

/// Where the pieces go. A write that is cancelled leaves the answer to be read.
class BodySink {
 public:
  virtual ~BodySink() = default;
  virtual Task<Result<void>> write(ByteSpan piece, CancelToken cancel) = 0;
  virtual Task<Result<void>> finish(Headers trailers, CancelToken cancel) = 0;
};

/// Of one exchange: start(), the answer is read under token(), then one of answered() and failed(),
/// which wait for it to end.
class BodySender {
 public:
  struct Options {
    std::optional<std::uint64_t> length;     ///< that is announced
    Duration expect_continue = Duration(0);  ///< how long 100 (Continue) is waited for
    Duration step_timeout = Duration(0);     ///< of each write, and of the answer after the last
  };
  /// `reader` and `sink` outlive it.
  BodySender(BodyReader& reader, BodySink& sink, Options options, const CancelToken& cancel);

  void start() { group_.spawn(run()); }
  void go_on() noexcept { go_on_.set(); }  ///< 100 (Continue) came
  /// Cancelled, too, when the answer stays away, or there can be none.
  CancelToken token() const noexcept { return waiting_.token(); }

  /// The final answer's head came. 300 and above, or any without a 100 (Continue) that was waited
  /// for: nobody wants the rest of the body. Else it is sent to its end. Errors: the reader's,
  /// InvalidArgument (the body's length is another one).
  Task<Result<void>> answered(int status);
  /// The answer could not be read because of `error`: what to tell instead.
  Task<Error> failed(Error error);
  bool complete() const noexcept { return complete_; }  ///< after these: all of it was sent

 private:
  Task<void> run();
  Task<bool> send();
  bool give_up(Error error);
  void stop() noexcept;

  BodyReader& reader_;
  BodySink& sink_;
  const Options options_;
  future::CancelSource stopping_, waiting_;
  future::Event go_on_, answered_;
  std::atomic<bool> begun_{false};
  std::optional<Error> failure_;  // the task's until it has ended
  bool complete_ = false;         // the same
  future::TaskGroup group_;
};

}  // namespace avila::http

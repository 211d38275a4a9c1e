// What a handler sees and gives: Request, Response and the bodies of both. The same types serve
// HTTP/1.1 and the later versions.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/future/cancel.hpp>
#include <avila/future/task.hpp>
#include <avila/http/headers.hpp>
#include <avila/http/parser.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace avila::async {
class Transport;
}
namespace avila::os {
class Clock;
class File;
}  // namespace avila::os

namespace avila::http {

using future::CancelToken;
using future::Task;

/// The value of a Date field, "Sun, 06 Nov 1994 08:49:37 GMT": made once a second and thread, valid
/// until the thread's next call.
std::string_view current_date(os::Clock& clock);
/// "Not Found" for 404; "" for a status without a registered phrase.
std::string_view reason_phrase(int status) noexcept;

/// A body that arrives in pieces.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  /// The next piece, valid until the next call; empty at the end.
  virtual Task<Result<ByteSpan>> read() = 0;
  /// Complete once read() gave the end.
  virtual const Headers& trailers() const noexcept = 0;
  /// Ends a read() that waits, and those to come, with Cancelled. From any task.
  virtual void interrupt() noexcept {}
  /// All that is left; BodyTooLarge past the limit.
  Task<Result<std::string>> read_all(std::uint64_t limit_bytes);
};

struct Response;

/// Where a streamed response body goes. Pieces must live until the write is over.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  /// Sends a piece, or keeps it until enough has come together; waits while the peer is slow.
  virtual Task<Result<void>> write(ByteSpan bytes) = 0;
  /// What was kept is on its way (a server-sent event, a line of NDJSON).
  virtual Task<Result<void>> flush() = 0;
  /// Part of an open file, which outlives the call. Errors: OutOfRange (it is shorter).
  virtual Task<Result<void>> send_file(os::File& file, std::uint64_t offset, std::uint64_t length);
  /// Whether that is left to the kernel, where it can do it; else the file is read here.
  virtual bool sends_files() const noexcept { return false; }
  /// Fields to send after the body; only with chunked coding, else they are dropped.
  virtual Headers& trailers() noexcept = 0;
  /// Cancelled when the connection or the server goes down.
  virtual CancelToken cancel_token() const noexcept = 0;
  /// Reads of the request and writes that wait, and those to come, end with Errc::Cancelled. Does
  /// nothing over HTTP/1.1.
  virtual void cancel() noexcept {}
  /// The response, where it has a late head that has not left yet: its status and headers may still
  /// change. Else null.
  virtual Response* late_head() noexcept { return nullptr; }

  Task<Result<void>> write(std::string_view text) { return write(as_bytes(text)); }
};

/// Makes a streamed body.
class BodySource {
 public:
  virtual ~BodySource() = default;
  /// An error after the head has left ends the connection (HTTP/2: the stream), so that the peer
  /// sees that the body is cut.
  virtual Task<Result<void>> write_to(BodyWriter& writer) = 0;
  /// What is answered instead where write_to() failed while the head had not left: 500 unless
  /// overridden. Its body is no stream.
  virtual Response instead(const Error& error);
};

/// A response body: nothing, owned text, shared bytes, or a source that writes it.
class Body {
 public:
  enum class Kind : std::uint8_t { Empty, Text, Shared, Stream };

  Body() = default;
  Body(std::string text) : text_(std::move(text)), kind_(Kind::Text) {}
  /// `bytes` live as long as `owner` does: a cached file, a mapped file, a Bytes.
  static Body shared(std::shared_ptr<const void> owner, ByteSpan bytes);
  /// Without `length` it is sent in chunks (or until close, to HTTP/1.0).
  static Body stream(std::unique_ptr<BodySource> source,
                     std::optional<std::uint64_t> length = std::nullopt);

  Kind kind() const noexcept { return kind_; }
  /// The bytes of Text and Shared.
  ByteSpan bytes() const noexcept;
  std::string_view text() const noexcept { return as_text(bytes()); }
  /// Known for everything but a stream without one.
  std::optional<std::uint64_t> length() const noexcept;
  BodySource* source() const noexcept { return source_.get(); }

 private:
  std::string text_;
  std::shared_ptr<const void> owner_;
  ByteSpan shared_;
  std::unique_ptr<BodySource> source_;
  std::optional<std::uint64_t> length_;
  Kind kind_ = Kind::Empty;
};

namespace detail {
template <class F>
class CallableSource final : public BodySource {
 public:
  explicit CallableSource(F function) : function_(std::move(function)) {}
  Task<Result<void>> write_to(BodyWriter& writer) override { return function_(writer); }

 private:
  F function_;
};

/// One owned value of any type, found again by its type.
struct Attachment {
  const void* key;
  void* value;
  void (*destroy)(void*) noexcept;
};
template <class T>
inline constexpr char kAttachmentKey = 0;
}  // namespace detail

/// Takes the connection over after a 101 (or 2xx to CONNECT).
class Upgrade {
 public:
  virtual ~Upgrade() = default;
  /// `received` are bytes that came after the request. Both live until the task ends.
  virtual Task<void> run(async::Transport& transport, std::string received, CancelToken cancel) = 0;
};

/// Where 1xx responses go: a connection, or a stream of one.
class InterimSink {
 public:
  virtual ~InterimSink() = default;
  virtual Task<Result<void>> send_interim(int status, Headers headers) = 0;
};

struct PathParameter {
  std::string_view name;
  std::string_view value;  ///< percent-decoded
};

/// A request as a handler gets it. All views live until the handler's task has ended.
struct Request : RequestHead {
  std::string_view path;   ///< of the target, still percent-encoded: "/a%20b"
  std::string_view query;  ///< after '?', without it
  std::string_view scheme = "http";
  std::string_view peer;              ///< "127.0.0.1:4711"
  std::string_view body;              ///< the whole body, unless it is streamed
  BodyReader* stream = nullptr;       ///< the body, where the handler's plan asked for it
  const Headers* trailers = nullptr;  ///< of a whole chunked body
  std::uint8_t major_version = 1;
  /// Of an extended CONNECT (RFC 8441), "websocket"; `method` is GET then, to be routed as
  /// HTTP/1.1's.
  std::string_view protocol;
  InterimSink* interim = nullptr;         ///< the server's, while the handler runs
  CancelToken cancel;                     ///< cancelled when the peer is gone or the server stops
  std::vector<PathParameter> parameters;  ///< set by the router
  std::string_view route;                 ///< the pattern that matched: "/users/:id"
  const void* matched_by = nullptr;       ///< the router that filled in the three; its own match
  const void* match = nullptr;

  Request() = default;
  /// For tests and calls within the program; the texts must outlive the request.
  Request(Method method_value, std::string_view target_text, std::string_view body_text = {});
  Request(Request&&) = delete;
  ~Request();

  std::optional<std::string_view> header(std::string_view name) const noexcept {
    return fields.find(name);
  }
  /// A path parameter; "" where the route has none of that name.
  std::string_view parameter(std::string_view name) const noexcept;
  /// Media type of Content-Type without parameters, as it came ("application/json").
  std::string_view media_type() const noexcept;

  /// Sends a 1xx response before the final one: 103 (Early Hints, RFC 8297) with its Link fields.
  /// Until the handler's task ends; dropped where there is no server, and for HTTP/1.0, which knows
  /// none. Errors: InvalidArgument (100 and 101 are the server's own), Closed, Cancelled.
  Task<Result<void>> send_interim(int status, Headers headers);

  /// Keeps a text for the life of the request; the view is stable.
  std::string_view keep(std::string text);

  /// Values that middleware leaves for handlers (the authenticated user), one of each type.
  template <class T>
  T& attach(T value) {
    auto* owned = new T(std::move(value));
    add_attachment(
        {&detail::kAttachmentKey<T>, owned, [](void* p) noexcept { delete static_cast<T*>(p); }});
    return *owned;
  }
  template <class T>
  T* attachment() const noexcept {
    return static_cast<T*>(find_attachment(&detail::kAttachmentKey<T>));
  }

  /// Splits the target into path and query, and takes the authority of an absolute-form target
  /// over Host (RFC 9112 §3.2.2).
  void split_target() noexcept;
  /// Ready for the next request; keeps the memory.
  void reset() noexcept;

 private:
  void add_attachment(detail::Attachment attachment);
  void* find_attachment(const void* key) const noexcept;
  std::vector<detail::Attachment> attachments_;
  std::vector<std::unique_ptr<std::string>> kept_;
};

/// What a handler gives back. Content-Length, Transfer-Encoding, Connection and Date are the
/// server's.
struct Response {
  int status = 200;
  Headers headers;
  Body body;
  bool close = false;      ///< close the connection afterwards
  bool late_head = false;  ///< of a streamed body: the head leaves with its first bytes or flush()
  /// The body's source reads what is left of the request's body while it writes. What it leaves
  /// unread closes an HTTP/1.1 connection. Reads have no time-out of the server's then.
  /// Where no body is sent (HEAD, 204, an announced length of 0) the source may not be asked.
  bool duplex = false;
  std::unique_ptr<Upgrade> upgrade;

  Response() = default;
  explicit Response(int status_code) : status(status_code) {}
  Response(int status_code, std::string_view content_type, Body content);

  static Response text(int status, std::string content);  ///< text/plain; charset=utf-8
  static Response html(int status, std::string content);
  static Response json(int status, std::string content);
  static Response problem(int status, std::string_view detail);  ///< RFC 9457
  static Response redirect(std::string_view location, int status = 302);
  /// A streamed body; `write` is `Task<Result<void>>(BodyWriter&)`. It may be a lambda that calls
  /// a coroutine, but not a coroutine itself that captures.
  template <class F>
  static Response streamed(int status, std::string_view content_type, F write) {
    return Response(status, content_type,
                    Body::stream(std::make_unique<detail::CallableSource<F>>(std::move(write))));
  }
  Response&& header(std::string_view name, std::string_view value) && {
    headers.add(name, value);
    return std::move(*this);
  }
};

/// How the body of a request is to be taken, decided from its head.
struct BodyPlan {
  bool stream = false;  ///< hand out Request::stream instead of Request::body
  /// Of the body; kServerLimit: what ServerOptions say for whole or streamed bodies.
  std::uint64_t limit_bytes = kServerLimit;
  static constexpr std::uint64_t kServerLimit = ~std::uint64_t{0};
};

/// Answers requests; called by many connections at once.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual BodyPlan plan_body(Request& head) {
    (void)head;
    return {};
  }
  /// The fast way for what needs no waiting: true when `response` is filled in.
  virtual bool handle_now(Request& request, Response& response) {
    (void)request, (void)response;
    return false;
  }
  virtual Task<Response> handle(Request& request) = 0;
};

/// A Handler of a callable `Task<Response>(Request&)`.
template <class F>
class FunctionHandler final : public Handler {
 public:
  explicit FunctionHandler(F function) : function_(std::move(function)) {}
  Task<Response> handle(Request& request) override { return function_(request); }

 private:
  F function_;
};

}  // namespace avila::http

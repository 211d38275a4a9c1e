// `avl tool http`: one request, as curl makes it.
#include <algorithm>
#include <atomic>
#include <avila/async/runtime.hpp>
#include <avila/http/client.hpp>
#include <avila/http/cookies.hpp>
#include <avila/http2/client_protocol.hpp>
#include <avila/os/file_system.hpp>
#include <avila/text/encoding.hpp>
#include <cerrno>
#include <cstdio>
#include <memory>

#include "client_tls.hpp"
#include "standard_input.hpp"
#include "tool.hpp"
#include "tool_net.hpp"

namespace avila::cli {
namespace {

constexpr std::uint64_t kMostSeconds = 1'000'000;
constexpr Duration kContinueWait = seconds(1);  // as curl's

struct CloseOutput {
  void operator()(std::FILE* file) const {
    if (file != stdout) (void)std::fclose(file);
  }
};
using Output = std::unique_ptr<std::FILE, CloseOutput>;

Result<void> put(std::FILE* file, std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file) != text.size() || std::fflush(file) != 0)
    return Error::from_errno(errno, "write the response");
  return {};
}

/// Of -T: a file, or standard input, read as it is sent.
class Upload final : public http::BodyReader {
 public:
  /// `file` null: standard input.
  Upload(async::Executor& executor, std::unique_ptr<os::File> file)
      : executor_(executor), file_(std::move(file)), piece_(kPieceBytes, '\0') {}
  future::Task<Result<ByteSpan>> read() override {
    auto next = [this] { return next_piece(); };
    auto got = co_await executor_.spawn_blocking(std::move(next));
    co_return got;
  }
  const http::Headers& trailers() const noexcept override { return none_; }
  void interrupt() noexcept override { stop_.store(true); }

 private:
  Result<ByteSpan> next_piece() {
    if (file_ == nullptr) {
      AVILA_TRY(piece_, next_input(stop_));
      return as_bytes(piece_);
    }
    const MutableByteSpan room(reinterpret_cast<std::byte*>(piece_.data()), piece_.size());
    AVILA_TRY(const MutableByteSpan got, file_->read_at(offset_, room));
    offset_ += got.size();
    return ByteSpan(got);
  }
  static constexpr std::size_t kPieceBytes = 64 * 1024;
  async::Executor& executor_;
  const std::unique_ptr<os::File> file_;
  std::string piece_;
  std::uint64_t offset_ = 0;
  std::atomic<bool> stop_{false};
  const http::Headers none_;
};

Result<void> take_upload(const std::string& path, async::Executor& executor,
                         http::ClientRequest& request) {
  std::unique_ptr<os::File> file;
  if (path != "-") {
    os::FileSystem& files = os::real_file_system();
    AVILA_TRY(const os::FileInfo info, files.info(path).context(path));
    if (info.kind != os::FileKind::Regular)
      return Error(Errc::InvalidArgument, path + " is no file; - is standard input");
    AVILA_TRY(file, files.open(path));
    request.body_length = info.size;
  }
  request.body_reader = std::make_shared<Upload>(executor, std::move(file));
  const auto expect = request.headers.find("expect");
  if (expect && http::equal_ignoring_case(*expect, "100-continue"))
    request.expect_continue = kContinueWait;
  return {};
}

Result<http::ClientRequest> make_request(const Arguments& arguments) {
  http::ClientRequest request;
  request.url = arguments.operand(0);
  if (request.url.find("://") == std::string::npos) request.url.insert(0, "http://");
  request.follow_redirects = arguments.has("-L");
  for (const std::string& line : arguments.all("-H")) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos ||
        !request.headers.try_add(line.substr(0, colon), http::trim_ows(line.substr(colon + 1))))
      return Error(Errc::InvalidArgument, "-H takes 'Name: value', not '" + line + '\'');
  }
  bool body = false;
  for (const std::string& data : arguments.all("-d")) {
    if (body) request.body += '&';
    body = true;
    if (data.starts_with('@')) {
      AVILA_TRY(const std::string text, read_input(data.substr(1)));
      request.body += text;
    } else {
      request.body += data;
    }
  }
  if (body && arguments.has("-T")) return Error(Errc::InvalidArgument, "one of -d and -T");
  request.method = body                  ? "POST"
                   : arguments.has("-T") ? "PUT"
                   : arguments.has("-I") ? "HEAD"
                                         : "GET";
  request.method = arguments.get("-X", request.method);
  if (body && !request.headers.contains("content-type"))
    request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  if (arguments.has("-u") && !request.headers.contains("authorization")) {
    const std::string pair = arguments.get("-u");
    request.headers.add("Authorization", "Basic " + text::base64_encode(as_bytes(pair)));
  }
  return request;
}

std::string head_of(const http::StreamedResponse& response) {
  const bool http2 = response.major_version == 2;
  std::string head = std::string(http2 ? "HTTP/2 " : "HTTP/1.1 ") + std::to_string(response.status);
  if (!http2) head.append(" ").append(http::reason_phrase(response.status));
  head += "\r\n";
  head += response.headers.wire();
  head += "\r\n";
  return head;
}

future::Task<Result<int>> fetch(http::Client& client, http::ClientRequest request, Output output,
                                bool show_head, bool fail_on_error) {
  auto opened = co_await client.open(std::move(request));
  AVILA_CO_TRY(http::StreamedResponse response, std::move(opened));
  if (fail_on_error && response.status >= 400)
    co_return Error(Errc::Unknown, "the server answered " + std::to_string(response.status) + " " +
                                       std::string(http::reason_phrase(response.status)));
  if (show_head) AVILA_CO_TRY_VOID(put(output.get(), head_of(response)));
  while (true) {
    auto piece = co_await response.body->read();
    AVILA_CO_TRY(const ByteSpan bytes, std::move(piece));
    if (bytes.empty()) co_return kDone;
    AVILA_CO_TRY_VOID(put(output.get(), as_text(bytes)));
  }
}

}  // namespace

Result<int> tool_http(const Arguments& arguments) {
  if (arguments.has("--http1.1") && arguments.has("--http2"))
    return wrong_usage(Error(Errc::InvalidArgument, "one of --http1.1 and --http2"));
  auto request = make_request(arguments);
  if (!request.has_value()) {
    if (request.error().is(Errc::InvalidArgument)) return wrong_usage(request.error());
    return std::move(request).error();
  }
  AVILA_TRY(const std::uint64_t most, number_option(arguments, "-m", 300, 1, kMostSeconds));
  http2::ClientProtocol http2;
  http::CookieJar cookies;  // for redirects
  http::ClientOptions options;
  options.timeout = seconds(static_cast<std::int64_t>(most));
  options.user_agent = "avl";
  options.decompress = arguments.has("--compressed");
  options.cookies = &cookies;
  http::use_environment_proxies(options);
  if (arguments.has("-x")) options.proxy = options.https_proxy = arguments.get("-x");
  if (!arguments.has("--http1.1")) options.http2 = &http2;
  options.http2_prior_knowledge = arguments.has("--http2");
  std::unique_ptr<tls::Security> security;
  // A redirect may lead to https.
  if (request->url.starts_with("https:") || arguments.has("-L")) {
    const ClientTls trust{arguments.get("--cacert"), arguments.has("-k")};
    auto made = client_security(trust);
    if (made.has_value()) {
      security = std::move(*made);
    } else if (request->url.starts_with("https:")) {
      return std::move(made).error();
    }
    options.security = security.get();
  }
  const std::string path = arguments.get("-o", "-");
  Output output(path == "-" ? stdout : std::fopen(path.c_str(), "wb"));
  if (output == nullptr) return Error::from_errno(errno, path);
  async::Runtime runtime({.threads = 1});
  if (arguments.has("-T")) AVILA_TRY_VOID(take_upload(arguments.get("-T"), runtime, *request));
  Result<int> status = kFailed;
  {
    http::Client client(runtime, std::move(options));
    status =
        runtime.block_on(fetch(client, std::move(*request), std::move(output),
                               arguments.has("-i") || arguments.has("-I"), arguments.has("-f")));
  }
  runtime.shutdown(seconds(1));
  return status;
}

}  // namespace avila::cli

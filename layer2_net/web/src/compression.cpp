#include <algorithm>
#include <avila/http/conditional.hpp>
#include <avila/web/compression.hpp>
#include <avila/web/problem.hpp>
#include <memory>
#include <optional>
#include <string_view>

namespace avila::web {

namespace {

bool is_listed(const std::vector<std::string>& types, std::string_view type) noexcept {
  type = http::trim_ows(type.substr(0, type.find(';')));
  return std::any_of(types.begin(), types.end(), [&](std::string_view listed) {
    if (listed.starts_with('+')) return type.ends_with(listed);
    if (listed.ends_with("/*")) return type.starts_with(listed.substr(0, listed.size() - 1));
    return http::equal_ignoring_case(type, listed);
  });
}

bool may_be_coded(const Response& response, const CompressOptions& options) {
  if (response.upgrade != nullptr || response.body.kind() == http::Body::Kind::Empty) return false;
  if (response.status == 206 || response.status == 204 || response.status == 304) return false;
  const auto type = response.headers.find("content-type");
  return type && is_listed(options.types, *type) &&
         !response.headers.contains("content-encoding") &&
         !response.headers.contains("content-range") &&
         !response.headers.contains_token("cache-control", "no-transform");
}

std::optional<http::Coding> choose(const Request& request, const std::vector<std::string>& names) {
  const std::string accept = request.fields.combined("accept-encoding");
  if (accept.empty()) return std::nullopt;
  const std::vector<std::string_view> offered(names.begin(), names.end());
  return http::parse_coding(http::negotiate_coding(accept, offered));
}

class Compress final : public Middleware {
 public:
  explicit Compress(CompressOptions options) : options_(std::move(options)) {}
  Task<Response> handle(Request& request, Next next) override {
    auto response = co_await next(request);
    (void)compress_response(request, response, options_);
    co_return response;
  }

 private:
  const CompressOptions options_;
};

/// The reader that a handler sees instead, for as long as the request lives.
struct DecodedStream {
  std::unique_ptr<http::BodyReader> reader;
};

class Decompress final : public Middleware {
 public:
  explicit Decompress(DecompressOptions options) : options_(options) {}

  Task<Response> handle(Request& request, Next next) override {
    if (!request.header("content-encoding")) return next(request);
    if (auto refused = decode(request)) return refuse(std::move(*refused));
    return next(request);
  }

 private:
  static Task<Response> refuse(Response response) { co_return response; }

  std::optional<Response> decode(Request& request) const {
    const std::string value = request.fields.combined("content-encoding");
    const auto codings = http::parse_content_encoding(value, options_.limits);
    if (!codings.has_value()) {
      Response response = problem(415, codings.error().message());
      response.headers.add("Accept-Encoding", http::kAcceptEncoding);
      return response;
    }
    if (request.stream != nullptr) {
      auto& kept = request.attach(
          DecodedStream{http::decode_body(*request.stream, *codings, options_.limits)});
      request.stream = kept.reader.get();
    } else {
      auto body = http::decode_text(request.body, *codings, options_.limits);
      if (!body.has_value())
        return problem(http::status_of(body.error()), body.error().to_string());
      request.body = request.keep(std::move(*body));
    }
    http::FieldViews fields;
    for (const http::Field& field : request.fields) {
      if (!http::equal_ignoring_case(field.name, "content-encoding") &&
          !http::equal_ignoring_case(field.name, "content-length"))
        fields.add(field.name, field.value);
    }
    request.fields = std::move(fields);
    return std::nullopt;
  }

  const DecompressOptions options_;
};

}  // namespace

bool compress_response(const Request& request, Response& response, const CompressOptions& options) {
  const bool codable = may_be_coded(response, options);
  // Also where nothing is done: another client would get other bytes from a cache.
  if ((codable || response.status == 304 || response.status == 206) &&
      !response.headers.contains_token("vary", "accept-encoding"))
    response.headers.add("Vary", "Accept-Encoding");
  if (!codable) return false;
  const auto length = response.body.length();
  if (length && *length < options.least_bytes) return false;
  const auto coding = choose(request, length ? options.codings : options.streamed_codings);
  if (!coding) return false;
  const bool whole =
      length && *length <= options.whole_bytes && response.body.kind() != http::Body::Kind::Stream;
  if (request.method == http::Method::Head) {
    // The length would be known only after the work; §8.6 lets it be left out.
    response.body = http::encode_body(http::Body(), *coding, options.level);
  } else if (whole) {
    auto packed = http::encode_text(response.body.bytes(), *coding, options.level);
    if (!packed.has_value() || packed->size() >= *length) return false;
    response.body = http::Body(std::move(*packed));
  } else {
    response.body = http::encode_body(std::move(response.body), *coding, options.level);
  }
  response.headers.set("Content-Encoding", http::to_string(*coding));
  response.headers.remove("Accept-Ranges");  // those were of the plain bytes
  // RFC 9110 §8.8.3.3: the bytes are others now, so a strong tag would lie.
  const std::string tag(response.headers.find("etag").value_or(""));
  if (tag.starts_with('"')) response.headers.set("ETag", "W/" + tag);
  return true;
}

std::unique_ptr<Middleware> compress(CompressOptions options) {
  return std::make_unique<Compress>(std::move(options));
}
std::unique_ptr<Middleware> decompress(DecompressOptions options) {
  return std::make_unique<Decompress>(options);
}

}  // namespace avila::web

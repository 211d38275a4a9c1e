#include "http_request.hpp"

#include <avila/url/query.hpp>

namespace avila::aviladb {
namespace {

/// The opaque part of an entity tag (RFC 9110 §8.8.3), or "*". A weak one is one of ours on an
/// answer that was compressed: it names a version of the document, whatever its bytes, so it is as
/// good as a strong one here, for If-Match too.
Result<std::string> entity_tag(std::string_view header, std::string_view name) {
  std::string_view tag = http::trim_ows(header);
  if (tag == "*") return std::string(tag);
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  const bool quoted = tag.size() >= 2 && tag.front() == '"' && tag.back() == '"';
  if (quoted) tag = tag.substr(1, tag.size() - 2);
  if (tag.empty() || tag.find('"') != std::string_view::npos)
    return Error(Errc::InvalidArgument, std::string(name) + ": expected one tag in quotes, or *");
  return std::string(tag);
}

}  // namespace

std::optional<std::string> query_parameter(const Request& request, std::string_view name) {
  const auto parameters = url::QueryParams::parse_limited(request.query);
  if (!parameters.has_value()) return std::nullopt;
  const auto value = parameters->get(name);
  return value ? std::optional<std::string>(*value) : std::nullopt;
}

Result<DocumentOptions> document_options(const Request& request) {
  DocumentOptions options;
  if (const auto header = request.header("If-Match")) {
    AVILA_TRY(options.if_match, entity_tag(*header, "If-Match"));
  }
  if (const auto header = request.header("If-None-Match")) {
    AVILA_TRY(options.if_none_match, entity_tag(*header, "If-None-Match"));
  }
  if (auto key = query_parameter(request, "pk")) options.partition_key = std::move(*key);
  return options;
}

Result<PatchKind> patch_kind(const Request& request) {
  const std::string_view type = request.media_type();
  if (http::equal_ignoring_case(type, "application/json-patch+json")) return PatchKind::Operations;
  if (http::equal_ignoring_case(type, "application/merge-patch+json")) return PatchKind::Merge;
  if (!type.empty() && !http::equal_ignoring_case(type, "application/json")) {
    return Error(Errc::InvalidArgument,
                 "PATCH takes application/merge-patch+json or application/json-patch+json, not " +
                     std::string(type));
  }
  const auto first = request.body.find_first_not_of(" \t\r\n");
  const bool array = first != std::string_view::npos && request.body[first] == '[';
  return array ? PatchKind::Operations : PatchKind::Merge;
}

Response document_response(int status, const Document& document) {
  Response response = Response::json(status, document.json);
  response.headers.add("ETag", '"' + document.etag + '"');
  return response;
}

Response no_content() { return Response(204); }

}  // namespace avila::aviladb

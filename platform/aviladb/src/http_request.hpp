// What AvilaDB's routes read from a request, and how they answer.
#pragma once
#include <avila/aviladb/types.hpp>
#include <avila/http/message.hpp>

namespace avila::aviladb {

using http::Request;
using http::Response;

/// A parameter of the query string, decoded; absent when it is not there.
std::optional<std::string> query_parameter(const Request& request, std::string_view name);
/// If-Match, If-None-Match and ?pk= of a document request.
Result<DocumentOptions> document_options(const Request& request);
/// By content type, else by the JSON itself.
Result<PatchKind> patch_kind(const Request& request);
/// The document with its ETag.
Response document_response(int status, const Document& document);
Response no_content();

}  // namespace avila::aviladb

// Query results as NDJSON, a chunk at a time, as fast as the peer takes them.
#pragma once
#include <avila/aviladb/types.hpp>
#include <avila/error/result.hpp>
#include <avila/http/message.hpp>

namespace avila::aviladb {

class Service;

/// application/x-ndjson: a document a line. An error behind the first chunk cuts the body, so that
/// the peer sees that it is not whole.
Result<http::Response> ndjson_response(Service& service, std::string database, QueryRequest query,
                                       http::CancelToken cancel);

}  // namespace avila::aviladb

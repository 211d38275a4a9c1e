#include "query_stream.hpp"

#include <avila/async/executor.hpp>
#include <avila/aviladb/service.hpp>
#include <memory>

namespace avila::aviladb {
namespace {

using future::Task;

/// Where a stream stands; every chunk goes on behind the row that ended the last.
struct Cursor {
  Service& service;
  std::string database;
  QueryRequest query;
  http::CancelToken cancel;
  std::string chunk;
  bool more = true;
};

Result<void> read_chunk(Cursor& cursor) {
  cursor.chunk.clear();
  const auto take = [&](std::string_view row) {
    cursor.chunk += row;
    cursor.chunk += '\n';
    return true;
  };
  AVILA_TRY(QueryPage page, cursor.service.stream(cursor.database, cursor.query, take,
                                                  [&] { return cursor.cancel.cancelled(); }));
  cursor.more = !page.continuation.empty();
  cursor.query.continuation = std::move(page.continuation);
  return {};
}

class QueryStream final : public http::BodySource {
 public:
  explicit QueryStream(std::unique_ptr<Cursor> cursor) : cursor_(std::move(cursor)) {}

  Task<Result<void>> write_to(http::BodyWriter& writer) override {
    while (true) {
      auto written = co_await writer.write(as_bytes(cursor_->chunk));
      AVILA_CO_TRY_VOID(std::move(written));
      if (!cursor_->more) co_return Result<void>();
      auto flushed = co_await writer.flush();
      AVILA_CO_TRY_VOID(std::move(flushed));
      auto work = [this] { return read_chunk(*cursor_); };
      auto read = co_await async::Executor::current()->spawn_blocking(work);
      AVILA_CO_TRY_VOID(std::move(read));
    }
  }

 private:
  std::unique_ptr<Cursor> cursor_;
};

}  // namespace

Result<http::Response> ndjson_response(Service& service, std::string database, QueryRequest query,
                                       http::CancelToken cancel) {
  auto cursor = std::make_unique<Cursor>(
      Cursor{service, std::move(database), std::move(query), std::move(cancel), {}, true});
  cursor->query.max_items = 0;  // of pages; a stream has none
  AVILA_TRY_VOID(read_chunk(*cursor));
  return http::Response(200, "application/x-ndjson",
                        http::Body::stream(std::make_unique<QueryStream>(std::move(cursor))));
}

}  // namespace avila::aviladb

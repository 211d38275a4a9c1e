// Queries, changes by filter, vector search.
#pragma once
#include <memory>
#include "store.hpp"

namespace avila::aviladb {

/// Runs a query for its rows. The answer is bounded by kMaxPageBytes, or, where it is not
/// `paged` nor sorted, by the chunks of a stream.
Result<QueryPage> run_query(Store& store, std::string_view database, const QueryRequest& request,
                            bool paged, const Service::RowSink& row,
                            const Service::Cancelled& cancelled);
Result<FilterResult> change_where(Store& store, Collection& collection,
                                  std::shared_ptr<Collection> shared, std::string_view filter,
                                  std::string_view parameters, const json::Value* patch);
Result<VectorSearchResult> search_vectors(Store& store, std::shared_ptr<Collection> collection,
                                          const VectorSearchRequest& request,
                                          const Service::Cancelled& cancelled);
/// `{"min":2}` or `[{"name":"@min","value":2}]` or nothing: an object.
Result<json::Value> read_parameters(std::string_view text);

}  // namespace avila::aviladb

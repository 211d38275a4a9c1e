// The JSON forms of requests and of what the catalogue tells: shared by the HTTP face, the CLI and
// the stored catalogue, so that one spelling holds everywhere.
#pragma once
#include <avila/aviladb/types.hpp>
#include <avila/error/result.hpp>

namespace avila::aviladb {

/// {"name","partition_key":["/a",{"path":"/b","strategy":"hash"}],"indexes":[…],"vectors":[…],
///  "durability":"sync"|"relaxed","ttl":60}. Unknown members are refused.
Result<CollectionSpec> parse_collection_spec(std::string_view json);
/// {"name","fields":["/a",{"path":"/b","order":"desc"}],"unique":false,"array":false}
Result<IndexSpec> parse_index_spec(std::string_view json);
/// {"path","dimensions","metric":"l2"|"cosine"|"dot","m","ef_construction"}
Result<VectorSpec> parse_vector_spec(std::string_view json);
/// {"operations":[{"op":"insert"|"create"|"upsert"|"replace"|"patch"|"delete"|"read","id",
///  "pk":[…],"document":{…},"patch":…,"if_match","if_none_match"}],"atomic":false}
struct BatchRequest {
  std::vector<BatchOperation> operations;
  bool atomic = false;
};
Result<BatchRequest> parse_batch_request(std::string_view json);
/// {"query","parameters":{…}|[{"name","value"}],"partition_key":[…],"max_items","continuation",
///  "explain","timeout_ms"}
Result<QueryRequest> parse_query_request(std::string_view json);
/// {"path","vector":[…],"k","ef","filter","parameters","partition_key"}
Result<VectorSearchRequest> parse_vector_search_request(std::string_view json);
/// {"filter","parameters","patch"}
struct FilterRequest {
  std::string filter, parameters, patch;
};
Result<FilterRequest> parse_filter_request(std::string_view json);

std::string to_json(const DatabaseInfo& info);
std::string to_json(const CollectionInfo& info);
std::string to_json(const IndexInfo& info);
std::string to_json(const VectorInfo& info);
std::string to_json(const QueryStats& stats);
/// {"results":[{"status":201,"id","etag"…}],"committed":true}
std::string to_json(const BatchResult& result);
/// {"documents":[…],"count":n,"continuation":null,"stats":{…},"plan":…}
std::string to_json(const QueryPage& page);
/// {"matches":[{"id","distance","document"}],"stats":{…}}
std::string to_json(const VectorSearchResult& result);

}  // namespace avila::aviladb

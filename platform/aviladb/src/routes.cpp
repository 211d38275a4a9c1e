#include <avila/async/executor.hpp>
#include <avila/aviladb/json.hpp>
#include <avila/aviladb/routes.hpp>
#include <avila/aviladb/service.hpp>
#include <avila/json/value.hpp>
#include <avila/text/encoding.hpp>
#include <avila/web/router.hpp>

#include "http_request.hpp"
#include "query_stream.hpp"

namespace avila::aviladb {
namespace {

using future::Task;
using Work = Result<Response> (*)(Service&, Request&);

std::string_view database_of(const Request& request) { return request.parameter("db"); }
std::string_view collection_of(const Request& request) { return request.parameter("coll"); }

/// "/documents/batch" is a route of its own for POST; a document may still have that id.
std::string_view id_of(const Request& request) {
  const std::string_view id = request.parameter("id");
  return id.empty() ? "batch" : id;
}

template <class Infos>
Response list_response(std::string_view name, const Infos& infos) {
  std::string json = "{\"" + std::string(name) + "\":[";
  for (std::size_t i = 0; i < infos.size(); ++i) json += (i == 0 ? "" : ",") + to_json(infos[i]);
  return Response::json(200, json + "]}");
}

// ---- databases

Result<Response> create_database(Service& service, Request& request) {
  AVILA_TRY(const json::Value body, json::parse(request.body).context("body"));
  const json::Value* name = body.find("name");
  if (name == nullptr || !name->is_string())
    return Error(Errc::InvalidArgument, "the body needs a name",
                 {.hint = R"(send {"name":"shop"})"});
  AVILA_TRY(const DatabaseInfo info, service.create_database(name->as_string()));
  return Response::json(201, to_json(info));
}

Result<Response> list_databases(Service& service, Request&) {
  AVILA_TRY(const auto infos, service.list_databases());
  return list_response("databases", infos);
}

Result<Response> get_database(Service& service, Request& request) {
  AVILA_TRY(const DatabaseInfo info, service.database(database_of(request)));
  return Response::json(200, to_json(info));
}

Result<Response> drop_database(Service& service, Request& request) {
  AVILA_TRY_VOID(service.drop_database(database_of(request)));
  return no_content();
}

// ---- collections

Result<Response> create_collection(Service& service, Request& request) {
  AVILA_TRY(CollectionSpec spec, parse_collection_spec(request.body));
  AVILA_TRY(const CollectionInfo info,
            service.create_collection(database_of(request), std::move(spec)));
  return Response::json(201, to_json(info));
}

Result<Response> list_collections(Service& service, Request& request) {
  AVILA_TRY(const auto infos, service.list_collections(database_of(request)));
  return list_response("collections", infos);
}

Result<Response> get_collection(Service& service, Request& request) {
  AVILA_TRY(const CollectionInfo info,
            service.collection(database_of(request), collection_of(request)));
  return Response::json(200, to_json(info));
}

Result<Response> drop_collection(Service& service, Request& request) {
  AVILA_TRY_VOID(service.drop_collection(database_of(request), collection_of(request)));
  return no_content();
}

// ---- indexes

Result<Response> create_index(Service& service, Request& request) {
  AVILA_TRY(const json::Value body, json::parse(request.body).context("body"));
  // A vector index is known by its dimensions.
  if (body.find("dimensions") != nullptr) {
    AVILA_TRY(VectorSpec spec, parse_vector_spec(request.body));
    AVILA_TRY(
        const VectorInfo info,
        service.create_vector_index(database_of(request), collection_of(request), std::move(spec)));
    return Response::json(201, to_json(info));
  }
  AVILA_TRY(IndexSpec spec, parse_index_spec(request.body));
  AVILA_TRY(const IndexInfo info,
            service.create_index(database_of(request), collection_of(request), std::move(spec)));
  return Response::json(201, to_json(info));
}

Result<Response> list_indexes(Service& service, Request& request) {
  AVILA_TRY(const CollectionInfo info,
            service.collection(database_of(request), collection_of(request)));
  std::string json = "{\"indexes\":[";
  for (std::size_t i = 0; i < info.indexes.size(); ++i)
    json += (i == 0 ? "" : ",") + to_json(info.indexes[i]);
  json += "],\"vectors\":[";
  for (std::size_t i = 0; i < info.vectors.size(); ++i)
    json += (i == 0 ? "" : ",") + to_json(info.vectors[i]);
  return Response::json(200, json + "]}");
}

Result<Response> drop_index(Service& service, Request& request) {
  AVILA_TRY_VOID(
      service.drop_index(database_of(request), collection_of(request), request.parameter("index")));
  return no_content();
}

// ---- documents

Result<Response> create_document(Service& service, Request& request) {
  AVILA_TRY(const DocumentOptions options, document_options(request));
  const bool upsert = query_parameter(request, "upsert") == "true";
  Document document;
  int status = 201;
  if (upsert) {
    AVILA_TRY(WriteResult written,
              service.upsert(database_of(request), collection_of(request), request.body, options));
    status = written.created ? 201 : 200;
    document = std::move(written.document);
  } else {
    AVILA_TRY(document,
              service.create(database_of(request), collection_of(request), request.body, options));
  }
  Response response = document_response(status, document);
  response.headers.add("Location", "/v1/databases/" + std::string(database_of(request)) +
                                       "/collections/" + std::string(collection_of(request)) +
                                       "/documents/" + text::percent_encode(document.id));
  return response;
}

Result<Response> read_document(Service& service, Request& request) {
  AVILA_TRY(DocumentOptions options, document_options(request));
  const std::string known = std::move(options.if_none_match);
  options.if_none_match.clear();
  AVILA_TRY(const Document document,
            service.read(database_of(request), collection_of(request), id_of(request), options));
  if (known == "*" || known == document.etag) {
    Response response(304);
    response.headers.add("ETag", '"' + document.etag + '"');
    return response;
  }
  return document_response(200, document);
}

Result<Response> replace_document(Service& service, Request& request) {
  AVILA_TRY(const DocumentOptions options, document_options(request));
  // RFC 9110 §13.1.2: with If-None-Match: * the PUT may only create.
  if (options.if_none_match == "*" || query_parameter(request, "upsert") == "true") {
    AVILA_TRY(json::Value body, json::parse(request.body).context("body"));
    if (!body.is_object()) return Error(Errc::InvalidArgument, "a document is a JSON object");
    const json::Value* id = body.find("id");
    if (id == nullptr)
      body.set("id", id_of(request));
    else if (id->get_string() != id_of(request))
      return Error(Errc::InvalidArgument, "the id of the document is not that of the path");
    AVILA_TRY(const WriteResult written,
              service.upsert(database_of(request), collection_of(request), json::to_string(body),
                             options));
    return document_response(written.created ? 201 : 200, written.document);
  }
  AVILA_TRY(const Document document, service.replace(database_of(request), collection_of(request),
                                                     id_of(request), request.body, options));
  return document_response(200, document);
}

Result<Response> patch_document(Service& service, Request& request) {
  AVILA_TRY(const DocumentOptions options, document_options(request));
  AVILA_TRY(const PatchKind kind, patch_kind(request));
  AVILA_TRY(const Document document, service.patch(database_of(request), collection_of(request),
                                                   id_of(request), kind, request.body, options));
  return document_response(200, document);
}

Result<Response> delete_document(Service& service, Request& request) {
  AVILA_TRY(const DocumentOptions options, document_options(request));
  AVILA_TRY_VOID(
      service.erase(database_of(request), collection_of(request), id_of(request), options));
  return no_content();
}

Result<Response> batch(Service& service, Request& request) {
  AVILA_TRY(const BatchRequest body, parse_batch_request(request.body));
  AVILA_TRY(const BatchResult result, service.batch(database_of(request), collection_of(request),
                                                    body.operations, body.atomic));
  return Response::json(200, to_json(result));
}

Result<Response> patch_where(Service& service, Request& request) {
  AVILA_TRY(const FilterRequest body, parse_filter_request(request.body));
  if (body.patch.empty())
    return Error(Errc::InvalidArgument, "a patch is required",
                 {.hint = R"(send {"filter":"…","patch":{…}})"});
  AVILA_TRY(const FilterResult result,
            service.patch_where(database_of(request), collection_of(request), body.filter,
                                body.parameters, body.patch));
  return Response::json(200, "{\"matched\":" + std::to_string(result.matched) +
                                 ",\"modified\":" + std::to_string(result.modified) + '}');
}

Result<Response> delete_where(Service& service, Request& request) {
  AVILA_TRY(const FilterRequest body, parse_filter_request(request.body));
  AVILA_TRY(const FilterResult result,
            service.erase_where(database_of(request), collection_of(request), body.filter,
                                body.parameters));
  return Response::json(200, "{\"deleted\":" + std::to_string(result.modified) + '}');
}

// ---- queries

Result<Response> query(Service& service, Request& request) {
  AVILA_TRY(QueryRequest body, parse_query_request(request.body));
  const http::CancelToken& cancel = request.cancel;
  const auto accept = request.header("Accept");
  if (accept && accept->find("application/x-ndjson") != std::string_view::npos && !body.explain) {
    // The first rows are read now, so that a wrong query is a problem document, not a cut stream.
    return ndjson_response(service, std::string(database_of(request)), std::move(body), cancel);
  }
  AVILA_TRY(const QueryPage page,
            service.query(database_of(request), body, [&cancel] { return cancel.cancelled(); }));
  Response response = Response::json(200, to_json(page));
  response.headers.add("Request-Cost", std::to_string(page.stats.cost));
  return response;
}

Result<Response> vector_search(Service& service, Request& request) {
  AVILA_TRY(const VectorSearchRequest body, parse_vector_search_request(request.body));
  const http::CancelToken& cancel = request.cancel;
  AVILA_TRY(const VectorSearchResult result,
            service.vector_search(database_of(request), collection_of(request), body,
                                  [&cancel] { return cancel.cancelled(); }));
  return Response::json(200, to_json(result));
}

// ---- the table

enum class Where : std::uint8_t { AtOnce, BlockingPool };

/// What OpenAPI says besides the path.
enum Takes : unsigned {
  kNothing = 0,
  kPartition = 1,  // ?pk=
  kMatch = 2,      // If-Match, If-None-Match; answered with an ETag
  kUpsert = 4,     // ?upsert=true
  kExisting = 8,   // 409 when it exists, or is ambiguous
  kStream = 16,    // NDJSON on request
};

struct Row {
  const char* method;
  const char* pattern;
  Work work;
  Where where;
  const char* summary;
  int status;           // of success
  const char* request;  // JSON Schema of the body; empty: none
  unsigned takes;
};

#define COLLECTION "/v1/databases/:db/collections/:coll"
#define OBJECT(required, members) \
  R"({"type":"object","required":[)" required R"(],"properties":{)" members "}}"
#define PARAMETERS R"("parameters":{"type":["object","array"]})"
constexpr const char* kAnyObject = R"({"type":"object"})";
constexpr const char* kDatabase = OBJECT(R"("name")", R"("name":{"type":"string"})");
constexpr const char* kCollection =
    OBJECT(R"("name")",
           R"("name":{"type":"string"},"partition_key":{"type":"array","maxItems":3},)"
           R"("indexes":{"type":"array","items":{"type":"object"}},"vectors":{"type":"array",)"
           R"("items":{"type":"object"}},"durability":{"enum":["sync","relaxed"]},)"
           R"("ttl":{"type":"integer"})");
constexpr const char* kIndex =
    R"({"oneOf":[{"type":"object","required":["name","fields"],)"
    R"("properties":{"name":{"type":"string"},"fields":{"type":"array"},)"
    R"("unique":{"type":"boolean"},"array":{"type":"boolean"}}},{"type":"object",)"
    R"("required":["path","dimensions"],"properties":{"path":{"type":"string"},)"
    R"("dimensions":{"type":"integer"},"metric":{"enum":["cosine","l2","dot"]}}}]})";
constexpr const char* kBatch =
    OBJECT(R"("operations")",
           R"("operations":{"type":"array","maxItems":1000,"items":{"type":"object",)"
           R"("required":["op"],"properties":{"op":{"enum":["insert","upsert","replace",)"
           R"("patch","delete","read"]},"id":{"type":"string"},"document":{"type":"object"},)"
           R"("patch":{"type":["object","array"]}}}},"atomic":{"type":"boolean"})");
constexpr const char* kPatchWhere =
    OBJECT(R"("filter","patch")",
           R"("filter":{"type":"string"},"patch":{"type":["object","array"]},)" PARAMETERS);
constexpr const char* kDeleteWhere =
    OBJECT(R"("filter")", R"("filter":{"type":"string"},)" PARAMETERS);
constexpr const char* kQuery = OBJECT(
    R"("query")", R"("query":{"type":"string"},"max_items":{"type":"integer"},)"
                  R"("continuation":{"type":["string","null"]},"explain":{"type":"boolean"},)"
                  R"("timeout_ms":{"type":"integer"},)" PARAMETERS);
constexpr const char* kVectorSearch =
    OBJECT(R"("vector")",
           R"("path":{"type":"string"},"vector":{"type":"array","items":{"type":"number"}},)"
           R"("k":{"type":"integer","maximum":10000},"ef":{"type":"integer"},)"
           R"("filter":{"type":"string"},)" PARAMETERS);
constexpr const char* kPatch = R"({"type":["object","array"]})";

constexpr Row kRows[] = {
    {"POST", "/v1/databases", create_database, Where::BlockingPool, "Create a database", 201,
     kDatabase, kExisting},
    {"GET", "/v1/databases", list_databases, Where::BlockingPool, "List the databases", 200, "",
     kNothing},
    {"GET", "/v1/databases/:db", get_database, Where::BlockingPool, "Describe a database", 200, "",
     kNothing},
    {"DELETE", "/v1/databases/:db", drop_database, Where::BlockingPool, "Drop a database", 204, "",
     kNothing},
    {"POST", "/v1/databases/:db/collections", create_collection, Where::BlockingPool,
     "Create a collection", 201, kCollection, kExisting},
    {"GET", "/v1/databases/:db/collections", list_collections, Where::BlockingPool,
     "List the collections", 200, "", kNothing},
    {"GET", COLLECTION, get_collection, Where::BlockingPool, "Describe a collection", 200, "",
     kNothing},
    {"DELETE", COLLECTION, drop_collection, Where::BlockingPool, "Drop a collection", 204, "",
     kNothing},
    {"POST", COLLECTION "/indexes", create_index, Where::BlockingPool,
     "Create an index, or a vector index", 201, kIndex, kExisting},
    {"GET", COLLECTION "/indexes", list_indexes, Where::BlockingPool, "List the indexes", 200, "",
     kNothing},
    {"DELETE", COLLECTION "/indexes/:index", drop_index, Where::BlockingPool, "Drop an index", 204,
     "", kNothing},
    {"POST", COLLECTION "/documents", create_document, Where::BlockingPool, "Create a document",
     201, kAnyObject, kPartition | kMatch | kUpsert | kExisting},
    {"PATCH", COLLECTION "/documents", patch_where, Where::BlockingPool,
     "Patch the documents that a filter matches", 200, kPatchWhere, kNothing},
    {"DELETE", COLLECTION "/documents", delete_where, Where::BlockingPool,
     "Delete the documents that a filter matches", 200, kDeleteWhere, kNothing},
    {"POST", COLLECTION "/documents/batch", batch, Where::BlockingPool,
     "Write many documents, all or each for itself", 200, kBatch, kNothing},
    {"GET", COLLECTION "/documents/:id", read_document, Where::AtOnce, "Read a document", 200, "",
     kPartition | kMatch | kExisting},
    {"PUT", COLLECTION "/documents/:id", replace_document, Where::BlockingPool,
     "Replace a document", 200, kAnyObject, kPartition | kMatch | kUpsert | kExisting},
    {"PATCH", COLLECTION "/documents/:id", patch_document, Where::BlockingPool,
     "Patch a document (JSON Merge Patch, JSON Patch)", 200, kPatch,
     kPartition | kMatch | kExisting},
    {"DELETE", COLLECTION "/documents/:id", delete_document, Where::BlockingPool,
     "Delete a document", 204, "", kPartition | kMatch | kExisting},
    {"GET", COLLECTION "/documents/batch", read_document, Where::AtOnce, "", 200, "", kNothing},
    {"PUT", COLLECTION "/documents/batch", replace_document, Where::BlockingPool, "", 200, "",
     kNothing},
    {"PATCH", COLLECTION "/documents/batch", patch_document, Where::BlockingPool, "", 200, "",
     kNothing},
    {"DELETE", COLLECTION "/documents/batch", delete_document, Where::BlockingPool, "", 204, "",
     kNothing},
    {"POST", "/v1/databases/:db/query", query, Where::BlockingPool, "Query", 200, kQuery, kStream},
    {"POST", COLLECTION "/vector-search", vector_search, Where::BlockingPool,
     "Find the nearest vectors", 200, kVectorSearch, kNothing},
};
#undef PARAMETERS
#undef OBJECT
#undef COLLECTION

void describe(web::Route& route, const Row& row) {
  route.summary(row.summary).tag("aviladb");
  const auto parameter = [&](const char* name, const char* in, const char* what) {
    route.parameter({name, in, what});
  };
  if ((row.takes & kPartition) != 0)
    parameter("pk", "query", "partition key as a JSON array; needed where the id is not unique");
  if ((row.takes & kUpsert) != 0)
    route.parameter({"upsert", "query", "create or replace", false, R"({"type":"boolean"})"});
  if ((row.takes & kMatch) != 0) {
    parameter("If-Match", "header", "an ETag, or *: only when the document is (at) that");
    parameter("If-None-Match", "header", "an ETag, or *: only when it is not");
  }
  if ((row.takes & kStream) != 0)
    parameter("Accept", "header", "application/x-ndjson: all rows, one on a line, as they come");
  const std::string_view method = row.method;
  if (*row.request != '\0') {
    const bool patches = method == "PATCH" && (row.takes & kMatch) != 0;
    route.request_schema(row.request,
                         patches ? "application/merge-patch+json" : "application/json");
    if (patches) route.description("An array is a JSON Patch: application/json-patch+json.");
  }
  route.response({row.status, "done", row.status == 204 ? "" : kAnyObject});
  if ((row.takes & kUpsert) != 0)
    route.response(
        {row.status == 201 ? 200 : 201, "the other of replaced and created", kAnyObject});
  if (method == "GET" && (row.takes & kMatch) != 0)
    route.response({304, "unchanged since the ETag of If-None-Match", ""});
  const auto problem = [&](int status, const char* what) {
    route.response({status, what, kAnyObject, "application/problem+json"});
  };
  if (*row.request != '\0') problem(400, "the request says something wrong; detail says what");
  problem(401, "no API key, or a wrong one");
  if (!route.names.empty()) problem(404, "it is not there; detail says what is not");
  if ((row.takes & kExisting) != 0) problem(409, "it exists, or several partitions have that id");
  if ((row.takes & kMatch) != 0 && method != "GET") problem(412, "a precondition failed");
  if (*row.request != '\0') problem(413, "a limit is exceeded; detail names it");
}

Task<Result<Response>> run_on_pool(Service& service, Request& request, Work work) {
  auto call = [&service, &request, work] { return work(service, request); };
  auto result = co_await async::Executor::current()->spawn_blocking(call);
  co_return std::move(result);
}

}  // namespace

void add_routes(web::Router& router, Service& service) {
  for (const Row& row : kRows) {
    web::Route& route =
        row.where == Where::AtOnce
            ? router.add(
                  row.method, row.pattern,
                  [&service, work = row.work](Request& request) { return work(service, request); })
            : router.add(row.method, row.pattern, [&service, work = row.work](Request& request) {
                return run_on_pool(service, request, work);
              });
    if (*row.summary == '\0') {
      route.hidden();
    } else {
      describe(route, row);
    }
  }
}

}  // namespace avila::aviladb

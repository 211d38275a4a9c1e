#include "forms.hpp"

#include <avila/aviladb/json.hpp>
#include <avila/json/document.hpp>
#include <avila/json/writer.hpp>
#include <cmath>

namespace avila::aviladb {

namespace {

using json::Element;

Error wrong(std::string_view where, std::string_view what) {
  return Error(Errc::InvalidArgument, std::string(where) + ": " + std::string(what));
}

/// Reads the members of one object; what is left over at finish() is refused.
class Fields {
 public:
  static Result<Fields> of(Element element, std::string where) {
    if (!element.is_object()) return wrong(where, "expected a JSON object");
    return Fields(element, std::move(where));
  }
  std::optional<Element> take(std::string_view name) {
    names_.push_back(name);
    const auto value = element_.find(name);
    return value && !value->is_null() ? value : std::nullopt;
  }
  Result<void> text(std::string_view name, std::string& to, bool required = false) {
    const auto value = take(name);
    if (!value) {
      if (required) return wrong(where_, "the member \"" + std::string(name) + "\" is missing");
      return {};
    }
    const auto got = value->get_string();
    if (!got) return wrong(where_, "\"" + std::string(name) + "\" must be a text");
    to = *got;
    return {};
  }
  Result<void> flag(std::string_view name, bool& to) {
    const auto value = take(name);
    if (!value) return {};
    const auto got = value->get_bool();
    if (!got) return wrong(where_, "\"" + std::string(name) + "\" must be true or false");
    to = *got;
    return {};
  }
  template <class T>
  Result<void> number(std::string_view name, T& to, std::int64_t least, std::int64_t most) {
    const auto value = take(name);
    if (!value) return {};
    const auto got = value->get_int64();
    if (!got || *got < least || *got > most)
      return wrong(where_, "\"" + std::string(name) + "\" must be a whole number from " +
                               std::to_string(least) + " to " + std::to_string(most));
    to = static_cast<T>(*got);
    return {};
  }
  /// Any value, as JSON text; a text as it is where `plain`.
  void raw(std::string_view name, std::string& to, bool plain = false) {
    const auto value = take(name);
    if (!value) return;
    if (plain && value->is_string())
      to = *value->get_string();
    else
      json::append_json(to, *value);
  }
  Result<void> finish() const {
    for (auto [key, value] : element_.members()) {
      bool known = false;
      for (const std::string_view name : names_) known = known || name == key;
      if (!known) return wrong(where_, "unknown member \"" + std::string(key.substr(0, 60)) + "\"");
    }
    return {};
  }

 private:
  Fields(Element element, std::string where) : element_(element), where_(std::move(where)) {}
  Element element_;
  std::string where_;
  std::vector<std::string_view> names_;
};

Result<PartitionLevel> read_level(Element element) {
  PartitionLevel level;
  if (const auto path = element.get_string()) {
    level.path = *path;
    return level;
  }
  AVILA_TRY(Fields fields, Fields::of(element, "partition_key"));
  std::string strategy = "range";
  AVILA_TRY_VOID(fields.text("path", level.path, true));
  AVILA_TRY_VOID(fields.text("strategy", strategy));
  AVILA_TRY_VOID(fields.number("geohash_length", level.geohash_length, 1, 12));
  if (strategy == "range")
    level.strategy = PartitionStrategy::Range;
  else if (strategy == "hash")
    level.strategy = PartitionStrategy::Hash;
  else if (strategy == "geo")
    level.strategy = PartitionStrategy::Geo;
  else
    return wrong("partition_key", "\"strategy\" must be range, hash or geo");
  AVILA_TRY_VOID(fields.finish());
  return level;
}

Result<IndexSpec> read_index(Element element) {
  AVILA_TRY(Fields fields, Fields::of(element, "index"));
  IndexSpec spec;
  AVILA_TRY_VOID(fields.text("name", spec.name));
  AVILA_TRY_VOID(fields.flag("unique", spec.unique));
  AVILA_TRY_VOID(fields.flag("array", spec.array));
  const auto list = fields.take("fields");
  if (!list || !list->is_array())
    return wrong("index", "\"fields\" must be an array of paths, as in [\"/price\"]");
  for (Element one : list->elements()) {
    IndexField field;
    if (const auto path = one.get_string()) {
      field.path = *path;
    } else {
      AVILA_TRY(Fields parts, Fields::of(one, "index field"));
      std::string order = "asc";
      AVILA_TRY_VOID(parts.text("path", field.path, true));
      AVILA_TRY_VOID(parts.text("order", order));
      AVILA_TRY_VOID(parts.finish());
      if (order == "desc" || order == "descending")
        field.descending = true;
      else if (order != "asc" && order != "ascending")
        return wrong("index field", "\"order\" must be asc or desc");
    }
    spec.fields.push_back(std::move(field));
  }
  AVILA_TRY_VOID(fields.finish());
  return spec;
}

Result<VectorSpec> read_vector(Element element) {
  AVILA_TRY(Fields fields, Fields::of(element, "vector index"));
  VectorSpec spec;
  std::string metric = "cosine";
  AVILA_TRY_VOID(fields.text("path", spec.path, true));
  AVILA_TRY_VOID(fields.number("dimensions", spec.dimensions, 1, kMaxVectorDimensions));
  AVILA_TRY_VOID(fields.text("metric", metric));
  AVILA_TRY_VOID(fields.number("m", spec.m, 2, 128));
  AVILA_TRY_VOID(fields.number("ef_construction", spec.ef_construction, 2, 4'096));
  AVILA_TRY_VOID(fields.finish());
  if (metric == "l2" || metric == "euclidean")
    spec.metric = VectorMetric::L2;
  else if (metric == "cosine")
    spec.metric = VectorMetric::Cosine;
  else if (metric == "dot" || metric == "dotproduct")
    spec.metric = VectorMetric::Dot;
  else
    return wrong("vector index", "\"metric\" must be l2, cosine or dot");
  return spec;
}

/// Parses a request body; the parser keeps the element alive.
Result<Element> open(json::Parser& parser, std::string_view text) {
  return parser.parse(text).context("request body");
}

Result<void> read_parameters(Fields& fields, std::string& to) {
  const auto value = fields.take("parameters");
  if (!value) return {};
  if (!value->is_object() && !value->is_array())
    return wrong("parameters",
                 "expected an object of names and values, or a list of "
                 "{\"name\",\"value\"}");
  json::append_json(to, *value);
  return {};
}

Result<BatchOperation> read_operation(Element element, std::size_t number) {
  const std::string where = "operations[" + std::to_string(number) + "]";
  AVILA_TRY(Fields fields, Fields::of(element, where));
  BatchOperation operation;
  std::string op;
  AVILA_TRY_VOID(fields.text("op", op, true));
  if (op == "insert" || op == "create")
    operation.op = BatchOp::Create;
  else if (op == "upsert")
    operation.op = BatchOp::Upsert;
  else if (op == "replace")
    operation.op = BatchOp::Replace;
  else if (op == "patch")
    operation.op = BatchOp::Patch;
  else if (op == "delete")
    operation.op = BatchOp::Delete;
  else if (op == "read")
    operation.op = BatchOp::Read;
  else
    return wrong(where, "unknown op; use insert, upsert, replace, patch, delete or read");
  AVILA_TRY_VOID(fields.text("id", operation.id));
  fields.raw("pk", operation.options.partition_key);
  std::string long_name;
  fields.raw("partition_key", long_name);
  if (operation.options.partition_key.empty()) operation.options.partition_key = long_name;
  fields.raw("document", operation.document);
  fields.raw("patch", operation.patch);
  AVILA_TRY_VOID(fields.text("if_match", operation.options.if_match));
  AVILA_TRY_VOID(fields.text("if_none_match", operation.options.if_none_match));
  AVILA_TRY_VOID(fields.finish());
  return operation;
}

const char* strategy_name(PartitionStrategy strategy) {
  return strategy == PartitionStrategy::Hash  ? "hash"
         : strategy == PartitionStrategy::Geo ? "geo"
                                              : "range";
}
const char* metric_name(VectorMetric metric) {
  return metric == VectorMetric::L2 ? "l2" : metric == VectorMetric::Dot ? "dot" : "cosine";
}

json::Value to_value(const IndexInfo& info) {
  json::Value value = aviladb::to_value(info.spec);
  value.set("state", info.state == IndexState::Ready ? "ready" : "building");
  value.set("entries", info.entries);
  value.set("distinct", info.distinct);
  return value;
}
json::Value to_value(const VectorInfo& info) {
  json::Value value = aviladb::to_value(info.spec);
  value.set("vectors", info.vectors);
  return value;
}

void write_stats(json::Writer& w, const QueryStats& stats) {
  w.begin_object();
  w.key("documents_read").uint64(stats.documents_read);
  w.key("index_entries").uint64(stats.index_entries);
  w.key("rows").uint64(stats.rows);
  w.key("memory_bytes").uint64(stats.memory_bytes);
  w.key("cost").double_(std::round(stats.cost * 100) / 100);
  w.key("elapsed_ms").double_(static_cast<double>(stats.elapsed.ns / 1000) / 1000);
  w.end_object();
}

}  // namespace

json::Value to_value(const IndexSpec& spec) {
  json::Value value = json::Value::make_object();
  value.set("name", spec.name);
  json::Value fields = json::Value::make_array();
  for (const IndexField& field : spec.fields) {
    if (field.descending)
      fields.push_back(json::Value::make_object({{"path", field.path}, {"order", "desc"}}));
    else
      fields.push_back(field.path);
  }
  value.set("fields", std::move(fields));
  value.set("unique", spec.unique);
  value.set("array", spec.array);
  return value;
}

json::Value to_value(const VectorSpec& spec) {
  json::Value value = json::Value::make_object();
  value.set("path", spec.path);
  value.set("dimensions", spec.dimensions);
  value.set("metric", metric_name(spec.metric));
  value.set("m", spec.m);
  value.set("ef_construction", spec.ef_construction);
  return value;
}

json::Value to_value(const CollectionSpec& spec) {
  json::Value value = json::Value::make_object();
  value.set("name", spec.name);
  json::Value levels = json::Value::make_array();
  for (const PartitionLevel& level : spec.partition_key) {
    json::Value one = json::Value::make_object(
        {{"path", level.path}, {"strategy", strategy_name(level.strategy)}});
    if (level.strategy == PartitionStrategy::Geo) one.set("geohash_length", level.geohash_length);
    levels.push_back(std::move(one));
  }
  value.set("partition_key", std::move(levels));
  value.set("durability", spec.durability == Durability::Sync ? "sync" : "relaxed");
  if (spec.ttl_seconds) value.set("ttl", *spec.ttl_seconds);
  return value;
}

Result<CollectionSpec> parse_collection_spec(std::string_view text) {
  json::Parser parser;
  AVILA_TRY(const Element root, open(parser, text));
  AVILA_TRY(Fields fields, Fields::of(root, "collection"));
  CollectionSpec spec;
  AVILA_TRY_VOID(fields.text("name", spec.name, true));
  if (const auto key = fields.take("partition_key")) {
    if (key->is_string()) {
      AVILA_TRY(auto level, read_level(*key));
      spec.partition_key.push_back(std::move(level));
    } else if (key->is_array()) {
      for (Element one : key->elements()) {
        AVILA_TRY(auto level, read_level(one));
        spec.partition_key.push_back(std::move(level));
      }
    } else {
      return wrong("partition_key", "expected an array of paths, as in [\"/tenant\"]");
    }
  }
  if (const auto list = fields.take("indexes")) {
    if (!list->is_array()) return wrong("indexes", "expected an array");
    for (Element one : list->elements()) {
      AVILA_TRY(auto index, read_index(one));
      spec.indexes.push_back(std::move(index));
    }
  }
  if (const auto list = fields.take("vectors")) {
    if (!list->is_array()) return wrong("vectors", "expected an array");
    for (Element one : list->elements()) {
      AVILA_TRY(auto index, read_vector(one));
      spec.vectors.push_back(std::move(index));
    }
  }
  std::string durability = "sync";
  AVILA_TRY_VOID(fields.text("durability", durability));
  if (durability == "relaxed")
    spec.durability = Durability::Relaxed;
  else if (durability != "sync")
    return wrong("durability", "must be sync or relaxed");
  std::int64_t ttl = 0;
  AVILA_TRY_VOID(fields.number("ttl", ttl, -1, INT32_MAX));
  if (ttl != 0) spec.ttl_seconds = ttl;
  AVILA_TRY_VOID(fields.finish());
  return spec;
}

Result<IndexSpec> parse_index_spec(std::string_view text) {
  json::Parser parser;
  AVILA_TRY(const Element root, open(parser, text));
  return read_index(root);
}

Result<VectorSpec> parse_vector_spec(std::string_view text) {
  json::Parser parser;
  AVILA_TRY(const Element root, open(parser, text));
  return read_vector(root);
}

Result<BatchRequest> parse_batch_request(std::string_view text) {
  json::Parser parser;
  if (text.size() > kMaxBatchBytes)
    return Error(Errc::LimitExceeded, "the batch is " + std::to_string(text.size()) +
                                          " bytes; the limit (kMaxBatchBytes) is " +
                                          std::to_string(kMaxBatchBytes));
  AVILA_TRY(const Element root, open(parser, text));
  AVILA_TRY(Fields fields, Fields::of(root, "batch"));
  BatchRequest request;
  AVILA_TRY_VOID(fields.flag("atomic", request.atomic));
  const auto list = fields.take("operations");
  if (!list || !list->is_array()) return wrong("batch", "\"operations\" must be an array");
  if (list->size() > kMaxBatchOperations)
    return Error(Errc::LimitExceeded, "the batch has " + std::to_string(list->size()) +
                                          " operations; the limit (kMaxBatchOperations) is " +
                                          std::to_string(kMaxBatchOperations));
  for (Element one : list->elements()) {
    AVILA_TRY(auto operation, read_operation(one, request.operations.size()));
    request.operations.push_back(std::move(operation));
  }
  AVILA_TRY_VOID(fields.finish());
  return request;
}

Result<QueryRequest> parse_query_request(std::string_view text) {
  json::Parser parser;
  AVILA_TRY(const Element root, open(parser, text));
  AVILA_TRY(Fields fields, Fields::of(root, "query"));
  QueryRequest request;
  AVILA_TRY_VOID(fields.text("query", request.query, true));
  AVILA_TRY_VOID(read_parameters(fields, request.parameters));
  fields.raw("partition_key", request.partition_key);
  AVILA_TRY_VOID(fields.number("max_items", request.max_items, 0, 1'000'000'000));
  AVILA_TRY_VOID(fields.text("continuation", request.continuation));
  AVILA_TRY_VOID(fields.flag("explain", request.explain));
  std::int64_t timeout_ms = 0;
  AVILA_TRY_VOID(fields.number("timeout_ms", timeout_ms, 0, 86'400'000));
  request.timeout = milliseconds(timeout_ms);
  (void)fields.take("stream");  // the HTTP face's own
  AVILA_TRY_VOID(fields.finish());
  return request;
}

Result<VectorSearchRequest> parse_vector_search_request(std::string_view text) {
  json::Parser parser;
  AVILA_TRY(const Element root, open(parser, text));
  AVILA_TRY(Fields fields, Fields::of(root, "vector search"));
  VectorSearchRequest request;
  AVILA_TRY_VOID(fields.text("path", request.path));
  const auto list = fields.take("vector");
  if (!list || !list->is_array())
    return wrong("vector search", "\"vector\" must be an array of numbers");
  for (Element one : list->elements()) {
    const auto number = one.get_double();
    if (!number) return wrong("vector search", "\"vector\" must be an array of numbers");
    request.vector.push_back(static_cast<float>(*number));
  }
  AVILA_TRY_VOID(fields.number("k", request.k, 1, kMaxVectorResults));
  AVILA_TRY_VOID(fields.number("ef", request.ef, 0, 100'000));
  AVILA_TRY_VOID(fields.text("filter", request.filter));
  AVILA_TRY_VOID(read_parameters(fields, request.parameters));
  fields.raw("partition_key", request.partition_key);
  std::int64_t timeout_ms = 0;
  AVILA_TRY_VOID(fields.number("timeout_ms", timeout_ms, 0, 86'400'000));
  request.timeout = milliseconds(timeout_ms);
  AVILA_TRY_VOID(fields.finish());
  return request;
}

Result<FilterRequest> parse_filter_request(std::string_view text) {
  json::Parser parser;
  AVILA_TRY(const Element root, open(parser, text));
  AVILA_TRY(Fields fields, Fields::of(root, "filter request"));
  FilterRequest request;
  AVILA_TRY_VOID(fields.text("filter", request.filter));
  AVILA_TRY_VOID(read_parameters(fields, request.parameters));
  fields.raw("patch", request.patch);
  AVILA_TRY_VOID(fields.finish());
  if (request.filter.empty())
    return wrong("filter request", "a filter is required; write \"true\" to mean every document");
  return request;
}

std::string to_json(const DatabaseInfo& info) {
  return json::to_string(json::Value::make_object(
      {{"name", info.name}, {"created_ms", info.created_ms}, {"collections", info.collections}}));
}

std::string to_json(const IndexInfo& info) { return json::to_string(to_value(info)); }
std::string to_json(const VectorInfo& info) { return json::to_string(to_value(info)); }

std::string to_json(const CollectionInfo& info) {
  json::Value value = to_value(info.spec);
  value.set("database", info.database);
  value.set("created_ms", info.created_ms);
  value.set("documents", info.documents);
  value.set("size_bytes", info.size_bytes);
  json::Value indexes = json::Value::make_array();
  for (const IndexInfo& index : info.indexes) indexes.push_back(to_value(index));
  value.set("indexes", std::move(indexes));
  json::Value vectors = json::Value::make_array();
  for (const VectorInfo& index : info.vectors) vectors.push_back(to_value(index));
  value.set("vectors", std::move(vectors));
  return json::to_string(value);
}

std::string to_json(const QueryStats& stats) {
  std::string out;
  json::Writer w(out);
  write_stats(w, stats);
  return out;
}

std::string to_json(const BatchResult& result) {
  std::string out;
  json::Writer w(out);
  w.begin_object().key("results").begin_array();
  for (const BatchItem& item : result.items) {
    w.begin_object();
    w.key("status").int64(item.status);
    if (!item.id.empty()) w.key("id").string(item.id);
    if (!item.etag.empty()) w.key("_etag").string(item.etag);
    if (!item.json.empty()) w.key("document").raw(item.json);
    if (!item.error.empty()) w.key("error").string(item.error);
    w.end_object();
  }
  w.end_array().key("committed").boolean(result.committed).end_object();
  return out;
}

std::string to_json(const QueryPage& page) {
  std::string out;
  json::Writer w(out);
  w.begin_object().key("documents").begin_array();
  for (const std::string& document : page.documents) w.raw(document);
  w.end_array();
  w.key("count").uint64(page.documents.size());
  if (page.continuation.empty())
    w.key("continuation").null();
  else
    w.key("continuation").string(page.continuation);
  w.key("stats");
  write_stats(w, page.stats);
  if (page.plan.empty())
    w.key("plan").null();
  else
    w.key("plan").raw(page.plan);
  w.end_object();
  return out;
}

std::string to_json(const VectorSearchResult& result) {
  std::string out;
  json::Writer w(out);
  w.begin_object().key("matches").begin_array();
  for (const VectorMatch& match : result.matches) {
    w.begin_object();
    w.key("id").string(match.id);
    w.key("distance").double_(match.distance);
    w.key("document").raw(match.document);
    w.end_object();
  }
  w.end_array().key("stats");
  write_stats(w, result.stats);
  w.end_object();
  return out;
}

}  // namespace avila::aviladb

#include "queries.hpp"

#include <algorithm>
#include <avila/primitives/endian.hpp>
#include <avila/sql/evaluate.hpp>
#include <avila/sql/execute.hpp>
#include <avila/sql/key.hpp>
#include <cmath>
#include <memory>

#include "continuation.hpp"
#include "table.hpp"
#include "writer.hpp"

namespace avila::aviladb {

namespace {

constexpr std::size_t kStreamChunkBytes = 1U << 20;
constexpr std::size_t kChangeBatch = 256;   // documents changed in one write
constexpr double kExactSearchRows = 2'000;  // so few matches are compared one by one

/// Deadline and cancellation in one question.
class Watch {
 public:
  Watch(Store& store, Duration timeout, const Service::Cancelled& cancelled)
      : store_(store),
        timeout_(timeout == Duration::zero() ? store.options.query_timeout : timeout),
        start_(store.clock.now()),
        cancelled_(cancelled) {}
  Result<void> check() const {
    if (store_.closed.load(std::memory_order_relaxed))
      return Error(Errc::Closed, "aviladb is being closed");
    if (cancelled_ && cancelled_()) return Error(Errc::Cancelled, "the query was cancelled");
    if (store_.clock.now() - start_ > timeout_)
      return Error(Errc::TimedOut,
                   "the query took longer than its limit of " +
                       std::to_string(timeout_.milliseconds()) + " ms",
                   {.hint = "narrow it, give it an index, or raise timeout_ms"});
    return {};
  }
  Duration elapsed() const { return store_.clock.now() - start_; }

 private:
  Store& store_;
  Duration timeout_;
  Instant start_;
  const Service::Cancelled& cancelled_;
};

/// Request units: one for a point read of 1 KiB; entries cost a tenth of that, memory little.
double cost_of(const sql::ExecuteResult& result, std::uint64_t bytes_read) {
  return 0.5 + 0.5 * static_cast<double>(result.documents) +
         static_cast<double>(bytes_read) / 2048.0 + 0.05 * static_cast<double>(result.entries) +
         static_cast<double>(result.memory_bytes) / 1e6;
}

}  // namespace

Result<json::Value> read_parameters(std::string_view text) {
  if (text.empty()) return json::Value::make_object();
  AVILA_TRY(json::Value value, json::parse(text).context("parameters"));
  if (value.is_null()) return json::Value::make_object();
  if (value.is_object()) return value;
  const auto bad = [] {
    return Error(Errc::InvalidArgument,
                 "parameters must be an object of names and values, or a list of "
                 "{\"name\",\"value\"}");
  };
  if (!value.is_array()) return bad();
  json::Value object = json::Value::make_object();
  for (json::Value& one : value.array()) {
    const json::Value* name = one.find("name");
    json::Value* given = one.find("value");
    if (name == nullptr || !name->is_string() || given == nullptr) return bad();
    std::string_view bare = name->as_string();
    if (bare.starts_with('@')) bare.remove_prefix(1);
    object.set(bare, std::move(*given));
  }
  return object;
}

Result<QueryPage> run_query(Store& store, std::string_view database, const QueryRequest& request,
                            bool paged, const Service::RowSink& row,
                            const Service::Cancelled& cancelled) {
  AVILA_TRY_VOID(store.check_open());
  const Watch watch(store, request.timeout, cancelled);
  AVILA_TRY(const json::Value parameters, read_parameters(request.parameters));
  AVILA_TRY(const sql::Statement statement, sql::Statement::prepare(request.query, &parameters));
  std::unique_ptr<DocumentTable> table;
  if (!statement.collection().empty()) {
    AVILA_TRY(auto collection, store.find(database, statement.collection()));
    std::string partition;
    if (!request.partition_key.empty()) {
      AVILA_TRY(partition, parse_partition(collection->levels, request.partition_key, true));
    }
    table = std::make_unique<DocumentTable>(store, std::move(collection), std::move(partition));
  } else {
    AVILA_TRY_VOID(store.database(database));
  }
  sql::PlanOptions planning;
  planning.now = store.clock.wall();
  sql::ExecuteOptions execution;
  execution.now = planning.now;
  if (!request.continuation.empty()) {
    AVILA_TRY(execution.resume, open_continuation(store.secret, request.continuation));
    AVILA_TRY(planning.use_index, sql::resume_index(statement, execution.resume));
  }
  AVILA_TRY(const sql::Plan plan, sql::plan(statement, table.get(), planning));
  QueryPage page;
  page.plan = sql::explain(statement, plan);
  if (request.explain || statement.select().explain) {
    page.stats.elapsed = watch.elapsed();
    return page;
  }
  execution.memory_bytes =
      request.memory_bytes > 0 ? request.memory_bytes : store.options.query_memory_bytes;
  if (request.max_items > 0) execution.max_rows = request.max_items;
  // A chunk of sorted rows costs the whole sort again: it is as long as a page.
  execution.max_bytes = paged || plan.needs_sort ? kMaxPageBytes : kStreamChunkBytes;
  execution.check = [&] { return watch.check(); };
  AVILA_TRY(sql::ExecuteResult result, sql::execute(statement, plan, table.get(), execution, row));
  if (!result.resume.empty()) page.continuation = seal_continuation(store.secret, result.resume);
  page.stats.documents_read = result.documents;
  page.stats.index_entries = result.entries;
  page.stats.rows = result.rows;
  page.stats.memory_bytes = result.memory_bytes;
  page.stats.cost = cost_of(result, table ? table->bytes_read() : 0);
  page.stats.elapsed = watch.elapsed();
  store.queries.add(1);
  return page;
}

Result<FilterResult> change_where(Store& store, Collection& collection,
                                  std::shared_ptr<Collection> shared, std::string_view filter,
                                  std::string_view parameters, const json::Value* patch) {
  if (filter.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return Error(Errc::InvalidArgument, "a filter is required",
                 {.hint = "write \"true\" to mean every document"});
  AVILA_TRY(const json::Value given, read_parameters(parameters));
  AVILA_TRY(const sql::Statement statement,
            sql::Statement::prepare_filter(filter, collection.spec.name, &given));
  const Service::Cancelled never;
  const Watch watch(store, Duration::max(), never);
  // One snapshot for the whole change: what it writes does not come by again.
  DocumentTable table(store, std::move(shared));
  sql::PlanOptions planning;
  planning.now = store.clock.wall();
  FilterResult total;
  std::string resume;
  sql::Arena arena;
  sql::Context context;
  context.arena = &arena;
  context.slots.resize(statement.slots());
  context.parameters = statement.parameters();
  context.now = planning.now;
  context.memory_limit = store.options.query_memory_bytes;
  json::Parser parser{json::ParseOptions{.max_depth = kMaxNesting + 1}};
  do {
    if (!resume.empty()) {
      AVILA_TRY(planning.use_index, sql::resume_index(statement, resume));
    }
    AVILA_TRY(const sql::Plan plan, sql::plan(statement, &table, planning));
    sql::ExecuteOptions execution;
    execution.now = planning.now;
    execution.memory_bytes = store.options.query_memory_bytes;
    execution.max_rows = kChangeBatch;
    execution.max_bytes = kMaxPageBytes;
    execution.resume = resume;
    execution.check = [&] { return watch.check(); };
    std::vector<Identity> found;
    std::optional<Error> damage;
    const auto take = [&](std::string_view text) {
      auto root = parser.parse(text);
      auto identity =
          root ? identify(collection, *root, {}) : Result<Identity>(std::move(root).error());
      if (identity)
        found.push_back(std::move(*identity));
      else
        damage = std::move(identity).error();
      return !damage.has_value();
    };
    AVILA_TRY(sql::ExecuteResult result, sql::execute(statement, plan, &table, execution, take));
    if (damage) return std::move(*damage);
    resume = std::move(result.resume);
    Writer writer(store, collection);
    std::vector<std::string> primaries;
    for (const Identity& identity : found) primaries.push_back(identity.primary);
    writer.lock(std::move(primaries));
    for (const Identity& identity : found) {
      // The document may have changed since the snapshot: the filter is asked again.
      std::string text;
      AVILA_TRY(const bool there, writer.current(identity.primary, text));
      if (!there) continue;
      AVILA_TRY(const json::Element root, parser.parse(text).context("stored document"));
      context.slots[0] = sql::Datum::of(root);
      const bool match = sql::evaluate(*statement.select().where, context).is_true();
      if (context.failure) return std::move(*context.failure);
      arena.reset();
      if (!match) continue;
      ++total.matched;
      auto changed = patch != nullptr ? writer.patch(identity.primary, identity.id, *patch, {})
                                      : writer.erase(identity.primary, identity.id, {});
      if (!changed)
        return std::move(changed).error().context("document \"" + identity.id.substr(0, 100) +
                                                  "\" (" + std::to_string(total.modified) +
                                                  " others are done)");
      ++total.modified;
    }
    AVILA_TRY_VOID(writer.commit());
  } while (!resume.empty());
  return total;
}

namespace {

double exact_distance(VectorMetric metric, std::span<const float> a, std::span<const float> b) {
  double dot = 0, aa = 0, bb = 0, l2 = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a[i], y = b[i];
    dot += x * y;
    aa += x * x;
    bb += y * y;
    l2 += (x - y) * (x - y);
  }
  if (metric == VectorMetric::L2) return l2;
  return metric == VectorMetric::Dot ? -dot : 1.0 - dot / std::sqrt(aa * bb);
}

}  // namespace

Result<VectorSearchResult> search_vectors(Store& store, std::shared_ptr<Collection> collection,
                                          const VectorSearchRequest& request,
                                          const Service::Cancelled& cancelled) {
  const Watch watch(store, request.timeout, cancelled);
  std::shared_ptr<VectorIndex> index;
  std::string known;
  {
    const std::shared_lock schema(collection->schema);
    for (const auto& one : collection->vectors) {
      known += (known.empty() ? "" : ", ") + one->spec.path;
      if (one->spec.path == request.path ||
          (request.path.empty() && collection->vectors.size() == 1))
        index = one;
    }
  }
  if (index == nullptr)
    return Error(Errc::NotFound, "the collection " + collection->spec.name +
                                     " has no vector index at \"" + request.path.substr(0, 100) +
                                     "\"; it has " + (known.empty() ? "none" : known));
  if (request.vector.size() != index->spec.dimensions)
    return Error(Errc::InvalidArgument, "the vector has " + std::to_string(request.vector.size()) +
                                            " numbers; the index has " +
                                            std::to_string(index->spec.dimensions) + " dimensions");
  if (request.k < 1 || request.k > kMaxVectorResults)
    return Error(Errc::LimitExceeded, "k is " + std::to_string(request.k) +
                                          "; 1 to 10,000 (kMaxVectorResults) are possible");
  std::string partition;
  if (!request.partition_key.empty()) {
    AVILA_TRY(partition, parse_partition(collection->levels, request.partition_key, true));
  }
  std::optional<sql::Statement> filter;
  if (request.filter.find_first_not_of(" \t\r\n") != std::string::npos) {
    AVILA_TRY(const json::Value given, read_parameters(request.parameters));
    AVILA_TRY(filter,
              sql::Statement::prepare_filter(request.filter, collection->spec.name, &given));
  }
  DocumentTable table(store, collection, partition);
  VectorSearchResult result;

  // Few documents pass the filter, as an index can tell: they are compared one by one.
  if (filter || !partition.empty()) {
    if (!filter) {
      AVILA_TRY(filter, sql::Statement::prepare_filter("true", collection->spec.name, nullptr));
    }
    AVILA_TRY(const sql::Plan plan, sql::plan(*filter, &table, {.now = store.clock.wall()}));
    if (plan.chosen.rows <= kExactSearchRows) {
      sql::ExecuteOptions execution;
      execution.now = store.clock.wall();
      execution.memory_bytes = store.options.query_memory_bytes;
      execution.check = [&] { return watch.check(); };
      std::optional<Error> damage;
      json::Parser parser{json::ParseOptions{.max_depth = kMaxNesting + 1}};
      const auto nearer = [](const VectorMatch& a, const VectorMatch& b) {
        return a.distance != b.distance ? a.distance < b.distance : a.id < b.id;
      };
      const auto take = [&](std::string_view text) {
        auto root = parser.parse(text);
        if (!root) return damage = std::move(root).error(), false;
        auto vector = vector_of(*index, sql::Datum::of(*root));
        if (!vector) return damage = std::move(vector).error(), false;
        if (!vector->has_value()) return true;
        const auto id = root->find("id");
        result.matches.push_back({std::string(id ? id->get_string().value_or("") : ""),
                                  exact_distance(index->spec.metric, request.vector, **vector),
                                  std::string(text)});
        if (result.matches.size() > request.k) {
          std::push_heap(result.matches.begin(), result.matches.end(), nearer);
          std::pop_heap(result.matches.begin(), result.matches.end(), nearer);
          result.matches.pop_back();
        } else {
          std::push_heap(result.matches.begin(), result.matches.end(), nearer);
        }
        return true;
      };
      AVILA_TRY(const sql::ExecuteResult done,
                sql::execute(*filter, plan, &table, execution, take));
      if (damage) return std::move(*damage);
      std::sort(result.matches.begin(), result.matches.end(), nearer);
      result.stats.documents_read = done.documents;
      result.stats.index_entries = done.entries;
      result.stats.rows = result.matches.size();
      result.stats.cost = cost_of(done, table.bytes_read());
      result.stats.elapsed = watch.elapsed();
      store.queries.add(1);
      return result;
    }
  }

  sql::Arena arena;
  sql::Context context;
  context.arena = &arena;
  context.now = store.clock.wall();
  context.memory_limit = store.options.query_memory_bytes;
  json::Parser parser{json::ParseOptions{.max_depth = kMaxNesting + 1}};
  std::function<Result<bool>(std::string_view)> accept;
  if (filter) {
    context.slots.resize(filter->slots());
    context.parameters = filter->parameters();
    accept = [&](std::string_view text) -> Result<bool> {
      if ((++result.stats.documents_read & 63) == 0) {
        AVILA_TRY_VOID(watch.check());
      }
      AVILA_TRY(const json::Element root, parser.parse(text).context("stored document"));
      context.slots[0] = sql::Datum::of(root);
      const bool match = sql::evaluate(*filter->select().where, context).is_true();
      arena.reset();
      if (context.failure) return std::move(*context.failure);
      return match;
    };
  }
  const std::size_t ef = request.ef > 0 ? request.ef : std::max<std::size_t>(64, request.k);
  AVILA_TRY(auto found, table.find_nearest(*index, request.vector, request.k, ef, accept));
  for (DocumentTable::Found& one : found) {
    AVILA_TRY(std::string id, id_of(collection->levels, one.primary));
    result.matches.push_back({std::move(id), one.distance, std::move(one.text)});
  }
  result.stats.documents_read += result.matches.size();
  result.stats.rows = result.matches.size();
  result.stats.cost =
      0.5 + 0.5 * static_cast<double>(result.stats.documents_read) + 0.01 * static_cast<double>(ef);
  result.stats.elapsed = watch.elapsed();
  store.queries.add(1);
  return result;
}

}  // namespace avila::aviladb

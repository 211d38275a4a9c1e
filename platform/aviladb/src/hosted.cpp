#include <avila/aviladb/hosted.hpp>
#include <avila/aviladb/routes.hpp>
#include <avila/aviladb/service.hpp>
#include <avila/json/value.hpp>
#include <avila/metrics/registry.hpp>
#include <memory>
#include <mutex>

#include "demo_data.hpp"

namespace avila::aviladb {
namespace {

using chassis::Setting;
using chassis::SettingKind;

constexpr Setting kSettings[] = {
    {"aviladb.cache_bytes", SettingKind::Bytes, "64MiB", "cache of blocks read from disk", 1 << 20,
     INT64_C(1) << 40},
    {"aviladb.memtable_bytes", SettingKind::Bytes, "32MiB",
     "writes kept in memory before they go to a table", 1 << 20, INT64_C(1) << 32},
    {"aviladb.document_bytes", SettingKind::Bytes, "4MiB", "largest document", 1 << 10,
     static_cast<std::int64_t>(kMaxDocumentBytes)},
    {"aviladb.nesting", SettingKind::Integer, "128", "arrays and objects within one another", 1,
     static_cast<std::int64_t>(kMaxNesting)},
    {"aviladb.query_time", SettingKind::Duration, "30s", "longest query", 1'000'000, INT64_MAX},
    {"aviladb.query_memory", SettingKind::Bytes, "256MiB", "for sorting and grouping, of one query",
     1 << 20, INT64_C(1) << 40},
};

class Hosted final : public chassis::HostedService {
 public:
  Result<void> open(const chassis::Config& config, const std::string& folder) override {
    ServiceOptions options;
    options.path = folder;
    options.cache_bytes = config.bytes("aviladb.cache_bytes");
    options.memtable_bytes = config.bytes("aviladb.memtable_bytes");
    options.document_bytes_max = config.bytes("aviladb.document_bytes");
    options.nesting_max = static_cast<std::size_t>(config.integer("aviladb.nesting"));
    options.query_timeout = config.duration("aviladb.query_time");
    options.query_memory_bytes = config.bytes("aviladb.query_memory");
    AVILA_TRY(service_, Service::open(std::move(options)));
    return {};
  }

  void add_routes(web::Router& router) override { aviladb::add_routes(router, *service_); }

  void export_metrics(metrics::Registry& registry) override {
    const ServiceStats stats = service_->stats();
    const auto gauge = [&](const char* name, const char* help, std::uint64_t value) {
      registry.gauge(name, help).set(static_cast<double>(value));
    };
    gauge("avila_db_databases", "Databases", stats.databases);
    gauge("avila_db_collections", "Collections", stats.collections);
    const std::lock_guard lock(scrape_);
    const auto counter = [&](const char* name, const char* help, std::uint64_t value) {
      metrics::Counter& total = registry.counter(name, help);
      const auto known = static_cast<std::uint64_t>(total.value());
      if (value > known) total.increment(value - known);
    };
    counter("avila_db_reads_total", "Documents read", stats.reads);
    counter("avila_db_writes_total", "Documents written", stats.writes);
    counter("avila_db_queries_total", "Queries answered", stats.queries);
    counter("avila_db_conflicts_total",
            "Requests refused by a precondition or an id that is there already, or twice",
            stats.conflicts);
    counter("avila_db_expired_total", "Documents erased because their time was over",
            stats.expired);
    gauge("avila_db_disk_bytes", "Bytes of the data folder", stats.disk_bytes);
  }

  /// Brazil's states, with an index and the capitals as vectors.
  Result<std::string> load_demo() override {
    AVILA_TRY_VOID(service_->create_database("demo"));
    CollectionSpec spec;
    spec.name = "states";
    spec.indexes.push_back({.name = "by_population", .fields = {{"/population"}}});
    spec.vectors.push_back({.path = "/position", .dimensions = 3, .metric = VectorMetric::Cosine});
    AVILA_TRY_VOID(service_->create_collection("demo", std::move(spec)));
    AVILA_TRY(const json::Value states, json::parse(kBrazilStates));
    std::vector<BatchOperation> operations;
    for (const json::Value& state : states.array())
      operations.push_back({.op = BatchOp::Create, .document = json::to_string(state)});
    AVILA_TRY_VOID(service_->batch("demo", "states", operations, true));
    return std::string(
        "avl db query demo 'SELECT s.name, s.population FROM states s "
        "WHERE s.population > 10000000 ORDER BY s.population DESC'");
  }

  // What has expired is hidden at once; a failure to remove it is tried again at the next tick.
  void tick() override { (void)service_->expire(); }

  Result<void> close() override {
    if (service_ == nullptr) return {};
    return service_->close();
  }

 private:
  std::unique_ptr<Service> service_;
  std::mutex scrape_;  // one brings the counters up to date at a time
};

}  // namespace

chassis::ServiceFactory factory() {
  return {"aviladb", 1, kSettings,
          [] { return std::unique_ptr<chassis::HostedService>(std::make_unique<Hosted>()); }};
}

}  // namespace avila::aviladb

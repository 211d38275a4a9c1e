#include <algorithm>
#include <avila/aviladb/service.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/sql/key.hpp>
#include <memory>
#include <unordered_map>

#include "queries.hpp"
#include "upkeep.hpp"
#include "writer.hpp"

namespace avila::aviladb {

struct Service::Impl {
  std::unique_ptr<Store> store;
};

Service::Service(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Service::~Service() = default;

Result<std::unique_ptr<Service>> Service::open(ServiceOptions options) {
  auto impl = std::make_unique<Impl>();
  AVILA_TRY(impl->store, Store::open(std::move(options)));
  return std::unique_ptr<Service>(new Service(std::move(impl)));
}

Result<void> Service::close() { return impl_->store->close(); }
Result<void> Service::flush() { return impl_->store->flush(); }

Result<DatabaseInfo> Service::create_database(std::string_view name) {
  return impl_->store->create_database(name);
}
Result<std::vector<DatabaseInfo>> Service::list_databases() {
  AVILA_TRY_VOID(impl_->store->check_open());
  return impl_->store->list_databases();
}
Result<DatabaseInfo> Service::database(std::string_view name) {
  AVILA_TRY_VOID(impl_->store->check_open());
  return impl_->store->database(name);
}
Result<void> Service::drop_database(std::string_view name) {
  return impl_->store->drop_database(name);
}

Result<CollectionInfo> Service::create_collection(std::string_view database, CollectionSpec spec) {
  return impl_->store->create_collection(database, std::move(spec));
}
Result<std::vector<CollectionInfo>> Service::list_collections(std::string_view database) {
  AVILA_TRY_VOID(impl_->store->check_open());
  return impl_->store->list_collections(database);
}
Result<CollectionInfo> Service::collection(std::string_view database, std::string_view name) {
  AVILA_TRY(const auto found, impl_->store->find(database, name));
  return impl_->store->info(*found);
}
Result<void> Service::drop_collection(std::string_view database, std::string_view name) {
  return impl_->store->drop_collection(database, name);
}

Result<IndexInfo> Service::create_index(std::string_view database, std::string_view collection,
                                        IndexSpec spec) {
  AVILA_TRY(const auto found, impl_->store->find(database, collection));
  return impl_->store->create_index(*found, std::move(spec));
}
Result<VectorInfo> Service::create_vector_index(std::string_view database,
                                                std::string_view collection, VectorSpec spec) {
  AVILA_TRY(const auto found, impl_->store->find(database, collection));
  return impl_->store->create_vector_index(*found, std::move(spec));
}
Result<std::vector<IndexInfo>> Service::list_indexes(std::string_view database,
                                                     std::string_view collection) {
  AVILA_TRY(const auto found, impl_->store->find(database, collection));
  return impl_->store->info(*found).indexes;
}
Result<void> Service::drop_index(std::string_view database, std::string_view collection,
                                 std::string_view name) {
  AVILA_TRY(const auto found, impl_->store->find(database, collection));
  return impl_->store->drop_index(*found, name);
}

namespace {

/// Saves the vector graphs that have changed enough; failures are told by the next flush().
void save_if_due(Store& store, Collection& collection) {
  std::vector<std::shared_ptr<VectorIndex>> due;
  {
    const std::shared_lock schema(collection.schema);
    if (collection.dropped) return;
    for (const auto& index : collection.vectors) {
      const std::lock_guard lock(index->mutex);
      if (index->changes >= store.options.vector_snapshot_writes) due.push_back(index);
    }
  }
  for (const auto& index : due) (void)store.save_vectors(collection, *index);
}

/// One operation of a batch, its document found before anything is locked.
struct Work {
  BatchOperation operation;
  std::string primary;
  std::optional<Error> refused;
};

bool carries_document(BatchOp op) {
  return op == BatchOp::Create || op == BatchOp::Upsert || op == BatchOp::Replace;
}

/// Primary keys by id of the documents that a batch makes, for its later operations.
using MadeInBatch = std::unordered_map<std::string, std::string>;

/// Makes the id where there is none, and finds the primary key.
Result<void> prepare(Work& work, Store& store, Collection& collection, MadeInBatch& made) {
  BatchOperation& operation = work.operation;
  if (!carries_document(operation.op)) {
    auto located = store.locate(collection, operation.id, operation.options.partition_key);
    if (!located && located.error().is(Errc::NotFound)) {
      const auto here = made.find(operation.id);
      if (here != made.end()) located = here->second;
    }
    AVILA_TRY(work.primary, std::move(located));
    return {};
  }
  AVILA_TRY(json::Element root, parse_document(store, operation.document));
  if (!root.find("id")) {
    if (operation.op == BatchOp::Replace && operation.id.empty())
      return Error(Errc::InvalidArgument, "replace needs an id");
    AVILA_TRY(const Identity fresh, identify(collection, root, operation.options.partition_key));
    if (operation.id.empty()) operation.id = fresh.id;
    json::Value document = json::to_value(root);
    document.set("id", operation.id);
    operation.document = json::to_string(document);
    AVILA_TRY(root, parse_document(store, operation.document));
  }
  AVILA_TRY(Identity identity, identify(collection, root, operation.options.partition_key));
  if (operation.id.empty()) operation.id = identity.id;
  if (operation.op == BatchOp::Replace) {
    AVILA_TRY(work.primary, replace_target(store, collection, operation.id, operation.document,
                                           operation.options.partition_key));
  } else {
    work.primary = std::move(identity.primary);
  }
  made[operation.id] = work.primary;
  return {};
}

Result<Writer::Outcome> run_one(Writer& writer, Work& work) {
  if (work.refused) return std::move(*work.refused);
  const BatchOperation& operation = work.operation;
  switch (operation.op) {
    case BatchOp::Create: return writer.create(operation.document, operation.options);
    case BatchOp::Upsert: return writer.upsert(operation.document, operation.options);
    case BatchOp::Replace:
      return writer.replace(work.primary, operation.id, operation.document, operation.options);
    case BatchOp::Patch: {
      AVILA_TRY(const json::Value patch, json::parse(operation.patch).context("patch"));
      return writer.patch(work.primary, operation.id, patch, operation.options);
    }
    case BatchOp::Delete: return writer.erase(work.primary, operation.id, operation.options);
    case BatchOp::Read: break;
  }
  return writer.read(work.primary, operation.id, operation.options);
}

int status_of(const Error& error) {
  switch (error.code()) {
    case Errc::NotFound: return 404;
    case Errc::AlreadyExists:
    case Errc::Conflict: return 409;
    case Errc::PreconditionFailed: return 412;
    case Errc::LimitExceeded: return 413;
    case Errc::NoSpace: return 507;
    case Errc::InvalidArgument:
    case Errc::Malformed: return 400;
    default: return 500;
  }
}
bool is_the_callers(const Error& error) { return status_of(error) < 500; }

}  // namespace

Result<Document> Service::create(std::string_view database, std::string_view collection,
                                 std::string_view json, const DocumentOptions& options) {
  AVILA_TRY(const auto found, impl_->store->find(database, collection));
  Store& store = *impl_->store;
  AVILA_TRY(const json::Element root, parse_document(store, json));
  AVILA_TRY(Identity identity, identify(*found, root, options.partition_key));
  std::string with_id;  // a made id is made once
  if (!root.find("id")) {
    with_id = "{\"id\":\"" + identity.id + (root.empty() ? "\"" : "\",");
    std::string rest;
    json::append_json(rest, root);
    with_id += std::string_view(rest).substr(1);
    json = with_id;
  }
  Document document;
  {
    Writer writer(store, *found);
    writer.lock({std::move(identity.primary)});
    AVILA_TRY(Writer::Outcome outcome, writer.create(json, options));
    AVILA_TRY_VOID(writer.commit());
    document = std::move(outcome.document);
  }
  save_if_due(store, *found);
  return document;
}

Result<WriteResult> Service::upsert(std::string_view database, std::string_view collection,
                                    std::string_view json, const DocumentOptions& options) {
  AVILA_TRY(const auto found, impl_->store->find(database, collection));
  Store& store = *impl_->store;
  AVILA_TRY(const json::Element root, parse_document(store, json));
  if (!root.find("id")) {
    AVILA_TRY(Document document, create(database, collection, json, options));
    return WriteResult{std::move(document), true};
  }
  AVILA_TRY(Identity identity, identify(*found, root, options.partition_key));
  WriteResult result;
  {
    Writer writer(store, *found);
    writer.lock({std::move(identity.primary)});
    AVILA_TRY(Writer::Outcome outcome, writer.upsert(json, options));
    AVILA_TRY_VOID(writer.commit());
    result = {std::move(outcome.document), outcome.created};
  }
  save_if_due(store, *found);
  return result;
}

Result<Document> Service::read(std::string_view database, std::string_view collection,
                               std::string_view id, const DocumentOptions& options) {
  AVILA_TRY(const auto found, impl_->store->find(database, collection));
  Store& store = *impl_->store;
  AVILA_TRY(const std::string primary, store.locate(*found, id, options.partition_key));
  Document document;
  AVILA_TRY(const bool there, store.get(*found, primary, document.json));
  store.reads.add(1);
  if (!there)
    return Error(Errc::NotFound,
                 "there is no document with the id \"" + std::string(id.substr(0, 200)) + "\"");
  document.id = id;
  // The store writes _etag and _ts last: `,"_etag":"…","_ts":…}`.
  const auto at = document.json.rfind("\"_etag\":\"");
  if (at != std::string::npos) document.etag = document.json.substr(at + 9, 24);
  return document;
}

Result<Document> Service::replace(std::string_view database, std::string_view collection,
                                  std::string_view id, std::string_view json,
                                  const DocumentOptions& options) {
  AVILA_TRY(const auto found, impl_->store->find(database, collection));
  Store& store = *impl_->store;
  AVILA_TRY(const std::string primary,
            replace_target(store, *found, id, json, options.partition_key));
  Document document;
  {
    Writer writer(store, *found);
    writer.lock({primary});
    AVILA_TRY(Writer::Outcome outcome, writer.replace(primary, id, json, options));
    AVILA_TRY_VOID(writer.commit());
    document = std::move(outcome.document);
  }
  save_if_due(store, *found);
  return document;
}

Result<Document> Service::patch(std::string_view database, std::string_view collection,
                                std::string_view id, PatchKind kind, std::string_view patch_json,
                                const DocumentOptions& options) {
  AVILA_TRY(const auto found, impl_->store->find(database, collection));
  Store& store = *impl_->store;
  AVILA_TRY(json::Value patch, json::parse(patch_json).context("patch"));
  if (kind == PatchKind::Merge && !patch.is_object())
    return Error(Errc::InvalidArgument, "a merge patch must be a JSON object");
  if (kind == PatchKind::Operations && patch.is_object()) {
    json::Value* operations = patch.find("operations");
    if (operations == nullptr)
      return Error(Errc::InvalidArgument, "a JSON patch must be an array of operations");
    json::Value list = std::move(*operations);
    patch = std::move(list);
  }
  if (kind == PatchKind::Operations && !patch.is_array())
    return Error(Errc::InvalidArgument, "a JSON patch must be an array of operations");
  AVILA_TRY(const std::string primary, store.locate(*found, id, options.partition_key));
  Document document;
  {
    Writer writer(store, *found);
    writer.lock({primary});
    AVILA_TRY(Writer::Outcome outcome, writer.patch(primary, id, patch, options));
    AVILA_TRY_VOID(writer.commit());
    document = std::move(outcome.document);
  }
  save_if_due(store, *found);
  return document;
}

Result<void> Service::erase(std::string_view database, std::string_view collection,
                            std::string_view id, const DocumentOptions& options) {
  AVILA_TRY(const auto found, impl_->store->find(database, collection));
  Store& store = *impl_->store;
  AVILA_TRY(const std::string primary, store.locate(*found, id, options.partition_key));
  {
    Writer writer(store, *found);
    writer.lock({primary});
    AVILA_TRY_VOID(writer.erase(primary, id, options));
    AVILA_TRY_VOID(writer.commit());
  }
  save_if_due(store, *found);
  return {};
}

Result<BatchResult> Service::batch(std::string_view database, std::string_view collection,
                                   const std::vector<BatchOperation>& operations, bool atomic) {
  AVILA_TRY(const auto found, impl_->store->find(database, collection));
  Store& store = *impl_->store;
  if (operations.size() > kMaxBatchOperations)
    return Error(Errc::LimitExceeded, "the batch has " + std::to_string(operations.size()) +
                                          " operations; the limit (kMaxBatchOperations) is 1,000");
  std::size_t bytes = 0;
  for (const BatchOperation& operation : operations)
    bytes += operation.document.size() + operation.patch.size();
  if (bytes > kMaxBatchBytes)
    return Error(Errc::LimitExceeded, "the batch is " + std::to_string(bytes) +
                                          " bytes; the limit (kMaxBatchBytes) is 16 MiB");
  std::vector<Work> works;
  std::vector<std::string> primaries;
  MadeInBatch made;
  for (const BatchOperation& operation : operations) {
    Work work;
    work.operation = operation;
    if (auto fine = prepare(work, store, *found, made); !fine)
      work.refused = std::move(fine).error();
    else
      primaries.push_back(work.primary);
    works.push_back(std::move(work));
  }
  BatchResult result;
  {
    Writer writer(store, *found);
    writer.lock(std::move(primaries));
    for (Work& work : works) {
      const BatchOperation& operation = work.operation;
      BatchItem item;
      item.id = operation.id;
      auto outcome = run_one(writer, work);
      if (outcome) {
        item.id = outcome->document.id;
        item.status = operation.op == BatchOp::Delete ? 204 : outcome->created ? 201 : 200;
        if (operation.op != BatchOp::Delete) {
          item.etag = std::move(outcome->document.etag);
          item.json = std::move(outcome->document.json);
        }
      } else {
        if (!is_the_callers(outcome.error())) return std::move(outcome).error();
        item.status = status_of(outcome.error());
        item.error = outcome.error().to_string();
      }
      const bool failed = !item.error.empty();
      result.items.push_back(std::move(item));
      if (failed && atomic) {
        result.committed = false;
        break;
      }
    }
    if (result.committed) {
      AVILA_TRY_VOID(writer.commit());
    } else {
      for (std::size_t i = 0; i < works.size(); ++i) {
        if (i < result.items.size() && !result.items[i].error.empty()) continue;
        BatchItem undone;
        undone.status = 424;
        undone.id = works[i].operation.id;
        undone.error = "not done: another operation of the atomic batch was refused";
        if (i < result.items.size())
          result.items[i] = std::move(undone);
        else
          result.items.push_back(std::move(undone));
      }
    }
  }
  save_if_due(store, *found);
  return result;
}

Result<FilterResult> Service::patch_where(std::string_view database, std::string_view collection,
                                          std::string_view filter, std::string_view parameters,
                                          std::string_view patch_json) {
  AVILA_TRY(const auto found, impl_->store->find(database, collection));
  AVILA_TRY(const json::Value patch, json::parse(patch_json).context("patch"));
  AVILA_TRY(const FilterResult result,
            change_where(*impl_->store, *found, found, filter, parameters, &patch));
  save_if_due(*impl_->store, *found);
  return result;
}

Result<FilterResult> Service::erase_where(std::string_view database, std::string_view collection,
                                          std::string_view filter, std::string_view parameters) {
  AVILA_TRY(const auto found, impl_->store->find(database, collection));
  AVILA_TRY(const FilterResult result,
            change_where(*impl_->store, *found, found, filter, parameters, nullptr));
  save_if_due(*impl_->store, *found);
  return result;
}

Result<QueryPage> Service::query(std::string_view database, const QueryRequest& request,
                                 const Cancelled& cancelled) {
  std::vector<std::string> documents;
  const auto row = [&](std::string_view json) {
    documents.emplace_back(json);
    return true;
  };
  AVILA_TRY(QueryPage page, run_query(*impl_->store, database, request, true, row, cancelled));
  page.documents = std::move(documents);
  return page;
}

Result<QueryPage> Service::stream(std::string_view database, const QueryRequest& request,
                                  const RowSink& row, const Cancelled& cancelled) {
  return run_query(*impl_->store, database, request, false, row, cancelled);
}

Result<VectorSearchResult> Service::vector_search(std::string_view database,
                                                  std::string_view collection,
                                                  const VectorSearchRequest& request,
                                                  const Cancelled& cancelled) {
  AVILA_TRY(auto found, impl_->store->find(database, collection));
  return search_vectors(*impl_->store, std::move(found), request, cancelled);
}

Result<std::uint64_t> Service::expire(std::size_t limit) {
  return expire_documents(*impl_->store, limit);
}
Result<std::uint64_t> Service::verify(std::string_view database, std::string_view collection) {
  AVILA_TRY(const auto found, impl_->store->find(database, collection));
  return verify_collection(*impl_->store, found);
}
ServiceStats Service::stats() { return stats_of(*impl_->store); }

}  // namespace avila::aviladb

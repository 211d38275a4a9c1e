// One atomic write of documents with their index entries.
#pragma once
#include <unordered_map>

#include "store.hpp"

namespace avila::aviladb {

class Writer {
 public:
  /// Holds the collection's schema shared until the end.
  Writer(Store& store, Collection& collection);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Locks the documents; once, before the first change.
  void lock(std::vector<std::string> primaries);

  struct Outcome {
    Document document;
    bool created = false;
  };
  /// Each leaves the batch as it was when it fails.
  Result<Outcome> create(std::string_view json, const DocumentOptions& options);
  Result<Outcome> upsert(std::string_view json, const DocumentOptions& options);
  Result<Outcome> replace(std::string_view primary, std::string_view id, std::string_view json,
                          const DocumentOptions& options);
  Result<Outcome> patch(std::string_view primary, std::string_view id, const json::Value& patch,
                        const DocumentOptions& options);
  Result<Outcome> erase(std::string_view primary, std::string_view id,
                        const DocumentOptions& options);
  Result<Outcome> read(std::string_view primary, std::string_view id,
                       const DocumentOptions& options);
  /// Erases the document if its time is over.
  Result<bool> erase_expired(std::string_view primary);
  /// The stored text as this writer sees it; false where there is none.
  Result<bool> current(std::string_view primary, std::string& json);

  std::size_t changes() const { return batch_.count(); }
  Result<void> commit();

 private:
  struct Old {
    bool stored = false;   // there are bytes to replace
    bool visible = false;  // and their time is not over
    std::string json, etag;
  };
  struct VectorChange {
    VectorIndex* index = nullptr;
    std::uint64_t label = 0;
    bool insert = false;
    std::vector<float> vector;
  };
  struct Step;

  Result<Old> old_of(std::string_view primary);
  Result<void> check(const Old& old, const DocumentOptions& options);
  Result<void> remove(std::string_view primary, const Old& old);
  Result<Outcome> put(std::string_view primary, std::string_view id, json::Element document,
                      Old& old);
  Result<void> stage(Step& step, std::string_view primary, const sql::Datum* before,
                     const sql::Datum* after);
  Result<void> stage_unique(Step& step, const Index& index, std::string_view primary,
                            const std::string* before, const std::string* after);
  Result<void> stage_vector(Step& step, VectorIndex& index, std::string_view primary,
                            const sql::Datum* before, const sql::Datum* after);
  void accept(Step& step, std::string_view primary, std::optional<std::string> json);
  void abandon(Step& step);

  Store& store_;
  Collection& collection_;
  std::shared_lock<std::shared_mutex> schema_;
  std::vector<std::mutex*> locked_;
  lsm::WriteBatch batch_;
  std::unordered_map<std::string, std::optional<std::string>> documents_;  // as changed here
  std::unordered_map<std::string, std::string> unique_;  // key: its owner, empty when given up
  std::unordered_map<std::string, std::uint64_t> labels_;
  std::vector<std::string> reserved_;
  std::vector<VectorChange> vectors_;
  std::int64_t documents_delta_ = 0, bytes_delta_ = 0;
  std::unordered_map<Index*, std::int64_t> entries_delta_;
};

/// The id and primary key that a new document will have (an id is made where there is none).
struct Identity {
  std::string id, primary;
};
Result<Identity> identify(const Collection& collection, json::Element document,
                          std::string_view partition_key);
/// The primary key that `replace` means: by the partition key given, else by the document's own
/// where it is stored there, else by look-up, else by its own again.
Result<std::string> replace_target(Store& store, Collection& collection, std::string_view id,
                                   std::string_view json, std::string_view partition_key);
/// Parses a document: an object of at most the limits, without a key twice. The element lives
/// until this thread's next call.
Result<json::Element> parse_document(const Store& store, std::string_view json);

}  // namespace avila::aviladb

// A collection as the query engine sees it: one snapshot, its indexes, cursors.
#pragma once
#include <avila/sql/catalogue.hpp>

#include <memory>
#include "store.hpp"

namespace avila::aviladb {

class DocumentTable final : public sql::TableSource {
 public:
  /// `partition`: only documents whose primary key begins so.
  DocumentTable(Store& store, std::shared_ptr<Collection> collection, std::string partition = {});

  std::span<const sql::IndexDescription> indexes() const override { return descriptions_; }
  double rows() const override { return static_cast<double>(collection_->documents.get()); }
  double estimate(std::size_t index, std::span<const sql::KeyRange> ranges) const override;
  bool encode(std::size_t index, std::size_t column, const sql::Datum& value,
              std::string& to) const override;
  Result<std::unique_ptr<sql::RowCursor>> scan(const sql::Scan& scan) override;
  std::span<const sql::VectorDescription> vectors() const override { return vectors_; }
  Result<std::unique_ptr<sql::RowCursor>> nearest(const sql::NearestScan& scan) override;

  struct Found {
    std::string primary, text;
    float distance = 0;
  };
  /// The nearest documents of the snapshot, nearest first. `accept` as in NearestScan.
  Result<std::vector<Found>> find_nearest(
      const VectorIndex& index, std::span<const float> vector, std::size_t k, std::size_t ef,
      const std::function<Result<bool>(std::string_view document)>& accept);

  const lsm::Snapshot& snapshot() const { return snapshot_; }
  std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  class Cursor;
  class FoundCursor;
  Result<bool> labelled(const VectorIndex& index, std::uint64_t label, Found& found);
  /// What the planner knows as index number i: keys behind this prefix, values then primary key.
  struct Source {
    std::string prefix;
    const IndexKeys* keys = nullptr;  // null: primary order, or the id look-up
    bool ids = false;
    std::uint64_t entries = 0;
  };
  /// The ranges behind the source's prefix, and within the partition where the order allows it.
  std::vector<sql::KeyRange> absolute(const Source& source,
                                      std::span<const sql::KeyRange> ranges) const;

  Store& store_;
  std::shared_ptr<Collection> collection_;  // shared: it may be dropped while the query runs
  std::vector<std::shared_ptr<Index>> index_list_;
  std::vector<std::shared_ptr<VectorIndex>> vector_list_;
  std::vector<sql::VectorDescription> vectors_;
  lsm::Snapshot snapshot_;
  std::string partition_;
  std::vector<sql::IndexDescription> descriptions_;
  std::vector<Source> sources_;
  std::uint64_t bytes_read_ = 0;
};

}  // namespace avila::aviladb

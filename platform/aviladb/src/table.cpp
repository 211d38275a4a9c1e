#include "table.hpp"

#include <algorithm>
#include <avila/sql/key.hpp>
#include <memory>
#include <unordered_map>

namespace avila::aviladb {

namespace {
constexpr std::uint64_t kDive = 100;            // entries looked at to estimate a range
constexpr std::uint64_t kDiveInMemory = 4'000;  // where no table tells its size yet
constexpr std::size_t kDiveRanges = 20;
constexpr std::size_t kPassedBetweenChecks = 256;  // of other partitions, or expired
}  // namespace

DocumentTable::DocumentTable(Store& store, std::shared_ptr<Collection> collection,
                             std::string partition)
    : store_(store),
      collection_(std::move(collection)),
      snapshot_(store.db->snapshot()),
      partition_(std::move(partition)) {
  const std::shared_lock schema(collection_->schema);
  sql::IndexDescription primary;
  primary.name = "primary";
  primary.primary = true;
  for (const Level& level : collection_->levels) {
    sql::IndexColumn column;
    column.path = level.spec.path;
    if (level.spec.strategy == PartitionStrategy::Hash) {
      column.encoding = sql::IndexColumn::Encoding::Opaque;
    } else if (level.spec.strategy == PartitionStrategy::Geo) {
      column.encoding = sql::IndexColumn::Encoding::Geohash;
      column.geohash_length = level.spec.geohash_length;
    }
    primary.columns.push_back(std::move(column));
  }
  primary.columns.push_back({"/id"});
  descriptions_.push_back(std::move(primary));
  sources_.push_back({key32('D', collection_->id), nullptr, false, collection_->documents.get()});
  if (collection_->partitioned()) {
    descriptions_.push_back({"id", {{"/id"}}, false, false});
    sources_.push_back({key32('I', collection_->id), nullptr, true, collection_->documents.get()});
  }
  for (const auto& index : collection_->indexes) {
    if (!index->ready) continue;
    sql::IndexDescription description;
    description.name = index->spec.name;
    description.array = index->spec.array;
    for (const IndexField& field : index->spec.fields)
      description.columns.push_back({field.path, field.descending});
    descriptions_.push_back(std::move(description));
    sources_.push_back(
        {key32('X', collection_->id, index->id), &index->keys, false, index->entries.get()});
    index_list_.push_back(index);  // keeps the keys alive
  }
  for (const auto& index : collection_->vectors) {
    if (!index->ready) continue;
    const VectorMetric metric = index->spec.metric;
    vectors_.push_back({index->spec.path,
                        metric == VectorMetric::L2    ? "l2"
                        : metric == VectorMetric::Dot ? "dot"
                                                      : "cosine",
                        index->spec.dimensions});
    vector_list_.push_back(index);
  }
}

std::vector<sql::KeyRange> DocumentTable::absolute(const Source& source,
                                                   std::span<const sql::KeyRange> ranges) const {
  std::string least = source.prefix, most = sql::key_after_prefix(source.prefix);
  const bool primary_order = source.keys == nullptr && !source.ids;
  if (primary_order && !partition_.empty()) {
    least += partition_;
    most = sql::key_after_prefix(least);
  }
  std::vector<sql::KeyRange> result;
  for (const sql::KeyRange& range : ranges) {
    sql::KeyRange whole{source.prefix + range.begin,
                        range.end.empty() ? most : source.prefix + range.end};
    if (whole.begin < least) whole.begin = least;
    if (whole.end > most) whole.end = most;
    if (whole.begin < whole.end) result.push_back(std::move(whole));
  }
  return result;
}

double DocumentTable::estimate(std::size_t number, std::span<const sql::KeyRange> ranges) const {
  const Source& source = sources_[number];
  const auto here = absolute(source, ranges);
  if (ranges.size() == 1 && ranges[0].begin.empty() && ranges[0].end.empty() &&
      (partition_.empty() || source.keys != nullptr || source.ids))
    return static_cast<double>(source.entries);
  const auto all = store_.db->approximate_size(source.prefix, sql::key_after_prefix(source.prefix));
  const std::uint64_t dive = all > 0 ? kDive : kDiveInMemory;
  std::uint64_t seen = 0, size = 0;
  std::size_t looked = 0;
  for (const sql::KeyRange& range : here) {
    if (seen >= dive || looked >= kDiveRanges) break;
    ++looked;
    auto it = store_.db->iterate(
        {.snapshot = &snapshot_, .lower_bound = range.begin, .upper_bound = range.end});
    for (it->seek(range.begin); it->valid() && seen < dive; it->next()) ++seen;
  }
  if (seen < dive) {
    if (looked == here.size()) return static_cast<double>(seen);
    return static_cast<double>(seen) * static_cast<double>(here.size()) /
           static_cast<double>(looked);
  }
  for (const sql::KeyRange& range : here)
    size += store_.db->approximate_size(range.begin, range.end);
  const auto entries = static_cast<double>(source.entries), least = static_cast<double>(dive);
  const double share =
      all > 0 ? static_cast<double>(size) / static_cast<double>(all) : 1.0;  // all in memory
  return std::clamp(entries * share, least, std::max(entries, least));
}

bool DocumentTable::encode(std::size_t index, std::size_t column, const sql::Datum& value,
                           std::string& to) const {
  if (index != 0 || column >= collection_->levels.size()) return false;
  return append_level(to, collection_->levels[column], value).has_value();
}

class DocumentTable::Cursor final : public sql::RowCursor {
 public:
  Cursor(DocumentTable& table, const Source& source, std::vector<sql::KeyRange> ranges,
         const sql::Scan& scan)
      : table_(table),
        source_(source),
        ranges_(std::move(ranges)),
        reverse_(scan.reverse),
        check_(scan.check) {
    if (reverse_) std::reverse(ranges_.begin(), ranges_.end());
    if (scan.from_position.empty()) return;
    const std::string from = source.prefix + scan.from_position;
    if (!reverse_) {
      std::erase_if(ranges_, [&](const auto& range) { return range.end <= from; });
      if (!ranges_.empty() && ranges_[0].begin < from) ranges_[0].begin = from;
    } else {
      const std::string end = from + '\0';
      std::erase_if(ranges_, [&](const auto& range) { return range.begin >= end; });
      if (!ranges_.empty() && ranges_[0].end > end) ranges_[0].end = end;
    }
  }

  Result<bool> next() override {
    for (std::size_t passed = 0;; ++passed) {
      if (passed % kPassedBetweenChecks == kPassedBetweenChecks - 1 && check_) {
        AVILA_TRY_VOID(check_());
      }
      AVILA_TRY(const bool more, step());
      if (!more) return false;
      const std::string_view key = iterator_->key();
      position_ = key.substr(source_.prefix.size());
      AVILA_TRY_VOID(find_primary());
      if (!table_.partition_.empty() && !primary_.starts_with(table_.partition_)) continue;
      if (!table_.collection_->expires()) return true;
      // Whether its time is over stands in the document.
      loaded_ = false;
      AVILA_TRY(const std::string_view text, document());
      AVILA_TRY(const json::Element root, parser_.parse(text));
      const auto end = table_.store_.expiry(*table_.collection_, root);
      if (!end || *end > table_.store_.now_seconds()) return true;
    }
  }
  std::string_view position() const override { return position_; }
  std::string_view primary_key() const override { return primary_; }

  Result<std::string_view> document() override {
    if (is_primary()) {
      if (!loaded_) table_.bytes_read_ += iterator_->value().size();
      loaded_ = true;
      return iterator_->value();
    }
    if (!loaded_) {
      AVILA_TRY(const bool found,
                table_.store_.db->get(table_.store_.document_key(*table_.collection_, primary_),
                                      text_, {.snapshot = &table_.snapshot_}));
      if (!found)
        return Error(Errc::Corrupted,
                     "an index entry of " + table_.collection_->spec.name + " has no document");
      table_.bytes_read_ += text_.size();
      loaded_ = true;
    }
    return std::string_view(text_);
  }

 private:
  bool is_primary() const { return source_.keys == nullptr && !source_.ids; }

  /// To the next key of the ranges.
  Result<bool> step() {
    loaded_ = false;
    if (iterator_ != nullptr) {
      if (reverse_)
        iterator_->prev();
      else
        iterator_->next();
    }
    for (;;) {
      if (iterator_ != nullptr) {
        if (iterator_->valid()) return true;
        AVILA_TRY_VOID(iterator_->status());
        iterator_.reset();
      }
      if (at_ == ranges_.size()) return false;
      const sql::KeyRange& range = ranges_[at_++];
      iterator_ = table_.store_.db->iterate(
          {.snapshot = &table_.snapshot_, .lower_bound = range.begin, .upper_bound = range.end});
      if (reverse_)
        iterator_->seek_to_last();
      else
        iterator_->seek(range.begin);
    }
  }

  Result<void> find_primary() {
    if (is_primary()) {
      primary_ = position_;
      return {};
    }
    if (source_.ids) {  // <id> <partition> → <partition> <id>
      AVILA_TRY(const std::size_t id_size, sql::key_length(position_));
      swapped_.assign(position_.substr(id_size));
      swapped_ += position_.substr(0, id_size);
      primary_ = swapped_;
      return {};
    }
    AVILA_TRY(const std::size_t size, values_length(*source_.keys, position_));
    primary_ = position_.substr(size);
    return {};
  }

  DocumentTable& table_;
  const Source& source_;
  std::vector<sql::KeyRange> ranges_;
  bool reverse_;
  std::function<Result<void>()> check_;
  std::size_t at_ = 0;
  std::unique_ptr<lsm::Iterator> iterator_;
  std::string_view position_, primary_;
  std::string swapped_, text_;
  bool loaded_ = false;
  json::Parser parser_{json::ParseOptions{.max_depth = kMaxNesting + 1}};
};

/// The document of a label; false where there is none in this snapshot, or of another partition.
Result<bool> DocumentTable::labelled(const VectorIndex& index, std::uint64_t label, Found& found) {
  std::string key = key32('Y', collection_->id, index.id);
  append_be64(key, label);
  AVILA_TRY(const bool known, store_.db->get(key, found.primary, {.snapshot = &snapshot_}));
  if (!known || !found.primary.starts_with(partition_)) return false;
  AVILA_TRY(const bool there, store_.get(*collection_, found.primary, found.text, &snapshot_));
  if (there) bytes_read_ += found.text.size();
  return there;
}

Result<std::vector<DocumentTable::Found>> DocumentTable::find_nearest(
    const VectorIndex& index, std::span<const float> vector, std::size_t k, std::size_t ef,
    const std::function<Result<bool>(std::string_view document)>& accept) {
  std::optional<Error> failure;
  hnsw::SearchOptions options;
  options.k = k;
  options.ef = ef > 0 ? ef : std::max<std::size_t>(64, k);
  Found found;
  std::unordered_map<std::uint64_t, bool> asked;
  if (accept || !partition_.empty() || collection_->expires()) {
    options.filter = [&](std::uint64_t label) {
      if (failure) return false;
      const auto before = asked.find(label);
      if (before != asked.end()) return before->second;
      auto match = labelled(index, label, found);
      if (match && *match && accept) match = accept(found.text);
      if (!match) return failure = std::move(match).error(), false;
      asked.emplace(label, *match);
      return *match;
    };
  }
  AVILA_TRY(const auto neighbors, index.graph->search(vector, options));
  if (failure) return std::move(*failure);
  std::vector<Found> all;
  for (const hnsw::Neighbor& neighbor : neighbors) {
    AVILA_TRY(const bool there, labelled(index, neighbor.label, found));
    if (!there) continue;  // erased, or not yet there, in this snapshot
    found.distance = neighbor.distance;
    all.push_back(std::move(found));
  }
  return all;
}

class DocumentTable::FoundCursor final : public sql::RowCursor {
 public:
  explicit FoundCursor(std::vector<Found> rows) : rows_(std::move(rows)) {}
  Result<bool> next() override { return ++at_ <= rows_.size(); }
  std::string_view position() const override { return rows_[at_ - 1].primary; }
  std::string_view primary_key() const override { return rows_[at_ - 1].primary; }
  Result<std::string_view> document() override { return std::string_view(rows_[at_ - 1].text); }

 private:
  std::vector<Found> rows_;
  std::size_t at_ = 0;
};

Result<std::unique_ptr<sql::RowCursor>> DocumentTable::nearest(const sql::NearestScan& scan) {
  AVILA_TRY(auto rows,
            find_nearest(*vector_list_[scan.index], scan.vector, scan.count, 0, scan.accept));
  return std::unique_ptr<sql::RowCursor>(std::make_unique<FoundCursor>(std::move(rows)));
}

Result<std::unique_ptr<sql::RowCursor>> DocumentTable::scan(const sql::Scan& scan) {
  const Source& source = sources_[scan.index];
  return std::unique_ptr<sql::RowCursor>(
      std::make_unique<Cursor>(*this, source, absolute(source, scan.ranges), scan));
}

}  // namespace avila::aviladb

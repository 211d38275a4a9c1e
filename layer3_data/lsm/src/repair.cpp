#include <algorithm>
#include <memory>

#include "engine.hpp"
#include "merging_iterator.hpp"

namespace avila::lsm {
namespace {
using namespace detail;

/// What can be read of a folder, family by family.
struct Salvage {
  struct Source {
    std::string name;
    std::vector<std::unique_ptr<TableReader>> tables;
    std::unique_ptr<Memtable> memtable;
  };
  std::map<std::uint32_t, Source> families;
  Sequence last = 0;
  std::uint64_t highest = 0;
};

/// Hands on what a damaged table still gives.
class Tolerant final : public InternalIterator {
 public:
  Tolerant(std::unique_ptr<InternalIterator> inner, RepairReport& report)
      : inner_(std::move(inner)), report_(report) {}
  bool valid() const noexcept override { return inner_->valid(); }
  void seek(std::string_view key, Tag tag) override { inner_->seek(key, tag), look(); }
  void seek_to_first() override { inner_->seek_to_first(), look(); }
  void seek_to_last() override { inner_->seek_to_last(), look(); }
  void next() override { inner_->next(), look(); }
  void prev() override { inner_->prev(), look(); }
  std::string_view key() const noexcept override { return inner_->key(); }
  Tag tag() const noexcept override { return inner_->tag(); }
  std::string_view value() const noexcept override { return inner_->value(); }
  Result<void> status() const override { return {}; }

 private:
  void look() {
    if (inner_->valid() || told_) return;
    const auto status = inner_->status();
    if (status.has_value()) return;
    told_ = true;
    ++report_.blocks_lost;
    report_.problems.push_back(status.error().to_string());
  }
  std::unique_ptr<InternalIterator> inner_;
  RepairReport& report_;
  bool told_ = false;
};

void read_log(std::string_view bytes, const std::string& name, Salvage& salvage,
              const Options& options, RepairReport& report) {
  LogReader reader(bytes);
  LogRecord record;
  for (;;) {
    const auto more = reader.next(record);
    if (!more.has_value()) {
      report.problems.push_back(name + ": " + more.error().to_string());
      return;
    }
    if (!more.value()) return;
    BatchReader changes(record.payload);
    BatchEntry entry;
    for (Sequence sequence = record.sequence; changes.next(entry); ++sequence) {
      auto& source = salvage.families[entry.family];
      if (!source.memtable)
        source.memtable = std::make_unique<Memtable>(options.family.memtable_bytes, 0);
      if (entry.kind == Kind::EraseRange)
        source.memtable->add_range_tombstone(sequence, entry.key, entry.value);
      else
        source.memtable->add(make_tag(sequence, entry.kind), entry.key, entry.value);
      salvage.last = std::max(salvage.last, sequence);
    }
  }
}
}  // namespace

Result<RepairReport> repair(os::FileSystem& fs, const std::string& path, const Options& options) {
  RepairReport report;
  AVILA_TRY(const auto lock, fs.lock(path + "/LOCK"));
  AVILA_TRY(const auto entries, fs.list(path));
  Salvage salvage;
  salvage.families[0].name = "default";
  const std::string lost = path + "/lost";
  // The manifest, where it can be read, tells live tables from those that wait for removal.
  std::optional<ManifestState> state;
  for (const auto& entry : entries) {
    std::uint64_t number = 0;
    if (classify(entry.name, number) != FileType::Current) continue;
    auto text = read_whole(fs, current_name(path));
    auto at = text.has_value() ? decode_current(text.value().view())
                               : Result<std::uint64_t>(std::move(text).error());
    auto bytes = at.has_value() ? read_whole(fs, manifest_name(path, at.value()))
                                : Result<FileBytes>(std::move(at).error());
    auto read = bytes.has_value() ? read_manifest(bytes.value().view())
                                  : Result<ManifestState>(std::move(bytes).error());
    if (read.has_value())
      state = std::move(read).value();
    else
      report.problems.push_back(read.error().to_string());
  }
  std::vector<std::string> done;  // what the new tables replace
  for (const auto& entry : entries) {
    std::uint64_t number = 0;
    const FileType type = classify(entry.name, number);
    salvage.highest = std::max(salvage.highest, number);
    const std::string name = path + "/" + entry.name;
    if (type == FileType::Table) {
      bool live = !state.has_value();
      if (state)
        for (const auto& [id, family] : state->families)
          live = live || family.files.contains(number);
      auto table = TableReader::open(fs, name, number, nullptr);
      if (!table.has_value()) {
        if (live) {
          ++report.tables_lost;
          report.problems.push_back(table.error().to_string());
          AVILA_TRY_VOID(fs.create_directories(lost));
          AVILA_TRY_VOID(fs.rename(name, lost + "/" + entry.name));
        }
        continue;
      }
      done.push_back(name);
      if (!live) continue;
      const TableProperties& properties = table.value()->properties();
      salvage.last = std::max(salvage.last, properties.largest_sequence);
      auto& source = salvage.families[properties.family];
      source.name = properties.family_name;
      source.tables.push_back(std::move(table).value());
      ++report.tables_read;
    } else if (type == FileType::Log) {
      auto bytes = read_whole(fs, name);
      if (!bytes.has_value()) {
        report.problems.push_back(bytes.error().to_string());
        continue;
      }
      read_log(bytes.value().view(), name, salvage, options, report);
      ++report.logs_read;
      done.push_back(name);
    } else if (type == FileType::Manifest) {
      done.push_back(name);
    }
  }
  if (state) {
    salvage.last = std::max(salvage.last, state->last_sequence);
    for (const auto& [id, family] : state->families) salvage.families[id].name = family.name;
  }

  // Everything is merged by sequence number into new tables of the lowest level.
  std::uint64_t next = salvage.highest + 1;
  VersionEdit edit;
  for (auto& [id, source] : salvage.families) {
    if (source.name.empty()) source.name = "recovered-" + std::to_string(id);
    OutputRequest request;
    CfOptions family_options = options.family;
    for (const auto& [name, own] : options.families)
      if (name == source.name) family_options = own;
    request.options = &family_options;
    request.family = id;
    request.family_name = source.name;
    request.level = kLevels - 1;
    request.bottom = true;
    request.target_bytes = family_options.target_file_bytes;
    std::vector<std::unique_ptr<InternalIterator>> children;
    for (const auto& table : source.tables) {
      children.push_back(std::make_unique<Tolerant>(
          std::make_unique<TableIterator>(table.get(), TableIterator::Mode::Sequential), report));
      const auto& own = table->raw_tombstones();
      request.tombstones.insert(request.tombstones.end(), own.begin(), own.end());
    }
    if (source.memtable) {
      children.push_back(source.memtable->iterate());
      const auto own = source.memtable->raw_tombstones();
      request.tombstones.insert(request.tombstones.end(), own.begin(), own.end());
    }
    const auto& merge = family_options.merge_operator;
    edit.created.push_back({id, source.name, merge ? merge->name() : ""});
    if (children.empty()) continue;
    const auto input = merge_iterators(std::move(children));
    AVILA_TRY(const auto outputs, write_tables(*input, request,
                                               [&](std::uint64_t& number) {
                                                 number = next++;
                                                 return TableBuilder::create(
                                                     fs, table_name(path, number), family_options,
                                                     nullptr);
                                               },
                                               {}));
    for (const OutputFile& output : outputs) {
      auto file = std::make_shared<FileMeta>();
      file->number = output.number;
      file->size = output.size;
      file->smallest = output.properties.smallest;
      file->largest = output.properties.largest;
      file->smallest_sequence = output.properties.smallest_sequence;
      file->largest_sequence = output.properties.largest_sequence;
      file->entries = output.properties.entries;
      file->range_tombstones = output.properties.range_tombstones;
      report.entries_kept += file->entries;
      edit.added.push_back({id, kLevels - 1, std::move(file), 0});
    }
  }
  const std::uint64_t number = next++;
  edit.next_file = next;
  edit.last_sequence = salvage.last;
  edit.next_family = salvage.families.rbegin()->first + 1;
  AVILA_TRY(auto manifest, LogWriter::create(fs, path, manifest_name(path, number), number, 0));
  manifest->add(salvage.last, edit.encode());
  AVILA_TRY_VOID(manifest->commit());
  AVILA_TRY_VOID(manifest->sync());
  AVILA_TRY_VOID(fs.write_atomically(current_name(path), as_bytes(encode_current(number))));
  salvage.families.clear();
  for (const std::string& name : done) (void)fs.remove(name);  // open() removes what stays
  return report;
}

}  // namespace avila::lsm

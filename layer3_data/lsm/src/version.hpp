// Which tables make up a family, level by level; the edits that change it.
#pragma once
#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <optional>

#include "table.hpp"

namespace avila::lsm::detail {

/// One live table. Its file is removed when the last version that names it is gone.
struct FileMeta {
  std::uint64_t number = 0, size = 0;
  std::string smallest, largest;  // user keys, inclusive
  Sequence smallest_sequence = 0, largest_sequence = 0;
  std::uint64_t entries = 0, range_tombstones = 0;

  std::unique_ptr<TableReader> table;
  os::FileSystem* fs = nullptr;
  BlockCache* cache = nullptr;
  std::string path;
  std::atomic<bool> obsolete{false};

  ~FileMeta();
  bool overlaps(std::string_view begin, std::string_view end, bool end_bounded) const noexcept;
};
using FilePtr = std::shared_ptr<FileMeta>;  // shared by versions, compactions, iterators

struct Version {
  std::array<std::vector<FilePtr>, kLevels> levels;  // 0: newest first; others: by key

  /// True when the search is over.
  Result<bool> get(Lookup& lookup, bool fill_cache, std::uint64_t& filtered) const;
  std::uint64_t bytes(int level) const noexcept;
  /// Files of a level that hold keys of [begin, end]; empty bounds: unbounded.
  std::vector<FilePtr> overlapping(int level, std::string_view begin, std::string_view end,
                                   bool bounded) const;
  /// No file below `level` may hold the key.
  bool none_below(int level, std::string_view key) const noexcept;
};

/// Walks the files of a level >= 1, one after the other.
std::unique_ptr<InternalIterator> iterate_level(const std::vector<FilePtr>& files,
                                                TableIterator::Mode mode);

struct FileEdit {
  std::uint32_t family = 0;
  int level = 0;
  FilePtr file;              // added
  std::uint64_t number = 0;  // removed
};

/// A change of the store's shape; one manifest record, atomic.
struct VersionEdit {
  struct NewFamily {
    std::uint32_t id;
    std::string name, merge_operator;
  };
  std::vector<NewFamily> created;
  std::vector<std::uint32_t> dropped;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> log_numbers;  // family, oldest log it needs
  std::vector<FileEdit> added, removed;
  std::optional<std::uint64_t> next_file, last_sequence;
  std::optional<std::uint32_t> next_family;

  std::string encode() const;
  static Result<VersionEdit> decode(std::string_view bytes);
};

/// The store's shape as a manifest tells it.
struct ManifestState {
  struct FamilyState {
    std::string name, merge_operator;
    std::uint64_t log_number = 0;
    std::map<std::uint64_t, std::pair<int, FilePtr>> files;  // by number: level, facts
  };
  std::map<std::uint32_t, FamilyState> families;
  std::uint64_t next_file = 1, last_sequence = 0;
  std::uint32_t next_family = 1;

  Result<void> apply(const VersionEdit& edit);
};
/// Replays the bytes of a manifest file.
Result<ManifestState> read_manifest(std::string_view bytes);

std::string encode_current(std::uint64_t manifest_number);
Result<std::uint64_t> decode_current(std::string_view text);

void sort_level(int level, std::vector<FilePtr>& files);

}  // namespace avila::lsm::detail

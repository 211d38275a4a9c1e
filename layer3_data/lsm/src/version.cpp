#include "version.hpp"

#include <algorithm>
#include <memory>

#include "bloom.hpp"

namespace avila::lsm::detail {

FileMeta::~FileMeta() {
  if (!obsolete.load(std::memory_order_acquire)) return;
  table.reset();
  if (cache != nullptr) cache->erase_file(number);
  (void)fs->remove(path);  // when it fails, the next open removes the orphan
}

bool FileMeta::overlaps(std::string_view begin, std::string_view end,
                        bool end_bounded) const noexcept {
  if (compare_keys(largest, begin) < 0) return false;
  return !end_bounded || compare_keys(smallest, end) <= 0;
}

void sort_level(int level, std::vector<FilePtr>& files) {
  std::sort(files.begin(), files.end(), [level](const FilePtr& a, const FilePtr& b) {
    if (level > 0) {
      if (const int order = compare_keys(a->smallest, b->smallest); order != 0) return order < 0;
      return compare_keys(a->largest, b->largest) < 0;
    }
    if (a->largest_sequence != b->largest_sequence)
      return a->largest_sequence > b->largest_sequence;
    return a->number > b->number;
  });
}

namespace {
std::size_t first_reaching(const std::vector<FilePtr>& files, std::string_view key) noexcept {
  std::size_t low = 0, high = files.size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (compare_keys(files[middle]->largest, key) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}
}  // namespace

Result<bool> Version::get(Lookup& lookup, bool fill_cache, std::uint64_t& filtered) const {
  const std::uint64_t hash = bloom_hash(lookup.key);
  const auto look = [&](const FileMeta& file) -> Result<bool> {
    if (file.range_tombstones == 0 && !file.table->may_hold(hash)) {
      ++filtered;
      return false;
    }
    return file.table->get(lookup, hash, fill_cache);
  };
  for (const FilePtr& file : levels[0]) {
    if (!file->overlaps(lookup.key, lookup.key, true)) continue;
    AVILA_TRY(const bool done, look(*file));
    if (done) return true;
  }
  for (std::size_t level = 1; level < levels.size(); ++level) {
    const auto& files = levels[level];
    if (files.empty()) continue;
    for (std::size_t i = first_reaching(files, lookup.key);
         i < files.size() && compare_keys(files[i]->smallest, lookup.key) <= 0; ++i) {
      AVILA_TRY(const bool done, look(*files[i]));
      if (done) return true;
    }
  }
  return false;
}

std::uint64_t Version::bytes(int level) const noexcept {
  std::uint64_t total = 0;
  for (const FilePtr& file : levels[static_cast<std::size_t>(level)]) total += file->size;
  return total;
}

std::vector<FilePtr> Version::overlapping(int level, std::string_view begin, std::string_view end,
                                          bool bounded) const {
  std::vector<FilePtr> found;
  for (const FilePtr& file : levels[static_cast<std::size_t>(level)])
    if (file->overlaps(begin, end, bounded)) found.push_back(file);
  return found;
}

bool Version::none_below(int level, std::string_view key) const noexcept {
  for (auto below = static_cast<std::size_t>(level) + 1; below < levels.size(); ++below) {
    const auto& files = levels[below];
    const std::size_t i = first_reaching(files, key);
    if (i < files.size() && compare_keys(files[i]->smallest, key) <= 0) return false;
  }
  return true;
}

namespace {
class LevelIterator final : public InternalIterator {
 public:
  LevelIterator(const std::vector<FilePtr>& files, TableIterator::Mode mode)
      : files_(files), mode_(mode) {}
  bool valid() const noexcept override { return open_ && table_.valid(); }
  std::string_view key() const noexcept override { return table_.key(); }
  Tag tag() const noexcept override { return table_.tag(); }
  std::string_view value() const noexcept override { return table_.value(); }
  Result<void> status() const override {
    if (open_) return table_.status();
    return {};
  }
  void seek(std::string_view key, Tag tag) override {
    if (!open(first_reaching(files_, key))) return;
    table_.seek(key, tag);
    forward();
  }
  void seek_to_first() override {
    if (!open(0)) return;
    table_.seek_to_first();
    forward();
  }
  void seek_to_last() override {
    if (!open(files_.size() - 1)) return;
    table_.seek_to_last();
    backward();
  }
  void next() override {
    table_.next();
    if (!table_.valid()) forward();
  }
  void prev() override {
    table_.prev();
    if (!table_.valid()) backward();
  }

 private:
  bool open(std::size_t index) {
    if (index >= files_.size()) return open_ = false;
    if (!open_ || index != index_) table_.reset(files_[index]->table.get(), mode_);
    index_ = index;
    return open_ = true;
  }
  // A table that ended by damage stays, so that status() tells.
  void forward() {
    while (!table_.valid() && table_.status().has_value()) {
      if (!open(index_ + 1)) return;
      table_.seek_to_first();
    }
  }
  void backward() {
    while (!table_.valid() && table_.status().has_value()) {
      if (index_ == 0) {
        open_ = false;
        return;
      }
      open(index_ - 1);
      table_.seek_to_last();
    }
  }

  const std::vector<FilePtr>& files_;
  TableIterator::Mode mode_;
  TableIterator table_;
  std::size_t index_ = 0;
  bool open_ = false;
};
}  // namespace

std::unique_ptr<InternalIterator> iterate_level(const std::vector<FilePtr>& files,
                                                TableIterator::Mode mode) {
  return std::make_unique<LevelIterator>(files, mode);
}

}  // namespace avila::lsm::detail

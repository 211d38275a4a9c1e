#include <algorithm>
#include <memory>

#include "engine.hpp"
#include "merging_iterator.hpp"

namespace avila::lsm::detail {

Result<FilePtr> Engine::open_output(std::uint64_t number, std::uint64_t size,
                                    const TableProperties& properties) {
  auto file = std::make_shared<FileMeta>();
  file->number = number;
  file->size = size;
  file->smallest = properties.smallest;
  file->largest = properties.largest;
  file->smallest_sequence = properties.smallest_sequence;
  file->largest_sequence = properties.largest_sequence;
  file->entries = properties.entries;
  file->range_tombstones = properties.range_tombstones;
  file->fs = &fs_;
  file->cache = cache_.get();
  file->path = table_name(path_, number);
  AVILA_TRY(file->table, TableReader::open(fs_, file->path, number, cache_.get()));
  return file;
}

/// The files of level 0, or one of a deeper level that is too large, and what they overlap below.
bool Engine::pick_for(Family& family, Pick& pick) {
  const Version& version = *family.version;
  const CfOptions& options = family.options;
  const auto l0_trigger = static_cast<std::size_t>(std::max(2, options.l0_compaction_files));
  if (options.style == CompactionStyle::Tiered) {
    // Runs of like size, newest first: each joins while it is at most as large as what is already
    // taken and a quarter.
    const auto& runs = version.levels[0];
    if (runs.size() < l0_trigger) return false;
    for (std::size_t start = 0; start + 1 < runs.size(); ++start) {
      std::uint64_t sum = runs[start]->size;
      std::size_t end = start + 1;
      while (end < runs.size() && runs[end]->size <= sum + sum / 4) sum += runs[end++]->size;
      if (end - start >= 2 && (end - start >= l0_trigger - 1 || end == runs.size())) {
        pick.inputs.assign(runs.begin() + static_cast<std::ptrdiff_t>(start),
                           runs.begin() + static_cast<std::ptrdiff_t>(end));
        return true;
      }
    }
    pick.inputs = runs;
    return true;
  }
  double best = static_cast<double>(version.levels[0].size()) / static_cast<double>(l0_trigger);
  int level = 0;
  auto limit = static_cast<double>(std::max<std::uint64_t>(1, options.level_base_bytes));
  for (int i = 1; i + 1 < kLevels; ++i, limit *= std::max(2, options.level_multiplier)) {
    const double score = static_cast<double>(version.bytes(i)) / limit;
    if (score > best) best = score, level = i;
  }
  if (best < 1.0) return false;
  pick.level = level;
  pick.output_level = level + 1;
  const auto& files = version.levels[static_cast<std::size_t>(level)];
  if (level == 0) {
    pick.inputs = files;
  } else {
    const std::string& cursor = family.cursor[static_cast<std::size_t>(level)];
    auto at = std::find_if(files.begin(), files.end(), [&](const FilePtr& file) {
      return compare_keys(file->smallest, cursor) > 0;
    });
    if (cursor.empty() || at == files.end()) at = files.begin();
    pick.inputs = {*at};
  }
  widen(family, pick);
  return true;
}

/// Adds neighbours of the level that touch the inputs, then what they overlap below.
void Engine::widen(Family& family, Pick& pick) {
  const Version& version = *family.version;
  std::string smallest, largest;
  const auto range = [&] {
    smallest = pick.inputs[0]->smallest;
    largest = pick.inputs[0]->largest;
    for (const FilePtr& file : pick.inputs) {
      if (compare_keys(file->smallest, smallest) < 0) smallest = file->smallest;
      if (compare_keys(file->largest, largest) > 0) largest = file->largest;
    }
  };
  for (;;) {
    range();
    auto wider = version.overlapping(pick.level, smallest, largest, true);
    if (wider.size() <= pick.inputs.size()) break;
    pick.inputs = std::move(wider);
  }
  if (pick.output_level > pick.level)
    pick.below = version.overlapping(pick.output_level, smallest, largest, true);
}

bool Engine::compaction_due(Family*& family, Pick& pick) {
  std::vector<Family*> candidates;
  for (const auto& [id, candidate] : families_)
    if (!candidate->compacting) candidates.push_back(candidate.get());
  std::sort(candidates.begin(), candidates.end(),
            [](Family* a, Family* b) { return a->handle.id() < b->handle.id(); });
  for (Family* candidate : candidates) {
    pick = {};
    if (!pick_for(*candidate, pick)) continue;
    candidate->compacting = true;
    family = candidate;
    return true;
  }
  return false;
}

Result<void> Engine::compact(Family& family, Pick& pick) {
  std::shared_ptr<const Version> version;
  {
    const std::lock_guard lock(mutex_);
    version = family.version;
  }
  const auto finish = [&](Result<void> result) {
    const std::lock_guard lock(mutex_);
    family.compacting = false;
    background_done_.notify_all();
    return result;
  };
  const auto level = static_cast<std::size_t>(pick.output_level);
  const bool tiered = pick.level == pick.output_level;
  VersionEdit edit;
  const auto remove = [&](const std::vector<FilePtr>& files, int from) {
    for (const FilePtr& file : files)
      edit.removed.push_back({family.handle.id(), from, nullptr, file->number});
  };
  remove(pick.inputs, pick.level);
  // Files that overlap neither each other nor anything below only change their level.
  bool disjoint = pick.below.empty() && !tiered && !pick.manual;
  auto sorted = pick.inputs;
  sort_level(1, sorted);
  for (std::size_t i = 1; i < sorted.size() && disjoint; ++i)
    disjoint = compare_keys(sorted[i - 1]->largest, sorted[i]->smallest) < 0;
  if (pick.level > 0) {
    const std::lock_guard lock(mutex_);
    family.cursor[static_cast<std::size_t>(pick.level)] = sorted.back()->smallest;
  }
  if (disjoint) {
    for (const FilePtr& file : pick.inputs)
      edit.added.push_back({family.handle.id(), pick.output_level, file, 0});
    auto moved = commit_edit(std::move(edit));
    if (moved.has_value()) {
      const std::lock_guard lock(mutex_);
      ++counted_.levels[level].moves;
    }
    return finish(std::move(moved).context("compaction"));
  }
  remove(pick.below, pick.output_level);

  OutputRequest request;
  request.options = &family.options;
  request.family = family.handle.id();
  request.family_name = family.handle.name();
  request.snapshots = live_snapshots();
  request.version = version.get();
  request.level = pick.output_level;
  request.target_bytes = tiered ? 0 : family.options.target_file_bytes;
  request.now_ns = clock_.wall().ns;
  std::vector<std::unique_ptr<InternalIterator>> children;
  std::string smallest = pick.inputs[0]->smallest, largest = pick.inputs[0]->largest;
  std::uint64_t read = 0;
  for (const auto* files : {&pick.inputs, &pick.below}) {
    for (const FilePtr& file : *files) {
      if (compare_keys(file->smallest, smallest) < 0) smallest = file->smallest;
      if (compare_keys(file->largest, largest) > 0) largest = file->largest;
      request.largest_sequence = std::max(request.largest_sequence, file->largest_sequence);
      const auto& own = file->table->raw_tombstones();
      request.tombstones.insert(request.tombstones.end(), own.begin(), own.end());
      read += file->size;
    }
  }
  constexpr auto kMode = TableIterator::Mode::Sequential;
  if (pick.level == 0)
    for (const FilePtr& file : pick.inputs)
      children.push_back(std::make_unique<TableIterator>(file->table.get(), kMode));
  else
    children.push_back(iterate_level(pick.inputs, kMode));
  if (!pick.below.empty()) children.push_back(iterate_level(pick.below, kMode));
  if (tiered) {
    request.bottom = pick.inputs.back() == version->levels[0].back();
    for (std::size_t i = 1; i < version->levels.size(); ++i)
      request.bottom = request.bottom && version->levels[i].empty();
  } else {
    request.check_below = true;
    request.bottom = true;
    for (int i = pick.output_level + 1; i < kLevels && request.bottom; ++i)
      request.bottom = version->overlapping(i, smallest, largest, true).empty();
  }
  const auto create = [&](std::uint64_t& number) {
    number = next_file_.fetch_add(1);
    return TableBuilder::create(fs_, table_name(path_, number), family.options, limiter_.get());
  };
  const auto cancelled = [this] { return closed_.load(std::memory_order_relaxed); };
  const auto input = merge_iterators(std::move(children));
  auto written = write_tables(*input, request, create, cancelled);
  if (!written.has_value()) return finish(std::move(written).error().context("compaction"));
  std::uint64_t bytes = 0;
  for (const OutputFile& output : written.value()) {
    auto file = open_output(output.number, output.size, output.properties);
    if (!file.has_value()) return finish(std::move(file).error().context("compaction"));
    edit.added.push_back({request.family, pick.output_level, std::move(file).value(), 0});
    bytes += output.size;
  }
  auto committed = commit_edit(std::move(edit));
  if (!committed.has_value()) return finish(std::move(committed).error().context("compaction"));
  for (const auto* files : {&pick.inputs, &pick.below})
    for (const FilePtr& file : *files) file->obsolete.store(true, std::memory_order_release);
  {
    const std::lock_guard lock(mutex_);
    auto& stats = counted_.levels[level];
    ++stats.compactions;
    stats.bytes_read += read;
    stats.bytes_written += bytes;
  }
  return finish({});
}

Result<void> Engine::compact_range(std::string_view begin, std::string_view end,
                                   ColumnFamily* handle) {
  AVILA_TRY_VOID(flush());
  Family& family = *resolve(handle);
  const bool bounded = !end.empty();
  int deepest = 0;
  {
    const std::lock_guard lock(mutex_);
    for (int level = 0; level < kLevels; ++level)
      if (!family.version->overlapping(level, begin, end, bounded).empty()) deepest = level;
  }
  const bool tiered = family.options.style == CompactionStyle::Tiered;
  const int last = tiered ? 1 : std::max(1, deepest);
  for (int level = 0; level < last; ++level) {
    Pick pick;
    {
      std::unique_lock lock(mutex_);
      background_done_.wait(lock, [&] { return !family.compacting; });
      pick.level = level;
      pick.output_level = tiered ? level : level + 1;
      pick.manual = true;
      pick.inputs = family.version->overlapping(level, begin, end, bounded);
      if (tiered) pick.inputs = family.version->levels[0];
      if (pick.inputs.empty()) continue;
      if (level == 0) pick.inputs = family.version->levels[0];
      widen(family, pick);
      family.compacting = true;
    }
    AVILA_TRY_VOID(compact(family, pick));
  }
  return {};
}

}  // namespace avila::lsm::detail

#include <avila/os/memory_file_system.hpp>

#include <algorithm>
#include <cstring>
#include <memory>

#include "memory_disk.hpp"

namespace avila::os {
namespace {

using detail::DiskState;
using detail::Inode;
using detail::InodeId;
using detail::kRoot;
using detail::Place;
using Disk = MemoryFileSystem::Disk;

class MemoryFile final : public File {
 public:
  MemoryFile(std::shared_ptr<Disk> disk, InodeId inode, std::string path, bool writable)
      : disk_(std::move(disk)),
        inode_(inode),
        path_(std::move(path)),
        writable_(writable),
        generation_(disk_->state.generation) {
    ++disk_->state.inodes.at(inode_).opens;  // the opener holds the mutex
  }
  ~MemoryFile() override {
    const std::lock_guard guard(disk_->mutex);
    DiskState& state = disk_->state;
    if (state.generation != generation_) return;
    --state.inodes.at(inode_).opens;
    state.release(inode_);
  }

  Result<MutableByteSpan> read_at(std::uint64_t offset, MutableByteSpan into) override {
    const std::lock_guard guard(disk_->mutex);
    AVILA_TRY_VOID(alive());
    DiskState& state = disk_->state;
    AVILA_TRY_VOID(state.enter(DiskOperation::Read, "read " + path_));
    if (state.chance(state.faults.rot_on_read))
      state.rot_range(inode_, offset, offset + into.size());
    const auto& data = state.inodes.at(inode_).data;
    if (offset >= data.size()) return into.first(0);
    const std::size_t part = std::min<std::size_t>(into.size(), data.size() - offset);
    if (part > 0) std::memcpy(into.data(), data.data() + offset, part);
    return into.first(part);
  }

  Result<void> write_at(std::uint64_t offset, ByteSpan bytes) override {
    const std::lock_guard guard(disk_->mutex);
    AVILA_TRY_VOID(put(offset, bytes));
    return {};
  }

  Result<std::uint64_t> append(ByteSpan bytes) override {
    return append_vectored(std::span(&bytes, 1));
  }

  Result<std::uint64_t> append_vectored(std::span<const ByteSpan> pieces) override {
    const std::lock_guard guard(disk_->mutex);
    AVILA_TRY_VOID(alive());
    const std::uint64_t begin = disk_->state.inodes.at(inode_).data.size();
    std::vector<std::byte> joined;
    if (pieces.size() != 1)
      for (const ByteSpan piece : pieces) joined.insert(joined.end(), piece.begin(), piece.end());
    auto wrote = put(begin, pieces.size() == 1 ? pieces[0] : ByteSpan(joined));
    if (!wrote.has_value()) {
      if (wrote.error().is(Errc::NoSpace)) disk_->state.truncate(inode_, begin);
      return std::move(wrote).error();
    }
    return begin;
  }

  Result<void> sync_data() override { return sync(); }

  Result<void> sync() override {
    const std::lock_guard guard(disk_->mutex);
    AVILA_TRY_VOID(alive());
    if (sync_failed_)
      return Error(Errc::Io, "sync " + path_ + ": an earlier sync of this file failed");
    DiskState& state = disk_->state;
    auto fate = state.enter(DiskOperation::Sync, "sync " + path_);
    if (!fate.has_value()) {
      sync_failed_ = true;
      return std::move(fate).error();
    }
    const bool takes_effect = *fate ? !state.chance(state.faults.lost_sync) : state.chance(0.5);
    if (takes_effect) state.sync_contents(inode_);
    if (!*fate) return DiskState::power_error("sync " + path_);
    return {};
  }

  Result<std::uint64_t> size() override {
    const std::lock_guard guard(disk_->mutex);
    AVILA_TRY_VOID(alive());
    return disk_->state.inodes.at(inode_).data.size();
  }

  Result<void> truncate(std::uint64_t size) override {
    const std::lock_guard guard(disk_->mutex);
    AVILA_TRY_VOID(alive());
    AVILA_TRY_VOID(may_write());
    DiskState& state = disk_->state;
    AVILA_TRY(const bool powered, state.enter(DiskOperation::Write, "truncate " + path_));
    const std::uint64_t now = state.inodes.at(inode_).data.size();
    if (size > now && (size > detail::kFileBytesMax ||
                       size - now > state.faults.capacity_bytes -
                                        std::min(state.used_bytes, state.faults.capacity_bytes)))
      return Error(Errc::NoSpace, "truncate " + path_ + ": the simulated disk is full");
    state.truncate(inode_, size);
    if (!powered) return DiskState::power_error("truncate " + path_);
    return {};
  }

  Result<void> reserve(std::uint64_t size) override {
    const std::lock_guard guard(disk_->mutex);
    AVILA_TRY_VOID(alive());
    AVILA_TRY_VOID(may_write());
    const DiskState& state = disk_->state;
    const std::uint64_t now = state.inodes.at(inode_).data.size();
    const std::uint64_t capacity = state.faults.capacity_bytes;
    if (size > now && size - now > capacity - std::min(state.used_bytes, capacity))
      return Error(Errc::NoSpace, "reserve room for " + path_ + ": the simulated disk is full");
    return {};
  }

  Result<ByteSpan> map() override {
    std::uint64_t bytes = 0;
    {
      const std::lock_guard guard(disk_->mutex);
      AVILA_TRY_VOID(alive());
      bytes = disk_->state.inodes.at(inode_).data.size();
    }
    std::vector<std::byte> copy(static_cast<std::size_t>(bytes));
    AVILA_TRY(const MutableByteSpan got, read_at(0, copy));
    copy.resize(got.size());
    const std::lock_guard guard(disk_->mutex);
    maps_.push_back(std::move(copy));
    return ByteSpan(maps_.back());
  }

 private:
  Result<void> alive() const {
    if (disk_->state.generation != generation_)
      return Error(Errc::Closed, path_ + " was opened before the simulated crash");
    return {};
  }
  Result<void> may_write() const {
    if (!writable_) return Error(Errc::PermissionDenied, path_ + " is open for reading only");
    return {};
  }

  Result<void> put(std::uint64_t offset, ByteSpan bytes) {
    AVILA_TRY_VOID(alive());
    AVILA_TRY_VOID(may_write());
    if (bytes.empty()) return {};
    DiskState& state = disk_->state;
    const FaultOptions& faults = state.faults;
    auto fate = state.enter(DiskOperation::Write, "write " + path_);
    if (!fate.has_value()) {
      // A prefix may have got through, as with a short write that was followed by an error.
      if (!state.power_lost && !state.read_only && !fate.error().is(Errc::NoSpace) &&
          state.chance(0.5))
        (void)state.write(inode_, offset, bytes.first(state.below(bytes.size())), true);
      return std::move(fate).error();
    }
    const std::uint64_t size = state.inodes.at(inode_).data.size();
    std::uint64_t wrote = 0;
    if (state.chance(faults.misdirected_write) && size > faults.sector_bytes) {
      const std::uint64_t sectors = size / faults.sector_bytes;
      const std::uint64_t elsewhere =
          state.below(sectors) * faults.sector_bytes + offset % faults.sector_bytes;
      wrote = state.write(inode_, offset, bytes, false);
      if (wrote == bytes.size()) (void)state.write(inode_, elsewhere, bytes, true);
    } else {
      wrote = state.write(inode_, offset, bytes, !state.chance(faults.lost_write));
    }
    if (!*fate) return DiskState::power_error("write " + path_);
    if (wrote < bytes.size())
      return Error(Errc::NoSpace, "write " + path_ + ": the simulated disk is full");
    return {};
  }

  std::shared_ptr<Disk> disk_;
  InodeId inode_;
  std::string path_;
  bool writable_;
  bool sync_failed_ = false;
  std::uint64_t generation_;
  std::vector<std::vector<std::byte>> maps_;
};

class MemoryLock final : public FileLock {
 public:
  MemoryLock(std::shared_ptr<Disk> disk, std::string key)
      : disk_(std::move(disk)), key_(std::move(key)), generation_(disk_->state.generation) {}
  ~MemoryLock() override {
    const std::lock_guard guard(disk_->mutex);
    if (disk_->state.generation == generation_) disk_->state.locks.erase(key_);
  }

 private:
  std::shared_ptr<Disk> disk_;
  std::string key_;
  std::uint64_t generation_;
};

/// Runs a change of names that is known to be possible.
template <class Change>
Result<void> change_names(DiskState& state, const std::string& what, Change change) {
  AVILA_TRY(const bool powered, state.enter(DiskOperation::Directory, what));
  change();
  if (!powered) return DiskState::power_error(what);
  return {};
}

Result<void> create_folder(DiskState& state, const std::string& path, std::uint32_t mode) {
  AVILA_TRY(const Place place, state.find(path));
  if (place.inode != 0) return Error(Errc::AlreadyExists, "create folder " + path + ": it exists");
  return change_names(state, "create folder " + path,
                      [&] { state.set_name(place, state.make(FileKind::Directory, mode)); });
}

Result<void> remove_folder(DiskState& state, const std::string& path, const Place& place) {
  if (place.folder == 0) return Error(Errc::Busy, "remove folder /: it is the root");
  const Inode& inode = state.inodes.at(place.inode);
  if (inode.kind != FileKind::Directory)
    return Error(Errc::InvalidArgument, "remove folder " + path + ": not a folder");
  if (!inode.names.empty())
    return Error(Errc::AlreadyExists, "remove folder " + path + ": it is not empty");
  return change_names(state, "remove folder " + path, [&] { state.erase_name(place); });
}

Result<void> remove_tree(DiskState& state, const std::string& path, const Place& place) {
  if (state.inodes.at(place.inode).kind != FileKind::Directory)
    return change_names(state, "remove " + path, [&] { state.erase_name(place); });
  const auto names = state.inodes.at(place.inode).names;
  for (const auto& [name, child] : names)
    AVILA_TRY_VOID(remove_tree(state, join(path, name), Place{place.inode, name, child}));
  if (place.folder == 0) return {};  // the root itself stays
  return remove_folder(state, path, place);
}

}  // namespace

MemoryFileSystem::MemoryFileSystem(std::uint64_t seed, FaultOptions faults, Clock* clock)
    : disk_(std::make_shared<Disk>(seed, faults, clock)) {}
MemoryFileSystem::MemoryFileSystem(std::shared_ptr<Disk> disk) : disk_(std::move(disk)) {}
MemoryFileSystem::~MemoryFileSystem() = default;

void MemoryFileSystem::crash() {
  const std::lock_guard guard(disk_->mutex);
  disk_->state.crash();
}

std::unique_ptr<MemoryFileSystem> MemoryFileSystem::crashed_copy(std::uint64_t seed) const {
  std::shared_ptr<Disk> copy;
  {
    const std::lock_guard guard(disk_->mutex);
    copy = std::make_shared<Disk>(disk_->state);
  }
  copy->state.random = seed;
  copy->state.crash();
  return std::unique_ptr<MemoryFileSystem>(new MemoryFileSystem(std::move(copy)));
}

void MemoryFileSystem::set_faults(const FaultOptions& faults) {
  const std::lock_guard guard(disk_->mutex);
  AVILA_ASSERT(faults.sector_bytes > 0);
  disk_->state.faults = faults;
}
FaultOptions MemoryFileSystem::faults() const {
  const std::lock_guard guard(disk_->mutex);
  return disk_->state.faults;
}
std::uint64_t MemoryFileSystem::changes() const {
  const std::lock_guard guard(disk_->mutex);
  return disk_->state.changes;
}
std::uint64_t MemoryFileSystem::reads() const {
  const std::lock_guard guard(disk_->mutex);
  return disk_->state.reads;
}
void MemoryFileSystem::lose_power_after(std::uint64_t changes) {
  const std::lock_guard guard(disk_->mutex);
  disk_->state.power_countdown = changes;
}
bool MemoryFileSystem::power_lost() const {
  const std::lock_guard guard(disk_->mutex);
  return disk_->state.power_lost;
}
void MemoryFileSystem::fail_once(DiskOperation kind, std::uint64_t n, Errc code) {
  const std::lock_guard guard(disk_->mutex);
  AVILA_ASSERT(n > 0);
  disk_->state.planned.push_back({kind, n, code});
}

Result<void> MemoryFileSystem::rot(const std::string& path, std::uint64_t bits) {
  const std::lock_guard guard(disk_->mutex);
  AVILA_TRY(const InodeId id, disk_->state.find_existing(path));
  const std::uint64_t size = disk_->state.inodes.at(id).data.size();
  if (size == 0) return Error(Errc::OutOfRange, "rot " + path + ": the file is empty");
  for (std::uint64_t i = 0; i < bits; ++i) disk_->state.rot_range(id, 0, size);
  return {};
}

Result<void> MemoryFileSystem::flip_bit(const std::string& path, std::uint64_t offset,
                                        unsigned bit) {
  const std::lock_guard guard(disk_->mutex);
  AVILA_TRY(const InodeId id, disk_->state.find_existing(path));
  if (offset >= disk_->state.inodes.at(id).data.size() || bit > 7)
    return Error(Errc::OutOfRange, "flip a bit of " + path + ": past its end");
  disk_->state.flip(id, offset, static_cast<std::byte>(1U << bit));
  return {};
}

std::uint64_t MemoryFileSystem::used_bytes() const {
  const std::lock_guard guard(disk_->mutex);
  return disk_->state.used_bytes;
}

void MemoryFileSystem::sync_everything() {
  const std::lock_guard guard(disk_->mutex);
  for (auto& [id, inode] : disk_->state.inodes) disk_->state.sync_contents(id);
  disk_->state.sync_all_names();
}

Result<std::unique_ptr<File>> MemoryFileSystem::open(const std::string& path, OpenOptions options) {
  const std::lock_guard guard(disk_->mutex);
  DiskState& state = disk_->state;
  if (state.power_lost) return DiskState::power_error("open " + path);
  AVILA_TRY(Place place, state.find(path));
  if (place.inode == 0) {
    if (!options.create) return Error(Errc::NotFound, "open " + path + ": no such file");
    AVILA_TRY_VOID(change_names(state, "create " + path, [&] {
      place.inode = state.make(FileKind::Regular, options.mode);
      state.set_name(place, place.inode);
    }));
  } else {
    if (options.create && options.exclusive)
      return Error(Errc::AlreadyExists, "create " + path + ": it exists");
    if (state.inodes.at(place.inode).kind == FileKind::Directory)
      return Error(Errc::InvalidArgument, "open " + path + ": it is a folder");
    if (options.truncate && options.write && !state.inodes.at(place.inode).data.empty()) {
      AVILA_TRY(const bool powered, state.enter(DiskOperation::Write, "truncate " + path));
      state.truncate(place.inode, 0);
      if (!powered) return DiskState::power_error("truncate " + path);
    }
  }
  return std::unique_ptr<File>(
      std::make_unique<MemoryFile>(disk_, place.inode, path, options.write));
}

Result<void> MemoryFileSystem::rename(const std::string& from, const std::string& to) {
  const std::lock_guard guard(disk_->mutex);
  DiskState& state = disk_->state;
  const std::string what = "rename " + from + " to " + to;
  AVILA_TRY(const Place source, state.find(from));
  AVILA_TRY(const Place target, state.find(to));
  if (source.inode == 0) return Error(Errc::NotFound, what + ": no such file");
  if (source.folder == 0 || target.folder == 0)
    return Error(Errc::InvalidArgument, what + ": the root cannot be renamed");
  if (source.inode == target.inode) return {};  // rename(2): two names of one file both stay
  const bool folder = state.inodes.at(source.inode).kind == FileKind::Directory;
  if (target.inode != 0) {
    const Inode& there = state.inodes.at(target.inode);
    if (folder != (there.kind == FileKind::Directory))
      return Error(Errc::InvalidArgument, what + ": one is a folder, the other is not");
    if (!there.names.empty())
      return Error(Errc::AlreadyExists, what + ": the folder there is not empty");
  }
  if (folder) {  // not into itself
    Place up = target;
    for (std::string walk = to; up.folder != 0; up = *state.find(walk = join(walk, ".."))) {
      if (up.folder == source.inode)
        return Error(Errc::InvalidArgument, what + ": that lies within the folder itself");
    }
  }
  return change_names(state, what, [&] { state.move_name(source, target); });
}

Result<void> MemoryFileSystem::remove(const std::string& path) {
  const std::lock_guard guard(disk_->mutex);
  DiskState& state = disk_->state;
  AVILA_TRY(const Place place, state.find(path));
  if (place.inode == 0) return Error(Errc::NotFound, "remove " + path + ": no such file");
  if (state.inodes.at(place.inode).kind == FileKind::Directory)
    return Error(Errc::InvalidArgument, "remove " + path + ": it is a folder");
  return change_names(state, "remove " + path, [&] { state.erase_name(place); });
}

Result<void> MemoryFileSystem::hard_link(const std::string& from, const std::string& to) {
  const std::lock_guard guard(disk_->mutex);
  DiskState& state = disk_->state;
  const std::string what = "link " + from + " to " + to;
  AVILA_TRY(const InodeId inode, state.find_existing(from));
  AVILA_TRY(const Place target, state.find(to));
  if (target.inode != 0) return Error(Errc::AlreadyExists, what + ": it exists");
  if (state.inodes.at(inode).kind == FileKind::Directory)
    return Error(Errc::PermissionDenied, what + ": folders have one name");
  return change_names(state, what, [&] { state.set_name(target, inode); });
}

Result<void> MemoryFileSystem::create_directory(const std::string& path, std::uint32_t mode) {
  const std::lock_guard guard(disk_->mutex);
  return create_folder(disk_->state, path, mode);
}

Result<void> MemoryFileSystem::create_directories(const std::string& path, std::uint32_t mode) {
  const std::lock_guard guard(disk_->mutex);
  DiskState& state = disk_->state;
  for (std::size_t end = 0; end != std::string::npos;) {
    end = path.find('/', end + 1);
    const std::string part = path.substr(0, end);
    AVILA_TRY(const Place place, state.find(part));
    if (place.inode == 0) {
      AVILA_TRY_VOID(create_folder(state, part, mode));
    } else if (state.inodes.at(place.inode).kind != FileKind::Directory) {
      return Error(Errc::InvalidArgument, "create folder " + part + ": a file has that name");
    }
  }
  return {};
}

Result<void> MemoryFileSystem::remove_directory(const std::string& path) {
  const std::lock_guard guard(disk_->mutex);
  DiskState& state = disk_->state;
  AVILA_TRY(const Place place, state.find(path));
  if (place.inode == 0) return Error(Errc::NotFound, "remove folder " + path + ": no such folder");
  return remove_folder(state, path, place);
}

Result<void> MemoryFileSystem::remove_all(const std::string& path) {
  const std::lock_guard guard(disk_->mutex);
  DiskState& state = disk_->state;
  auto place = state.find(path);
  if (!place.has_value() && place.error().is(Errc::NotFound)) return {};
  AVILA_TRY(const Place found, std::move(place));
  if (found.inode == 0) return {};
  return remove_tree(state, path, found);
}

Result<std::vector<DirectoryEntry>> MemoryFileSystem::list(const std::string& path) {
  const std::lock_guard guard(disk_->mutex);
  DiskState& state = disk_->state;
  if (state.power_lost) return DiskState::power_error("list " + path);
  if (state.chance(state.faults.directory_error))
    return Error(Errc::Io, "list " + path + ": input/output error (simulated)");
  AVILA_TRY(const InodeId id, state.find_existing(path));
  const Inode& inode = state.inodes.at(id);
  if (inode.kind != FileKind::Directory)
    return Error(Errc::InvalidArgument, "list " + path + ": not a folder");
  std::vector<DirectoryEntry> entries;
  for (const auto& [name, child] : inode.names)
    entries.push_back({name, state.inodes.at(child).kind});
  return entries;
}

Result<FileInfo> MemoryFileSystem::info(const std::string& path) {
  const std::lock_guard guard(disk_->mutex);
  const DiskState& state = disk_->state;
  if (state.power_lost) return DiskState::power_error("look at " + path);
  AVILA_TRY(const InodeId id, state.find_existing(path));
  const Inode& inode = state.inodes.at(id);
  return FileInfo{inode.kind, inode.data.size(), inode.modified_ns, inode.mode};
}

Result<void> MemoryFileSystem::set_mode(const std::string& path, std::uint32_t mode) {
  const std::lock_guard guard(disk_->mutex);
  AVILA_TRY(const InodeId id, disk_->state.find_existing(path));
  disk_->state.inodes.at(id).mode = mode;
  return {};
}

Result<void> MemoryFileSystem::sync_directory(const std::string& path) {
  const std::lock_guard guard(disk_->mutex);
  DiskState& state = disk_->state;
  AVILA_TRY(const InodeId id, state.find_existing(path));
  if (state.inodes.at(id).kind != FileKind::Directory)
    return Error(Errc::InvalidArgument, "sync folder " + path + ": not a folder");
  AVILA_TRY(const bool powered, state.enter(DiskOperation::Sync, "sync folder " + path));
  const bool takes_effect = powered ? !state.chance(state.faults.lost_sync) : state.chance(0.5);
  if (takes_effect) state.sync_names(id);
  if (!powered) return DiskState::power_error("sync folder " + path);
  return {};
}

Result<std::unique_ptr<FileLock>> MemoryFileSystem::lock(const std::string& path) {
  const std::lock_guard guard(disk_->mutex);
  DiskState& state = disk_->state;
  if (state.power_lost) return DiskState::power_error("lock " + path);
  AVILA_TRY(Place place, state.find(path));
  if (place.folder == 0) return Error(Errc::InvalidArgument, "lock /: it is a folder");
  if (place.inode == 0) {
    AVILA_TRY_VOID(change_names(state, "create " + path, [&] {
      place.inode = state.make(FileKind::Regular, 0600);
      state.set_name(place, place.inode);
    }));
  }
  const std::string key = std::to_string(place.inode);
  if (!state.locks.insert(key).second)
    return Error(Errc::Busy, "lock " + path + ": somebody else holds it");
  return std::unique_ptr<FileLock>(std::make_unique<MemoryLock>(disk_, key));
}

Result<std::uint64_t> MemoryFileSystem::free_space(const std::string&) {
  const std::lock_guard guard(disk_->mutex);
  const DiskState& state = disk_->state;
  return state.faults.capacity_bytes - std::min(state.used_bytes, state.faults.capacity_bytes);
}

}  // namespace avila::os

#include "memory_disk.hpp"

#include <algorithm>
#include <cstring>

namespace avila::os::detail {

bool PendingName::shares_a_name_with(const PendingName& other) const {
  const auto touches_name = [&other](InodeId folder, const std::string& name) {
    return folder != 0 && ((other.from_folder == folder && other.from == name) ||
                           (other.to_folder == folder && other.to == name));
  };
  return touches_name(from_folder, from) || touches_name(to_folder, to);
}

void put(std::vector<std::byte>& to, std::uint64_t offset, ByteSpan bytes) {
  if (bytes.empty()) return;
  if (to.size() < offset + bytes.size()) to.resize(offset + bytes.size());
  std::memcpy(to.data() + offset, bytes.data(), bytes.size());
}

DiskState::DiskState(std::uint64_t seed, const FaultOptions& options, Clock* time)
    : faults(options), clock(time), random(seed) {
  AVILA_ASSERT(options.sector_bytes > 0);
  Inode root;
  root.kind = FileKind::Directory;
  root.mode = 0755;
  root.links = root.durable_links = 1;
  inodes.emplace(kRoot, std::move(root));
}

std::uint64_t DiskState::next() {  // SplitMix64
  std::uint64_t z = (random += 0x9E3779B97F4A7C15U);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

bool DiskState::chance(double probability) {
  // Nothing is drawn for what cannot happen, so that turning one fault on disturbs no other draw.
  if (probability <= 0) return false;
  return static_cast<double>(next() >> 11) * 0x1p-53 < probability;
}

Error DiskState::power_error(const std::string& what) {
  return Error(Errc::Io, what + ": the simulated power is lost");
}

std::int64_t DiskState::time_now() {
  return clock != nullptr ? clock->wall().ns : static_cast<std::int64_t>(sequence);
}

Result<bool> DiskState::enter(DiskOperation kind, const std::string& what) {
  if (power_lost) return power_error(what);
  if (kind == DiskOperation::Read) {
    ++reads;
  } else {
    ++changes;
    if (power_countdown > 0 && --power_countdown == 0) {
      power_lost = true;
      return false;
    }
    if (read_only)
      return Error(Errc::PermissionDenied, what + ": read only after a failed sync (simulated)");
  }
  for (std::size_t i = 0; i < planned.size(); ++i) {
    if (planned[i].kind != kind || --planned[i].countdown > 0) continue;
    const Errc code = planned[i].code;
    planned.erase(planned.begin() + static_cast<std::ptrdiff_t>(i));
    if (kind == DiskOperation::Sync && faults.read_only_after_failed_sync) read_only = true;
    return Error(code, what + ": a planned failure (simulated)");
  }
  const double probability = kind == DiskOperation::Read    ? faults.read_error
                             : kind == DiskOperation::Write ? faults.write_error
                             : kind == DiskOperation::Sync  ? faults.sync_error
                                                            : faults.directory_error;
  if (!chance(probability)) return true;
  if (kind == DiskOperation::Sync && faults.read_only_after_failed_sync) read_only = true;
  return Error(Errc::Io, what + ": input/output error (simulated)");
}

// ── names ───────────────────────────────────────────────────────────────────────────────────────

Result<Place> DiskState::find(const std::string& path) const {
  std::vector<std::string_view> parts;
  for (std::string_view rest = path; !rest.empty();) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, slash);
    rest.remove_prefix(std::min(slash + 1, rest.size()));
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  if (parts.empty()) return Place{0, "", kRoot};
  InodeId folder = kRoot;
  for (std::size_t i = 0;; ++i) {
    const Inode& inode = inodes.at(folder);
    if (inode.kind != FileKind::Directory)
      return Error(Errc::InvalidArgument, path + ": a part of it is not a folder");
    const std::string name(parts[i]);
    const auto found = inode.names.find(name);
    const InodeId id = found == inode.names.end() ? 0 : found->second;
    if (i + 1 == parts.size()) return Place{folder, name, id};
    if (id == 0) return Error(Errc::NotFound, path + ": no folder " + name);
    folder = id;
  }
}

Result<InodeId> DiskState::find_existing(const std::string& path) const {
  AVILA_TRY(const Place place, find(path));
  if (place.inode == 0) return Error(Errc::NotFound, path + ": no such file or folder");
  return place.inode;
}

InodeId DiskState::make(FileKind kind, std::uint32_t mode) {
  Inode inode;
  inode.kind = kind;
  inode.mode = mode;
  inode.modified_ns = time_now();
  inodes.emplace(next_inode, std::move(inode));
  return next_inode++;
}

void DiskState::record(PendingName change) {
  change.sequence = ++sequence;
  for (const InodeId folder : {change.from_folder, change.to_folder})
    if (folder != 0) inodes.at(folder).modified_ns = time_now();
  for (const InodeId id : {change.inode, change.from_folder, change.to_folder})
    if (id != 0) ++inodes.at(id).pins;
  pending_names.push_back(std::move(change));
}

void DiskState::set_name(const Place& place, InodeId inode) {
  inodes.at(place.folder).names[place.name] = inode;
  ++inodes.at(inode).links;
  record({0, 0, place.folder, inode, "", place.name});
}

void DiskState::erase_name(const Place& place) {
  inodes.at(place.folder).names.erase(place.name);
  --inodes.at(place.inode).links;
  record({0, place.folder, 0, place.inode, place.name, ""});
  release(place.inode);
}

void DiskState::move_name(const Place& from, const Place& to) {
  inodes.at(from.folder).names.erase(from.name);
  inodes.at(to.folder).names[to.name] = from.inode;
  if (to.inode != 0) --inodes.at(to.inode).links;
  record({0, from.folder, to.folder, from.inode, from.name, to.name});
  if (to.inode != 0) release(to.inode);
}

void DiskState::apply(const PendingName& change) {
  if (change.from_folder != 0) {
    auto& names = inodes.at(change.from_folder).durable_names;
    const auto found = names.find(change.from);
    if (found != names.end() && found->second == change.inode) {
      names.erase(found);
      --inodes.at(change.inode).durable_links;
    }
  }
  if (change.to_folder != 0) {
    InodeId& there = inodes.at(change.to_folder).durable_names[change.to];
    const InodeId before = there;
    there = change.inode;
    ++inodes.at(change.inode).durable_links;
    if (before != 0) {
      --inodes.at(before).durable_links;
      release(before);
    }
  }
  unpin(change);
}

void DiskState::unpin(const PendingName& change) {
  for (const InodeId id : {change.inode, change.from_folder, change.to_folder})
    if (id != 0) --inodes.at(id).pins;
}

void DiskState::sync_names(InodeId folder) {
  // All changes of the folder, and all earlier ones of the same names in other folders: a rename
  // is atomic, so syncing one of its folders brings both sides, and what came before them.
  std::vector<bool> wanted(pending_names.size(), false);
  for (std::size_t i = pending_names.size(); i-- > 0;) {
    wanted[i] = wanted[i] || pending_names[i].touches(folder);
    if (!wanted[i] || pending_names[i].from_folder == pending_names[i].to_folder) continue;
    if (pending_names[i].from_folder == 0 || pending_names[i].to_folder == 0) continue;
    for (std::size_t j = 0; j < i; ++j)
      if (pending_names[i].shares_a_name_with(pending_names[j])) wanted[j] = true;
  }
  std::vector<PendingName> rest;
  std::vector<InodeId> touched;
  for (std::size_t i = 0; i < pending_names.size(); ++i) {
    if (wanted[i]) {
      apply(pending_names[i]);
      for (const InodeId id :
           {pending_names[i].inode, pending_names[i].from_folder, pending_names[i].to_folder})
        touched.push_back(id);
    } else {
      rest.push_back(std::move(pending_names[i]));
    }
  }
  pending_names = std::move(rest);
  for (const InodeId id : touched) release(id);
}

void DiskState::sync_all_names() {
  const std::vector<PendingName> all = std::exchange(pending_names, {});
  for (const PendingName& change : all) apply(change);
  for (const PendingName& change : all)
    for (const InodeId id : {change.inode, change.from_folder, change.to_folder}) release(id);
}

void DiskState::release(InodeId id) {
  const auto found = inodes.find(id);
  if (found == inodes.end() || id == kRoot) return;
  Inode& inode = found->second;
  if (inode.links > 0 || inode.opens > 0) return;
  used_bytes -= inode.data.size();
  inode.data = {};
  if (inode.durable_links == 0 && inode.pins == 0 && inode.names.empty() &&
      inode.durable_names.empty())
    inodes.erase(found);
}

// ── contents ────────────────────────────────────────────────────────────────────────────────────

std::uint64_t DiskState::write(InodeId id, std::uint64_t offset, ByteSpan bytes, bool arrives) {
  Inode& inode = inodes.at(id);
  const std::uint64_t old_size = inode.data.size();
  const std::uint64_t room =
      faults.capacity_bytes > used_bytes ? faults.capacity_bytes - used_bytes : 0;
  const std::uint64_t most = std::min(kFileBytesMax, old_size + room);  // sizes that still fit
  if (offset > most) return 0;
  bytes =
      bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), most - offset)));
  if (bytes.empty()) return 0;
  inode.modified_ns = time_now();
  PendingWrite change;
  change.sequence = ++sequence;
  change.offset = offset;
  const std::uint64_t end = offset + bytes.size();
  if (inode.data.size() < end) {
    if (inode.data.capacity() < end)
      inode.data.reserve(std::max<std::size_t>(end, inode.data.capacity() * 2));
    inode.data.resize(end);
  }
  used_bytes += inode.data.size() - old_size;
  if (arrives) {
    std::memcpy(inode.data.data() + offset, bytes.data(), bytes.size());
    change.bytes.assign(bytes.begin(), bytes.end());
  } else {  // the old bytes stay, or zeros where there were none
    const auto from = inode.data.begin() + static_cast<std::ptrdiff_t>(offset);
    change.bytes.assign(from, from + static_cast<std::ptrdiff_t>(bytes.size()));
  }
  inode.pending.push_back(std::move(change));
  return bytes.size();
}

void DiskState::truncate(InodeId id, std::uint64_t size) {
  Inode& inode = inodes.at(id);
  if (inode.data.size() == size) return;
  inode.modified_ns = time_now();
  used_bytes += size;
  used_bytes -= inode.data.size();
  inode.data.resize(static_cast<std::size_t>(size));
  PendingWrite change;
  change.sequence = ++sequence;
  change.offset = size;
  change.truncation = true;
  inode.pending.push_back(std::move(change));
}

void DiskState::sync_contents(InodeId id) {
  Inode& inode = inodes.at(id);
  for (const PendingWrite& change : inode.pending) {
    if (change.truncation) {
      inode.durable.resize(static_cast<std::size_t>(change.offset));
    } else {
      put(inode.durable, change.offset, change.bytes);
    }
  }
  inode.pending.clear();
}

void DiskState::rot_range(InodeId id, std::uint64_t begin, std::uint64_t end) {
  Inode& inode = inodes.at(id);
  end = std::min<std::uint64_t>(end, inode.data.size());
  if (begin >= end) return;
  const std::uint64_t at = begin + below(end - begin);
  flip(id, at, static_cast<std::byte>(1U << below(8)));
}

void DiskState::flip(InodeId id, std::uint64_t at, std::byte mask) {
  Inode& inode = inodes.at(id);
  inode.data[at] ^= mask;
  if (at < inode.durable.size()) inode.durable[at] ^= mask;
  for (PendingWrite& change : inode.pending)
    if (!change.truncation && at >= change.offset && at - change.offset < change.bytes.size())
      change.bytes[at - change.offset] ^= mask;
}

// ── crash ───────────────────────────────────────────────────────────────────────────────────────

void DiskState::crash_contents(Inode& inode, std::uint64_t cut) {
  std::vector<std::byte>& disk = inode.durable;
  for (const PendingWrite& change : inode.pending) {
    enum { Keep, Tear, Lose } fate = Lose;
    if (faults.reorder) {
      const double drawn = static_cast<double>(next() >> 11) * 0x1p-53;
      if (drawn < faults.keep_unsynced)
        fate = Keep;
      else if (drawn < faults.keep_unsynced + faults.tear_unsynced)
        fate = Tear;
    } else {
      fate = change.sequence < cut ? Keep : change.sequence == cut ? Tear : Lose;
    }
    if (change.truncation) {
      if (fate == Keep || (fate == Tear && chance(0.5)))
        disk.resize(static_cast<std::size_t>(change.offset));
      continue;
    }
    const std::uint64_t end = change.offset + change.bytes.size();
    // The new size may arrive without the data: then zeros are read there.
    if (fate != Keep && faults.reorder && disk.size() < end && chance(0.25)) disk.resize(end);
    if (fate == Keep) put(disk, change.offset, change.bytes);
    if (fate != Tear) continue;
    const std::uint64_t sector = faults.sector_bytes;
    const std::uint64_t first = change.offset / sector, last = (end - 1) / sector;
    const std::uint64_t prefix_end = first + below(last - first + 2);
    const bool scattered = faults.reorder && chance(0.5);
    for (std::uint64_t s = first; s <= last; ++s) {
      if (scattered ? !chance(0.5) : s >= prefix_end) continue;
      const std::uint64_t from = std::max(s * sector, change.offset);
      const std::uint64_t to = std::min((s + 1) * sector, end);
      put(disk, from,
          ByteSpan(change.bytes)
              .subspan(from - change.offset, static_cast<std::size_t>(to - from)));
    }
  }
  inode.pending.clear();
}

void DiskState::crash() {
  const std::uint64_t cut = [&] {  // without reordering: the change at which time stopped
    std::uint64_t oldest = sequence + 1;
    for (const PendingName& change : pending_names) oldest = std::min(oldest, change.sequence);
    for (const auto& [id, inode] : inodes)
      if (!inode.pending.empty()) oldest = std::min(oldest, inode.pending.front().sequence);
    return oldest + below(sequence + 2 - oldest);
  }();
  for (const PendingName& change : std::exchange(pending_names, {})) {
    const bool kept =
        faults.reorder
            ? chance(faults.keep_unsynced + faults.tear_unsynced / 2)  // a name is never torn
            : change.sequence < cut;
    if (kept) {
      apply(change);
    } else {
      unpin(change);
    }
  }
  for (auto& [id, inode] : inodes) crash_contents(inode, cut);

  // Only what the root reaches is left.
  std::map<InodeId, Inode> reached;
  std::vector<InodeId> todo{kRoot};
  for (auto& [id, inode] : inodes) inode.links = inode.durable_links = inode.opens = 0;
  inodes.at(kRoot).links = inodes.at(kRoot).durable_links = 1;
  while (!todo.empty()) {
    const InodeId id = todo.back();
    todo.pop_back();
    for (const auto& [name, child] : inodes.at(id).durable_names) {
      Inode& inode = inodes.at(child);
      inode.durable_links = ++inode.links;
      if (inode.links == 1 && inode.kind == FileKind::Directory) todo.push_back(child);
    }
  }
  used_bytes = 0;
  std::erase_if(inodes, [](const auto& entry) { return entry.second.links == 0; });
  for (auto& [id, inode] : inodes) {
    inode.names = inode.durable_names;
    inode.data = inode.durable;
    inode.pins = 0;
    used_bytes += inode.data.size();
  }
  locks.clear();
  power_lost = read_only = false;
  power_countdown = 0;
  ++generation;
}

}  // namespace avila::os::detail

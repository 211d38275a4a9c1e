#include <avila/compress/lz4.hpp>
#include <avila/hash/crc32c.hpp>
#include <avila/primitives/varint.hpp>

#include <algorithm>
#include <memory>

#include "bloom.hpp"
#include "table.hpp"

namespace avila::lsm::detail {
namespace {

/// Reads varints and texts of a meta block.
struct Fields {
  const char* at;
  const char* end;
  bool number(std::uint64_t& value) noexcept {
    if (at != nullptr) at = decode_varint(at, end, value);
    return at != nullptr;
  }
  bool text(std::string_view& value) noexcept {
    std::uint64_t size;
    if (!number(size) || size > static_cast<std::size_t>(end - at)) return at = nullptr, false;
    value = {at, static_cast<std::size_t>(size)};
    at += size;
    return true;
  }
};

Error damaged(const std::string& path, std::uint64_t offset, const char* what) {
  return Error(Errc::Corrupted, path + ": " + what,
               {.offset = offset, .hint = "restore a checkpoint, or run lsm::repair"});
}

/// Eight bytes of the key behind the shared prefix, as a number that sorts like them.
std::uint64_t head_of(std::string_view rest) noexcept {
  if (rest.size() >= 8) return load_be64(rest.data());
  char padded[8] = {};
  std::memcpy(padded, rest.data(), rest.size());
  return load_be64(padded);
}

/// A scratch buffer of the thread for packed blocks.
std::byte* scratch(std::size_t size) {
  struct Scratch {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t capacity = 0;
  };
  thread_local Scratch own;
  if (size > own.capacity) {
    own.bytes.reset(new std::byte[size + 4096]);
    own.capacity = size + 4096;
  }
  return own.bytes.get();
}
}  // namespace

Result<TableProperties> TableProperties::decode(std::string_view bytes) {
  TableProperties p;
  Fields f{bytes.data(), bytes.data() + bytes.size()};
  std::uint64_t family = 0;
  std::string_view name, smallest, largest;
  if (!f.number(family) || !f.text(name) || !f.text(smallest) || !f.text(largest) ||
      !f.number(p.smallest_sequence) || !f.number(p.largest_sequence) || !f.number(p.entries) ||
      !f.number(p.erasures) || !f.number(p.range_tombstones) || !f.number(p.raw_bytes) ||
      family > UINT32_MAX)
    return Error(Errc::Corrupted, "table properties are malformed");
  p.family = static_cast<std::uint32_t>(family);
  p.family_name = name;
  p.smallest = smallest;
  p.largest = largest;
  return p;
}

Result<std::unique_ptr<TableReader>> TableReader::open(os::FileSystem& fs, std::string path,
                                                       std::uint64_t number, BlockCache* cache) {
  std::unique_ptr<TableReader> table(new TableReader);
  table->path_ = std::move(path);
  table->number_ = number;
  table->cache_ = cache;
  auto opened = fs.open(table->path_);
  if (!opened.has_value()) return std::move(opened).error().context("open table " + table->path_);
  table->file_ = std::move(opened).value();
  AVILA_TRY_VOID(table->load());
  return table;
}

Result<void> TableReader::load() {
  AVILA_TRY(size_, file_->size());
  if (size_ < kFooterBytes) return damaged(path_, size_, "the file is shorter than a footer");
  char footer[kFooterBytes];
  AVILA_TRY(const auto part, file_->read_at(size_ - kFooterBytes,
                                            {reinterpret_cast<std::byte*>(footer), sizeof footer}));
  if (part.size() != kFooterBytes || load_le64(footer + 72) != kTableMagic)
    return damaged(path_, size_ - 8, "bad magic: this is no table, or it was cut");
  if (hash::crc32c(as_bytes({footer, 68})) != load_le32(footer + 68))
    return damaged(path_, size_ - kFooterBytes, "the footer fails its checksum");
  if (load_le32(footer + 64) != kTableVersion)
    return Error(Errc::Unsupported, path_ + ": table version is newer than this program");
  BlockHandle handles[4];
  for (int i = 0; i < 4; ++i)
    handles[i] = {load_le64(footer + i * 16), load_le64(footer + i * 16 + 8)};
  if (handles[3].size > 0) {
    AVILA_TRY(const BlockRef block, read_block(handles[3], false));
    AVILA_TRY(properties_, TableProperties::decode(block.view()).context(path_));
  }
  if (handles[1].size > 0) {
    AVILA_TRY(const BlockRef block, read_block(handles[1], false));
    filter_ = block.view();
  }
  if (handles[2].size > 0) {
    AVILA_TRY(const BlockRef block, read_block(handles[2], false));
    Fields f{block.view().data(), block.view().data() + block.view().size()};
    while (f.at != nullptr && f.at < f.end) {
      std::string_view begin, end;
      std::uint64_t sequence;
      if (!f.text(begin) || !f.text(end) || !f.number(sequence))
        return damaged(path_, handles[2].offset, "the tombstone block is malformed");
      raw_tombstones_.push_back({std::string(begin), std::string(end), sequence});
    }
    tombstones_ = RangeTombstones(raw_tombstones_);
  }
  AVILA_TRY(const BlockRef block, read_block(handles[0], false));
  return load_index(block.view());
}

Result<void> TableReader::load_index(std::string_view bytes) {
  Fields f{bytes.data(), bytes.data() + bytes.size()};
  std::uint64_t count = 0;
  const auto malformed = [&] { return damaged(path_, size_, "the index block is malformed"); };
  if (!f.number(count) || count > bytes.size() / 3 || bytes.size() > UINT32_MAX) return malformed();
  keys_.reserve(bytes.size());
  key_ends_.reserve(count + 1);
  key_ends_.push_back(0);
  handles_.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    std::string_view key;
    BlockHandle handle;
    if (!f.text(key) || !f.number(handle.offset) || !f.number(handle.size)) return malformed();
    if (handle.offset > size_ || handle.size > size_ - handle.offset) return malformed();
    if (i > 0 && compare_keys(separator(i - 1), key) > 0) return malformed();
    keys_.append(key);
    key_ends_.push_back(static_cast<std::uint32_t>(keys_.size()));
    handles_.push_back(handle);
  }
  keys_.shrink_to_fit();
  if (count == 0) return {};
  const std::string_view first = separator(0), last = separator(count - 1);
  std::size_t shared = 0;
  while (shared < std::min(first.size(), last.size()) && first[shared] == last[shared]) ++shared;
  common_ = first.substr(0, shared);
  heads_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) heads_.push_back(head_of(separator(i).substr(shared)));
  return {};
}

bool TableReader::bloom(std::uint64_t hash) const noexcept {
  return filter_.empty() || bloom_may_hold(filter_, hash);
}

std::size_t TableReader::find_block(std::string_view key) const noexcept {
  const std::size_t count = heads_.size();
  if (count == 0) return 0;
  const std::size_t shared = common_.size();
  if (const int order = compare_keys(key.substr(0, std::min(shared, key.size())), common_);
      order != 0 && shared > 0)
    return order < 0 ? 0 : count;
  const std::uint64_t head = head_of(key.substr(shared));
  const std::uint64_t* base = heads_.data();
  for (std::size_t n = count; n > 1;) {  // no branches to mispredict
    const std::size_t half = n / 2;
    base += base[half - 1] < head ? half : 0;
    n -= half;
  }
  std::size_t i = static_cast<std::size_t>(base - heads_.data()) + (*base < head ? 1 : 0);
  while (i < count && heads_[i] == head && compare_keys(separator(i), key) < 0) ++i;
  return i;
}

std::uint64_t TableReader::offset_of(std::string_view key) const noexcept {
  const std::size_t i = find_block(key);
  return i < blocks() ? handles_[i].offset : size_;
}

Result<BlockRef> TableReader::unpack(std::string_view bytes, const BlockHandle& handle) const {
  const std::string_view covered = bytes.substr(0, handle.size + 1);
  if (hash::crc32c(as_bytes(covered)) != load_le32(bytes.data() + handle.size + 1))
    return damaged(path_, handle.offset, "a block fails its checksum");
  const std::string_view body = bytes.substr(0, handle.size);
  if (bytes[handle.size] == 0) {
    BlockRef block(Block::make(body.size()));
    std::memcpy(block.get()->data, body.data(), body.size());
    return block;
  }
  std::uint64_t size = 0;
  const char* packed = decode_varint(body.data(), body.data() + body.size(), size);
  // LZ4 packs at most 255 to 1.
  if (packed == nullptr || size > kMaxBlockBytes || size > (body.size() + 16) * 256)
    return damaged(path_, handle.offset, "a block has an impossible size");
  BlockRef block(Block::make(size));
  const ByteSpan input =
      as_bytes({packed, static_cast<std::size_t>(body.data() + body.size() - packed)});
  const auto unpacked =
      compress::lz4::decompress(input, {reinterpret_cast<std::byte*>(block.get()->data), size});
  if (!unpacked.has_value() || unpacked.value() != size)
    return damaged(path_, handle.offset, "a block does not decompress");
  return block;
}

Result<BlockRef> TableReader::read_block(const BlockHandle& handle, bool fill_cache) const {
  const std::size_t size = handle.size + kTrailerBytes;
  if (handle.offset > size_ || size > size_ - handle.offset || size > kMaxBlockBytes)
    return damaged(path_, handle.offset, "a block lies outside the file");
  std::byte* raw = scratch(size);
  auto part = file_->read_at(handle.offset, {raw, size});
  if (!part.has_value()) return std::move(part).error().context("read " + path_);
  if (part.value().size() != size)
    return damaged(path_, handle.offset, "the file was cut inside a block");
  auto block = unpack({reinterpret_cast<const char*>(raw), size}, handle);
  if (fill_cache && block.has_value() && cache_ != nullptr)
    cache_->insert(number_, handle.offset, block.value().get());
  return block;
}

Result<bool> TableReader::get(Lookup& lookup, std::uint64_t hash, bool fill_cache) const {
  if (!tombstones_.empty())
    lookup.covered = std::max(lookup.covered, tombstones_.cover(lookup.key, lookup.visible));
  if (!bloom(hash)) return false;
  thread_local BlockCursor cursor;
  for (std::size_t i = find_block(lookup.key); i < blocks(); ++i) {
    BlockRef block;
    if (cache_ != nullptr) block = cache_->find(number_, handles_[i].offset);
    if (!block) {
      AVILA_TRY(block, read_block(handles_[i], fill_cache));
    }
    cursor.open(block.view());
    for (cursor.seek(lookup.key, seek_tag(lookup.visible)); cursor.valid(); cursor.next()) {
      if (!keys_equal(cursor.key(), lookup.key)) return false;
      if (kind_of(cursor.tag()) == Kind::PutUntil && cursor.value().size() < 8)
        return damaged(path_, handles_[i].offset, "an expiring value is too short");
      if (lookup.take(cursor.tag(), cursor.value())) return true;
    }
    if (cursor.damaged()) return damaged(path_, handles_[i].offset, "a block is malformed");
    if (separator(i) != lookup.key) return false;  // else its versions go on in the next block
  }
  return false;
}

Result<void> TableReader::verify() const {
  BlockCursor cursor;
  for (const BlockHandle& handle : handles_) {
    AVILA_TRY(const BlockRef block, read_block(handle, false));
    cursor.open(block.view());
    for (cursor.seek_to_first(); cursor.valid(); cursor.next()) {
    }
    if (cursor.damaged()) return damaged(path_, handle.offset, "a block is malformed");
  }
  return {};
}

}  // namespace avila::lsm::detail

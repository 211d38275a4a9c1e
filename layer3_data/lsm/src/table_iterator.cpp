#include <algorithm>
#include <memory>

#include "table.hpp"

namespace avila::lsm::detail {
namespace {
constexpr int kReadAheadAfter = 3;  // blocks in a row
constexpr std::size_t kFirstRead = 32U << 10, kLargestRead = 256U << 10;
}  // namespace

void TableIterator::reset(const TableReader* table, Mode mode) {
  table_ = table;
  mode_ = mode;
  block_.reset();
  cursor_.close();
  loaded_ = ~std::size_t{0};
  window_size_ = 0;
  consecutive_ = 0;
  error_.reset();
}

Result<BlockRef> TableIterator::read_ahead(const BlockHandle& handle) {
  const std::size_t size = handle.size + kTrailerBytes;
  if (handle.offset > table_->size_ || size > table_->size_ - handle.offset)
    return Error(Errc::Corrupted, table_->path_ + ": a block lies outside the file",
                 {.offset = handle.offset});
  if (handle.offset < window_start_ || handle.offset + size > window_start_ + window_size_) {
    read_size_ = mode_ == Mode::Sequential ? kLargestRead
                                           : std::clamp(read_size_ * 2, kFirstRead, kLargestRead);
    const std::size_t wanted = static_cast<std::size_t>(
        std::min<std::uint64_t>(std::max(size, read_size_), table_->size_ - handle.offset));
    if (wanted > window_capacity_) {
      window_.reset(new char[wanted]);
      window_capacity_ = wanted;
    }
    window_size_ = 0;
    auto part = table_->file_->read_at(handle.offset,
                                       {reinterpret_cast<std::byte*>(window_.get()), wanted});
    if (!part.has_value()) return std::move(part).error().context("read " + table_->path_);
    window_start_ = handle.offset;
    window_size_ = part.value().size();
    if (window_size_ < size)
      return Error(Errc::Corrupted, table_->path_ + ": the file was cut inside a block",
                   {.offset = handle.offset});
  }
  return table_->unpack({window_.get() + (handle.offset - window_start_), size}, handle);
}

bool TableIterator::load(std::size_t index) {
  cursor_.close();
  if (index >= table_->blocks() || error_) {
    index_ = table_->blocks();
    return false;
  }
  consecutive_ = index == index_ + 1 ? consecutive_ + 1 : 0;
  index_ = index;
  if (loaded_ == index && block_) {
    cursor_.open(block_.view());
    return true;
  }
  const BlockHandle& handle = table_->handles_[index];
  loaded_ = ~std::size_t{0};
  BlockRef found;
  const bool cached = mode_ != Mode::Sequential && table_->cache_ != nullptr;
  if (cached) found = table_->cache_->find(table_->number_, handle.offset);
  if (!found) {
    auto read = mode_ == Mode::Sequential || consecutive_ >= kReadAheadAfter
                    ? read_ahead(handle)
                    : table_->read_block(handle, mode_ == Mode::Cached);
    if (!read.has_value()) {
      error_ = std::make_unique<Error>(std::move(read).error());
      return false;
    }
    found = std::move(read).value();
  }
  block_ = std::move(found);
  loaded_ = index;
  cursor_.open(block_.view());
  return true;
}

void TableIterator::next_block() {
  while (!cursor_.valid() && !cursor_.damaged()) {
    if (!load(index_ + 1)) return;
    cursor_.seek_to_first();
  }
}

void TableIterator::seek(std::string_view key, Tag tag) {
  if (!load(table_->find_block(key))) return;
  cursor_.seek(key, tag);
  next_block();
}

void TableIterator::seek_to_first() {
  if (!load(0)) return;
  cursor_.seek_to_first();
  next_block();
}

void TableIterator::seek_to_last() {
  if (table_->blocks() == 0 || !load(table_->blocks() - 1)) return;
  cursor_.seek_to_last();
}

void TableIterator::prev() {
  cursor_.prev();
  while (!cursor_.valid() && !cursor_.damaged() && index_ > 0 && index_ < table_->blocks()) {
    if (!load(index_ - 1)) return;
    cursor_.seek_to_last();
  }
}

Result<void> TableIterator::status() const {
  if (error_) return error_->clone();
  if (cursor_.damaged() && loaded_ != ~std::size_t{0})
    return Error(Errc::Corrupted, table_->path_ + ": a block is malformed",
                 {.offset = table_->handles_[loaded_].offset,
                  .hint = "restore a checkpoint, or run lsm::repair"});
  return {};
}

}  // namespace avila::lsm::detail

#include <avila/compress/lz4.hpp>
#include <avila/hash/crc32c.hpp>
#include <avila/primitives/varint.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "bloom.hpp"
#include "table.hpp"

namespace avila::lsm::detail {
namespace {
constexpr std::size_t kWriteBytes = 1U << 20;

void append_text(std::string& to, std::string_view text) {
  append_varint(to, text.size());
  to.append(text);
}

/// A short key s with a <= s < b.
void shorten(std::string& a, std::string_view b) {
  const std::size_t limit = std::min(a.size(), b.size());
  std::size_t i = 0;
  while (i < limit && a[i] == b[i]) ++i;
  if (i >= limit) return;
  const auto byte = static_cast<unsigned char>(a[i]);
  if (byte < 0xFF && byte + 1 < static_cast<unsigned char>(b[i])) {
    a.resize(i + 1);
    a[i] = static_cast<char>(byte + 1);
  }
}
}  // namespace

void RateLimiter::take(std::uint64_t bytes) {
  if (rate_ == 0) return;
  Duration wait{};
  {
    const std::lock_guard lock(mutex_);
    const Instant now = clock_.now();
    const double rate = static_cast<double>(rate_);
    tokens_ = std::min(tokens_ + (now - filled_).seconds() * rate, rate / 10);
    filled_ = now;
    // A debt of at most a second: then no wait is longer, whatever the clock does.
    tokens_ = std::max(tokens_ - static_cast<double>(bytes), -rate);
    if (tokens_ < 0) wait = {static_cast<std::int64_t>(-tokens_ / rate * 1e9)};
  }
  if (wait.ns > 0) std::this_thread::sleep_for(std::chrono::nanoseconds(wait.ns));
}

std::string TableProperties::encode() const {
  std::string out;
  append_varint(out, family);
  append_text(out, family_name);
  append_text(out, smallest);
  append_text(out, largest);
  append_varint(out, smallest_sequence);
  append_varint(out, largest_sequence);
  append_varint(out, entries);
  append_varint(out, erasures);
  append_varint(out, range_tombstones);
  append_varint(out, raw_bytes);
  return out;
}

Result<std::unique_ptr<TableBuilder>> TableBuilder::create(os::FileSystem& fs, std::string path,
                                                           const CfOptions& options,
                                                           RateLimiter* limiter) {
  std::unique_ptr<TableBuilder> builder(new TableBuilder(options));
  AVILA_TRY(builder->file_, fs.open(path, {.write = true, .create = true, .truncate = true}));
  builder->path_ = std::move(path);
  builder->limiter_ = limiter;
  return builder;
}

void TableBuilder::index_entry(std::string_view separator) {
  append_text(index_, separator);
  append_varint(index_, ended_.offset);
  append_varint(index_, ended_.size);
  index_due_ = false;
  ++blocks_;
}

Result<void> TableBuilder::add(std::string_view key, Tag tag, std::string_view value) {
  if (index_due_) {
    std::string separator(last_key_);
    shorten(separator, key);
    index_entry(separator);
  }
  const bool fresh = properties.entries == 0 || key != last_key_;
  if (fresh) {
    if (properties.entries == 0) properties.smallest = key;
    if (options_.bloom_bits_per_key > 0) hashes_.push_back(bloom_hash(key));
    last_key_.assign(key);
  }
  const Sequence sequence = sequence_of(tag);
  properties.smallest_sequence = std::min(properties.smallest_sequence, sequence);
  properties.largest_sequence = std::max(properties.largest_sequence, sequence);
  ++properties.entries;
  if (kind_of(tag) == Kind::Erase) ++properties.erasures;
  properties.raw_bytes += key.size() + value.size();
  block_.add(key, tag, value);
  if (block_.size() >= options_.block_bytes) return end_block();
  return {};
}

Result<void> TableBuilder::end_block() {
  AVILA_TRY(ended_, write_block(block_.finish(), options_.compression == Compression::Lz4));
  block_.reset();
  index_due_ = true;
  if (pending_.size() >= kWriteBytes) return write_out();
  return {};
}

Result<BlockHandle> TableBuilder::write_block(std::string_view raw, bool compress) {
  const std::size_t start = pending_.size();
  char type = 0;
  if (compress && raw.size() > 64) {
    // Kept only when it saves an eighth: else reads would pay for nothing.
    const std::size_t room = raw.size() - raw.size() / 8;
    pending_.resize(start + kMaxVarint64Bytes + room);
    char* at = pending_.data() + start;
    char* body = encode_varint(at, raw.size());
    const std::size_t size =
        compress::lz4::compress(as_bytes(raw), {reinterpret_cast<std::byte*>(body), room});
    pending_.resize(start + (size != 0 ? static_cast<std::size_t>(body - at) + size : 0));
    if (size != 0) type = 1;
  }
  if (type == 0) pending_.append(raw);
  pending_.push_back(type);
  const BlockHandle handle{offset_ + start, pending_.size() - start - 1};
  char crc[4];
  store_le32(crc, hash::crc32c(as_bytes(std::string_view(pending_).substr(start))));
  pending_.append(crc, sizeof crc);
  return handle;
}

Result<void> TableBuilder::write_out() {
  if (limiter_ != nullptr) limiter_->take(pending_.size());
  auto written = file_->append(as_bytes(pending_));
  if (!written.has_value()) return std::move(written).error().context("write " + path_);
  offset_ += pending_.size();
  pending_.clear();
  return {};
}

void TableBuilder::add_tombstones(std::vector<RangeTombstone> tombstones) {
  for (auto& t : tombstones) {
    properties.smallest_sequence = std::min(properties.smallest_sequence, t.sequence);
    properties.largest_sequence = std::max(properties.largest_sequence, t.sequence);
    ++properties.range_tombstones;
    tombstones_.push_back(std::move(t));
  }
}

Result<std::uint64_t> TableBuilder::finish() {
  if (!block_.empty()) AVILA_TRY_VOID(end_block());
  if (index_due_) index_entry(last_key_);
  properties.largest = last_key_;
  bool first = properties.entries == 0;
  std::string bytes;
  for (const auto& t : tombstones_) {
    if (first || compare_keys(t.begin, properties.smallest) < 0) properties.smallest = t.begin;
    if (first || compare_keys(t.end, properties.largest) > 0) properties.largest = t.end;
    first = false;
    append_text(bytes, t.begin);
    append_text(bytes, t.end);
    append_varint(bytes, t.sequence);
  }
  BlockHandle filter, tombstones, props, index;
  if (!hashes_.empty()) {
    AVILA_TRY(filter, write_block(build_bloom(hashes_, options_.bloom_bits_per_key), false));
  }
  if (!bytes.empty()) {
    AVILA_TRY(tombstones, write_block(bytes, true));
  }
  AVILA_TRY(props, write_block(properties.encode(), false));
  std::string head;
  append_varint(head, blocks_);
  AVILA_TRY(index, write_block(head + index_, true));
  char footer[kFooterBytes] = {};
  char* at = footer;
  for (const BlockHandle& handle : {index, filter, tombstones, props}) {
    store_le64(at, handle.offset);
    store_le64(at + 8, handle.size);
    at += 16;
  }
  store_le32(at, kTableVersion);
  store_le32(at + 4, hash::crc32c(as_bytes({footer, 68})));
  store_le64(at + 8, kTableMagic);
  pending_.append(footer, sizeof footer);
  AVILA_TRY_VOID(write_out());
  auto synced = file_->sync();
  if (!synced.has_value()) return std::move(synced).error().context("sync " + path_);
  return offset_;
}

}  // namespace avila::lsm::detail

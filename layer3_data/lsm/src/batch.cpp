#include "batch.hpp"

namespace avila::lsm {
using detail::Kind;

void WriteBatch::add(unsigned kind, std::string_view key, const ColumnFamily* family) {
  if (key.size() > kMaxKeyBytes) too_large_ = true;
  const std::uint32_t id = family != nullptr ? family->id() : 0;
  char head[16];
  char* at = head;
  *at++ = static_cast<char>(id != 0 ? kind | detail::kFamilyFlag : kind);
  if (id != 0) at = encode_varint(at, id);
  at = encode_varint(at, key.size());
  bytes_.append(head, static_cast<std::size_t>(at - head));
  bytes_.append(key);
  ++count_;
}

void WriteBatch::add_value(std::string_view value) {
  if (value.size() > kMaxValueBytes) too_large_ = true;
  append_varint(bytes_, value.size());
  bytes_.append(value);
}

void WriteBatch::put(std::string_view key, std::string_view value, ColumnFamily* family) {
  add(static_cast<unsigned>(Kind::Put), key, family);
  add_value(value);
}
void WriteBatch::put_until(std::string_view key, std::string_view value, WallTime expires,
                           ColumnFamily* family) {
  add(static_cast<unsigned>(Kind::PutUntil), key, family);
  if (value.size() > kMaxValueBytes) too_large_ = true;
  append_varint(bytes_, value.size() + 8);
  char expiry[8];
  store_le64(expiry, static_cast<std::uint64_t>(expires.ns));
  bytes_.append(expiry, sizeof expiry);
  bytes_.append(value);
}
void WriteBatch::erase(std::string_view key, ColumnFamily* family) {
  add(static_cast<unsigned>(Kind::Erase), key, family);
}
void WriteBatch::erase_range(std::string_view begin, std::string_view end, ColumnFamily* family) {
  add(static_cast<unsigned>(Kind::EraseRange), begin, family);
  if (end.size() > kMaxKeyBytes) too_large_ = true;
  add_value(end);
}
void WriteBatch::merge(std::string_view key, std::string_view operand, ColumnFamily* family) {
  add(static_cast<unsigned>(Kind::Merge), key, family);
  add_value(operand);
}
void WriteBatch::append(const WriteBatch& other) {
  bytes_.append(other.bytes_);
  count_ += other.count_;
  too_large_ = too_large_ || other.too_large_;
}

Result<WriteBatch> WriteBatch::from_bytes(std::string_view bytes) {
  WriteBatch batch;
  detail::BatchReader reader(bytes);
  detail::BatchEntry entry;
  while (reader.next(entry)) ++batch.count_;
  if (reader.failed())
    return Error(Errc::Malformed, "write batch: entry cut off or of unknown kind",
                 {.offset = reader.offset()});
  batch.bytes_ = bytes;
  return batch;
}

namespace detail {

bool BatchReader::next(BatchEntry& entry) noexcept {
  start_ = at_;
  if (at_ == end_) return false;
  const auto head = static_cast<unsigned char>(*at_++);
  const unsigned kind = head & ~kFamilyFlag;
  std::uint64_t family = 0, size = 0;
  failed_ = true;
  if (kind > static_cast<unsigned>(Kind::EraseRange)) return false;
  entry.kind = static_cast<Kind>(kind);
  if ((head & kFamilyFlag) != 0) {
    at_ = decode_varint(at_, end_, family);
    if (at_ == nullptr || family > UINT32_MAX) return false;
  }
  entry.family = static_cast<std::uint32_t>(family);
  at_ = decode_varint(at_, end_, size);
  if (at_ == nullptr || size > kMaxKeyBytes || size > static_cast<std::size_t>(end_ - at_))
    return false;
  entry.key = {at_, static_cast<std::size_t>(size)};
  at_ += size;
  entry.value = {};
  if (entry.kind != Kind::Erase) {
    at_ = decode_varint(at_, end_, size);
    if (at_ == nullptr || size > static_cast<std::size_t>(end_ - at_)) return false;
    if (size > kMaxValueBytes + 8) return false;
    entry.value = {at_, static_cast<std::size_t>(size)};
    at_ += size;
    if (entry.kind == Kind::PutUntil && size < 8) return false;
    if (entry.kind == Kind::EraseRange && size > kMaxKeyBytes) return false;
  }
  failed_ = false;
  return true;
}

}  // namespace detail
}  // namespace avila::lsm

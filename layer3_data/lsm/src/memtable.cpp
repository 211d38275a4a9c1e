#include "memtable.hpp"

#include <algorithm>
#include <memory>
#include <new>

namespace avila::lsm::detail {

bool Lookup::take(Tag tag, std::string_view bytes) {
  if (sequence_of(tag) < covered) {
    state = State::Absent;
    return true;
  }
  switch (kind_of(tag)) {
    case Kind::Put:
      value->assign(bytes);
      state = State::Found;
      return true;
    case Kind::PutUntil:
      if (now_ns == 0) now_ns = clock->wall().ns;
      if (static_cast<std::int64_t>(load_le64(bytes.data())) <= now_ns) {
        state = State::Absent;
      } else {
        value->assign(bytes.substr(8));
        state = State::Found;
      }
      return true;
    case Kind::Merge: operands.emplace_back(bytes); return false;
    default: state = State::Absent; return true;
  }
}

namespace {
std::size_t arena_block(std::size_t capacity) {
  constexpr std::size_t kHuge = 2U << 20;
  if (capacity >= 8 * kHuge) return kHuge;
  return std::clamp<std::size_t>(capacity / 8, 4096, 256U << 10);
}
}  // namespace

Memtable::Memtable(std::size_t capacity_bytes, std::uint64_t log_number)
    : arena_(arena_block(capacity_bytes)),
      capacity_bytes_(capacity_bytes),
      log_number_(log_number),
      head_(new_node(kMaxHeight, 0, 0)) {
  for (auto& node : splice_) node = head_;
}

Memtable::Node* Memtable::new_node(int height, std::size_t key_size, std::size_t value_size) {
  const std::size_t links = static_cast<std::size_t>(height) * sizeof(std::atomic<Node*>);
  char* memory = arena_.allocate(links + std::max(kHeader + key_size + value_size, sizeof(Node)));
  Node* node = ::new (memory + links) Node;
  node->value_size = static_cast<std::uint32_t>(value_size);
  node->key_size = static_cast<std::uint16_t>(key_size);
  for (int level = 0; level < height; ++level)
    ::new (&node->link(level)) std::atomic<Node*>(nullptr);
  return node;
}

int Memtable::random_height() noexcept {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  int height = 1;  // each level holds a quarter of the one below
  for (std::uint64_t bits = random_ >> 20; height < kMaxHeight && (bits & 3) == 0; bits >>= 2)
    ++height;
  return height;
}

void Memtable::add(Tag tag, std::string_view key, std::string_view value) {
  const int height = random_height();
  int top = height_.load(std::memory_order_relaxed);
  // Rising keys land right behind the newest entry: then its predecessors are the new one's.
  Node* newest = splice_[0];
  bool hinted = newest != head_ && before(newest, key, tag);
  if (hinted) {
    const Node* after = newest->next(0);
    hinted = after == nullptr || !before(after, key, tag);
  }
  if (!hinted) {
    Node* at = head_;
    const Node* known = nullptr;  // already found to be not before the key
    for (int level = top - 1; level >= 0; --level) {
      for (;;) {
        Node* next = at->next(level);
        if (next == nullptr || next == known) break;
        if (!before(next, key, tag)) {
          known = next;
          break;
        }
        at = next;
      }
      splice_[level] = at;
    }
  }
  if (height > top) {
    for (int level = top; level < height; ++level) splice_[level] = head_;
    height_.store(height, std::memory_order_relaxed);
  }
  Node* node = new_node(height, key.size(), value.size());
  node->tag = tag;
  char* bytes = reinterpret_cast<char*>(node) + kHeader;
  if (!key.empty()) std::memcpy(bytes, key.data(), key.size());
  if (!value.empty()) std::memcpy(bytes + key.size(), value.data(), value.size());
  for (int level = 0; level < height; ++level) {
    node->link(level).store(splice_[level]->next(level), std::memory_order_relaxed);
    splice_[level]->link(level).store(node, std::memory_order_release);
    splice_[level] = node;
  }
  entries_.store(entries_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void Memtable::add_range_tombstone(Sequence sequence, std::string_view begin,
                                   std::string_view end) {
  const std::lock_guard lock(tombstone_mutex_);
  tombstones_.push_back({std::string(begin), std::string(end), sequence});
  fragmented_.reset();
  tombstone_bytes_.store(tombstone_bytes_.load(std::memory_order_relaxed) + begin.size() +
                             end.size() + sizeof(RangeTombstone),
                         std::memory_order_release);
}

std::shared_ptr<const RangeTombstones> Memtable::tombstones() const {
  const std::lock_guard lock(tombstone_mutex_);
  if (!fragmented_) fragmented_ = std::make_shared<RangeTombstones>(tombstones_);
  return fragmented_;
}
std::vector<RangeTombstone> Memtable::raw_tombstones() const {
  const std::lock_guard lock(tombstone_mutex_);
  return tombstones_;
}

Memtable::Node* Memtable::find_not_before(std::string_view key, Tag tag) const noexcept {
  const Node* at = head_;
  const Node* known = nullptr;
  for (int level = height_.load(std::memory_order_relaxed) - 1; level >= 0; --level) {
    for (;;) {
      Node* next = at->next(level);
      if (next == nullptr || next == known) break;
      if (!before(next, key, tag)) {
        known = next;
        break;
      }
      at = next;
    }
  }
  return at->next(0);
}

Memtable::Node* Memtable::find_before(std::string_view key, Tag tag) const noexcept {
  Node* at = head_;
  for (int level = height_.load(std::memory_order_relaxed) - 1; level >= 0; --level)
    for (Node* next = at->next(level); next != nullptr && before(next, key, tag);
         next = at->next(level))
      at = next;
  return at == head_ ? nullptr : at;
}

Memtable::Node* Memtable::find_last() const noexcept {
  Node* at = head_;
  for (int level = height_.load(std::memory_order_relaxed) - 1; level >= 0; --level)
    for (Node* next = at->next(level); next != nullptr; next = at->next(level)) at = next;
  return at == head_ ? nullptr : at;
}

bool Memtable::get(Lookup& lookup) const {
  if (has_tombstones())
    lookup.covered = std::max(lookup.covered, tombstones()->cover(lookup.key, lookup.visible));
  if (entries() == 0) return false;
  for (const Node* node = find_not_before(lookup.key, seek_tag(lookup.visible));
       node != nullptr && keys_equal(node->key(), lookup.key); node = node->next(0))
    if (lookup.take(node->tag, node->value())) return true;
  return false;
}

class MemtableIterator final : public InternalIterator {
 public:
  explicit MemtableIterator(const Memtable& table) : table_(table) {}
  bool valid() const noexcept override { return node_ != nullptr; }
  void seek(std::string_view key, Tag tag) override { node_ = table_.find_not_before(key, tag); }
  void seek_to_first() override { node_ = table_.head_->next(0); }
  void seek_to_last() override { node_ = table_.find_last(); }
  void next() override { node_ = node_->next(0); }
  void prev() override { node_ = table_.find_before(node_->key(), node_->tag); }
  std::string_view key() const noexcept override { return node_->key(); }
  Tag tag() const noexcept override { return node_->tag; }
  std::string_view value() const noexcept override { return node_->value(); }
  Result<void> status() const override { return {}; }

 private:
  const Memtable& table_;
  const Memtable::Node* node_ = nullptr;
};

std::unique_ptr<InternalIterator> Memtable::iterate() const {
  return std::make_unique<MemtableIterator>(*this);
}

}  // namespace avila::lsm::detail

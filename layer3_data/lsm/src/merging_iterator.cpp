#include "merging_iterator.hpp"
#include <memory>

namespace avila::lsm::detail {
namespace {

/// A binary heap of children whose current entry is kept beside them, so that comparing costs no
/// virtual call.
class MergingIterator final : public InternalIterator {
 public:
  explicit MergingIterator(std::vector<std::unique_ptr<InternalIterator>> children)
      : children_(std::move(children)) {
    heap_.reserve(children_.size());
  }
  bool valid() const noexcept override { return !heap_.empty(); }
  std::string_view key() const noexcept override { return heap_[0].key; }
  Tag tag() const noexcept override { return heap_[0].tag; }
  std::string_view value() const noexcept override { return heap_[0].child->value(); }

  void seek(std::string_view key, Tag tag) override {
    for (auto& child : children_) child->seek(key, tag);
    build(true);
  }
  void seek_to_first() override {
    for (auto& child : children_) child->seek_to_first();
    build(true);
  }
  void seek_to_last() override {
    for (auto& child : children_) child->seek_to_last();
    build(false);
  }
  void next() override {
    if (!forward_) turn(true);
    if (heap_.empty()) return;
    heap_[0].child->next();
    settle_top();
  }
  void prev() override {
    if (forward_) turn(false);
    if (heap_.empty()) return;
    heap_[0].child->prev();
    settle_top();
  }
  Result<void> status() const override {
    for (const auto& child : children_) AVILA_TRY_VOID(child->status());
    return {};
  }

 private:
  struct Item {
    std::string_view key;
    Tag tag;
    InternalIterator* child;
  };
  bool before(const Item& a, const Item& b) const noexcept {
    const int order = compare_entries(a.key, a.tag, b.key, b.tag);
    return forward_ ? order < 0 : order > 0;
  }
  void build(bool forward) {
    forward_ = forward;
    heap_.clear();
    for (auto& child : children_)
      if (child->valid()) heap_.push_back({child->key(), child->tag(), child.get()});
    for (std::size_t i = heap_.size() / 2; i-- > 0;) sift_down(i);
  }
  void settle_top() {
    Item& top = heap_[0];
    if (top.child->valid()) {
      top.key = top.child->key();
      top.tag = top.child->tag();
    } else {
      top = heap_.back();
      heap_.pop_back();
      if (heap_.empty()) return;
    }
    sift_down(0);
  }
  void sift_down(std::size_t i) {
    const std::size_t size = heap_.size();
    const Item item = heap_[i];
    for (;;) {
      std::size_t child = 2 * i + 1;
      if (child >= size) break;
      if (child + 1 < size && before(heap_[child + 1], heap_[child])) ++child;
      if (!before(heap_[child], item)) break;
      heap_[i] = heap_[child];
      i = child;
    }
    heap_[i] = item;
  }
  /// Changes direction: every other child moves to the first entry past the current one.
  void turn(bool forward) {
    const std::string key(heap_[0].key);
    const Tag tag = heap_[0].tag;
    InternalIterator* current = heap_[0].child;
    for (auto& child : children_) {
      if (child.get() == current) continue;
      child->seek(key, tag);
      if (!forward) {
        if (child->valid())
          child->prev();
        else
          child->seek_to_last();
      }
    }
    build(forward);
    // The current child is on top: no other is past its entry, if the tables are sorted.
  }

  std::vector<std::unique_ptr<InternalIterator>> children_;
  std::vector<Item> heap_;
  bool forward_ = true;
};
}  // namespace

std::unique_ptr<InternalIterator> merge_iterators(
    std::vector<std::unique_ptr<InternalIterator>> children) {
  if (children.size() == 1) return std::move(children[0]);
  return std::make_unique<MergingIterator>(std::move(children));
}

}  // namespace avila::lsm::detail

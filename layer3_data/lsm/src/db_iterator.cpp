#include <algorithm>
#include <memory>

#include "engine.hpp"
#include "merging_iterator.hpp"

namespace avila::lsm::detail {
namespace {

/// Forward: stands on the newest visible entry of key(). Backward: stands before all entries of
/// key(), whose key and value are kept aside.
class DbIterator final : public Iterator {
 public:
  DbIterator(std::shared_ptr<SuperVersion> state, Sequence visible, const ReadOptions& options,
             const MergeOperator* merge_operator, os::Clock& clock)
      : state_(std::move(state)),
        visible_(visible),
        lower_(options.lower_bound),
        upper_(options.upper_bound),
        merge_operator_(merge_operator),
        clock_(clock) {
    if (!options.prefix.empty()) {
      if (compare_keys(lower_, options.prefix) < 0) lower_ = options.prefix;
      const std::string end = prefix_end(options.prefix);
      if (!end.empty() && (upper_.empty() || compare_keys(end, upper_) < 0)) upper_ = end;
    }
    std::vector<std::unique_ptr<InternalIterator>> children;
    std::vector<RangeTombstone> tombstones;
    const auto add_memtable = [&](const Memtable& table) {
      if (table.entries() > 0 || &table == state_->memtable.get())
        children.push_back(table.iterate());
      if (table.has_tombstones()) {
        auto own = table.raw_tombstones();
        tombstones.insert(tombstones.end(), own.begin(), own.end());
      }
    };
    add_memtable(*state_->memtable);
    for (const auto& table : state_->immutables) add_memtable(*table);
    const auto mode =
        options.fill_cache ? TableIterator::Mode::Cached : TableIterator::Mode::Uncached;
    const auto& levels = state_->version->levels;
    for (std::size_t level = 0; level < levels.size(); ++level) {
      for (const FilePtr& file : levels[level]) {
        if (file->range_tombstones > 0) {
          const auto& own = file->table->raw_tombstones();
          tombstones.insert(tombstones.end(), own.begin(), own.end());
        }
        if (level == 0 && file->overlaps(lower_, upper_, !upper_.empty()))
          children.push_back(std::make_unique<TableIterator>(file->table.get(), mode));
      }
      if (level > 0 && !levels[level].empty())
        children.push_back(iterate_level(levels[level], mode));
    }
    if (!tombstones.empty()) tombstones_ = RangeTombstones(tombstones);
    input_ = merge_iterators(std::move(children));
  }

  bool valid() const noexcept override { return valid_; }
  std::string_view key() const noexcept override {
    return forward_ && !kept_ ? input_->key() : key_;
  }
  std::string_view value() const noexcept override {
    return kept_ ? std::string_view(value_) : input_->value().substr(skip_);
  }
  Result<void> status() const override {
    if (error_) return error_->clone();
    return input_->status();
  }

  void seek_to_first() override { seek(lower_); }
  void seek(std::string_view key) override {
    forward_ = true;
    const std::string_view from = compare_keys(key, lower_) < 0 ? std::string_view(lower_) : key;
    if (from.empty())
      input_->seek_to_first();
    else
      input_->seek(from, seek_tag(visible_));
    find_forward(false);
  }
  void seek_to_last() override {
    forward_ = false;
    if (upper_.empty()) {
      input_->seek_to_last();
    } else {
      before(upper_, kNewestTag);
    }
    find_backward();
  }
  void seek_for_prev(std::string_view key) override {
    if (!upper_.empty() && compare_keys(key, upper_) >= 0) return seek_to_last();
    forward_ = false;
    before(key, 0);
    find_backward();
  }
  void next() override {
    if (!forward_) {
      // The input stands before all entries of the key: go to the first of them.
      forward_ = true;
      input_->seek(key_, kNewestTag);
      find_forward(true);
      return;
    }
    if (!kept_) {
      key_.assign(input_->key());
      input_->next();
    }
    find_forward(true);
  }
  void prev() override {
    if (forward_) {
      if (!kept_) key_.assign(input_->key());
      forward_ = false;
      before(key_, kNewestTag);
    }
    find_backward();
  }

 private:
  /// The last entry before (key, tag); entries at (key, 0) count as before it.
  void before(std::string_view key, Tag tag) {
    const std::string target(key);  // the key may lie in the input
    if (tag == 0) {
      // Behind every entry of the key: the first entry of the next key, then one back.
      std::string next = target;
      next.push_back('\0');
      input_->seek(next, kNewestTag);
    } else {
      input_->seek(target, tag);
    }
    if (input_->valid())
      input_->prev();
    else
      input_->seek_to_last();
  }
  bool stop() {
    valid_ = false;
    return false;
  }
  bool expired(std::string_view value) {
    if (value.size() < 8) return true;
    if (now_ns_ == 0) now_ns_ = clock_.wall().ns;
    return static_cast<std::int64_t>(load_le64(value.data())) <= now_ns_;
  }
  bool covered(std::string_view key, Tag tag) const noexcept {
    return !tombstones_.empty() && tombstones_.cover(key, visible_) > sequence_of(tag);
  }

  /// From the input's entry on, the first key (other than key_ when `skipping`) with a value.
  void find_forward(bool skipping) {
    kept_ = false;
    skip_ = 0;
    for (; input_->valid(); input_->next()) {
      const std::string_view key = input_->key();
      if (!upper_.empty() && compare_keys(key, upper_) >= 0) break;
      const Tag tag = input_->tag();
      if (sequence_of(tag) > visible_) continue;
      if (skipping && keys_equal(key, key_)) continue;
      const Kind kind = kind_of(tag);
      if (covered(key, tag) || kind == Kind::Erase ||
          (kind == Kind::PutUntil && expired(input_->value()))) {
        key_.assign(key);
        skipping = true;
        continue;
      }
      if (kind == Kind::Merge) {
        if (!merge_forward()) return;
        return;
      }
      if (kind == Kind::PutUntil) skip_ = 8;
      valid_ = true;
      return;
    }
    valid_ = false;
  }

  /// The input stands on the newest operand of a key; leaves it behind the key's last used entry.
  bool merge_forward() {
    key_.assign(input_->key());
    std::vector<std::string> operands;
    std::optional<std::string> base;
    for (; input_->valid() && keys_equal(input_->key(), key_); input_->next()) {
      const Tag tag = input_->tag();
      if (covered(key_, tag) || kind_of(tag) == Kind::Erase) break;
      if (kind_of(tag) == Kind::Merge) {
        operands.emplace_back(input_->value());
        continue;
      }
      const bool until = kind_of(tag) == Kind::PutUntil;
      if (!until || !expired(input_->value()))
        base = std::string(input_->value().substr(until ? 8 : 0));
      break;
    }
    return finish_merge(operands, base);
  }
  bool finish_merge(const std::vector<std::string>& operands,
                    const std::optional<std::string>& base) {
    if (const auto status = input_->status(); !status.has_value()) return stop();
    auto folded =
        fold(merge_operator_, key_, base ? std::optional<std::string_view>(*base) : std::nullopt,
             operands, value_);
    if (!folded.has_value()) {
      error_ = std::make_unique<Error>(std::move(folded).error());
      return stop();
    }
    kept_ = true;
    return valid_ = true;
  }

  /// Backward: entries of a key come oldest first, so each newer visible one replaces the state.
  void find_backward() {
    kept_ = true;
    skip_ = 0;
    for (;;) {
      if (!input_->valid()) return void(stop());
      key_.assign(input_->key());
      if (!lower_.empty() && compare_keys(key_, lower_) < 0) return void(stop());
      bool present = false;
      std::vector<std::string> operands;  // oldest first
      std::optional<std::string> base;
      for (; input_->valid() && keys_equal(input_->key(), key_); input_->prev()) {
        const Tag tag = input_->tag();
        if (sequence_of(tag) > visible_) continue;
        const Kind kind = kind_of(tag);
        if (covered(key_, tag)) {
          present = false, operands.clear(), base.reset();
        } else if (kind == Kind::Merge) {
          if (!present && operands.empty()) base.reset();
          operands.emplace_back(input_->value());
          present = true;
        } else {
          operands.clear();
          base.reset();
          const bool until = kind == Kind::PutUntil;
          present = kind == Kind::Put || (until && !expired(input_->value()));
          if (present) base = std::string(input_->value().substr(until ? 8 : 0));
        }
      }
      if (const auto status = input_->status(); !status.has_value()) return void(stop());
      if (!present) continue;
      if (operands.empty()) {
        value_ = std::move(*base);
        valid_ = true;
      } else {
        std::reverse(operands.begin(), operands.end());
        (void)finish_merge(operands, base);
      }
      return;
    }
  }

  std::shared_ptr<SuperVersion> state_;  // keeps what is read alive
  std::unique_ptr<InternalIterator> input_;
  Sequence visible_;
  RangeTombstones tombstones_;
  std::string lower_, upper_, key_, value_;
  const MergeOperator* merge_operator_;
  os::Clock& clock_;
  std::int64_t now_ns_ = 0;
  std::size_t skip_ = 0;  // bytes of the value that are the expiry
  bool valid_ = false, forward_ = true;
  bool kept_ = false;  // key_ and value_ hold the entry; else the input stands on it
  std::unique_ptr<Error> error_;
};

class FailedIterator final : public Iterator {
 public:
  explicit FailedIterator(Error error) : error_(std::move(error)) {}
  void seek_to_first() override {}
  void seek_to_last() override {}
  void seek(std::string_view) override {}
  void seek_for_prev(std::string_view) override {}
  void next() override {}
  void prev() override {}
  bool valid() const noexcept override { return false; }
  std::string_view key() const noexcept override { return {}; }
  std::string_view value() const noexcept override { return {}; }
  Result<void> status() const override { return error_.clone(); }

 private:
  Error error_;
};
}  // namespace

std::unique_ptr<Iterator> make_db_iterator(std::shared_ptr<SuperVersion> state, Sequence visible,
                                           const ReadOptions& options,
                                           const MergeOperator* merge_operator, os::Clock& clock) {
  return std::make_unique<DbIterator>(std::move(state), visible, options, merge_operator, clock);
}
std::unique_ptr<Iterator> make_failed_iterator(Error error) {
  return std::make_unique<FailedIterator>(std::move(error));
}

}  // namespace avila::lsm::detail

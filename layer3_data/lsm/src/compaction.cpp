// From sorted entries to tables: what nobody can see any more is left out.
#include <algorithm>
#include <memory>

#include "engine.hpp"

namespace avila::lsm::detail {

Result<void> fold(const MergeOperator* merge_operator, std::string_view key,
                  std::optional<std::string_view> base, const std::vector<std::string>& operands,
                  std::string& result) {
  if (merge_operator == nullptr)
    return Error(Errc::InvalidArgument, "the key holds merge operands, the family has no operator",
                 {.hint = "open it with CfOptions::merge_operator"});
  const std::vector<std::string_view> ordered(operands.rbegin(), operands.rend());
  std::string out;
  if (!merge_operator->merge(key, base, ordered, out))
    return Error(Errc::Corrupted, "the merge operator refuses the operands of a key");
  result = std::move(out);
  return {};
}

namespace {

/// Entries of one user key between two neighbouring snapshots look the same to every reader: only
/// the newest of them counts. Such a set is called a stripe here.
class Outputs {
 public:
  using Create = std::function<Result<std::unique_ptr<TableBuilder>>(std::uint64_t&)>;
  Outputs(InternalIterator& input, const OutputRequest& request, const Create& create,
          const std::function<bool()>& cancelled)
      : input_(input),
        request_(request),
        create_(create),
        cancelled_(cancelled),
        tombstones_(request.tombstones) {}

  Result<std::vector<OutputFile>> run() {
    input_.seek_to_first();
    std::uint64_t count = 0;
    while (input_.valid()) {
      if ((++count & 1023) == 0 && cancelled_ && cancelled_())
        return Error(Errc::Cancelled, "compaction: the store is closing");
      AVILA_TRY_VOID(take());
    }
    AVILA_TRY_VOID(input_.status());
    if (!builder_ && !tombstones_.empty() && !kept_tombstones("", "", false).empty())
      AVILA_TRY_VOID(start(""));
    if (builder_) AVILA_TRY_VOID(finish("", false));
    return std::move(files_);
  }

 private:
  std::size_t stripe_of(Sequence sequence) const noexcept {
    const auto& s = request_.snapshots;
    return static_cast<std::size_t>(std::lower_bound(s.begin(), s.end(), sequence) - s.begin());
  }
  Sequence stripe_end(std::size_t stripe) const noexcept {
    return stripe < request_.snapshots.size() ? request_.snapshots[stripe] : kMaxSequence;
  }
  bool covered(std::string_view key, Sequence sequence, std::size_t stripe) const noexcept {
    return !tombstones_.empty() && tombstones_.cover(key, stripe_end(stripe)) > sequence;
  }
  bool nothing_below(std::string_view key) const noexcept {
    return request_.bottom ||
           (request_.check_below && request_.version->none_below(request_.level, key));
  }

  /// One entry of the input.
  Result<void> take() {
    const std::string_view key = input_.key();
    const Tag tag = input_.tag();
    const Sequence sequence = sequence_of(tag);
    const std::size_t stripe = request_.snapshots.empty() ? 0 : stripe_of(sequence);
    const bool same = has_key_ && keys_equal(key, key_);
    if (same && stripe == stripe_) return skip();
    if (covered(key, sequence, stripe)) {
      set_key(same, key);
      stripe_ = stripe;
      return skip();
    }
    set_key(same, key);
    stripe_ = stripe;
    Kind kind = kind_of(tag);
    if (kind == Kind::Merge) return take_merge(stripe);
    if (kind == Kind::PutUntil &&
        (input_.value().size() < 8 ||
         static_cast<std::int64_t>(load_le64(input_.value().data())) <= request_.now_ns))
      kind = Kind::Erase;
    const bool last = stripe == 0 && nothing_below(key);
    if (kind == Kind::Erase) {
      if (!last) AVILA_TRY_VOID(emit(key_, make_tag(sequence, Kind::Erase), {}));
    } else {
      // Nothing older can be compared with it any more, so its sequence number says nothing; 0
      // takes one byte.
      const bool forget = last && kind == Kind::Put && tombstones_.empty();
      AVILA_TRY_VOID(emit(key_, forget ? make_tag(0, kind) : tag, input_.value()));
    }
    return skip();
  }

  void set_key(bool same, std::string_view key) {
    if (!same) key_.assign(key);
    has_key_ = true;
  }
  Result<void> skip() {
    input_.next();
    return {};
  }

  /// Operands of one key and stripe, newest first, and the value they build on if it is known.
  Result<void> take_merge(std::size_t stripe) {
    std::vector<std::string> operands;
    std::vector<Tag> tags;
    enum { Open, Base, NoBase } end = Open;
    std::string base;
    for (; input_.valid() && end == Open; input_.next()) {
      if (!keys_equal(input_.key(), key_)) break;
      const Sequence sequence = sequence_of(input_.tag());
      if (stripe_of(sequence) != stripe) break;
      if (covered(key_, sequence, stripe)) {
        end = NoBase;
        break;
      }
      const Kind kind = kind_of(input_.tag());
      if (kind == Kind::PutUntil) break;  // its expiry must stay; it is emitted on its own
      if (kind == Kind::Put) {
        base = input_.value();
        end = Base;
      } else if (kind == Kind::Erase) {
        end = NoBase;
      } else {
        operands.emplace_back(input_.value());
        tags.push_back(input_.tag());
      }
    }
    const bool key_ended = !input_.valid() || !keys_equal(input_.key(), key_);
    if (end == Open && key_ended && stripe == 0 && input_.status().has_value() &&
        nothing_below(key_))
      end = NoBase;
    std::string folded;
    const std::optional<std::string_view> known =
        end == Base ? std::optional<std::string_view>(base) : std::nullopt;
    if (end != Open &&
        fold(request_.options->merge_operator.get(), key_, known, operands, folded).has_value()) {
      return emit(key_, make_tag(sequence_of(tags[0]), Kind::Put), folded);
    }
    if (end == Open && operands.size() > 1 && request_.options->merge_operator != nullptr) {
      const std::vector<std::string_view> ordered(operands.rbegin(), operands.rend());
      std::string one;
      if (request_.options->merge_operator->combine(key_, ordered, one)) operands = {one};
    }
    for (std::size_t i = 0; i < operands.size(); ++i)
      AVILA_TRY_VOID(emit(key_, tags[i], operands[i]));
    if (end == Base) return emit(key_, make_tag(sequence_of(tags.back()) - 1, Kind::Put), base);
    // An erasure under operands that cannot be folded still hides what lies below.
    if (end == NoBase && !nothing_below(key_))
      return emit(key_, make_tag(sequence_of(tags.back()) - 1, Kind::Erase), {});
    // What follows in this stripe is a PutUntil: let it through.
    if (end == Open && !key_ended && stripe_of(sequence_of(input_.tag())) == stripe)
      has_key_ = false;
    return {};
  }

  Result<void> emit(std::string_view key, Tag tag, std::string_view value) {
    if (builder_ && request_.target_bytes != 0 && builder_->size() >= request_.target_bytes &&
        key != last_key_)
      AVILA_TRY_VOID(finish(key, true));
    if (!builder_) AVILA_TRY_VOID(start(files_.empty() ? std::string_view() : key));
    if (request_.target_bytes != 0) last_key_.assign(key);
    return builder_->add(key, tag, value);
  }

  Result<void> start(std::string_view from) {
    from_ = from;
    files_.emplace_back();
    AVILA_TRY(builder_, create_(files_.back().number));
    builder_->properties.family = request_.family;
    builder_->properties.family_name = request_.family_name;
    return {};
  }
  std::vector<RangeTombstone> kept_tombstones(std::string_view from, std::string_view to,
                                              bool bounded) const {
    return tombstones_.clipped(from, to, bounded, [this](Sequence sequence) {
      return request_.bottom && stripe_of(sequence) == 0;
    });
  }
  Result<void> finish(std::string_view to, bool bounded) {
    builder_->add_tombstones(kept_tombstones(from_, to, bounded));
    auto& p = builder_->properties;
    p.largest_sequence = std::max(p.largest_sequence, request_.largest_sequence);
    AVILA_TRY(files_.back().size, builder_->finish());
    files_.back().properties = std::move(p);
    builder_.reset();
    return {};
  }

  InternalIterator& input_;
  const OutputRequest& request_;
  const Create& create_;
  const std::function<bool()>& cancelled_;
  RangeTombstones tombstones_;
  std::unique_ptr<TableBuilder> builder_;
  std::vector<OutputFile> files_;
  std::string key_, last_key_, from_;
  std::size_t stripe_ = 0;
  bool has_key_ = false;
};
}  // namespace

Result<std::vector<OutputFile>> write_tables(
    InternalIterator& input, const OutputRequest& request,
    const std::function<Result<std::unique_ptr<TableBuilder>>(std::uint64_t& number)>& create,
    const std::function<bool()>& cancelled) {
  return Outputs(input, request, create, cancelled).run();
}

}  // namespace avila::lsm::detail

#include <algorithm>
#include <avila/json/document.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/primitives/varint.hpp>
#include <avila/sql/execute.hpp>
#include <avila/sql/key.hpp>
#include <unordered_map>
#include <unordered_set>

#include "groups.hpp"
#include "rows.hpp"

namespace avila::sql {

namespace {

// The deadline is asked about after so many entries; a long document counts as several.
constexpr std::size_t kWorkBetweenChecks = 256, kBytesOfWork = 4096;

// ---- where a run stopped ----
// version 1 | fingerprint LE64 | mode | varint emitted | varint index name, name | position
// mode 0: rows in scan order, position = varint length, entry key, then BE32 element ordinals;
// mode 1: sorted rows, position = unique sort key of the last row given.
struct Resume {
  std::uint64_t fingerprint = 0;
  bool sorted = false;
  std::uint64_t emitted = 0;
  std::string index, position;
  std::vector<std::uint32_t> ordinals;
};

std::string encode(const Resume& r) {
  std::string out(1, '\x01');
  char raw[8];
  store_le64(raw, r.fingerprint);
  out.append(raw, 8);
  out += r.sorted ? '\x01' : '\x00';
  append_varint(out, r.emitted);
  append_varint(out, r.index.size());
  out += r.index;
  if (!r.sorted) append_varint(out, r.position.size());
  out += r.position;
  for (const std::uint32_t ordinal : r.ordinals) {
    store_be32(raw, ordinal);
    out.append(raw, 4);
  }
  return out;
}

Error bad_resume() {
  return Error(Errc::Malformed, "the continuation is damaged",
               {.hint = "give back the text of the last answer unchanged"});
}

Result<Resume> decode(const Statement& statement, std::string_view text) {
  Resume r;
  if (text.size() < 10 || text[0] != '\x01' || static_cast<unsigned char>(text[9]) > 1)
    return bad_resume();
  r.fingerprint = load_le64(text.data() + 1);
  if (r.fingerprint != statement.fingerprint())
    return Error(Errc::InvalidArgument,
                 "the continuation belongs to another query or other parameters",
                 {.hint = "continue with the query and the parameters of the first page"});
  r.sorted = text[9] != 0;
  const char* at = text.data() + 10;
  const char* const end = text.data() + text.size();
  std::uint64_t size = 0;
  at = decode_varint(at, end, r.emitted);
  if (at == nullptr || (at = decode_varint(at, end, size)) == nullptr ||
      size > static_cast<std::uint64_t>(end - at))
    return bad_resume();
  r.index.assign(at, static_cast<std::size_t>(size));
  at += size;
  if (r.sorted) {
    r.position.assign(at, end);
    return r;
  }
  at = decode_varint(at, end, size);
  if (at == nullptr || size > static_cast<std::uint64_t>(end - at)) return bad_resume();
  r.position.assign(at, static_cast<std::size_t>(size));
  at += size;
  if ((end - at) % 4 != 0) return bad_resume();
  for (; at < end; at += 4) r.ordinals.push_back(load_be32(at));
  return r;
}

std::string ordinal_bytes(const std::vector<std::uint32_t>& ordinals) {
  std::string bytes;
  char raw[4];
  for (const std::uint32_t ordinal : ordinals) {
    store_be32(raw, ordinal);
    bytes.append(raw, 4);
  }
  return bytes;
}

/// The value at a JSON Pointer of the root (no array steps).
Datum at_pointer(Datum value, std::string_view path) {
  while (!path.empty() && !value.is_undefined()) {
    path.remove_prefix(1);
    const auto slash = path.find('/');
    std::string key(path.substr(0, slash));
    for (std::size_t i = 0; i + 1 < key.size(); ++i)
      if (key[i] == '~') key.replace(i, 2, key[i + 1] == '1' ? "/" : "~");
    value = value.find(key);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash);
  }
  return value;
}

// ---- rows kept for ORDER BY and DISTINCT ----
struct KeptRow {
  std::string key, json;
};

/// Keeps the `capacity` first rows by key behind `after`, and no more of them than make up
/// `max_bytes` of JSON; memory from the budget.
class Sorter {
 public:
  Sorter(Budget& budget, std::uint64_t capacity, std::size_t max_bytes, std::string after)
      : budget_(budget), capacity_(capacity), max_bytes_(max_bytes), after_(std::move(after)) {}

  /// Whether a row of that key may still be among the first: ask before making its JSON.
  bool wants(const std::string& key) const {
    if (!after_.empty() && key <= after_) return false;
    return (rows_.size() < capacity_ && !dropped_) || key < rows_.front().key;
  }
  /// Whether rows were left out because those before them fill the page.
  bool dropped() const { return dropped_; }
  void add(std::string key, std::string json, Context& context) {
    if (rows_.size() >= capacity_) pop();
    rows_.push_back({std::move(key), std::move(json)});
    bytes_ += rows_.back().json.size();
    if (!budget_.take(size_of(rows_.back()), context, "sorting")) return;
    if (capacity_ == UINT64_MAX && max_bytes_ == SIZE_MAX) return;
    std::push_heap(rows_.begin(), rows_.end(), less);
    while (rows_.size() > 1 && bytes_ - rows_.front().json.size() >= max_bytes_) {
      pop();
      dropped_ = true;
    }
  }
  std::vector<KeptRow>& sorted() {
    std::sort(rows_.begin(), rows_.end(), less);
    return rows_;
  }

 private:
  static bool less(const KeptRow& a, const KeptRow& b) { return a.key < b.key; }
  static std::size_t size_of(const KeptRow& row) {
    return sizeof(KeptRow) + row.key.size() + row.json.size();
  }
  void pop() {
    std::pop_heap(rows_.begin(), rows_.end(), less);
    budget_.give_back(size_of(rows_.back()));
    bytes_ -= rows_.back().json.size();
    rows_.pop_back();
  }
  Budget& budget_;
  std::uint64_t capacity_;
  std::size_t max_bytes_, bytes_ = 0;
  bool dropped_ = false;
  std::string after_;
  std::vector<KeptRow> rows_;
};

class Execution {
 public:
  Execution(const Statement& statement, const Plan& plan, TableSource* table,
            const ExecuteOptions& options, const std::function<bool(std::string_view)>& sink)
      : statement_(statement),
        select_(statement.select()),
        plan_(plan),
        table_(table),
        options_(options),
        sink_(sink) {
    context_.arena = &arena_;
    context_.slots.resize(statement.slots());
    context_.parameters = statement.parameters();
    context_.now = options.now;
    context_.memory_limit = options.memory_bytes;
    context_.owner = this;
    context_.keep_going = [](Context& c) { return static_cast<Execution*>(c.owner)->check(); };
    budget_.limit = options.memory_bytes;
    resume_.fingerprint = statement.fingerprint();
    resume_.index = plan.index;
  }

  Result<ExecuteResult> run() {
    if (!options_.resume.empty()) {
      AVILA_TRY(resume_, decode(statement_, options_.resume));
      resumed_ = true;
      if (resume_.sorted != plan_.needs_sort) return bad_resume();
    }
    emitted_ = resume_.emitted;
    if (statement_.limit() > emitted_) {
      if (plan_.needs_sort)
        AVILA_TRY_VOID(run_sorted());
      else
        AVILA_TRY_VOID(run_streaming());
    }
    result_.memory_bytes = std::max(result_.memory_bytes, budget_.peak);
    return std::move(result_);
  }

 private:
  bool check() {
    if (!options_.check) return true;
    auto verdict = options_.check();
    if (verdict) return true;
    context_.fail(std::move(verdict).error());
    return false;
  }

  Result<void> failed() {
    if (!context_.failure) return {};
    return std::move(*context_.failure);
  }

  /// Reads the table (or the one empty row), calls row() for each row of FROM and WHERE.
  template <class F>
  Result<void> read(F&& row) {
    const RowCallback callback = [&](const std::vector<std::uint32_t>& ordinals) {
      return row(ordinals);
    };
    std::vector<std::uint32_t> ordinals;
    if (table_ == nullptr || statement_.collection().empty()) {
      (void)for_each_row(select_, 0, context_, ordinals, callback);
      return failed();
    }
    const auto slot = static_cast<std::size_t>(select_.from[0].slot);
    AVILA_TRY(auto cursor, open_cursor(slot));
    cursor_ = cursor.get();
    std::unordered_set<std::string> seen;
    for (std::size_t work = 0;;) {
      AVILA_TRY(const bool more, cursor->next());
      if (!more) break;
      ++result_.entries;
      if (++work >= kWorkBetweenChecks) {
        if (!check()) break;
        work = 0;
      }
      if (plan_.deduplicate) {
        const std::string_view key = cursor->primary_key();
        if (!seen.insert(std::string(key)).second) continue;
        if (!budget_.take(key.size() + 64, context_, "reading each document once")) break;
      }
      AVILA_TRY(const std::string_view text, cursor->document());
      AVILA_TRY(const json::Element root, parser_.parse(text));
      ++result_.documents;
      work += text.size() / kBytesOfWork;
      const Datum document = Datum::of(root);
      context_.slots[slot] = document;
      result_.memory_bytes = std::max(result_.memory_bytes, arena_.used());
      arena_.reset();
      if (!has_required(document)) continue;
      if (!for_each_row(select_, 1, context_, ordinals, callback)) break;
    }
    cursor_ = nullptr;
    return failed();
  }

  Result<std::unique_ptr<RowCursor>> open_cursor(std::size_t slot) {
    if (!plan_.nearest) {
      Scan scan = plan_.scan;
      if (resumed_ && !resume_.sorted) scan.from_position = resume_.position;
      scan.check = options_.check;
      return table_->scan(scan);
    }
    NearestScan scan = *plan_.nearest;
    if (select_.where || !options_.required.empty()) {
      scan.accept = [this, slot](std::string_view text) -> Result<bool> {
        if ((++result_.documents & 63) == 0) (void)check();
        AVILA_TRY(const json::Element root, parser_.parse(text));
        context_.slots[slot] = Datum::of(root);
        const bool match = has_required(context_.slots[slot]) &&
                           (!select_.where || evaluate(*select_.where, context_).is_true());
        result_.memory_bytes = std::max(result_.memory_bytes, arena_.used());
        arena_.reset();
        AVILA_TRY_VOID(failed());
        return match;
      };
    }
    return table_->nearest(scan);
  }

  bool has_required(const Datum& document) const {
    for (const auto& [path, value] : options_.required)
      if (!equal(at_pointer(document, path), value)) return false;
    return true;
  }

  void give(std::string_view json) {
    ++result_.rows;
    ++emitted_;
    bytes_ += json.size();
    if (!sink_(json)) stop_ = true;
  }
  bool page_full() const {
    return stop_ || result_.rows >= options_.max_rows || bytes_ >= options_.max_bytes;
  }

  Result<void> run_streaming() {
    std::uint64_t skip = resumed_ ? 0 : statement_.offset();
    bool skipping = resumed_;  // rows up to the one the last run ended with
    std::string json;
    AVILA_TRY_VOID(read([&](const std::vector<std::uint32_t>& ordinals) {
      if (skipping) {
        if (cursor_ == nullptr) return true;
        if (cursor_->position() == resume_.position && ordinals <= resume_.ordinals) return true;
        skipping = false;
      }
      const Datum value = project(select_, context_);
      if (context_.failure) return false;
      if (value.is_undefined()) return true;
      if (skip > 0) {
        --skip;
        return true;
      }
      if (page_full()) {
        more_ = true;
        return false;
      }
      json.clear();
      append_json(json, value);
      give(json);
      if (cursor_ != nullptr) resume_.position.assign(cursor_->position());
      resume_.ordinals = ordinals;
      return emitted_ < statement_.limit();
    }));
    finish();
    return {};
  }

  void finish() {
    if (!more_) return;
    resume_.emitted = emitted_;
    result_.resume = encode(resume_);
  }

  std::string order_key() {
    std::string key;
    for (const OrderItem& item : select_.order_by)
      append_key(key, evaluate(*item.expr, context_), item.descending);
    return key;
  }

  Result<void> run_sorted() {
    const std::uint64_t skip = resumed_ ? 0 : statement_.offset();
    std::uint64_t wanted = statement_.limit() - emitted_;
    if (options_.max_rows < wanted)
      wanted = options_.max_rows + 1;  // one more: is there a next page
    std::uint64_t capacity = UINT64_MAX;
    if (wanted < UINT64_MAX - skip) capacity = wanted + skip;
    // Rows to skip are not of the page, but have to be held.
    Sorter sorter(budget_, capacity, skip == 0 ? options_.max_bytes : SIZE_MAX,
                  resumed_ ? resume_.position : std::string());
    if (select_.grouped)
      AVILA_TRY_VOID(collect_groups(sorter));
    else if (select_.distinct)
      AVILA_TRY_VOID(collect_distinct(sorter));
    else
      AVILA_TRY_VOID(collect_rows(sorter));
    resume_.sorted = true;
    resume_.ordinals.clear();
    resume_.index.clear();
    std::uint64_t left_to_skip = skip;
    for (const KeptRow& row : sorter.sorted()) {
      if (left_to_skip > 0) {
        --left_to_skip;
        continue;
      }
      if (emitted_ >= statement_.limit()) break;
      if (page_full()) {
        more_ = true;
        break;
      }
      give(row.json);
      resume_.position = row.key;
    }
    if (sorter.dropped() && emitted_ < statement_.limit()) more_ = true;
    finish();
    return {};
  }

  Result<void> collect_rows(Sorter& sorter) {
    const bool by_distance = orders_by_distance(select_);
    return read([&](const std::vector<std::uint32_t>& ordinals) {
      if (by_distance && evaluate(*select_.order_by[0].expr, context_).is_undefined())
        return !context_.failure;
      std::string key = order_key();
      // The document's key makes the order total, and the same whatever index is used.
      if (cursor_ != nullptr) key += cursor_->primary_key();
      key += ordinal_bytes(ordinals);
      if (context_.failure) return false;
      if (!sorter.wants(key)) return true;
      const Datum value = project(select_, context_);
      if (context_.failure) return false;
      if (!value.is_undefined()) sorter.add(std::move(key), to_json(value), context_);
      return !context_.failure;
    });
  }

  /// Equal rows are one; its place is that of the least of their sort keys.
  Result<void> collect_distinct(Sorter& sorter) {
    std::unordered_map<std::string, KeptRow> rows;  // by encoded value
    const auto add = [&] {
      const Datum value = project(select_, context_);
      if (context_.failure || value.is_undefined()) return !context_.failure;
      std::string identity;
      append_key(identity, value);
      std::string key = order_key();
      const auto at = rows.find(identity);
      if (at != rows.end()) {
        if (key < at->second.key) at->second.key = std::move(key);
        return true;
      }
      std::string json = to_json(value);
      if (!budget_.take(identity.size() + key.size() + json.size() + 128, context_, "DISTINCT"))
        return false;
      rows.emplace(std::move(identity), KeptRow{std::move(key), std::move(json)});
      return true;
    };
    AVILA_TRY_VOID(read([&](const auto&) { return add(); }));
    for (auto& [identity, row] : rows) {
      std::string key = row.key + identity;
      budget_.give_back(row.key.size() + row.json.size());
      if (sorter.wants(key)) sorter.add(std::move(key), std::move(row.json), context_);
      row = {};
      if (context_.failure || !context_.tick()) break;
    }
    return failed();
  }

  Result<void> collect_groups(Sorter& sorter) {
    Groups groups(select_, budget_);
    AVILA_TRY_VOID(read([&](const auto&) {
      groups.add(context_);
      return !context_.failure;
    }));
    std::unordered_set<std::string> seen;
    groups.for_each(context_, [&](std::string_view group_key) {
      if (!select_.having || evaluate(*select_.having, context_).is_true()) {
        std::string key = order_key();
        const Datum value = project(select_, context_);
        bool fresh = !context_.failure && !value.is_undefined();
        if (fresh && select_.distinct) {
          std::string identity;
          append_key(identity, value);
          key += identity;
          fresh =
              !seen.contains(identity) && budget_.take(identity.size() + 64, context_, "DISTINCT");
          if (fresh) seen.insert(std::move(identity));
        } else {
          key += group_key;
        }
        // The single group of no keys still needs a key that sorts behind "from the start".
        key += '\x01';
        if (fresh && sorter.wants(key)) sorter.add(std::move(key), to_json(value), context_);
      }
      result_.memory_bytes = std::max(result_.memory_bytes, arena_.used());
      arena_.reset();
      return context_.tick() && !context_.failure;
    });
    return failed();
  }

  const Statement& statement_;
  const Select& select_;
  const Plan& plan_;
  TableSource* table_;
  const ExecuteOptions& options_;
  const std::function<bool(std::string_view)>& sink_;
  Arena arena_;
  Context context_;
  Budget budget_;
  json::Parser parser_{json::ParseOptions{.max_depth = 512}};
  RowCursor* cursor_ = nullptr;
  Resume resume_;
  bool resumed_ = false, stop_ = false, more_ = false;
  std::uint64_t emitted_ = 0;
  std::size_t bytes_ = 0;
  ExecuteResult result_;
};

}  // namespace

Result<ExecuteResult> execute(const Statement& statement, const Plan& plan, TableSource* table,
                              const ExecuteOptions& options,
                              const std::function<bool(std::string_view)>& row) {
  Execution execution(statement, plan, table, options, row);
  return execution.run();
}

Result<std::string> resume_index(const Statement& statement, std::string_view resume) {
  AVILA_TRY(const Resume r, decode(statement, resume));
  return r.index;
}

}  // namespace avila::sql

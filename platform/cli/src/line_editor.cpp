#include <algorithm>
#include <avila/cli/line_editor.hpp>

namespace avila::cli {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         (c & 0x80) != 0;
}

struct Sequence {
  std::string_view bytes;
  Key key;
};
// xterm's sequences, in normal and application cursor mode, and those of the Linux console.
constexpr Sequence kSequences[] = {{"\x1b[A", Key::Up},
                                   {"\x1bOA", Key::Up},
                                   {"\x1b[B", Key::Down},
                                   {"\x1bOB", Key::Down},
                                   {"\x1b[C", Key::Right},
                                   {"\x1bOC", Key::Right},
                                   {"\x1b[D", Key::Left},
                                   {"\x1bOD", Key::Left},
                                   {"\x1b[H", Key::Home},
                                   {"\x1bOH", Key::Home},
                                   {"\x1b[1~", Key::Home},
                                   {"\x1b[7~", Key::Home},
                                   {"\x1b[F", Key::End},
                                   {"\x1bOF", Key::End},
                                   {"\x1b[4~", Key::End},
                                   {"\x1b[8~", Key::End},
                                   {"\x1b[3~", Key::Delete},
                                   {"\x1b[1;5C", Key::WordRight},
                                   {"\x1b[1;3C", Key::WordRight},
                                   {"\x1b"
                                    "f",
                                    Key::WordRight},
                                   {"\x1b[1;5D", Key::WordLeft},
                                   {"\x1b[1;3D", Key::WordLeft},
                                   {"\x1b"
                                    "b",
                                    Key::WordLeft},
                                   {"\x1b\x7f", Key::KillWord}};

Key control_key(char c) {
  switch (c) {
    case '\r':
    case '\n': return Key::Enter;
    case 0x01: return Key::Home;
    case 0x02: return Key::Left;
    case 0x03: return Key::Cancel;
    case 0x04: return Key::Delete;
    case 0x05: return Key::End;
    case 0x06: return Key::Right;
    case 0x08:
    case 0x7F: return Key::Backspace;
    case 0x09: return Key::Complete;
    case 0x0B: return Key::KillToEnd;
    case 0x0C: return Key::Clear;
    case 0x0E: return Key::Down;
    case 0x10: return Key::Up;
    case 0x12: return Key::Search;
    case 0x15: return Key::KillToStart;
    case 0x17: return Key::KillWord;
    case 0x19: return Key::Yank;
    default: return Key::Unknown;
  }
}

}  // namespace

std::optional<KeyPress> KeyDecoder::next(bool at_end) {
  if (pending_.empty()) return std::nullopt;
  const auto take = [&](std::size_t size, Key key) {
    KeyPress press{key, key == Key::Text ? pending_.substr(0, size) : std::string()};
    pending_.erase(0, size);
    return press;
  };
  const auto lead = static_cast<unsigned char>(pending_[0]);
  if (lead == 0x1B) {
    bool could_grow = pending_.size() == 1;
    for (const Sequence& sequence : kSequences) {
      if (pending_.starts_with(sequence.bytes)) return take(sequence.bytes.size(), sequence.key);
      could_grow |= sequence.bytes.starts_with(pending_);
    }
    if (could_grow && !at_end) return std::nullopt;
    // Some other CSI sequence: up to its final byte (ECMA-48 §5.4).
    std::size_t size = std::min<std::size_t>(pending_.size(), 2);
    if (pending_.size() > 2 && pending_[1] == '[') {
      while (size < pending_.size() && (pending_[size] < 0x40 || pending_[size] > 0x7E)) ++size;
      if (size == pending_.size() && !at_end) return std::nullopt;
      size = std::min(size + 1, pending_.size());
    }
    return take(size, Key::Unknown);
  }
  if (lead < 0x20 || lead == 0x7F) return take(1, control_key(static_cast<char>(lead)));
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (pending_.size() < size && !at_end) return std::nullopt;
  return take(std::min(size, pending_.size()), Key::Text);
}

void LineEditor::start(std::string_view text) {
  line_ = text;
  cursor_ = line_.size();
  position_ = history_->size();
  draft_.clear();
  candidates_.clear();
  searching_ = false;
}

std::size_t LineEditor::before(std::size_t at) const {
  while (at > 0 && (line_[--at] & 0xC0) == 0x80) {
  }
  return at;
}

std::size_t LineEditor::after(std::size_t at) const {
  if (at < line_.size()) ++at;
  while (at < line_.size() && (line_[at] & 0xC0) == 0x80) ++at;
  return at;
}

std::size_t LineEditor::word_start(std::size_t at) const {
  while (at > 0 && !is_word(line_[at - 1])) --at;
  while (at > 0 && is_word(line_[at - 1])) --at;
  return at;
}

std::size_t LineEditor::word_end(std::size_t at) const {
  while (at < line_.size() && !is_word(line_[at])) ++at;
  while (at < line_.size() && is_word(line_[at])) ++at;
  return at;
}

void LineEditor::replace(std::string text) {
  line_ = std::move(text);
  cursor_ = line_.size();
}

void LineEditor::step_history(int direction) {
  if (direction < 0 ? position_ == 0 : position_ >= history_->size()) return;
  if (position_ == history_->size()) draft_ = line_;
  position_ = direction < 0 ? position_ - 1 : position_ + 1;
  replace(position_ == history_->size() ? draft_ : (*history_)[position_]);
}

/// The newest line before `from` that holds the needle.
void LineEditor::search_again(std::size_t from) {
  for (std::size_t i = std::min(from, history_->size()); i-- > 0;) {
    const auto found = (*history_)[i].find(needle_);
    if (found == std::string::npos) continue;
    position_ = i;
    line_ = (*history_)[i];
    cursor_ = found;
    return;
  }
}

std::string LineEditor::search_prompt() const {
  return searching_ ? "(search)`" + needle_ + "': " : std::string();
}

void LineEditor::complete() {
  if (!complete_) return;
  const std::size_t start = [&] {
    std::size_t at = cursor_;
    while (at > 0 && (is_word(line_[at - 1]) || line_[at - 1] == '.' || line_[at - 1] == '\\'))
      --at;
    return at;
  }();
  const std::vector<std::string> found = complete_(line_, cursor_);
  if (found.empty()) return;
  std::string common = found[0];
  for (const std::string& candidate : found) {
    std::size_t same = 0;
    while (same < common.size() && same < candidate.size() && common[same] == candidate[same])
      ++same;
    common.resize(same);
  }
  const std::string typed = line_.substr(start, cursor_ - start);
  if (common.size() > typed.size()) {
    line_.replace(start, cursor_ - start, common);
    cursor_ = start + common.size();
  } else if (found.size() > 1) {
    candidates_ = found;
  }
}

EditResult LineEditor::press(const KeyPress& press) {
  candidates_.clear();
  if (searching_) {
    if (press.key == Key::Text) {
      needle_ += press.text;
      return search_again(position_ + 1), EditResult::Continue;
    }
    if (press.key == Key::Backspace) {
      while (!needle_.empty() && (needle_.back() & 0xC0) == 0x80) needle_.pop_back();
      if (!needle_.empty()) needle_.pop_back();
      return search_again(history_->size()), EditResult::Continue;
    }
    if (press.key == Key::Search) return search_again(position_), EditResult::Continue;
    searching_ = false;
    if (press.key == Key::Cancel) return start(draft_), EditResult::Continue;
  }
  const auto kill = [&](std::size_t from, std::size_t to) {
    killed_ = line_.substr(from, to - from);
    line_.erase(from, to - from);
    cursor_ = from;
  };
  switch (press.key) {
    case Key::Text:
      line_.insert(cursor_, press.text);
      cursor_ += press.text.size();
      break;
    case Key::Enter: return EditResult::Done;
    case Key::Left: cursor_ = before(cursor_); break;
    case Key::Right: cursor_ = after(cursor_); break;
    case Key::WordLeft: cursor_ = word_start(cursor_); break;
    case Key::WordRight: cursor_ = word_end(cursor_); break;
    case Key::Home: cursor_ = 0; break;
    case Key::End: cursor_ = line_.size(); break;
    case Key::Up: step_history(-1); break;
    case Key::Down: step_history(+1); break;
    case Key::Backspace: {
      const std::size_t from = before(cursor_);
      line_.erase(from, cursor_ - from);
      cursor_ = from;
      break;
    }
    case Key::Delete:
      if (line_.empty()) return EditResult::EndOfInput;
      line_.erase(cursor_, after(cursor_) - cursor_);
      break;
    case Key::KillToEnd: kill(cursor_, line_.size()); break;
    case Key::KillToStart: kill(0, cursor_); break;
    case Key::KillWord: kill(word_start(cursor_), cursor_); break;
    case Key::Yank:
      line_.insert(cursor_, killed_);
      cursor_ += killed_.size();
      break;
    case Key::Complete: complete(); break;
    case Key::Search:
      searching_ = true;
      needle_.clear();
      draft_ = line_;
      position_ = history_->size();
      break;
    case Key::Cancel: return EditResult::Cancelled;
    case Key::Clear:
    case Key::Unknown: break;
  }
  return EditResult::Continue;
}

}  // namespace avila::cli

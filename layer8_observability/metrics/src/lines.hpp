// What both text parsers share: a line, its labels, and errors that say where.
#pragma once
#include <avila/metrics/model.hpp>

#include "write.hpp"

namespace avila::metrics::detail {

class Line {
 public:
  Line(std::string_view text, std::size_t offset) : text_(text), offset_(offset) {}

  bool done() const noexcept { return at_ == text_.size(); }
  char peek() const noexcept { return done() ? '\0' : text_[at_]; }
  std::string_view rest() const noexcept { return text_.substr(at_); }
  void skip(std::size_t n = 1) noexcept { at_ += n; }
  bool take(char c) noexcept {
    if (done() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) noexcept {
    if (!rest().starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  void skip_blanks() noexcept {
    while (peek() == ' ' || peek() == '\t') ++at_;
  }
  /// Up to the first of `stops`, or the end.
  std::string_view until(std::string_view stops) noexcept {
    const std::size_t end = std::min(text_.find_first_of(stops, at_), text_.size());
    const std::string_view word = text_.substr(at_, end - at_);
    at_ = end;
    return word;
  }
  Error wrong(std::string_view what) const {
    return Error(Errc::Malformed, what, {.offset = offset_ + at_});
  }

  /// The inside of a label value, behind its opening quote; takes the closing one.
  Result<std::string> quoted() {
    std::string value;
    for (;;) {
      value += until("\\\"");
      if (done()) return wrong("a label value has no closing quote");
      if (take('"')) return value;
      skip();
      const char c = peek();
      if (c == 'n')
        value += '\n';
      else if (c == '"' || c == '\\')
        value += c;
      else {
        value += '\\';  // an unknown escape stands for itself
        continue;
      }
      skip();
    }
  }

  /// Labels behind '{'; takes '}'. `lenient`: blanks anywhere, and a comma before '}'.
  Result<Labels> labels(bool lenient) {
    Labels labels;
    for (;;) {
      if (lenient) skip_blanks();
      if ((labels.empty() || lenient) && take('}')) return labels;
      if (labels.size() >= kLabelsMax)
        return Error(Errc::LimitExceeded, "more than 128 labels", {.offset = offset_ + at_});
      std::string_view name = until("=,}\" \t");
      if (!is_valid_label_name(name)) return wrong("expected a label name");
      if (lenient) skip_blanks();
      if (!take('=')) return wrong("expected '=' after a label name");
      if (lenient) skip_blanks();
      if (!take('"')) return wrong("expected '\"' before a label value");
      for (const auto& [other, value] : labels)
        if (other == name) return wrong("a label is given twice");
      AVILA_TRY(std::string value, quoted());
      labels.emplace_back(name, std::move(value));
      if (lenient) skip_blanks();
      if (take('}')) return labels;
      if (!take(',')) return wrong("expected ',' or '}' after a label");
    }
  }

 private:
  std::string_view text_;
  std::size_t offset_, at_ = 0;
};

inline const std::string* find_label(const Labels& labels, std::string_view name) noexcept {
  for (const auto& [key, value] : labels)
    if (key == name) return &value;
  return nullptr;
}

}  // namespace avila::metrics::detail

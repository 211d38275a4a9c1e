#include <avila/text/utf8.hpp>
#include <avila/validate/rules.hpp>

#include <cstdio>

namespace avila::validate {

const Violation* Report::at(std::string_view path) const noexcept {
  for (const Violation& violation : violations_)
    if (violation.path == path) return &violation;
  return nullptr;
}

void Report::fail(std::string_view code, std::vector<Param> params) {
  if (++count_ > kMaxViolations) return;
  violations_.push_back({path_, std::string(code), std::move(params)});
}

Report::Scope::Scope(Report& report, std::string_view member)
    : report_(report), size_before_(report.path_.size()) {
  report_.path_ += '/';
  for (const char c : member) {  // RFC 6901 section 3
    if (c == '~') {
      report_.path_ += "~0";
    } else if (c == '/') {
      report_.path_ += "~1";
    } else {
      report_.path_ += c;
    }
  }
  enter();
}

Report::Scope::Scope(Report& report, std::size_t index)
    : report_(report), size_before_(report.path_.size()) {
  report_.path_.append("/").append(std::to_string(index));
  enter();
}

void Report::Scope::enter() {
  if (++report_.depth_ > kMaxDepth) {
    open_ = false;
    report_.fail("too_deep");
  }
}

Report::Scope::~Scope() {
  --report_.depth_;
  report_.path_.resize(size_before_);
}

std::string to_param(long long value) { return std::to_string(value); }
std::string to_param(unsigned long long value) { return std::to_string(value); }
std::string to_param(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.15g", value);
  return text;
}
std::string to_param(std::string_view value) { return std::string(value); }

std::size_t detail::count_characters(std::string_view text) noexcept {
  return text::count_code_points(text);
}

void Length::operator()(std::string_view text, Report& report) const {
  const std::size_t size = detail::count_characters(text);
  if (size < min) report.fail("length.min", {{"min", detail::param_of(min)}});
  if (size > max) report.fail("length.max", {{"max", detail::param_of(max)}});
}

Result<Pattern> pattern(std::string_view expression) {
  // The longest match from the beginning is the whole text where any match is.
  AVILA_TRY(auto compiled,
            regex::Regex::compile(expression, {.match_kind = regex::MatchKind::LeftmostLongest}));
  return Pattern(std::move(compiled));
}

void Pattern::operator()(std::string_view text, Report& report) const {
  const auto found = regex_.find(regex::Input(text, 0, std::string_view::npos, true));
  if (!found || found->end != text.size()) report.fail("pattern");
}

void OneOf::operator()(std::string_view text, Report& report) const {
  if (std::find(values.begin(), values.end(), text) != values.end()) return;
  std::string all;
  for (const std::string& value : values) all.append(all.empty() ? "" : ", ").append(value);
  report.fail("one_of", {{"values", std::move(all)}});
}

}  // namespace avila::validate

#include <avila/json/stream.hpp>
#include <bit>
#include <memory>

#include "event_parser.hpp"

namespace avila::json {
namespace {

/// Numbers by type for the public handler.
struct Adapter {
  Handler& handler;
  bool null() { return handler.null(); }
  bool boolean(bool value) { return handler.boolean(value); }
  bool number(const detail::Number& n) {
    switch (n.kind) {
      case Kind::Int: return handler.int64(static_cast<std::int64_t>(n.bits));
      case Kind::Uint: return handler.uint64(n.bits);
      case Kind::Double: return handler.double_(std::bit_cast<double>(n.bits));
      default: return handler.big_number(n.text);
    }
  }
  bool string(std::string_view text) { return handler.string(text); }
  bool key(std::string_view text) { return handler.key(text); }
  bool begin_array() { return handler.begin_array(); }
  bool end_array() { return handler.end_array(); }
  bool begin_object() { return handler.begin_object(); }
  bool end_object() { return handler.end_object(); }
};

Error too_large() {
  return Error(Errc::LimitExceeded, "the text is larger than ParseOptions::max_size");
}

}  // namespace

Result<void> parse_events(std::string_view text, Handler& handler, const ParseOptions& options) {
  if (text.size() > options.max_size) return too_large();
  Adapter adapter{handler};
  detail::EventParser<Adapter> parser(options, adapter);
  AVILA_TRY_VOID(parser.feed(text, true));
  return {};
}

struct EventReader::Impl {
  Impl(Handler& handler, const ParseOptions& given)
      : options(given), adapter{handler}, parser(given, adapter) {}
  ParseOptions options;
  Adapter adapter;
  detail::EventParser<Adapter> parser;
  std::string rest;  // bytes of the token at hand
  std::uint64_t received = 0;
  std::optional<Errc> failed;

  Result<void> run(std::string_view text, bool last) {
    auto used = parser.feed(text, last);
    if (!used.has_value()) {
      failed = used.error().code();
      return std::move(used).error();
    }
    if (text.data() == rest.data()) {
      rest.erase(0, *used);
    } else {
      rest.assign(text.substr(*used));
    }
    return {};
  }
};

EventReader::EventReader(Handler& handler, const ParseOptions& options)
    : impl_(std::make_unique<Impl>(handler, options)) {}
EventReader::EventReader(EventReader&& other) noexcept = default;
EventReader& EventReader::operator=(EventReader&& other) noexcept = default;
EventReader::~EventReader() = default;

Result<void> EventReader::feed(std::string_view chunk) {
  Impl& my = *impl_;
  if (my.failed.has_value()) return Error(*my.failed, "the document was refused before");
  my.received += chunk.size();
  if (my.received > my.options.max_size) {
    my.failed = Errc::LimitExceeded;
    return too_large();
  }
  if (my.rest.empty()) return my.run(chunk, false);
  my.rest.append(chunk);
  return my.run(my.rest, false);
}

Result<void> EventReader::finish() {
  Impl& my = *impl_;
  if (my.failed.has_value()) return Error(*my.failed, "the document was refused before");
  return my.run(my.rest, true);
}

bool EventReader::done() const noexcept { return impl_->parser.done(); }

LineReader::LineReader(const ParseOptions& options) : options_(options), parser_(options) {}

void LineReader::feed(std::string_view chunk) {
  if (at_ != 0) {  // what has been returned
    buffer_.erase(0, at_);
    scanned_ -= at_;
    at_ = 0;
  }
  buffer_.append(chunk);
}

Result<std::optional<Element>> LineReader::next() {
  for (;;) {
    const std::size_t newline = buffer_.find('\n', scanned_);
    const bool found = newline != std::string::npos;
    scanned_ = found ? newline + 1 : buffer_.size();
    const std::size_t end = found ? newline : buffer_.size();
    if (!found && !(finished_ && at_ < end)) {
      if (end - at_ > options_.max_size && !skipping_) {  // memory stays bounded: drop it
        skipping_ = true;
        ++line_;
        at_ = end;
        return Error(Errc::LimitExceeded, "the line is longer than ParseOptions::max_size")
            .context("line " + std::to_string(line_));
      }
      if (skipping_) at_ = end;
      return std::optional<Element>{};
    }
    const std::string_view text = std::string_view(buffer_).substr(at_, end - at_);
    at_ = scanned_;
    if (skipping_) {  // the end of a line that was too long
      skipping_ = false;
      continue;
    }
    ++line_;
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto element = parser_.parse(text);
    if (!element.has_value())
      return std::move(element).error().context("line " + std::to_string(line_));
    return std::optional<Element>(*element);
  }
}

}  // namespace avila::json

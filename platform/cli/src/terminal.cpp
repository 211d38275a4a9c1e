#include <avila/cli/terminal.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/terminal.hpp>
#include <utility>

namespace avila::cli {

namespace {

int descriptor_of(FILE* stream) {
#ifdef _WIN32
  return _fileno(stream);
#else
  return ::fileno(stream);
#endif
}

}  // namespace

bool is_terminal(FILE* stream) { return os::is_terminal(descriptor_of(stream)); }

Paint paint_for(FILE* stream) {
  if (!os::wants_colour(descriptor_of(stream))) return {};
  return {"\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[1m", "\x1b[2m", "\x1b[0m"};
}

std::size_t terminal_width() { return os::window_size().value_or(os::WindowSize{}).columns; }

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size();) {
    // The lead byte alone tells what is needed here; malformed bytes count as one column.
    const auto lead = static_cast<unsigned char>(text[i]);
    std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (length > text.size() - i) length = 1;
    char32_t code = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t k = 1; k < length; ++k)
      code = (code << 6) | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
    const bool mark =
        (code >= 0x300 && code <= 0x36F) || code == 0x200D || (code >= 0xFE00 && code <= 0xFE0F);
    const bool wide = (code >= 0x1100 && code <= 0x115F) || (code >= 0x2E80 && code <= 0xA4CF) ||
                      (code >= 0xAC00 && code <= 0xD7A3) || (code >= 0xF900 && code <= 0xFAFF) ||
                      (code >= 0xFF00 && code <= 0xFF60) || (code >= 0x1F300 && code <= 0x1FAFF);
    width += mark ? 0 : wide ? 2 : 1;
    i += length;
  }
  return width;
}

std::string human_bytes(double bytes) {
  const char* units[] = {"B", "kB", "MB", "GB", "TB"};
  int unit = 0;
  for (; bytes >= 999.5 && unit < 4; ++unit) bytes /= 1000;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
  return text;
}

std::string human_seconds(double seconds) {
  const auto whole = static_cast<long long>(seconds + 0.5);
  char text[48];
  if (whole >= 3600)
    std::snprintf(text, sizeof text, "%lldh%02lldm", whole / 3600, whole / 60 % 60);
  else if (whole >= 60)
    std::snprintf(text, sizeof text, "%lldm%02llds", whole / 60, whole % 60);
  else
    std::snprintf(text, sizeof text, "%llds", whole);
  return text;
}

Progress::Progress(std::string label, std::uint64_t total)
    : label_(std::move(label)),
      total_(total),
      started_ns_(os::real_clock().now().ns),
      shown_(is_terminal(stderr)) {}

Progress::~Progress() { finish(); }

void Progress::update(std::uint64_t done, std::uint64_t items) {
  done_ = done;
  items_ = items;
  const std::int64_t now = os::real_clock().now().ns;
  if (!shown_ || now - drawn_ns_ < 100'000'000) return;
  drawn_ns_ = now;
  draw(static_cast<double>(now - started_ns_) * 1e-9);
}

void Progress::draw(double elapsed) {
  const double rate = elapsed > 0 ? static_cast<double>(items_) / elapsed : 0;
  std::string line = label_ + ' ';
  char text[96];
  if (total_ > 0) {
    const double share = static_cast<double>(done_) / static_cast<double>(total_);
    constexpr int kCells = 24;
    const int full = static_cast<int>(share * kCells);
    for (int i = 0; i < kCells; ++i) line += i < full ? "█" : "░";
    std::snprintf(text, sizeof text, " %3.0f%%  %llu documents  %.0f/s", share * 100,
                  static_cast<unsigned long long>(items_), rate);
    line += text;
    if (share > 0) line += "  " + human_seconds(elapsed / share - elapsed) + " left";
  } else {
    std::snprintf(text, sizeof text, "%llu documents  %.0f/s",
                  static_cast<unsigned long long>(items_), rate);
    line += text;
  }
  std::fprintf(stderr, "\r\x1b[K%s", line.c_str());
  std::fflush(stderr);
}

void Progress::finish() {
  if (finished_) return;
  finished_ = true;
  if (shown_ && drawn_ns_ != 0) std::fprintf(stderr, "\r\x1b[K");
}

}  // namespace avila::cli

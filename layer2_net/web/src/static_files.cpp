#include <algorithm>
#include <avila/http/conditional.hpp>
#include <avila/text/encoding.hpp>
#include <avila/time/format.hpp>
#include <avila/web/problem.hpp>
#include <avila/web/static_files.hpp>
#include <avila/web/template.hpp>
#include <list>
#include <map>
#include <memory>
#include <mutex>

namespace avila::web {

std::string_view content_type_of(std::string_view path) noexcept {
  static constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {"html", "text/html; charset=utf-8"},
      {"htm", "text/html; charset=utf-8"},
      {"css", "text/css; charset=utf-8"},
      {"js", "text/javascript; charset=utf-8"},
      {"mjs", "text/javascript; charset=utf-8"},
      {"json", "application/json"},
      {"map", "application/json"},
      {"txt", "text/plain; charset=utf-8"},
      {"md", "text/markdown; charset=utf-8"},
      {"csv", "text/csv; charset=utf-8"},
      {"xml", "application/xml"},
      {"svg", "image/svg+xml"},
      {"png", "image/png"},
      {"jpg", "image/jpeg"},
      {"jpeg", "image/jpeg"},
      {"gif", "image/gif"},
      {"webp", "image/webp"},
      {"avif", "image/avif"},
      {"ico", "image/vnd.microsoft.icon"},
      {"woff2", "font/woff2"},
      {"woff", "font/woff"},
      {"ttf", "font/ttf"},
      {"wasm", "application/wasm"},
      {"pdf", "application/pdf"},
      {"zip", "application/zip"},
      {"gz", "application/gzip"},
      {"mp4", "video/mp4"},
      {"webm", "video/webm"},
      {"mp3", "audio/mpeg"},
      {"webmanifest", "application/manifest+json"},
  };
  const std::size_t dot = path.rfind('.');
  if (dot != std::string_view::npos && path.find('/', dot) == std::string_view::npos) {
    for (const auto& [extension, type] : kTypes) {
      if (http::equal_ignoring_case(path.substr(dot + 1), extension)) return type;
    }
  }
  return "application/octet-stream";
}

std::optional<std::string> safe_relative_path(std::string_view path, bool dot_files) {
  constexpr std::size_t kMaxBytes = 4096;
  if (path.size() > kMaxBytes) return std::nullopt;
  std::string out;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    if (name.empty() || name == ".") continue;
    if (name == ".." || (name[0] == '.' && !dot_files)) return std::nullopt;
    for (const char c : name) {
      const auto u = static_cast<unsigned char>(c);
      if (u < 0x20 || c == '\\' || c == ':' || u == 0x7f) return std::nullopt;
    }
    if (!out.empty()) out += '/';
    out += name;
  }
  return out;
}

namespace {

/// A file as it was looked up; its content when it is small.
struct Loaded {
  std::string path;
  std::string_view content_type;
  std::string_view coding;  // of a precompressed variant
  bool varies = false;
  bool folder = false;
  os::FileInfo info;
  std::string etag;
  std::string modified;
  std::shared_ptr<const std::string> content;  // null: read when sent
  std::shared_ptr<os::File> open;              // for the kernel, which sends it; may be null
};
using LoadedPointer = std::shared_ptr<const Loaded>;

std::string hex(std::uint64_t value) {
  std::string out;
  do {
    out.insert(out.begin(), "0123456789abcdef"[value & 15]);
    value >>= 4;
  } while (value != 0);
  return out;
}

}  // namespace

namespace {
constexpr std::uint64_t kKernelBytes = 64 * 1024;  // from here on it is worth two calls
}

struct StaticFiles::State {
  async::Executor& executor;
  os::FileSystem& files;
  std::string root;
  StaticFilesOptions options;

  std::mutex mutex;
  struct Entry {
    LoadedPointer file;
    std::list<std::string>::iterator recent;
    std::int64_t checked_ns = 0;
  };
  std::map<std::string, Entry, std::less<>> cache;
  std::list<std::string> recent;  // the last used first
  std::uint64_t cached_bytes = 0;
  std::uint32_t open_files = 0;

  /// What may be served as it is. Of those who find it stale, the first looks at the file again
  /// (null), and the others are served meanwhile.
  LoadedPointer find(std::string_view key) {
    const std::lock_guard lock(mutex);
    const auto found = cache.find(key);
    if (found == cache.end()) return nullptr;
    const std::int64_t now = executor.coarse_now().ns;
    if (now - found->second.checked_ns > options.cache_fresh.ns) {
      found->second.checked_ns = now;
      return nullptr;
    }
    recent.splice(recent.begin(), recent, found->second.recent);
    return found->second.file;
  }

  /// The content of the same file at the same time of change, so that it is not read again.
  std::shared_ptr<const std::string> known_content(std::string_view key, const Loaded& file) {
    const std::lock_guard lock(mutex);
    const auto found = cache.find(key);
    if (found == cache.end()) return nullptr;
    const Loaded& known = *found->second.file;
    const bool same = known.path == file.path && known.info.size == file.info.size &&
                      known.info.modified_ns == file.info.modified_ns;
    return same ? known.content : nullptr;
  }

  static std::uint64_t cost(const Loaded& file) noexcept {
    return 512 + (file.content != nullptr ? file.content->size() : 0);
  }

  void forget(std::map<std::string, Entry, std::less<>>::iterator entry) {
    cached_bytes -= cost(*entry->second.file);
    open_files -= entry->second.file->open != nullptr ? 1 : 0;
    recent.erase(entry->second.recent);
    cache.erase(entry);
  }

  /// Of a file that is there no more.
  void forget_key(std::string_view key) {
    const std::lock_guard lock(mutex);
    if (const auto old = cache.find(key); old != cache.end()) forget(old);
  }

  void keep(const std::string& key, LoadedPointer file) {
    const std::lock_guard lock(mutex);
    if (const auto old = cache.find(key); old != cache.end()) forget(old);
    cached_bytes += cost(*file);
    open_files += file->open != nullptr ? 1 : 0;
    recent.push_front(key);
    cache.emplace(key, Entry{std::move(file), recent.begin(), executor.coarse_now().ns});
    while ((cached_bytes > options.cache_bytes || open_files > options.open_files) &&
           !recent.empty())
      forget(cache.find(recent.back()));
  }

  Result<LoadedPointer> load(const std::string& relative, unsigned takes, const std::string& key);
  Result<std::string> list(const std::string& relative);
};

namespace {

/// Variants on disk, the smallest first.
struct Variant {
  const char* suffix;
  std::string_view coding;
};
constexpr Variant kVariants[] = {{".br", "br"}, {".zst", "zstd"}, {".gz", "gzip"}};

}  // namespace

/// Blocking: runs on the pool.
Result<LoadedPointer> StaticFiles::State::load(const std::string& relative, unsigned takes,
                                               const std::string& key) {
  auto file = std::make_shared<Loaded>();
  file->path = relative.empty() ? root : os::join(root, relative);
  AVILA_TRY(file->info, files.info(file->path));
  if (file->info.kind == os::FileKind::Directory) {
    file->folder = true;
    return LoadedPointer(file);
  }
  if (file->info.kind != os::FileKind::Regular) return Error(Errc::NotFound, "no regular file");
  file->content_type = content_type_of(relative);
  if (options.precompressed) {
    std::string variant_path;
    for (std::size_t i = 0; i < std::size(kVariants); ++i) {
      auto variant = files.info(file->path + kVariants[i].suffix);
      if (!variant.has_value() || variant->kind != os::FileKind::Regular) continue;
      file->varies = true;
      if ((takes & (1U << i)) == 0 || !variant_path.empty()) continue;
      file->coding = kVariants[i].coding;
      file->info = *variant;
      variant_path = file->path + kVariants[i].suffix;
    }
    if (!variant_path.empty()) file->path = variant_path;
  }
  // With the coding: builds that set all times alike may give two variants of one size.
  file->etag = http::make_etag(hex(file->info.size) + "-" +
                               hex(static_cast<std::uint64_t>(file->info.modified_ns)) +
                               (file->coding.empty() ? "" : "-") + std::string(file->coding));
  file->modified = time::format_http_date({file->info.modified_ns});
  file->content = known_content(key, *file);
  if (file->content == nullptr && file->info.size <= options.cached_file_bytes) {
    AVILA_TRY(std::string text, files.read_text(file->path, options.cached_file_bytes));
    file->info.size = text.size();
    file->content = std::make_shared<const std::string>(std::move(text));
  }
  if (file->info.size >= kKernelBytes && options.open_files > 0) {
    AVILA_TRY(file->open, files.open(file->path));
    if (file->open->native_handle() < 0) file->open.reset();
  }
  return LoadedPointer(file);
}

/// Blocking, too. Names are escaped for where they stand; hidden files stay hidden.
Result<std::string> StaticFiles::State::list(const std::string& relative) {
  constexpr std::size_t kEntriesMax = 10'000;
  const std::string folder = relative.empty() ? root : os::join(root, relative);
  AVILA_TRY(const auto entries, files.list(folder));
  const std::string title = "/" + escape_html(relative) + (relative.empty() ? "" : "/");
  std::string page = "<!doctype html>\n<meta charset=\"utf-8\">\n<title>" + title +
                     "</title>\n<h1>" + title + "</h1>\n<ul>\n";
  if (!relative.empty()) page += "<li><a href=\"../\">../</a>\n";
  std::size_t count = 0;
  for (const os::DirectoryEntry& entry : entries) {
    if (!safe_relative_path(entry.name, options.dot_files)) continue;
    if (++count > kEntriesMax) {
      page += "<li>…\n";
      break;
    }
    const std::string slash = entry.kind == os::FileKind::Directory ? "/" : "";
    page += "<li><a href=\"./" + text::percent_encode(entry.name) + slash + "\">";
    append_escaped_html(page, entry.name);
    page += slash + "</a>\n";
  }
  page += "</ul>\n";
  return page;
}

namespace {

/// Pieces of a file: sent by the kernel, or from memory, or read on the blocking pool.
class FilePieces final : public http::BodySource {
 public:
  FilePieces(async::Executor& executor, os::FileSystem& files, LoadedPointer file,
             std::vector<std::pair<std::string, http::ByteRange>> pieces, std::string end)
      : executor_(executor),
        files_(files),
        file_(std::move(file)),
        pieces_(std::move(pieces)),
        end_(std::move(end)) {}

  Task<Result<void>> write_to(http::BodyWriter& writer) override {
    for (const auto& [before, range] : pieces_) {
      if (!before.empty()) {
        auto written = co_await writer.write(as_bytes(before));
        AVILA_CO_TRY_VOID(std::move(written));
      }
      auto written = co_await write_range(writer, range);
      AVILA_CO_TRY_VOID(std::move(written));
    }
    if (!end_.empty()) {
      auto written = co_await writer.write(as_bytes(end_));
      AVILA_CO_TRY_VOID(std::move(written));
    }
    co_return Result<void>();
  }

 private:
  Task<Result<void>> write_range(http::BodyWriter& writer, http::ByteRange range) {
    if (file_->open != nullptr && writer.sends_files())
      return writer.send_file(*file_->open, range.first, range.length);
    if (file_->content != nullptr)
      return writer.write(as_bytes(*file_->content).subspan(range.first, range.length));
    return read_range(writer, range);
  }

  Task<Result<void>> read_range(http::BodyWriter& writer, http::ByteRange range) {
    constexpr std::uint64_t kBlockBytes = 256 * 1024;
    if (opened_ == nullptr) {
      auto open = [this] { return files_.open(file_->path); };
      auto opened = co_await executor_.spawn_blocking(std::move(open));
      AVILA_CO_TRY(opened_, std::move(opened));
    }
    std::string block;
    for (std::uint64_t done = 0; done < range.length;) {
      block.resize(static_cast<std::size_t>(std::min(kBlockBytes, range.length - done)));
      const std::uint64_t offset = range.first + done;
      auto read = [this, &block, offset] {
        return opened_->read_at(offset, {reinterpret_cast<std::byte*>(block.data()), block.size()});
      };
      auto got = co_await executor_.spawn_blocking(std::move(read));
      AVILA_CO_TRY(const MutableByteSpan bytes, std::move(got));
      if (bytes.empty()) co_return Error(Errc::Io, "the file became shorter while it was sent");
      auto written = co_await writer.write(ByteSpan(bytes));
      AVILA_CO_TRY_VOID(std::move(written));
      done += bytes.size();
    }
    co_return Result<void>();
  }

  async::Executor& executor_;
  os::FileSystem& files_;
  const LoadedPointer file_;  // shared with the cache
  std::unique_ptr<os::File> opened_;
  std::vector<std::pair<std::string, http::ByteRange>> pieces_;
  std::string end_;
};

void set_ranges(StaticFiles::State& state, const LoadedPointer& file, const Request& request,
                const http::Validators& validators, Response& response) {
  const std::uint64_t size = file->info.size;
  const http::RangeRequest ranges = http::select_range(request, validators, size);
  using Kind = http::RangeRequest::Kind;
  if (ranges.kind == Kind::Unsatisfiable) {
    response = problem(416, "no byte of the file is in the range");
    response.headers.add("Content-Range", http::unsatisfied_range(size));
    return;
  }
  std::vector<std::pair<std::string, http::ByteRange>> pieces;
  std::string end;
  std::uint64_t total = 0;
  if (ranges.kind == Kind::Whole) {
    pieces.push_back({"", {0, size}});
    total = size;
  } else if (ranges.ranges.size() == 1) {
    pieces.push_back({"", ranges.ranges[0]});
    total = ranges.ranges[0].length;
    response.headers.add("Content-Range", http::content_range(ranges.ranges[0], size));
  } else {
    const http::ByteRangesFrame frame(
        std::string(file->content_type), size,
        "avila-range-" + hex(static_cast<std::uint64_t>(file->info.modified_ns)));
    for (const http::ByteRange& range : ranges.ranges)
      pieces.push_back({frame.before(range), range});
    end = frame.after();
    total = frame.total(ranges.ranges);
    response.headers.set("Content-Type", frame.content_type());
  }
  response.status = ranges.kind == Kind::Whole ? 200 : 206;
  const bool plain = request.scheme == "http" && request.major_version == 1;
  if (file->content == nullptr || (file->open != nullptr && plain)) {
    response.body =
        http::Body::stream(std::make_unique<FilePieces>(state.executor, state.files, file,
                                                        std::move(pieces), std::move(end)),
                           total);
  } else if (pieces.size() == 1) {
    const http::ByteRange range = pieces[0].second;
    response.body = http::Body::shared(file->content,
                                       as_bytes(*file->content).subspan(range.first, range.length));
  } else {
    std::string text;
    for (const auto& [before, range] : pieces)
      text.append(before).append(*file->content, range.first, range.length);
    response.body = http::Body(text + end);
  }
}

Response answer(StaticFiles::State& state, const LoadedPointer& file, const Request& request) {
  const http::Validators validators{file->etag, WallTime{file->info.modified_ns}};
  Response response(200);
  response.headers.reserve(256);
  response.headers.add("Content-Type", file->content_type);
  if (!file->coding.empty()) response.headers.add("Content-Encoding", file->coding);
  if (file->varies) response.headers.add("Vary", "Accept-Encoding");
  response.headers.add("ETag", file->etag).add("Last-Modified", file->modified);
  response.headers.add("Accept-Ranges", "bytes").add("X-Content-Type-Options", "nosniff");
  if (!state.options.cache_control.empty())
    response.headers.add("Cache-Control", state.options.cache_control);
  switch (http::evaluate_preconditions(request, validators)) {
    case http::Precondition::NotModified:
      response.status = 304;
      response.headers.remove("Content-Type");
      return response;
    case http::Precondition::Failed: return problem(412, "the file is not as was required");
    case http::Precondition::Go: break;
  }
  set_ranges(state, file, request, validators, response);
  return response;
}

struct Wanted {
  std::string relative;
  std::string folder;  // where `relative` is its index
  unsigned takes = 0;  // of kVariants
  bool ends_with_slash = false;
  std::string key() const { return relative + static_cast<char>(1 + takes); }
};

/// No name of a file holds a slash, and "a%2Fb" is not the path that routes and guards saw. `path`
/// is the decoded end of `whole`.
bool has_encoded_slash(std::string_view whole, std::string_view path) noexcept {
  if (whole.find('%') == std::string_view::npos) return false;
  const auto slashes = std::count(path.begin(), path.end(), '/');
  for (auto left = slashes; left >= 0; --left) {
    const std::size_t at = whole.rfind('/');
    const std::string_view segment = at == std::string_view::npos ? whole : whole.substr(at + 1);
    for (const char* slash : {"%2F", "%2f"})
      if (segment.find(slash) != std::string_view::npos) return true;
    if (at == std::string_view::npos) break;
    whole = whole.substr(0, at);
  }
  return false;
}

std::optional<Wanted> wanted(const StaticFilesOptions& options, const Request& request) {
  const std::string_view path =
      request.parameters.empty() ? request.path : request.parameters.back().value;
  auto relative = safe_relative_path(path, options.dot_files);
  if (!relative || has_encoded_slash(request.path, path)) return std::nullopt;
  Wanted want;
  want.relative = std::move(*relative);
  want.ends_with_slash = path.empty() || path.ends_with('/');
  if (want.ends_with_slash && options.index.empty()) return std::nullopt;  // "a.txt/" is none too
  if (options.precompressed) {
    const std::string accept = request.fields.combined("accept-encoding");
    for (std::size_t i = 0; i < std::size(kVariants) && !accept.empty(); ++i) {
      const std::string_view coding = kVariants[i].coding;
      if (http::negotiate_coding(accept, {coding}) == coding) want.takes |= 1U << i;
    }
  }
  if (want.ends_with_slash && !options.index.empty()) {
    want.folder = want.relative;
    if (!want.relative.empty()) want.relative += '/';
    want.relative += options.index;
  }
  return want;
}

Task<Response> load_and_answer(std::shared_ptr<StaticFiles::State> state, Wanted want,
                               const Request* request) {
  auto load = [state, want] { return state->load(want.relative, want.takes, want.key()); };
  auto loaded = co_await state->executor.spawn_blocking(std::move(load));
  if (!loaded.has_value()) state->forget_key(want.key());
  if (!loaded.has_value() && loaded.error().is(Errc::NotFound) && want.ends_with_slash &&
      state->options.listing) {
    auto list = [state, want] { return state->list(want.folder); };
    auto page = co_await state->executor.spawn_blocking(std::move(list));
    if (!page.has_value()) co_return problem(404, "no such file");
    co_return Response::html(200, std::move(*page));
  }
  if (!loaded.has_value()) {
    // A name that is too long or below a file is none; errors name paths of this machine.
    const Error& error = loaded.error();
    if (error.is(Errc::PermissionDenied) || error.is(Errc::NotFound) ||
        error.is(Errc::InvalidArgument))
      co_return problem(404, "no such file");
    co_return problem(500, "the server failed to read the file");
  }
  const LoadedPointer file = *loaded;
  if (file->folder) {  // relative links in its index want the slash
    state->forget_key(want.key());
    if (want.ends_with_slash || state->options.index.empty())
      co_return problem(404, "no such file");
    std::string location;
    for (const char c : request->path)
      if (c == '\\') {
        location += "%5C";  // a slash to browsers
      } else {
        location += c;
      }
    while (location.starts_with("//")) location.erase(0, 1);  // would be another host
    location += '/';
    if (!request->query.empty()) location.append("?").append(request->query);
    co_return Response::redirect(location, 301);
  }
  state->keep(want.key(), file);
  co_return answer(*state, file, *request);
}

}  // namespace

StaticFiles::StaticFiles(async::Executor& executor, os::FileSystem& files, std::string root,
                         StaticFilesOptions options)
    : state_(new State{executor, files, std::move(root), std::move(options), {}, {}, {}, 0, 0}) {}

StaticFiles::~StaticFiles() = default;

bool StaticFiles::call_now(Request& request, Response& response) {
  const auto want = wanted(state_->options, request);
  if (!want) {
    response = problem(404, "no such file");
    return true;
  }
  const LoadedPointer file = state_->find(want->key());
  if (file == nullptr) return false;
  response = answer(*state_, file, request);
  return true;
}

Task<Response> StaticFiles::call(Request& request) {
  auto want = wanted(state_->options, request);
  if (!want) return detail::ready(problem(404, "no such file"));
  return load_and_answer(state_, std::move(*want), &request);
}

}  // namespace avila::web

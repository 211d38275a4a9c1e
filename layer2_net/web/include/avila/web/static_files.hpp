// Files of a folder over HTTP: conditions, ranges, precompressed variants, a cache of small files.
#pragma once
#include <avila/async/executor.hpp>
#include <avila/os/file_system.hpp>
#include <avila/primitives/duration.hpp>
#include <avila/web/route.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace avila::web {

struct StaticFilesOptions {
  std::string index = "index.html";        ///< of a folder; empty: folders are not found
  std::string cache_control = "no-cache";  ///< validated each time by ETag
  /// a.js.br, a.js.zst and a.js.gz answer for a.js where the client takes them.
  bool precompressed = true;
  bool listing = false;                          ///< a folder without its index shows what is in it
  bool dot_files = false;                        ///< ".git/config" is not found unless true
  std::uint64_t cached_file_bytes = 256 * 1024;  ///< larger ones are read as they are sent
  std::uint64_t cache_bytes = 64 * 1024 * 1024;
  std::uint32_t open_files = 256;     ///< larger ones kept open, for the kernel to send
  Duration cache_fresh = seconds(1);  ///< a cached file is looked up again after this
};

/// "text/html; charset=utf-8" for "a/b.html"; "application/octet-stream" where it is not known.
std::string_view content_type_of(std::string_view path) noexcept;

/// The path below the root that a decoded request path means; nothing where it would leave it,
/// names a hidden file, or holds bytes that no file name has.
std::optional<std::string> safe_relative_path(std::string_view path, bool dot_files = false);

/// An endpoint for GET of a wildcard route; the wildcard is the path below `root`:
///   router.add("GET", "/static/*path", std::make_unique<StaticFiles>(executor, files,
///   "/srv/www"));
/// Plain HTTP/1.1 has files of 64 KiB and more sent by the kernel where it can; else they are read
/// on the executor's blocking pool. Symbolic links are followed.
class StaticFiles final : public Endpoint {
 public:
  StaticFiles(async::Executor& executor, os::FileSystem& files, std::string root,
              StaticFilesOptions options = {});
  ~StaticFiles() override;
  Task<Response> call(Request& request) override;
  bool call_now(Request& request, Response& response) override;

  struct State;

 private:
  std::shared_ptr<State> state_;  // shared with loads on the blocking pool
};

}  // namespace avila::web

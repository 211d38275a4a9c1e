// Content codings for handlers that know nothing of them: answers compressed, requests
// decompressed.
#pragma once
#include <avila/http/content_coding.hpp>
#include <avila/web/middleware.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace avila::web {

struct CompressOptions {
  /// By preference, among those that the client likes best: "zstd", "br", "gzip", "deflate".
  std::vector<std::string> codings = {"zstd", "br", "gzip", "deflate"};
  /// The same for bodies whose length is not known: their encoders live as long as the response
  /// does, and those of gzip and deflate are small (half a MiB).
  std::vector<std::string> streamed_codings = {"gzip", "deflate"};
  /// Media types; "text/*" is a family, "+json" a suffix.
  std::vector<std::string> types = {"text/*",
                                    "application/json",
                                    "+json",
                                    "application/x-ndjson",
                                    "application/xml",
                                    "+xml",
                                    "application/javascript",
                                    "application/wasm"};
  std::uint64_t least_bytes = 1024;        ///< smaller bodies gain nothing
  std::uint64_t whole_bytes = 128 * 1024;  ///< larger ones are coded while they are sent
  int level = 0;                           ///< as of avila::compress; 0: quick ones
};

/// Compresses the body where the client takes it and it may be: no coding yet, no 206, no
/// `no-transform`, a type of the list. Adds Vary and makes a strong ETag weak. Whether it did.
bool compress_response(const Request& request, Response& response, const CompressOptions& options);

/// The same round every handler. Compressing secrets together with what an attacker chooses tells
/// the secrets by their length (BREACH): keep it away from pages that hold both.
std::unique_ptr<Middleware> compress(CompressOptions options = {});

struct DecompressOptions {
  http::DecodeLimits limits = {.body_bytes = 8 * 1024 * 1024};  ///< past it: 413
};

/// Decodes bodies of requests with Content-Encoding, whole or streamed; the handler sees neither
/// that field nor Content-Length. 415 with Accept-Encoding (RFC 7694) for a coding that is not
/// known, 400 for a damaged body.
std::unique_ptr<Middleware> decompress(DecompressOptions options = {});

}  // namespace avila::web

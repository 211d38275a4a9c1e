// From header lists to messages of avila::http, and back.
#pragma once
#include <avila/http/message.hpp>
#include <avila/http2/engine.hpp>

namespace avila::http2::detail {

/// Fills `request` with views into `list`, and into `cookie`, which takes the crumbs of a split
/// Cookie (RFC 9113 section 8.2.3). False where the request is malformed (sections 8.2 and 8.3).
bool read_request(const HeaderList& list, bool end_stream, http::Request& request,
                  std::string& cookie, std::uint64_t& content_length);

/// False where it is no number, or another than `length` is already (kUnknownLength: none yet).
bool parse_content_length(std::string_view text, std::uint64_t& length) noexcept;

/// Whether the field may stand in an HTTP/2 message at all (section 8.2.2).
bool is_connection_field(std::string_view lower_name) noexcept;
/// A name that is a token without capitals, and a value without control bytes and outer space.
bool is_well_formed(const HeaderField& field) noexcept;

/// The fields of `headers` in lower case, without those of connections; `skip_length`: without
/// content-length, too.
void write_fields(Engine& engine, const http::Headers& headers, bool skip_length);
void write_status(Engine& engine, int status);

}  // namespace avila::http2::detail

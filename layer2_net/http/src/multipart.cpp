#include <avila/http/multipart.hpp>
#include <avila/random/chacha.hpp>

namespace avila::http {

namespace {

Error fail(std::string_view what, std::size_t offset) {
  return Error(Errc::Malformed, what, {.offset = offset});
}

/// RFC 7578 §4.2 and the Form encoding of browsers: %22, %0D, %0A.
std::string decode_name(std::string text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view three = std::string_view(text).substr(i, 3);
    const char c = three == "%22" ? '"' : three == "%0D" ? '\r' : three == "%0A" ? '\n' : '\0';
    out.push_back(c != '\0' ? c : text[i]);
    if (c != '\0') i += 2;
  }
  return out;
}

/// §4.2: a path in a file name is not to be followed.
std::string last_component(std::string name) {
  const std::size_t slash = name.find_last_of("/\\");
  if (slash != std::string::npos) name.erase(0, slash + 1);
  if (name == "." || name == "..") name.clear();
  std::erase_if(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return name;
}

Result<Part> parse_part(std::string_view part, std::size_t offset, const MultipartLimits& limits) {
  Part out;
  std::size_t at = 0;
  while (true) {
    const std::size_t end = part.find("\r\n", at);
    if (end == std::string_view::npos) return fail("the headers of a part have no end", offset);
    if (end > limits.part_header_bytes)
      return Error(Errc::LimitExceeded, "the headers of a part are too large", {.offset = offset});
    const std::string_view line = part.substr(at, end - at);
    at = end + 2;
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)) ||
        !is_field_value(line.substr(colon + 1)))
      return fail("malformed header of a part", offset + at);
    if (out.headers.size() == limits.part_headers)
      return Error(Errc::LimitExceeded, "a part has too many headers", {.offset = offset});
    out.headers.add(line.substr(0, colon), trim_ows(line.substr(colon + 1)));
  }
  out.body = part.substr(at);
  out.content_type = out.headers.find("content-type").value_or("text/plain");
  const auto disposition = out.headers.find("content-disposition");
  if (!disposition ||
      !equal_ignoring_case(trim_ows(disposition->substr(0, disposition->find(';'))), "form-data"))
    return fail("a part is no form-data", offset);
  auto name = parameter(*disposition, "name");
  if (!name) return fail("a part without a name", offset);
  out.name = decode_name(std::move(*name));
  if (auto filename = parameter(*disposition, "filename")) {
    out.has_filename = true;
    out.filename = last_component(decode_name(std::move(*filename)));
  }
  return out;
}

}  // namespace

Result<std::string> multipart_boundary(std::string_view content_type) {
  const std::string_view type = trim_ows(content_type.substr(0, content_type.find(';')));
  if (!equal_ignoring_case(type.substr(0, 10), "multipart/"))
    return Error(Errc::InvalidArgument, "the content type is no multipart");
  auto boundary = parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > 70)
    return Error(Errc::InvalidArgument, "a boundary has 1 to 70 characters");
  return std::move(*boundary);
}

Result<std::vector<Part>> parse_multipart(std::string_view body, std::string_view boundary,
                                          const MultipartLimits& limits) {
  const std::string delimiter = "\r\n--" + std::string(boundary);
  const std::string_view first = std::string_view(delimiter).substr(2);
  std::vector<Part> parts;
  // A preamble is allowed, and means nothing (RFC 2046 §5.1.1).
  std::size_t at = 0;
  if (body.starts_with(first)) {
    at = first.size();
  } else {
    at = body.find(delimiter);
    if (at == std::string_view::npos) return fail("the boundary does not occur", 0);
    at += delimiter.size();
  }
  while (true) {
    if (body.substr(at).starts_with("--")) return parts;
    while (at < body.size() && (body[at] == ' ' || body[at] == '\t')) ++at;  // transport padding
    if (!body.substr(at).starts_with("\r\n"))
      return fail("a boundary must be followed by a line end", at);
    at += 2;
    // The line end before the delimiter is part of it, so an empty part still has one: headers end
    // with theirs.
    const std::size_t end = body.find(delimiter, at);
    if (end == std::string_view::npos) return fail("the last boundary is missing", at);
    if (parts.size() == limits.parts)
      return Error(Errc::LimitExceeded, "the form has too many parts", {.offset = at});
    AVILA_TRY(Part part, parse_part(body.substr(at, end - at), at, limits));
    parts.push_back(std::move(part));
    at = end + delimiter.size();
  }
}

MultipartWriter::MultipartWriter(std::string boundary) : boundary_(std::move(boundary)) {
  if (!boundary_.empty()) return;
  boundary_ = "avila-";
  for (int word = 0; word < 2; ++word) {
    std::uint64_t value = random::secure_random().uint64();
    for (int i = 0; i < 16; ++i, value >>= 4) boundary_.push_back("0123456789abcdef"[value & 15]);
  }
}

void MultipartWriter::begin(std::string_view name) {
  body_ += "--" + boundary_ + "\r\nContent-Disposition: form-data; name=\"";
  for (const char c : name) {
    if (c == '"') {
      body_ += "%22";
    } else if (c == '\r' || c == '\n') {
      body_ += c == '\r' ? "%0D" : "%0A";
    } else {
      body_ += c;
    }
  }
  body_ += '"';
}

void MultipartWriter::field(std::string_view name, std::string_view value) {
  begin(name);
  body_.append("\r\n\r\n").append(value).append("\r\n");
}

void MultipartWriter::file(std::string_view name, std::string_view filename,
                           std::string_view content_type, std::string_view content) {
  begin(name);
  body_ += "; filename=\"";
  for (const char c : filename) body_ += c == '"' || c == '\r' || c == '\n' ? '_' : c;
  body_ += "\"\r\nContent-Type: ";
  for (const char c : content_type) body_ += is_field_value({&c, 1}) ? c : ' ';
  body_.append("\r\n\r\n").append(content).append("\r\n");
}

std::string MultipartWriter::finish() { return std::move(body_) + "--" + boundary_ + "--\r\n"; }

}  // namespace avila::http

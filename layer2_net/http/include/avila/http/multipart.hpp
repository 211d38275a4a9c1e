// multipart/form-data (RFC 7578): forms with files.
#pragma once
#include <avila/error/result.hpp>
#include <avila/http/headers.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace avila::http {

struct MultipartLimits {
  std::size_t parts = 1000;
  std::size_t part_header_bytes = 8 * 1024;
  std::size_t part_headers = 20;
};

/// One part; views into the body that was parsed.
struct Part {
  std::string name;      ///< of the form field
  std::string filename;  ///< the last component only; empty where there is none
  bool has_filename = false;
  std::string_view content_type;  ///< "text/plain" where the part has none
  std::string_view body;
  FieldViews headers;
};

/// The boundary of a Content-Type; InvalidArgument where it is no multipart or the boundary is not
/// 1 to 70 characters (RFC 2046 §5.1.1).
Result<std::string> multipart_boundary(std::string_view content_type);

/// All parts of a whole body. Parts are framed by CRLF, boundary, CRLF; what is cut, or has no
/// name, is Malformed.
Result<std::vector<Part>> parse_multipart(std::string_view body, std::string_view boundary,
                                          const MultipartLimits& limits = {});

/// Builds a body to send.
class MultipartWriter {
 public:
  /// The boundary must not occur in the parts: random by default.
  explicit MultipartWriter(std::string boundary = {});
  void field(std::string_view name, std::string_view value);
  void file(std::string_view name, std::string_view filename, std::string_view content_type,
            std::string_view content);
  std::string content_type() const { return "multipart/form-data; boundary=" + boundary_; }
  std::string finish();

 private:
  void begin(std::string_view name);
  std::string boundary_, body_;
};

}  // namespace avila::http

// Problem documents (RFC 9457): what an API answers when it cannot do what was asked.
#pragma once
#include <avila/error/error.hpp>
#include <avila/http/message.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avila::web {

using http::Response;

/// `extensions` are further members: a name, and a JSON text.
struct ProblemDetails {
  std::string type = "about:blank";
  std::string title;  ///< empty: the status's reason phrase
  std::string detail;
  std::string instance;
  std::vector<std::pair<std::string, std::string>> extensions;
};

/// application/problem+json with that status.
Response problem(int status, std::string_view detail);
Response problem(int status, const ProblemDetails& details);

}  // namespace avila::web

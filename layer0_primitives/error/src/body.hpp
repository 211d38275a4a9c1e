#pragma once
#include <avila/error/error.hpp>
#include <string>
#include <vector>

namespace avila {

struct Error::Body {
  Errc code = Errc::Unknown;
  std::string message;
  std::vector<std::string> contexts;  // innermost first
  std::string hint;
  std::string backtrace;
  std::uint64_t offset = Details::kNoOffset;
  const ErrorDomain* domain = nullptr;
  int domain_value = 0;
  int system_code = 0;
  const char* file = "";
  int line = 0;
};

}  // namespace avila

// Words for violations, in English, Portuguese (Brazil) and whatever a program adds.
#pragma once
#include <avila/validate/report.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avila::validate {

/// Templates by code. In a template, {name} is a parameter, and {name:one|many} chooses by the
/// number in it ("{min} {min:character|characters}").
class Catalogue {
 public:
  static const Catalogue& english();
  static const Catalogue& portuguese();  ///< pt-BR
  /// By a language tag ("pt-BR", "pt", "en-US"), English where there is none such.
  static const Catalogue& of(std::string_view tag);

  /// Adds or replaces a template: start from a copy of one of the above.
  Catalogue& set(std::string_view code, std::string_view message);
  /// The message of a violation, the code itself where no template is known.
  std::string message(const Violation& violation) const;
  /// "path: message" a line.
  std::string describe(const Report& report) const;

 private:
  explicit Catalogue(bool zero_is_one) : zero_is_one_(zero_is_one) {}
  bool zero_is_one_;  // CLDR: Portuguese counts "0 caractere"
  std::vector<std::pair<std::string, std::string>> templates_;  // sorted by code
};

}  // namespace avila::validate

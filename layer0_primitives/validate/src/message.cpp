#include <avila/validate/message.hpp>

#include <algorithm>

namespace avila::validate {
namespace {

struct Words {
  const char *code, *english, *portuguese;
};
constexpr Words kWords[] = {
    {"required", "is required", "é obrigatório"},
    {"length.min", "must have at least {min} {min:character|characters}",
     "deve ter pelo menos {min} {min:caractere|caracteres}"},
    {"length.max", "must have at most {max} {max:character|characters}",
     "deve ter no máximo {max} {max:caractere|caracteres}"},
    {"range.min", "must be at least {min}", "deve ser no mínimo {min}"},
    {"range.max", "must be at most {max}", "deve ser no máximo {max}"},
    {"items.min", "must have at least {min} {min:item|items}",
     "deve ter pelo menos {min} {min:item|itens}"},
    {"items.max", "must have at most {max} {max:item|items}",
     "deve ter no máximo {max} {max:item|itens}"},
    {"items.unique", "must not have repeated items", "não deve ter itens repetidos"},
    {"one_of", "must be one of: {values}", "deve ser um destes: {values}"},
    {"pattern", "does not have the expected format", "não tem o formato esperado"},
    {"email", "is not a valid e-mail address", "não é um e-mail válido"},
    {"url", "is not a valid URL", "não é uma URL válida"},
    {"hostname", "is not a valid host name", "não é um nome de host válido"},
    {"ipv4", "is not a valid IPv4 address", "não é um endereço IPv4 válido"},
    {"ipv6", "is not a valid IPv6 address", "não é um endereço IPv6 válido"},
    {"ip", "is not a valid IP address", "não é um endereço IP válido"},
    {"cidr", "is not a valid network (address/prefix)", "não é uma rede válida (endereço/prefixo)"},
    {"uuid", "is not a valid UUID", "não é um UUID válido"},
    {"phone", "is not a valid telephone number", "não é um telefone válido"},
    {"phone_br", "is not a valid Brazilian telephone number",
     "não é um telefone brasileiro válido, com DDD"},
    {"cpf", "is not a valid CPF", "não é um CPF válido"},
    {"cnpj", "is not a valid CNPJ", "não é um CNPJ válido"},
    {"cep", "is not a valid CEP", "não é um CEP válido"},
    {"card", "is not a valid card number", "não é um número de cartão válido"},
    {"iban", "is not a valid IBAN", "não é um IBAN válido"},
    {"date", "is not a valid date", "não é uma data válida"},
    {"datetime", "is not a valid date and time", "não é uma data e hora válida"},
    {"semver", "is not a valid version (semver)", "não é uma versão válida (semver)"},
    {"too_deep", "is nested too deeply", "está aninhado fundo demais"},
};

const std::string* value_of(const Violation& violation, std::string_view name) noexcept {
  for (const Param& param : violation.params)
    if (param.name == name) return &param.value;
  return nullptr;
}

}  // namespace

const Catalogue& Catalogue::english() {
  static const Catalogue catalogue = [] {
    Catalogue out(false);
    for (const Words& words : kWords) out.set(words.code, words.english);
    return out;
  }();
  return catalogue;
}

const Catalogue& Catalogue::portuguese() {
  static const Catalogue catalogue = [] {
    Catalogue out(true);
    for (const Words& words : kWords) out.set(words.code, words.portuguese);
    return out;
  }();
  return catalogue;
}

const Catalogue& Catalogue::of(std::string_view tag) {
  const bool pt = tag.size() >= 2 && (tag[0] | 32) == 'p' && (tag[1] | 32) == 't' &&
                  (tag.size() == 2 || tag[2] == '-' || tag[2] == '_');
  return pt ? portuguese() : english();
}

Catalogue& Catalogue::set(std::string_view code, std::string_view message) {
  const auto at =
      std::lower_bound(templates_.begin(), templates_.end(), code,
                       [](const auto& entry, std::string_view c) { return entry.first < c; });
  if (at != templates_.end() && at->first == code) {
    at->second = message;
  } else {
    templates_.insert(at, {std::string(code), std::string(message)});
  }
  return *this;
}

std::string Catalogue::message(const Violation& violation) const {
  const auto at = std::lower_bound(
      templates_.begin(), templates_.end(), violation.code,
      [](const auto& entry, const std::string& code) { return entry.first < code; });
  if (at == templates_.end() || at->first != violation.code) return violation.code;
  std::string out;
  std::string_view rest = at->second;
  for (;;) {
    const std::size_t open = rest.find('{');
    const std::size_t close = open == rest.npos ? rest.npos : rest.find('}', open);
    out.append(rest.substr(0, close == rest.npos ? rest.npos : open));
    if (close == rest.npos) return out;
    const std::string_view hole = rest.substr(open + 1, close - open - 1);
    const std::size_t colon = hole.find(':');
    const std::string* value = value_of(violation, hole.substr(0, colon));
    if (value != nullptr && colon == hole.npos) {
      out += *value;
    } else if (value != nullptr) {
      const std::string_view forms = hole.substr(colon + 1);
      const std::size_t bar = forms.find('|');
      const bool one = *value == "1" || (zero_is_one_ && *value == "0");
      out.append(one || bar == forms.npos ? forms.substr(0, bar) : forms.substr(bar + 1));
    }
    rest.remove_prefix(close + 1);
  }
}

std::string Catalogue::describe(const Report& report) const {
  std::string out;
  for (const Violation& violation : report.violations())
    out.append(violation.path).append(": ").append(message(violation)).append("\n");
  return out;
}

}  // namespace avila::validate

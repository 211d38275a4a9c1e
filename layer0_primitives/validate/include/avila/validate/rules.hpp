// Rules over structs, composed of checks:
//   auto rules = Rules<User>{}
//       .field("email", &User::email, required(), email())
//       .field("age", &User::age, range(18, 130))
//       .field("pets", &User::pets, max_items(3), each(nested(pet_rules)));
//   Report report = rules.validate(user);
#pragma once
#include <algorithm>
#include <avila/error/result.hpp>
#include <avila/regex/regex.hpp>
#include <avila/validate/brazil.hpp>
#include <avila/validate/formats.hpp>
#include <avila/validate/report.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace avila::validate {

namespace detail {
template <class V>
struct IsOptional : std::false_type {};
template <class V>
struct IsOptional<std::optional<V>> : std::true_type {};
template <class V>
constexpr bool kIsText = std::is_convertible_v<const V&, std::string_view>;

template <class V>
std::string param_of(const V& value) {
  if constexpr (std::is_floating_point_v<V>) {
    return to_param(static_cast<double>(value));
  } else if constexpr (std::is_unsigned_v<V>) {
    return to_param(static_cast<unsigned long long>(value));
  } else if constexpr (std::is_integral_v<V>) {
    return to_param(static_cast<long long>(value));
  } else if constexpr (kIsText<V>) {
    return to_param(std::string_view(value));
  } else {
    return {};
  }
}

/// a < b by value, whatever the signs of the types.
template <class A, class B>
bool less(const A& a, const B& b) {
  if constexpr (std::is_integral_v<A> && std::is_integral_v<B>) {
    return std::cmp_less(a, b);
  } else if constexpr (std::is_arithmetic_v<A> && std::is_arithmetic_v<B>) {
    return static_cast<double>(a) < static_cast<double>(b);
  } else {
    return a < b;
  }
}
std::size_t count_characters(std::string_view text) noexcept;
}  // namespace detail

/// The value must be there: an optional holds one, a text is not empty. All other checks pass over
/// what is not there.
struct Required {};
inline Required required() { return {}; }

/// Runs one check on a value; optionals are looked through.
template <class V, class Check>
void apply(const V& value, const Check& check, Report& report) {
  if constexpr (detail::IsOptional<V>::value) {
    if (value.has_value()) {
      apply(*value, check, report);
    } else if (std::is_same_v<Check, Required>) {
      report.fail("required");
    }
  } else if constexpr (std::is_same_v<Check, Required>) {
    if constexpr (detail::kIsText<V>) {
      if (std::string_view(value).empty()) report.fail("required");
    }
  } else if constexpr (detail::kIsText<V>) {
    if (const std::string_view text(value); !text.empty()) check(text, report);
  } else {
    check(value, report);
  }
}

// ---- texts

/// A text of a format: is_email and the like.
struct Format {
  const char* code;
  bool (*accepts)(std::string_view) noexcept;
  void operator()(std::string_view text, Report& report) const {
    if (!accepts(text)) report.fail(code);
  }
};
inline Format email() {
  return {"email", [](std::string_view t) noexcept { return is_email(t); }};
}
inline Format url() {
  return {"url", [](std::string_view t) noexcept { return is_url(t); }};
}
inline Format hostname() { return {"hostname", is_hostname}; }
inline Format ipv4() { return {"ipv4", is_ipv4}; }
inline Format ipv6() { return {"ipv6", is_ipv6}; }
inline Format ip() { return {"ip", is_ip}; }
inline Format cidr() {
  return {"cidr", [](std::string_view t) noexcept { return is_cidr(t); }};
}
inline Format uuid() {
  return {"uuid", [](std::string_view t) noexcept { return is_uuid(t); }};
}
inline Format phone() { return {"phone", is_phone}; }
inline Format phone_br() { return {"phone_br", is_phone_br}; }
inline Format cpf() { return {"cpf", is_cpf}; }
inline Format cnpj() { return {"cnpj", is_cnpj}; }
inline Format cep() { return {"cep", is_cep}; }
inline Format card() { return {"card", is_card}; }
inline Format iban() { return {"iban", is_iban}; }
inline Format date() { return {"date", is_date}; }
inline Format date_br() { return {"date", is_date_br}; }
inline Format datetime() { return {"datetime", is_datetime}; }
inline Format semver() { return {"semver", is_semver}; }

/// min…max code points.
struct Length {
  std::size_t min, max;
  void operator()(std::string_view text, Report& report) const;
};
inline Length length(std::size_t min, std::size_t max) { return {min, max}; }
inline Length min_length(std::size_t min) { return {min, std::string_view::npos}; }
inline Length max_length(std::size_t max) { return {0, max}; }

/// The whole text matches.
class Pattern {
 public:
  void operator()(std::string_view text, Report& report) const;

 private:
  friend Result<Pattern> pattern(std::string_view expression);
  explicit Pattern(regex::Regex regex) noexcept : regex_(std::move(regex)) {}
  regex::Regex regex_;
};
/// Errors: those of regex::Regex::compile.
Result<Pattern> pattern(std::string_view expression);

/// One of some texts.
struct OneOf {
  std::vector<std::string> values;
  void operator()(std::string_view text, Report& report) const;
};
inline OneOf one_of(std::vector<std::string> values) { return {std::move(values)}; }

// ---- numbers, and all that compares

template <class B>
struct Range {
  std::optional<B> min, max;
  template <class V>
  void operator()(const V& value, Report& report) const {
    bool nan = false;  // fails both
    if constexpr (std::is_floating_point_v<V>) nan = value != value;
    if (min && (nan || detail::less(value, *min)))
      report.fail("range.min", {{"min", detail::param_of(*min)}});
    if (max && (nan || detail::less(*max, value)))
      report.fail("range.max", {{"max", detail::param_of(*max)}});
  }
};
/// min <= value <= max.
template <class B>
Range<B> range(B min, B max) {
  return {std::move(min), std::move(max)};
}
template <class B>
Range<B> at_least(B min) {
  return {std::move(min), std::nullopt};
}
template <class B>
Range<B> at_most(B max) {
  return {std::nullopt, std::move(max)};
}

// ---- lists

struct Items {
  std::size_t min, max;
  template <class L>
  void operator()(const L& list, Report& report) const {
    const auto size = static_cast<std::size_t>(std::distance(std::begin(list), std::end(list)));
    if (size < min) report.fail("items.min", {{"min", detail::param_of(min)}});
    if (size > max) report.fail("items.max", {{"max", detail::param_of(max)}});
  }
};
inline Items items(std::size_t min, std::size_t max) { return {min, max}; }
inline Items min_items(std::size_t min) { return {min, std::string_view::npos}; }
inline Items max_items(std::size_t max) { return {0, max}; }

/// No two equal elements (which have <): O(n log n).
struct UniqueItems {
  template <class L>
  void operator()(const L& list, Report& report) const {
    std::vector<const typename L::value_type*> order;
    for (const auto& element : list) order.push_back(&element);
    std::sort(order.begin(), order.end(), [](auto* a, auto* b) { return *a < *b; });
    const auto same = [](auto* a, auto* b) { return !(*a < *b); };
    if (std::adjacent_find(order.begin(), order.end(), same) != order.end())
      report.fail("items.unique");
  }
};
inline UniqueItems unique_items() { return {}; }

/// All checks, on each element.
template <class... Checks>
struct Each {
  std::tuple<Checks...> checks;
  template <class L>
  void operator()(const L& list, Report& report) const {
    std::size_t index = 0;
    for (const auto& element : list) {
      const Report::Scope scope(report, index++);
      if (!scope.open()) return;
      std::apply([&](const auto&... check) { (apply(element, check, report), ...); }, checks);
    }
  }
};
template <class... Checks>
Each<Checks...> each(Checks... checks) {
  return {{std::move(checks)...}};
}

// ---- own checks

/// `accepts(value)` decides; a violation has this code.
template <class F>
struct Custom {
  std::string code;
  F accepts;
  std::vector<Param> params;
  template <class V>
  void operator()(const V& value, Report& report) const {
    if (!accepts(value)) report.fail(code, params);
  }
};
template <class F>
Custom<F> custom(std::string code, F accepts, std::vector<Param> params = {}) {
  return {std::move(code), std::move(accepts), std::move(params)};
}

/// A check under another code, and so with another message; parameters stay.
template <class Check>
struct Renamed {
  std::string code;
  Check check;
  template <class V>
  void operator()(const V& value, Report& report) const {
    Report inner;
    apply(value, check, inner);
    if (!inner.ok()) report.fail(code, inner.violations()[0].params);
  }
};
template <class Check>
Renamed<Check> as(std::string code, Check check) {
  return {std::move(code), std::move(check)};
}

// ---- structs

/// Rules over a struct. Copies share their steps; validate() may run in many threads.
template <class T>
class Rules {
 public:
  /// Checks of a member, or of what a function of the struct gives (`&T::name`, a lambda). The
  /// name is that of the path.
  template <class Member, class... Checks>
  Rules& field(std::string name, Member member, Checks... checks) {
    return add(
        [name = std::move(name), member = std::move(member),
         checks = std::tuple<Checks...>(std::move(checks)...)](const T& object, Report& report) {
          const Report::Scope scope(report, std::string_view(name));
          if (!scope.open()) return;
          const auto& value = std::invoke(member, object);
          std::apply([&](const auto&... check) { (apply(value, check, report), ...); }, checks);
        });
  }
  /// Across fields: `holds(object)`; the violation is of member `name`, or of the object ("").
  template <class Predicate>
  Rules& check(std::string name, std::string code, Predicate holds) {
    return add([name = std::move(name), code = std::move(code), holds = std::move(holds)](
                   const T& object, Report& report) {
      if (holds(object)) return;
      if (name.empty()) {
        report.fail(code);
      } else {
        const Report::Scope scope(report, std::string_view(name));
        if (scope.open()) report.fail(code);
      }
    });
  }
  /// More rules, where `condition(object)` holds.
  template <class Predicate>
  Rules& when(Predicate condition, Rules more) {
    return add([condition = std::move(condition), more = std::move(more)](const T& object,
                                                                          Report& report) {
      if (condition(object)) more.run(object, report);
    });
  }

  Report validate(const T& object) const {
    Report report;
    run(object, report);
    return report;
  }
  void run(const T& object, Report& report) const {
    for (const auto& step : steps_) step->run(object, report);
  }

 private:
  struct Step {
    virtual ~Step() = default;
    virtual void run(const T& object, Report& report) const = 0;
  };
  template <class F>
  struct StepOf final : Step {
    explicit StepOf(F function) : call(std::move(function)) {}
    void run(const T& object, Report& report) const override { call(object, report); }
    F call;
  };
  template <class F>
  Rules& add(F function) {
    steps_.push_back(std::make_shared<StepOf<F>>(std::move(function)));
    return *this;
  }

  std::vector<std::shared_ptr<const Step>> steps_;  // shared by copies of the rules
};

/// The rules of a member that is a struct itself.
template <class T>
struct Nested {
  Rules<T> rules;
  void operator()(const T& object, Report& report) const { rules.run(object, report); }
};
template <class T>
Nested<T> nested(Rules<T> rules) {
  return {std::move(rules)};
}
/// The same by reference, for structs that hold their like; the rules must outlive this.
template <class T>
struct NestedRef {
  const Rules<T>* rules;
  void operator()(const T& object, Report& report) const { rules->run(object, report); }
};
template <class T>
NestedRef<T> nested_ref(const Rules<T>& rules) {
  return {&rules};
}

}  // namespace avila::validate

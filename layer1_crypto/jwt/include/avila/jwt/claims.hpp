// The claims of a JWT (RFC 7519 section 4): the registered ones by name, all others by type.
#pragma once
#include <avila/json/bind.hpp>
#include <avila/jwt/error.hpp>
#include <avila/primitives/duration.hpp>
#include <span>

namespace avila::jwt {
namespace detail {
Error missing_claim(std::string_view name);
Error wrong_type(std::string_view name, std::string_view must);
Error to_error(const json::Misfit& misfit);
}  // namespace detail

/// A JSON object whose registered claims, where present, have the types of the standard. Times are
/// kept to the nanosecond and saturate at what WallTime holds.
class Claims {
 public:
  Claims() : members_(json::Value::make_object()) {}
  /// Errors: Malformed (no object, a member twice), LimitExceeded (kClaimsSizeMax, kJsonDepthMax),
  /// ClaimError::WrongType (a registered claim).
  static Result<Claims> parse(std::string_view json);

  std::string_view issuer() const noexcept { return text("iss"); }  ///< empty where absent
  std::string_view subject() const noexcept { return text("sub"); }
  std::string_view id() const noexcept { return text("jti"); }
  std::vector<std::string_view> audience() const;
  bool has_audience(std::string_view name) const noexcept;
  std::optional<WallTime> expires_at() const noexcept { return time("exp"); }
  std::optional<WallTime> not_before() const noexcept { return time("nbf"); }
  std::optional<WallTime> issued_at() const noexcept { return time("iat"); }
  bool has(std::string_view name) const noexcept { return members_.find(name) != nullptr; }

  Claims& set_issuer(std::string_view name) { return set("iss", name); }
  Claims& set_subject(std::string_view name) { return set("sub", name); }
  Claims& set_id(std::string_view id) { return set("jti", id); }
  Claims& set_audience(std::string_view name) { return set("aud", name); }
  Claims& set_audience(std::span<const std::string> names);
  Claims& set_expires_at(WallTime at) { return set_time("exp", at); }  ///< whole seconds
  Claims& set_not_before(WallTime at) { return set_time("nbf", at); }
  Claims& set_issued_at(WallTime at) { return set_time("iat", at); }
  Claims& set(std::string_view name, json::Value value);

  /// One claim, as json::bind() reads it. Errors: ClaimError::Missing, ClaimError::WrongType (a
  /// number that does not fit its type too), which name the part.
  template <class T>
  Result<T> get(std::string_view name) const {
    return read<T>(members_.find(name), name);
  }
  /// All claims that the aggregate T has fields for, by their names; a std::optional may be
  /// missing. Errors: as get().
  template <class T>
  Result<T> as() const {
    return read<T>(&members_, "");
  }

  const json::Value& json() const noexcept { return members_; }
  std::string to_string() const { return json::to_string(members_); }

 private:
  template <class T>
  static Result<T> read(const json::Value* value, std::string_view name) {
    T out{};
    json::Misfits misfits;
    json::bind(value, out, misfits);
    misfits.place(0, name);
    if (!misfits.empty()) return detail::to_error(misfits[0]);
    return out;
  }
  std::string_view text(std::string_view name) const noexcept;
  std::optional<WallTime> time(std::string_view name) const noexcept;
  Claims& set_time(std::string_view name, WallTime at);
  json::Value members_;
};

}  // namespace avila::jwt

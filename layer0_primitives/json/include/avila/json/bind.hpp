// JSON values into C++ types. Aggregates are read by the names of their members, other types by
// what meta/register.hpp lists; an enumeration by the names of its values.
//
//   struct NewItem { std::string name; std::int64_t price; std::optional<std::string> note; };
//   AVILA_TRY(const NewItem item, json::from_value<NewItem>(value));
#pragma once
#include <avila/json/value.hpp>
#include <avila/meta/enum.hpp>
#include <avila/meta/fields.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace avila::json {

/// A part of a value that is not what its place in the C++ type asks for.
struct Misfit {
  std::string path;  ///< "place.city", "tags[1]"; empty: the value itself
  std::string what;  ///< "must be a string"; kMissing where nothing is there
};
inline constexpr std::string_view kMissing = "is missing";

/// All that is wrong with a value, in the order of the fields.
class Misfits {
 public:
  static constexpr std::size_t kMax = 32;  ///< more are not listed

  void add(std::string_view what);
  /// Those from the `first` one on lie in the part `name` of what is read now.
  void place(std::size_t first, std::string_view name);
  void place(std::size_t first, std::size_t index);

  bool empty() const noexcept { return list_.empty(); }
  std::size_t size() const noexcept { return list_.size(); }
  const Misfit& operator[](std::size_t i) const noexcept { return list_[i]; }
  /// "name: is missing; tags[1]: must be a string"
  std::string to_string() const;

 private:
  std::vector<Misfit> list_;
};

namespace detail {

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;

template <class T>
constexpr std::string_view integer_asked() noexcept {
  return std::is_signed_v<T> ? "must be an integer in range"
                             : "must be a non-negative integer in range";
}
std::string one_of(const std::string_view* names, std::size_t count);
template <class E>
std::string enum_asked() {
  const auto names = meta::enum_names<E>();
  return one_of(names.data(), names.size());
}

template <class T>
bool assign(const std::optional<T>& from, auto& to) {
  if (from) to = *from;
  return from.has_value();
}

}  // namespace detail

/// Reads `value` (null: there is none) into `out`: bool, integers, floating point, std::string,
/// Value, enumerations, std::optional (null or missing: empty), std::vector, structures of those.
/// Members without a field are passed over. What does not fit is added to `misfits`, and leaves
/// its part of `out` unspecified.
template <class T>
void bind(const Value* value, T& out, Misfits& misfits) {
  if constexpr (detail::kIsOptional<T>) {
    if (value == nullptr || value->is_null()) return out.reset();
    bind(value, out.emplace(), misfits);
  } else if (value == nullptr) {
    misfits.add(kMissing);
  } else if constexpr (std::is_same_v<T, Value>) {
    out = *value;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!detail::assign(value->get_bool(), out)) misfits.add("must be true or false");
  } else if constexpr (std::is_integral_v<T>) {
    const auto whole = [&] {
      if constexpr (std::is_signed_v<T>) {
        return value->get_int64();
      } else {
        return value->get_uint64();
      }
    }();
    if (!whole || !std::in_range<T>(*whole)) return misfits.add(detail::integer_asked<T>());
    out = static_cast<T>(*whole);
  } else if constexpr (std::is_floating_point_v<T>) {
    const auto number = value->get_double();
    if (!number) return misfits.add("must be a number");
    out = static_cast<T>(*number);
  } else if constexpr (std::is_enum_v<T>) {
    const auto name = value->get_string();
    if (!name || !detail::assign(meta::enum_from_string<T>(*name), out))
      misfits.add(detail::enum_asked<T>());
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!detail::assign(value->get_string(), out)) misfits.add("must be a string");
  } else if constexpr (detail::kIsVector<T>) {
    const Array* elements = value->get_array();
    if (elements == nullptr) return misfits.add("must be an array");
    out.clear();
    out.reserve(elements->size());
    for (const Value& element : *elements) {
      const std::size_t before = misfits.size();
      typename T::value_type one{};
      bind(&element, one, misfits);
      misfits.place(before, out.size());
      out.push_back(std::move(one));
    }
  } else {
    if (!value->is_object()) return misfits.add("must be an object");
    meta::for_each_field(out, [&](std::string_view name, auto& field) {
      const std::size_t before = misfits.size();
      bind(value->find(name), field, misfits);
      misfits.place(before, name);
    });
  }
}

/// Errors: InvalidArgument, its message Misfits::to_string().
template <class T>
Result<T> from_value(const Value& value) {
  T out{};
  Misfits misfits;
  bind(&value, out, misfits);
  if (!misfits.empty()) return Error(Errc::InvalidArgument, misfits.to_string());
  return out;
}

}  // namespace avila::json

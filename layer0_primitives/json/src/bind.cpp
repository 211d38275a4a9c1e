#include <avila/json/bind.hpp>

namespace avila::json {

void Misfits::add(std::string_view what) {
  if (list_.size() < kMax) list_.push_back({"", std::string(what)});
}

void Misfits::place(std::size_t first, std::string_view name) {
  for (std::size_t i = first; i < list_.size(); ++i) {
    std::string& path = list_[i].path;
    if (!path.empty() && path.front() != '[') path.insert(0, 1, '.');
    path.insert(0, name);
  }
}

void Misfits::place(std::size_t first, std::size_t index) {
  if (first < list_.size()) place(first, "[" + std::to_string(index) + "]");
}

std::string Misfits::to_string() const {
  std::string text;
  for (const Misfit& misfit : list_) {
    if (!text.empty()) text += "; ";
    if (!misfit.path.empty()) text.append(misfit.path).append(": ");
    text += misfit.what;
  }
  return text;
}

namespace detail {

std::string one_of(const std::string_view* names, std::size_t count) {
  std::string text = "must be one of ";
  for (std::size_t i = 0; i < count; ++i) text.append(i == 0 ? "" : ", ").append(names[i]);
  return text;
}

}  // namespace detail
}  // namespace avila::json

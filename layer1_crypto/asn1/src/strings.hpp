#pragma once
#include <avila/asn1/tag.hpp>

namespace avila::asn1::detail {

bool is_string_tag(Tag tag) noexcept;

}  // namespace avila::asn1::detail

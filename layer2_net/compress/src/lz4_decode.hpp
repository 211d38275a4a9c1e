// The block decoder, with history before the output for linked blocks and dictionaries.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>

namespace avila::compress::lz4::detail {

/// Decodes into `out`. Matches may reach back over out.data() to `low` (<= out.data(), the same
/// buffer), and before that into the end of `dictionary`.
Result<std::size_t> decode(ByteSpan in, MutableByteSpan out, const std::byte* low,
                           ByteSpan dictionary);

}  // namespace avila::compress::lz4::detail

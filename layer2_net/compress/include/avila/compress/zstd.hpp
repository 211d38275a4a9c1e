// Zstandard dictionaries, RFC 8878, section 5: for many small contents that are alike.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <cstdint>
#include <span>
#include <vector>

namespace avila::compress::zstd {

/// Makes a dictionary of at most `capacity` bytes out of what the samples share, with codes for
/// what it leaves over: to be given as EncoderOptions::dictionary and DecoderOptions::dictionary,
/// and to `zstd -D`. A hundred samples for each kilobyte of samples' content do well.
/// InvalidArgument below 256 bytes of capacity, or when the samples hold less than 64 bytes.
Result<std::vector<std::byte>> train_dictionary(std::span<const ByteSpan> samples,
                                                std::size_t capacity = 112'640);

/// The id that frames made with the dictionary carry; 0 for a raw one. Damaged ones are refused.
Result<std::uint32_t> dictionary_id(ByteSpan dictionary);

}  // namespace avila::compress::zstd

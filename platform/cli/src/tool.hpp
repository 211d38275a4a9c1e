// What the commands of `avl tool` share: input by name or from standard input, output in one piece.
#pragma once
#include <avila/cli/command.hpp>
#include <avila/error/span.hpp>
#include <avila/primitives/function_ref.hpp>
#include <cstdint>
#include <string>

namespace avila::cli {

/// Commands that need the whole input take at most this much.
constexpr std::uint64_t kToolInputMax = std::uint64_t{1} << 30;

/// Hands the file's bytes to `take`, piece by piece; "-" and "" are standard input. Pipes are fine.
Result<void> read_pieces(const std::string& path, FunctionRef<Result<void>(ByteSpan)> take);
/// All of it; LimitExceeded above kToolInputMax.
Result<std::string> read_input(const std::string& path);
/// To standard output; an error when nobody takes it (a full disk, a closed pipe).
Result<void> print(std::string_view text);
/// A whole number of an option, from `least` to `most`.
Result<std::uint64_t> number_option(const Arguments& arguments, std::string_view option,
                                    std::uint64_t fallback, std::uint64_t least,
                                    std::uint64_t most);

Result<int> tool_hash(const Arguments& arguments);
Result<int> tool_json(const Arguments& arguments);
Result<int> tool_id(const Arguments& arguments);
Result<int> tool_regex(const Arguments& arguments);
Result<int> tool_calc(const Arguments& arguments);
Result<int> tool_encode(const Arguments& arguments);
Result<int> tool_decode(const Arguments& arguments);
Result<int> tool_cert_show(const Arguments& arguments);
Result<int> tool_cert_verify(const Arguments& arguments);
Result<int> tool_compress(const Arguments& arguments);
Result<int> tool_decompress(const Arguments& arguments);
Result<int> tool_dns(const Arguments& arguments);
Result<int> tool_resolver(const Arguments& arguments);

}  // namespace avila::cli

// `avl tool http`, `serve`, `proxy`, `ws` and `grpc`.
#pragma once
#include <avila/cli/command.hpp>
#include <span>

namespace avila::cli {

Result<int> tool_http(const Arguments& arguments);
Result<int> tool_serve(const Arguments& arguments);
Result<int> tool_proxy(const Arguments& arguments);
Result<int> tool_ws(const Arguments& arguments);
Result<int> tool_grpc_list(const Arguments& arguments);
Result<int> tool_grpc_call(const Arguments& arguments);
std::span<const Command> net_tool_commands();

}  // namespace avila::cli

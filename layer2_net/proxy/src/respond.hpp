// Bodies of responses.
#pragma once
#include <avila/http/message.hpp>
#include <memory>
#include <string>

namespace avila::proxy::detail {

class Flow;

/// `prefix`, then what the flow's exchange still gives. Without a flow: nothing (the answer to
/// HEAD).
std::unique_ptr<http::BodySource> make_flow_source(std::unique_ptr<Flow> flow, std::string prefix);

}  // namespace avila::proxy::detail

// Which proxy a request goes through.
#pragma once
#include <avila/error/result.hpp>
#include <avila/http/client.hpp>
#include <avila/url/url.hpp>
#include <optional>

namespace avila::http::detail {

/// The proxy for `target`; nothing where none is set, or `no_proxy` names the host.
Result<std::optional<url::Url>> choose_proxy(const ClientOptions& options, const url::Url& target);

}  // namespace avila::http::detail

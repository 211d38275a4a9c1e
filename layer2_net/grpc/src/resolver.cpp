#include <avila/grpc/resolver.hpp>
#include <avila/http/headers.hpp>
#include <charconv>

namespace avila::grpc {

namespace {

Result<Target> of_list(std::string_view list) {
  Target target;
  target.authority = list.substr(0, list.find(','));
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    AVILA_TRY(tcp::SocketAddress address, tcp::SocketAddress::parse(list.substr(0, comma)));
    target.addresses.push_back(std::move(address));
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  if (target.addresses.empty()) return Error(Errc::InvalidArgument, "a target without addresses");
  return target;
}

Result<Target> of_unix(std::string_view path) {
  Target target;
  AVILA_TRY(tcp::SocketAddress address, tcp::SocketAddress::unix_socket(path));
  target.addresses.push_back(std::move(address));
  target.authority = "localhost";
  return target;
}

Result<Target> of_name(std::string_view text) {
  Target target;
  target.authority = text;
  if (auto address = tcp::SocketAddress::parse(text); address.has_value()) {
    target.addresses.push_back(std::move(*address));
    return target;
  }
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    const std::string_view digits = text.substr(colon + 1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), target.port);
    if (error != std::errc() || end != digits.data() + digits.size())
      return Error(Errc::InvalidArgument, "a target's port is a number: " + std::string(text));
  }
  target.host = text.substr(0, colon);
  if (target.host.empty() || !http::is_host(target.host))
    return Error(Errc::InvalidArgument, "a target is host:port: " + std::string(text));
  return target;
}

}  // namespace

Result<Target> parse_target(std::string_view text) {
  const auto take = [&text](std::string_view scheme) {
    if (!text.starts_with(scheme)) return false;
    text.remove_prefix(scheme.size());
    return true;
  };
  if (take("unix://")) return of_unix(text);
  if (take("unix:")) return of_unix(text);
  if (take("unix-abstract:")) return of_unix("@" + std::string(text));
  if (take("ipv4:") || take("ipv6:")) return of_list(text);
  if (take("dns:") && take("//")) {  // the authority, a name server, is not ours to choose
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos)
      return Error(Errc::InvalidArgument, "dns://server/host: the host is missing");
    text.remove_prefix(slash + 1);
  }
  return of_name(text);
}

}  // namespace avila::grpc

// Forward declarations.
#pragma once

namespace avila::tcp {

class IpAddress;
class SocketAddress;
class Listener;
class Stream;
struct ConnectOptions;
struct ListenOptions;

}  // namespace avila::tcp

// Forward declarations.
#pragma once

namespace avila::udp {

class DatagramTransport;
class MessageChannel;
class Network;
class Reassembler;
class SimNetwork;
class Socket;
class SystemNetwork;
struct Datagram;
struct Incoming;
struct Outgoing;
struct SocketOptions;

}  // namespace avila::udp

// Forward declarations.
#pragma once

namespace avila::dns {

class Cache;
class Name;
class Network;
class Resolver;
class Zone;
struct Edns;
struct Message;
struct Question;
struct Record;

}  // namespace avila::dns

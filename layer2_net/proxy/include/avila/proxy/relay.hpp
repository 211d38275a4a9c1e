// Bytes both ways between two transports: what a tunnel is.
#pragma once
#include <avila/async/transport.hpp>
#include <avila/primitives/duration.hpp>
#include <cstdint>
#include <string>

namespace avila::proxy {

struct RelayResult {
  std::uint64_t to_second = 0;  ///< bytes
  std::uint64_t to_first = 0;
  bool idle = false;  ///< ended for want of bytes
};

/// Until both sides have ended, one has broken, nothing came for `idle`, or it is cancelled; then
/// both are closed. The end of one side is passed on as such, and the other may go on. `from_first`
/// and `from_second` are bytes that were received already. Holds two buffers of 32 KiB.
future::Task<RelayResult> relay(async::Transport& first, std::string from_first,
                                async::Transport& second, std::string from_second, Duration idle,
                                future::CancelToken cancel);

}  // namespace avila::proxy

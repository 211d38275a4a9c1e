// The main() of a daemon that runs one service.
#pragma once
#include <avila/chassis/platform.hpp>

namespace avila::chassis {

/// NAME --data DIR [--listen ADDR] [--port N] [--config FILE] [--set setting=value]…
/// [--print-config]. The exit status: 0 stopped, 1 failed, 2 wrong usage.
int daemon_main(int argc, char** argv, const ServiceFactory& service);

}  // namespace avila::chassis

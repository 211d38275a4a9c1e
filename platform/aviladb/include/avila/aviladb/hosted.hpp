// AvilaDB as the platform runs it.
#pragma once
#include <avila/chassis/platform.hpp>

namespace avila::aviladb {

/// Name "aviladb", port base + 1.
chassis::ServiceFactory factory();

}  // namespace avila::aviladb

// Forward declarations.
#pragma once

namespace avila::async {

class Executor;
class IoSource;
class Runtime;
class SimExecutor;
class Transport;
struct RuntimeOptions;
struct RuntimeMetrics;
template <class T>
class JoinHandle;

}  // namespace avila::async

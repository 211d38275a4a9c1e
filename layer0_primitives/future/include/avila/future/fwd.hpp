// Forward declarations.
#pragma once

namespace avila::future {

template <class T>
class Task;
template <class T>
class Generator;
class Scheduler;
class Waker;
class CancelSource;
class CancelToken;
class TaskGroup;
struct Timer;

}  // namespace avila::future

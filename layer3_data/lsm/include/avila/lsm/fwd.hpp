#pragma once

namespace avila::lsm {
class ColumnFamily;
class Db;
class Iterator;
class MergeOperator;
class Snapshot;
class WriteBatch;
struct CfOptions;
struct Options;
struct ReadOptions;
struct Stats;
struct WriteOptions;
namespace detail {
class Engine;
struct Family;
}  // namespace detail
}  // namespace avila::lsm

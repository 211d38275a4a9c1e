// A service over an in-memory disk.
#pragma once
#include <gtest/gtest.h>
#include <avila/aviladb/json.hpp>
#include <avila/aviladb/service.hpp>
#include <avila/json/value.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/os/memory_file_system.hpp>
#include <memory>

namespace avila_test {

using namespace avila;
using aviladb::DocumentOptions;

struct World {
  explicit World(std::uint64_t seed = 1, os::FaultOptions faults = {})
      : files(seed, faults), entropy(seed) {}
  os::MemoryFileSystem files;
  os::ManualClock clock;
  os::SeededEntropy entropy;
  std::unique_ptr<aviladb::Service> service;

  Result<void> start() {
    aviladb::ServiceOptions options;
    options.path = "data";
    options.files = &files;
    options.clock = &clock;
    options.entropy = &entropy;
    options.threads = threads;
    options.memtable_bytes = memtable_bytes;
    options.cache_bytes = 1U << 20;
    options.vector_snapshot_writes = vector_snapshot_writes;
    auto opened = aviladb::Service::open(options);
    if (!opened) return std::move(opened).error();
    service = std::move(*opened);
    return {};
  }
  bool threads = false;
  std::size_t memtable_bytes = 1U << 20;
  std::uint64_t vector_snapshot_writes = 50'000;
};

/// A database "db" with the collection "c" made from `spec`.
inline void make(World& world, std::string_view spec) {
  auto started = world.start();
  ASSERT_TRUE(started.has_value()) << started.error().to_string();
  ASSERT_TRUE(world.service->create_database("db").has_value());
  auto parsed = aviladb::parse_collection_spec(spec);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().to_string();
  auto made = world.service->create_collection("db", *parsed);
  ASSERT_TRUE(made.has_value()) << made.error().to_string();
}

/// Rows of a query, or one "error: …"; read page by page.
inline std::vector<std::string> rows(aviladb::Service& service, std::string query,
                                     std::string parameters = "", std::size_t page = 0,
                                     std::string partition = "") {
  aviladb::QueryRequest request;
  request.query = std::move(query);
  request.parameters = std::move(parameters);
  request.max_items = page;
  request.partition_key = std::move(partition);
  std::vector<std::string> all;
  do {
    auto answer = service.query("db", request);
    if (!answer) return {"error: " + answer.error().to_string()};
    for (auto& document : answer->documents) all.push_back(std::move(document));
    request.continuation = answer->continuation;
  } while (!request.continuation.empty());
  return all;
}

inline std::string plan_index(aviladb::Service& service, std::string query,
                              std::string parameters = "") {
  aviladb::QueryRequest request;
  request.query = std::move(query);
  request.parameters = std::move(parameters);
  request.explain = true;
  auto answer = service.query("db", request);
  if (!answer) return "error: " + answer.error().to_string();
  const auto plan = json::parse(answer->plan);
  return std::string(plan->find("index")->as_string());
}

}  // namespace avila_test

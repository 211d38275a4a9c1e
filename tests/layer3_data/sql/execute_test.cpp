// What a run reads, holds and how it ends: limits, deadlines, pages.
#include <gtest/gtest.h>

#include "memory_table.hpp"

namespace {
using namespace avila;
using avila_test::MemoryTable;

struct Ran {
  sql::ExecuteResult result;
  std::vector<std::string> rows;
  std::string error;
};

Ran execute(MemoryTable& table, std::string_view query, sql::ExecuteOptions options = {}) {
  Ran ran;
  auto statement = sql::Statement::prepare(query);
  if (!statement) return ran.error = statement.error().to_string(), ran;
  sql::PlanOptions planning;
  if (!options.resume.empty()) planning.use_index = *sql::resume_index(*statement, options.resume);
  const auto plan = sql::plan(*statement, &table, planning);
  auto result = sql::execute(*statement, *plan, &table, options, [&](std::string_view row) {
    ran.rows.emplace_back(row);
    return true;
  });
  if (result)
    ran.result = std::move(*result);
  else
    ran.error = result.error().to_string();
  return ran;
}

/// `count` documents; n counts down, so that no order is the order of the ids.
MemoryTable numbers(int count) {
  MemoryTable table({{"n", {{"/n"}}}});
  char id[16];
  for (int i = 0; i < count; ++i) {
    std::snprintf(id, sizeof id, "%06d", i);
    table.put("{\"id\":\"" + std::string(id) + "\",\"n\":" + std::to_string(count - i) +
              ",\"k\":" + std::to_string(i % 7) + ",\"text\":\"" + std::string(100, 'x') + "\"}");
  }
  return table;
}

TEST(Execute, LimitStopsReading) {
  auto table = numbers(2'000);
  const auto entries = [&](std::string_view query, sql::ExecuteOptions options = {}) {
    const Ran ran = execute(table, query, options);
    EXPECT_EQ(ran.error, "") << query;
    return ran.result.entries;
  };
  EXPECT_EQ(entries("SELECT VALUE c.id FROM c LIMIT 3"), 3U);
  EXPECT_EQ(entries("SELECT TOP 3 VALUE c.id FROM c"), 3U);
  EXPECT_EQ(entries("SELECT VALUE c.id FROM c OFFSET 5 LIMIT 3"), 8U);
  EXPECT_EQ(entries("SELECT VALUE c.id FROM c ORDER BY c.n LIMIT 3"), 3U);
  EXPECT_EQ(entries("SELECT VALUE c.id FROM c ORDER BY c.n DESC LIMIT 3"), 3U);
  EXPECT_EQ(entries("SELECT VALUE c.id FROM c WHERE c.k = 6 LIMIT 2"), 14U);
  EXPECT_EQ(entries("SELECT VALUE c.id FROM c WHERE c.n BETWEEN 10 AND 1000 LIMIT 4"), 4U);
  EXPECT_EQ(entries("SELECT VALUE c.id FROM c LIMIT 0"), 0U);
  // A page looks one row ahead: is there another?
  sql::ExecuteOptions page;
  page.max_rows = 10;
  EXPECT_EQ(entries("SELECT VALUE c.id FROM c", page), 11U);
  EXPECT_EQ(entries("SELECT VALUE c.id FROM c LIMIT 10", page), 10U);
}

TEST(Execute, MemoryIsBoundedAndTheErrorSaysBy) {
  auto table = numbers(3'000);
  sql::ExecuteOptions small;
  small.memory_bytes = 64U << 10;
  for (const char* query :
       {"SELECT * FROM c ORDER BY c.k, c.text", "SELECT DISTINCT c.id, c.text FROM c",
        "SELECT c.id, COUNT(1) AS n FROM c GROUP BY c.id",
        "SELECT DISTINCT VALUE c.id FROM c GROUP BY c.id",
        "SELECT VALUE COUNT(DISTINCT c.id) FROM c", "SELECT VALUE ARRAY_AGG(c.text) FROM c",
        "SELECT VALUE ARRAY_LENGTH(STRINGSPLIT(REPLICATE('a,', 100000), ',')) FROM c"}) {
    const Ran ran = execute(table, query, small);
    EXPECT_NE(ran.error.find("memory"), std::string::npos) << query << ": " << ran.error;
  }
  // The few first of a sort, and few groups, need little.
  for (const char* query :
       {"SELECT * FROM c ORDER BY c.k, c.text LIMIT 20",
        "SELECT c.k, COUNT(1) AS n FROM c GROUP BY c.k", "SELECT DISTINCT c.k, c.text FROM c"}) {
    const Ran ran = execute(table, query, small);
    EXPECT_EQ(ran.error, "") << query;
    EXPECT_LE(ran.result.memory_bytes, small.memory_bytes) << query;
    EXPECT_GE(ran.rows.size(), 7U);
  }
}

TEST(Execute, AnySortFitsByPages) {
  auto table = numbers(3'000);
  const std::string query = "SELECT c.id, c.n, c.text FROM c ORDER BY c.k DESC, c.n";
  const auto whole = execute(table, query).rows;
  ASSERT_EQ(whole.size(), 3'000U);
  sql::ExecuteOptions options;
  options.memory_bytes = 64U << 10;
  options.max_bytes = 16U << 10;
  std::vector<std::string> paged;
  int pages = 0;
  do {
    Ran ran = execute(table, query, options);
    ASSERT_EQ(ran.error, "");
    EXPECT_LE(ran.result.memory_bytes, options.memory_bytes);
    for (auto& row : ran.rows) paged.push_back(std::move(row));
    options.resume = ran.result.resume;
    ASSERT_LT(++pages, 100);
  } while (!options.resume.empty());
  EXPECT_EQ(paged, whole);
  EXPECT_GT(pages, 20);
  // LIMIT and OFFSET count over all pages.
  options.resume.clear();
  std::size_t rows = 0;
  do {
    const Ran ran = execute(table, query + " OFFSET 100 LIMIT 150", options);
    ASSERT_EQ(ran.error, "");
    if (rows == 0) {
      EXPECT_EQ(ran.rows[0], whole[100]);
    }
    rows += ran.rows.size();
    options.resume = ran.result.resume;
  } while (!options.resume.empty());
  EXPECT_EQ(rows, 150U);
}

TEST(Execute, ADeadlineEndsTheRunInTheMiddle) {
  auto table = numbers(5'000);
  std::string numbers_text;
  for (int i = 0; i < 20'000; ++i) numbers_text += (i == 0 ? "" : ",") + std::to_string(i);
  table.put(R"({"id":"000000","k":0,"list":[)" + numbers_text + "]}");
  for (const char* query :
       {"SELECT VALUE c.id FROM c WHERE c.k = 9", "SELECT * FROM c ORDER BY c.k",
        "SELECT c.text, COUNT(1) AS n FROM c GROUP BY c.text", "SELECT DISTINCT c.k FROM c",
        "SELECT VALUE a FROM c JOIN a IN c.list WHERE a < 0",
        "SELECT VALUE c.id FROM c WHERE EXISTS(SELECT VALUE a FROM a IN c.list WHERE a < 0)"}) {
    int asked = 0;
    sql::ExecuteOptions options;
    options.check = [&]() -> Result<void> {
      if (++asked < 4) return {};
      return Error(Errc::TimedOut, "the time is over");
    };
    const Ran ran = execute(table, query, options);
    EXPECT_NE(ran.error.find("the time is over"), std::string::npos) << query;
    EXPECT_EQ(asked, 4) << query << ": it went on after the deadline";
  }
  // Groups are given one by one, too.
  int asked = 0;
  sql::ExecuteOptions options;
  options.check = [&]() -> Result<void> {
    if (++asked < 21) return {};  // behind the last of the scan
    return Error(Errc::TimedOut, "the time is over");
  };
  EXPECT_NE(execute(table, "SELECT c.id, COUNT(1) AS n FROM c GROUP BY c.id", options).error, "");
}

TEST(Execute, LongDocumentsCountAsMore) {
  MemoryTable table;
  const std::string text(200'000, 'x');
  for (int i = 0; i < 20; ++i)
    table.put("{\"id\":\"" + std::to_string(i) + "\",\"t\":\"" + text + "\"}");
  int asked = 0;
  sql::ExecuteOptions options;
  options.check = [&]() -> Result<void> { return ++asked, Result<void>(); };
  EXPECT_EQ(execute(table, "SELECT VALUE c.id FROM c", options).error, "");
  EXPECT_GE(asked, 3) << "4 MB were read with no look at the clock";
}

TEST(Execute, ContinuationsSurviveWritesBetweenPages) {
  for (const std::string query :
       {"SELECT c.id, c.n FROM c", "SELECT c.id, c.n FROM c ORDER BY c.n",
        "SELECT c.id, c.n FROM c ORDER BY c.n DESC", "SELECT c.id, c.n FROM c ORDER BY c.k, c.n",
        "SELECT DISTINCT c.id, c.n FROM c ORDER BY c.k"}) {
    auto table = numbers(200);
    sql::ExecuteOptions options;
    options.max_rows = 9;
    std::map<std::string, int> seen;
    int added = 0;
    do {
      const Ran ran = execute(table, query, options);
      ASSERT_EQ(ran.error, "") << query;
      for (const auto& row : ran.rows) ++seen[row];
      options.resume = ran.result.resume;
      // New ones at both ends and in the middle; the last one given goes away.
      for (const char* id : {"!", "0001000", "~"})
        table.put("{\"id\":\"" + std::string(id) + std::to_string(added) +
                  "\",\"n\":" + std::to_string(added * 13 % 200) +
                  ".5,\"k\":" + std::to_string(added % 7) + ",\"new\":true}");
      if (++added == 3 && !ran.rows.empty()) {
        const auto last = json::parse(ran.rows.back());
        table.erase(std::string(last->find("id")->as_string()));
      }
    } while (!options.resume.empty() && added < 100);
    int old = 0;
    for (const auto& [row, times] : seen) {
      EXPECT_EQ(times, 1) << query << row;
      if (row.find(".5") == std::string::npos) ++old;
    }
    EXPECT_EQ(old, 200) << query;
  }
}

}  // namespace

// Queries from text to rows.
#include <gtest/gtest.h>

#include "memory_table.hpp"

namespace {
using avila_test::MemoryTable;
using avila_test::run;
using Rows = std::vector<std::string>;

/// The value of one expression, as JSON; "" where it is undefined.
std::string value(std::string_view expression, std::string_view parameters = "{}") {
  MemoryTable none;
  const auto rows = run(none, "SELECT VALUE " + std::string(expression), parameters);
  if (rows.empty()) return "";
  return rows.size() == 1 ? rows[0] : "several";
}

MemoryTable shop() {
  MemoryTable table;
  table.put(
      R"({"id":"a","name":"pen","price":3,"tags":["blue","office"],"stock":{"sp":5,"rj":0}})");
  table.put(R"({"id":"b","name":"ink","price":7.5,"tags":["blue"],"stock":{"sp":1}})");
  table.put(R"({"id":"c","name":"desk","price":120,"tags":[],"stock":{}})");
  table.put(R"({"id":"d","name":"lamp","price":null,"kind":"x"})");
  table.put(R"({"id":"e","name":"cup","kind":"x","price":3})");
  return table;
}

TEST(Query, SelectsFieldsAliasesAndEverything) {
  auto table = shop();
  EXPECT_EQ(run(table, "SELECT c.id, c.price AS p FROM c WHERE c.price > 5"),
            (Rows{R"({"id":"b","p":7.5})", R"({"id":"c","p":120})"}));
  EXPECT_EQ(run(table, "SELECT * FROM items WHERE id = 'c'"),
            (Rows{R"({"id":"c","name":"desk","price":120,"tags":[],"stock":{}})"}));
  EXPECT_EQ(run(table, "select value c.name from items as c where c.kind = 'x'"),
            (Rows{"\"lamp\"", "\"cup\""}));
  EXPECT_EQ(run(table, "SELECT c.stock.sp, c.tags[0] FROM c WHERE c.id = 'a'"),
            (Rows{R"({"sp":5,"$1":"blue"})"}));
  EXPECT_EQ(run(table, "SELECT *, price * 2 AS twice FROM items WHERE id = 'e'"),
            (Rows{R"({"id":"e","name":"cup","kind":"x","price":3,"twice":6})"}));
  EXPECT_EQ(run(table, "SELECT c FROM c WHERE c[\"id\"] = 'e'"),
            (Rows{R"({"c":{"id":"e","name":"cup","kind":"x","price":3}})"}));
  EXPECT_EQ(run(table, "SELECT TOP 2 VALUE c.id FROM c"), (Rows{"\"a\"", "\"b\""}));
  EXPECT_EQ(run(table, "SELECT VALUE c.id FROM c OFFSET 1 LIMIT 2"), (Rows{"\"b\"", "\"c\""}));
  EXPECT_EQ(run(table, "SELECT VALUE c.id FROM c LIMIT 2 OFFSET 3"), (Rows{"\"d\"", "\"e\""}));
}

TEST(Query, ComparesByThreeValuesOfLogic) {
  auto table = shop();
  const auto ids = [&](const std::string& where) {
    std::string all;
    for (const auto& row : run(table, "SELECT VALUE c.id FROM c WHERE " + where))
      all += row.size() == 3 ? row.substr(1, 1) : row;
    return all;
  };
  EXPECT_EQ(ids("c.price = 3"), "ae");
  EXPECT_EQ(ids("c.price != 3"), "bcd");
  EXPECT_EQ(ids("NOT (c.price > 5)"), "ae");
  EXPECT_EQ(ids("c.kind = 'x'"), "de");
  EXPECT_EQ(ids("c.kind != 'x'"), "");
  EXPECT_EQ(ids("c.kind != 'x' OR c.id = 'a'"), "a");
  EXPECT_EQ(ids("c.price IS NULL"), "d");
  EXPECT_EQ(ids("c.kind IS NULL"), "");
  EXPECT_EQ(ids("c.price IS NOT NULL"), "abce");
  EXPECT_EQ(ids("c.kind IS DEFINED"), "de");
  EXPECT_EQ(ids("c.kind IS NOT DEFINED"), "abc");
  EXPECT_EQ(ids("NOT IS_DEFINED(c.kind)"), "abc");
  EXPECT_EQ(ids("c.price BETWEEN 3 AND 10"), "abe");
  EXPECT_EQ(ids("c.price NOT BETWEEN 3 AND 10"), "c");
  EXPECT_EQ(ids("c.price IN (3, 120, 'x')"), "ace");
  EXPECT_EQ(ids("c.id NOT IN ('a', 'b')"), "cde");
  EXPECT_EQ(ids("c.name LIKE '%e%'"), "ac");
  EXPECT_EQ(ids("c.name LIKE '_u_'"), "e");
  EXPECT_EQ(ids("ARRAY_CONTAINS(c.tags, 'blue')"), "ab");
  EXPECT_EQ(ids("'office' IN c.tags"), "a");
  EXPECT_EQ(ids("EXISTS(SELECT VALUE t FROM t IN c.tags WHERE t = 'office')"), "a");
  EXPECT_EQ(ids("NOT EXISTS(SELECT VALUE t FROM t IN c.tags)"), "cde");
}

TEST(Query, JoinsArraysOfTheRow) {
  auto table = shop();
  EXPECT_EQ(run(table, "SELECT c.id, t FROM c JOIN t IN c.tags WHERE t != 'office'"),
            (Rows{R"({"id":"a","t":"blue"})", R"({"id":"b","t":"blue"})"}));
  EXPECT_EQ(run(table, "SELECT VALUE t FROM t IN items.tags"),
            (Rows{"\"blue\"", "\"office\"", "\"blue\""}));
  EXPECT_EQ(run(table,
                "SELECT c.id, ARRAY(SELECT VALUE UPPER(t) FROM t IN c.tags) AS u, "
                "(SELECT VALUE COUNT(1) FROM t IN c.tags) AS n FROM c WHERE c.id IN ('a','c')"),
            (Rows{R"({"id":"a","u":["BLUE","OFFICE"],"n":2})", R"({"id":"c","u":[],"n":0})"}));
}

TEST(Query, GroupsAndAggregates) {
  auto table = shop();
  EXPECT_EQ(run(table,
                "SELECT COUNT(1) AS n, COUNT(c.price) AS priced, SUM(c.price) AS s, "
                "MIN(c.name) AS least, MAX(c.price) AS most, AVG(c.price) AS mean FROM c"),
            (Rows{R"({"n":5,"priced":4,"s":133.5,"least":"cup","most":120,"mean":33.375})"}));
  EXPECT_EQ(
      run(table, "SELECT t, COUNT(1) AS n FROM c JOIN t IN c.tags GROUP BY t ORDER BY n DESC"),
      (Rows{R"({"t":"blue","n":2})", R"({"t":"office","n":1})"}));
  EXPECT_EQ(run(table, "SELECT c.kind, COUNT(1) AS n FROM c GROUP BY c.kind HAVING COUNT(1) > 2"),
            (Rows{R"({"n":3})"}));
  EXPECT_EQ(run(table, "SELECT VALUE COUNT(DISTINCT c.price) FROM c"), (Rows{"3"}));
  EXPECT_EQ(run(table, "SELECT VALUE COUNT(1) FROM c WHERE c.id = 'zz'"), (Rows{"0"}));
  EXPECT_EQ(run(table, "SELECT VALUE SUM(c.price) FROM c WHERE c.id = 'zz'"), (Rows{"null"}));
  EXPECT_EQ(run(table, "SELECT c.kind FROM c WHERE c.id='zz' GROUP BY c.kind"), Rows{});
  EXPECT_EQ(run(table, "SELECT DISTINCT c.price FROM c ORDER BY c.price DESC"),
            (Rows{R"({"price":120})", R"({"price":7.5})", R"({"price":3})", R"({"price":null})"}));
}

TEST(Query, OrdersAcrossTypesAndPagesExactly) {
  auto table = shop();
  const Rows all = run(table, "SELECT VALUE c.id FROM c ORDER BY c.price DESC, c.name");
  EXPECT_EQ(all, (Rows{"\"c\"", "\"b\"", "\"e\"", "\"a\"", "\"d\""}));
  for (const std::string query :
       {"SELECT VALUE c.id FROM c ORDER BY c.price DESC, c.name", "SELECT VALUE c.id FROM c",
        "SELECT c.id, t FROM c JOIN t IN c.tags", "SELECT DISTINCT VALUE c.price FROM c",
        "SELECT c.price, COUNT(1) AS n FROM c GROUP BY c.price ORDER BY n",
        "SELECT VALUE c.id FROM c ORDER BY c.name OFFSET 1 LIMIT 3",
        "SELECT VALUE c.id FROM c OFFSET 1 LIMIT 3"}) {
    const Rows whole = run(table, query);
    for (std::size_t page = 1; page < 4; ++page)
      EXPECT_EQ(run(table, query, "{}", page), whole) << query;
  }
}

TEST(Query, ExpressionsKeepNumbersExact) {
  EXPECT_EQ(value("1 + 2 * 3"), "7");
  EXPECT_EQ(value("7 / 2"), "3.5");
  EXPECT_EQ(value("6 / 2"), "3");
  EXPECT_EQ(value("-7 % 3"), "-1");
  EXPECT_EQ(value("1 / 0"), "");
  EXPECT_EQ(value("9223372036854775807 = 9223372036854775807.0"), "false");
  EXPECT_EQ(value("9223372036854775807 < 9223372036854775808"), "true");
  EXPECT_EQ(value("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(value("9223372036854775807 + 1"), "9223372036854775808");
  EXPECT_EQ(value("1 = 1.0"), "true");
  EXPECT_EQ(value("'a' || 'b' || 'c'"), "\"abc\"");
  EXPECT_EQ(value("null ?? 5"), "5");
  EXPECT_EQ(value("true ? 'y' : 'n'"), "\"y\"");
  EXPECT_EQ(value("CASE WHEN 1 > 2 THEN 'a' WHEN 2 > 1 THEN 'b' ELSE 'c' END"), "\"b\"");
  EXPECT_EQ(value("CASE 3 WHEN 1 THEN 'one' WHEN 3 THEN 'three' END"), "\"three\"");
  EXPECT_EQ(value("{a: 1, 'b': [1, 'x', null]}"), R"({"a":1,"b":[1,"x",null]})");
  EXPECT_EQ(value("@p.x[1]", R"({"p":{"x":[1,2]}})"), "2");
  EXPECT_EQ(value("[1,2] = [1,2.0]"), "true");
  EXPECT_EQ(value("{a:1,b:2} = {b:2,a:1}"), "true");
  EXPECT_EQ(value("'10%' LIKE '10!%' ESCAPE '!'"), "true");
  EXPECT_EQ(value("'105' LIKE '10!%' ESCAPE '!'"), "false");
}

TEST(Query, Functions) {
  EXPECT_EQ(value("UPPER('São Paulo')"), "\"SÃO PAULO\"");
  EXPECT_EQ(value("LENGTH('ação')"), "4");
  EXPECT_EQ(value("SUBSTRING('ação', 1, 2)"), "\"çã\"");
  EXPECT_EQ(value("INDEX_OF('ação', 'o')"), "3");
  EXPECT_EQ(value("CONTAINS('ABC', 'bc', true)"), "true");
  EXPECT_EQ(value("REPLACE('aaa', 'a', 'bc')"), "\"bcbcbc\"");
  EXPECT_EQ(value("TRIM('  x ')"), "\"x\"");
  EXPECT_EQ(value("REVERSE('aç')"), "\"ça\"");
  EXPECT_EQ(value("ROUND(2.567, 2)"), "2.57");
  EXPECT_EQ(value("FLOOR(-2.5)"), "-3");
  EXPECT_EQ(value("POWER(2, 10)"), "1024");
  EXPECT_EQ(value("ARRAY_SLICE([1,2,3,4], 1, 2)"), "[2,3]");
  EXPECT_EQ(value("ARRAY_SLICE([1,2,3,4], -1)"), "[4]");
  EXPECT_EQ(value("ARRAY_CONTAINS([{a:1,b:2}], {a:1}, true)"), "true");
  EXPECT_EQ(value("SETINTERSECT([1,2,3],[3,1])"), "[1,3]");
  EXPECT_EQ(value("TYPE(1.5)"), "\"number\"");
  EXPECT_EQ(value("NOW()"), "\"2023-11-14T22:13:20.123Z\"");
  EXPECT_EQ(value("DATETIMEADD('month', 1, '2024-01-31')"), "\"2024-02-29T00:00:00.000Z\"");
  EXPECT_EQ(value("DATETIMEDIFF('day', '2024-01-31T23:00:00Z', '2024-02-01T01:00:00Z')"), "1");
  EXPECT_EQ(value("DATE_PART('week', '2021-01-03')"), "53");
  EXPECT_EQ(value("YEAR('2024-05-06T00:30:00+02:00')"), "2024");
  EXPECT_EQ(value("DAY('2024-05-06T00:30:00+02:00')"), "5");
  EXPECT_EQ(value("DATE_TRUNC('hour', '2024-05-06T07:08:09Z')"), "\"2024-05-06T07:00:00.000Z\"");
  EXPECT_EQ(value("DATETIMETOTIMESTAMP('1970-01-01T00:00:01Z')"), "1000");
  EXPECT_EQ(value("ROUND(ST_DISTANCE({lat:0,lon:0}, {type:'Point',coordinates:[1,0]}) / 1000)"),
            "111");
  EXPECT_EQ(value("ST_WITHIN({lat:1,lon:1}, "
                  "{type:'Polygon',coordinates:[[[0,0],[2,0],[2,2],[0,2],[0,0]]]})"),
            "true");
  EXPECT_EQ(value("ST_GEOHASH({lat:57.64911,lon:10.40744}, 11)"), "\"u4pruydqqvj\"");
  EXPECT_EQ(value("VECTOR_DISTANCE([1,0],[0,1],'l2')"), "2.0");
  EXPECT_EQ(value("String_Equals('a','a')"), "true");
}

TEST(Query, ErrorsSayWhereAndWhat) {
  MemoryTable t;
  EXPECT_EQ(run(t, "SELECT FROM c")[0].substr(0, 60),
            "error: line 1, column 8: expected a value, a name or an expr");
  EXPECT_NE(
      run(t, "SELECT *\nFROM c WHERE c.x = @y")[0].find("line 2, column 20: the query uses @y"),
      std::string::npos);
  EXPECT_NE(run(t, "SELECT NOPE(1)")[0].find("unknown function NOPE"), std::string::npos);
  EXPECT_NE(run(t, "SELECT LOWER()")[0].find("LOWER(text)"), std::string::npos);
  EXPECT_NE(run(t, "SELECT c.x, COUNT(1) FROM c")[0].find("neither in GROUP BY"),
            std::string::npos);
  EXPECT_NE(run(t, "SELECT x FROM c JOIN t IN c.a")[0].find("c.x or t.x"), std::string::npos);
  EXPECT_NE(run(t, "SELECT * FROM c WHERE COUNT(1) > 1")[0].find("HAVING"), std::string::npos);
  EXPECT_NE(run(t, "SELECT 'abc")[0].find("has no end"), std::string::npos);
  EXPECT_NE(run(t, "SELECT " + std::string(300, '(') + "1")[0].find("deeper than"),
            std::string::npos);
}

}  // namespace

// The parts that need no connection: addresses, Forwarded, Cache-Control, balancing, budgets,
// paths.
#include <gtest/gtest.h>
#include <avila/proxy/address_range.hpp>
#include <avila/proxy/cache.hpp>
#include <avila/proxy/cache_control.hpp>
#include <avila/proxy/forwarded.hpp>
#include <avila/random/fast.hpp>
#include <avila/tcp/address.hpp>
#include <avila/time/format.hpp>

#include <map>
#include <memory>

#include "balancer.hpp"
#include "fields.hpp"
#include "retry_budget.hpp"

namespace {

using namespace avila;
using proxy::AddressRange;
using proxy::Balance;
using proxy::CacheControl;
using proxy::CacheVerdict;
using tcp::IpAddress;

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

TEST(AddressRange, ContainsByPrefix) {
  const auto range = AddressRange::parse("10.1.0.0/15").value();
  EXPECT_TRUE(range.contains(ip("10.0.255.255")));
  EXPECT_TRUE(range.contains(ip("::ffff:10.1.2.3")));
  EXPECT_FALSE(range.contains(ip("10.2.0.0")));
  EXPECT_FALSE(range.contains(ip("::1")));
  EXPECT_TRUE(AddressRange::parse("0.0.0.0/0").value().contains(ip("9.9.9.9")));
  EXPECT_TRUE(AddressRange::parse("::1").value().contains(ip("::1")));
  // However a range is spelled, it is that of the same addresses.
  const auto mapped = AddressRange::parse("::ffff:10.1.0.0/111").value();
  EXPECT_TRUE(mapped.contains(ip("10.0.255.255")));
  EXPECT_TRUE(mapped.contains(ip("::ffff:10.1.2.3")));
  EXPECT_FALSE(mapped.contains(ip("10.2.0.0")));
  EXPECT_TRUE(AddressRange::parse("::ffff:10.1.2.3").value().contains(ip("10.1.2.3")));
  EXPECT_FALSE(AddressRange::parse("10.0.0.0/33").has_value());
  EXPECT_FALSE(AddressRange::parse("10.0.0/8").has_value());
  EXPECT_FALSE(AddressRange::parse("10.0.0.0/").has_value());
}

TEST(AddressRange, InternalAddressesAreKnown) {
  for (const char* text :
       {"127.0.0.1", "10.9.8.7", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1",
        "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "ff02::1"})
    EXPECT_TRUE(proxy::is_internal(ip(text))) << text;
  for (const char* text : {"8.8.8.8", "172.32.0.1", "2606:4700::1111", "64:ff9b::808:808"})
    EXPECT_FALSE(proxy::is_internal(ip(text))) << text;
}

TEST(Forwarded, ReadsWhatTheRfcShows) {
  const auto parsed = proxy::parse_forwarded(
      "For=\"[2001:db8:cafe::17]:4711\", for=192.0.2.60;proto=http;by=203.0.113.43;ext=1");
  ASSERT_TRUE(parsed.has_value());
  ASSERT_EQ(parsed->size(), 2U);
  EXPECT_EQ((*parsed)[0].for_node, "[2001:db8:cafe::17]:4711");
  EXPECT_EQ((*parsed)[1].proto, "http");
  EXPECT_EQ((*parsed)[1].by, "203.0.113.43");
  EXPECT_EQ(proxy::to_string((*parsed)[0]), "for=\"[2001:db8:cafe::17]:4711\"");
  EXPECT_EQ(proxy::parse_forwarded(proxy::to_string((*parsed)[1])).value()[0], (*parsed)[1]);
}

TEST(Forwarded, RefusesWhatIsBroken) {
  for (const char* text :
       {"for", "for=", "for=\"a", "for=a for=b", "for=a;for=b", "=a", "for=a;", "for=\"\x01\""})
    EXPECT_FALSE(proxy::parse_forwarded(text).has_value()) << text;
  std::string many;
  for (int i = 0; i < 40; ++i) many += "for=a,";
  EXPECT_TRUE(proxy::parse_forwarded(many).error().is(Errc::LimitExceeded));
}

TEST(CacheControl, ReadsDirectives) {
  const CacheControl c = proxy::parse_cache_control(
      "Max-Age=10, max-age=99, s-maxage=\"5\", private=\"Set-Cookie, X-A\", no-cache, "
      "stale-while-revalidate=7, stale-if-error=x, max-stale, unknown=1");
  EXPECT_EQ(c.max_age, 10U);
  EXPECT_EQ(c.s_maxage, 5U);
  EXPECT_FALSE(c.is_private);
  EXPECT_EQ(c.not_shared_fields, (std::vector<std::string>{"set-cookie", "x-a"}));
  EXPECT_TRUE(c.no_cache);
  EXPECT_EQ(c.stale_while_revalidate, 7U);
  EXPECT_EQ(c.stale_if_error, 0U);  // no number: at once
  EXPECT_TRUE(c.has_max_stale);
  EXPECT_FALSE(c.max_stale.has_value());
  EXPECT_EQ(proxy::parse_cache_control("max-age=99999999999999999999").max_age, 1U << 31);
  EXPECT_EQ(proxy::parse_cache_control("max-age=-1").max_age, 0U);
}

bool storable(std::string_view control, bool authorization = false, int status = 200,
              std::string_view extra_name = {}, std::string_view extra_value = {}) {
  http::Headers headers;
  if (!control.empty()) headers.add("Cache-Control", control);
  if (!extra_name.empty()) headers.add(extra_name, extra_value);
  proxy::RequestFacts facts;
  facts.has_authorization = authorization;
  return proxy::may_store(facts, status, headers, proxy::parse_cache_control(control));
}

TEST(CacheControl, StoresWhatASharedCacheMay) {
  EXPECT_TRUE(storable("max-age=1"));
  EXPECT_TRUE(storable(""));  // by a heuristic, if it has one
  EXPECT_FALSE(storable("no-store"));
  EXPECT_FALSE(storable("private"));
  EXPECT_TRUE(storable("private=\"x-a\", max-age=1"));
  EXPECT_FALSE(storable("max-age=1", true));  // RFC 9111 §3.5
  EXPECT_TRUE(storable("public", true));
  EXPECT_TRUE(storable("s-maxage=1", true));
  EXPECT_TRUE(storable("must-revalidate, max-age=1", true));
  EXPECT_FALSE(storable("max-age=1", false, 206));
  EXPECT_FALSE(storable("", false, 500));
  EXPECT_TRUE(storable("max-age=1", false, 500));
  EXPECT_FALSE(storable("max-age=1", false, 200, "Vary", "accept, *"));
  EXPECT_FALSE(storable("max-age=1", false, 200, "Set-Cookie", "a=b"));
  EXPECT_TRUE(storable("max-age=1, no-cache=\"set-cookie\"", false, 200, "Set-Cookie", "a=b"));
  EXPECT_TRUE(storable("no-store, must-understand, max-age=1"));
}

TEST(CacheControl, FreshnessFollowsTheMostSpecific) {
  const WallTime date = time::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").value();
  http::Headers headers;
  headers.add("Expires", "Sun, 06 Nov 1994 08:50:37 GMT");
  const auto life = [&](std::string_view control) {
    return proxy::freshness_lifetime(200, proxy::parse_cache_control(control), headers, date);
  };
  EXPECT_EQ(life("s-maxage=3, max-age=9"), 3);
  EXPECT_EQ(life("max-age=9"), 9);
  EXPECT_EQ(life(""), 60);
  headers.set("Expires", "0");
  EXPECT_EQ(life(""), 0);
  headers.remove("Expires");
  headers.add("Last-Modified", "Sun, 06 Nov 1994 08:32:57 GMT");  // 1000 s before
  EXPECT_EQ(life(""), 100);
}

TEST(CacheControl, AgeCountsWhatWasOnTheWay) {
  const WallTime t{1'700'000'000'000'000'000};
  const proxy::ResponseTimes times{t, t + seconds(5), t + seconds(7), 3};
  EXPECT_EQ(proxy::current_age(times, t + seconds(17)), 17);  // apparent 7, corrected 5; then 10
  EXPECT_EQ(proxy::current_age({t + seconds(99), t, t, 0}, t), 0);
}

proxy::StoredPointer stored(std::string_view control, WallTime at) {
  http::Headers headers;
  headers.add("Cache-Control", control);
  headers.add("ETag", "\"1\"");
  const http::FieldViews fields;
  return proxy::make_stored({}, fields, 200, headers, "0123456789", at, at, {});
}

TEST(Cache, JudgesWhatItHas) {
  const WallTime t{1'700'000'000'000'000'000};
  const auto judge = [&](std::string_view response, std::string_view request, int age) {
    return proxy::judge(*stored(response, t), proxy::parse_cache_control(request), false,
                        t + seconds(age));
  };
  EXPECT_EQ(judge("max-age=10", "", 9), CacheVerdict::Serve);
  EXPECT_EQ(judge("max-age=10", "", 10), CacheVerdict::Revalidate);
  EXPECT_EQ(judge("max-age=10", "no-cache", 1), CacheVerdict::Revalidate);
  EXPECT_EQ(judge("max-age=10, no-cache", "", 1), CacheVerdict::Revalidate);
  EXPECT_EQ(judge("max-age=10", "max-age=2", 3), CacheVerdict::Revalidate);
  EXPECT_EQ(judge("max-age=10", "min-fresh=5", 6), CacheVerdict::Revalidate);
  EXPECT_EQ(judge("max-age=10", "max-stale", 99), CacheVerdict::Serve);
  EXPECT_EQ(judge("max-age=10", "max-stale=5", 16), CacheVerdict::Revalidate);
  EXPECT_EQ(judge("max-age=10, must-revalidate", "max-stale", 11), CacheVerdict::Revalidate);
  EXPECT_EQ(judge("max-age=10, stale-while-revalidate=5", "", 12),
            CacheVerdict::ServeAndRevalidate);
  EXPECT_EQ(judge("max-age=10, stale-while-revalidate=5", "", 16), CacheVerdict::Revalidate);
  const auto error = stored("max-age=10, stale-if-error=5", t);
  EXPECT_TRUE(proxy::may_serve_on_error(*error, {}, t + seconds(14)));
  EXPECT_FALSE(proxy::may_serve_on_error(*error, {}, t + seconds(16)));
}

TEST(Cache, KeepsVariantsAndBounds) {
  proxy::CacheOptions options;
  options.bytes = 4000;
  proxy::HttpCache cache(options);
  const WallTime t{1'700'000'000'000'000'000};
  const auto put = [&](std::string key, std::string_view language) {
    http::Headers headers;
    headers.add("Cache-Control", "max-age=60");
    headers.add("Vary", "Accept-Language");
    http::FieldViews fields;
    fields.add("accept-language", language);
    cache.store(key, proxy::make_stored({}, fields, 200, headers, std::string(language), t, t, {}));
  };
  const auto get = [&](const std::string& key, std::string_view language) -> std::string {
    http::FieldViews fields;
    fields.add("Accept-Language", language);
    const auto found = cache.find(key, fields);
    return found == nullptr ? "" : *found->body;
  };
  put("http://a/", "pt, en");
  put("http://a/", "de");
  EXPECT_EQ(get("http://a/", "pt,en"), "pt, en");  // white space does not count
  EXPECT_EQ(get("http://a/", "de"), "de");
  EXPECT_EQ(get("http://a/", "fr"), "");
  for (int i = 0; i < 20; ++i) put("http://a/" + std::to_string(i), "de");
  EXPECT_LE(cache.metrics().bytes, 4000U);
  EXPECT_GT(cache.metrics().evicted, 0U);
  EXPECT_EQ(get("http://a/", "de"), "");
  EXPECT_EQ(get("http://a/19", "de"), "de");
  cache.invalidate("http://a/19");
  EXPECT_EQ(get("http://a/19", "de"), "");
  cache.clear();
  EXPECT_EQ(cache.metrics().bytes, 0U);
}

TEST(Cache, WhatVariantsAreFoundByCountsToo) {
  proxy::CacheOptions options;
  options.bytes = 100'000;
  proxy::HttpCache cache(options);
  const WallTime t{1'700'000'000'000'000'000};
  for (int i = 0; i < 100; ++i) {
    const std::string value = std::string(10'000, 'x') + std::to_string(i);
    http::Headers headers;
    headers.add("Cache-Control", "max-age=60").add("Vary", "User-Agent");
    http::FieldViews fields;
    fields.add("User-Agent", value);
    cache.store("http://a/" + std::to_string(i),
                proxy::make_stored({}, fields, 200, headers, "b", t, t, {}));
  }
  EXPECT_GT(cache.metrics().entries, 0U);
  EXPECT_LE(cache.metrics().entries, 10U);
  cache.clear();
  EXPECT_EQ(cache.metrics().bytes, 0U);
}

// RFC 9111 §5.2.2.4, §5.2.2.7: nor does a 304 bring what is not to be shared.
TEST(Cache, FresheningKeepsNothingThatIsNotShared) {
  const WallTime t{1'700'000'000'000'000'000};
  const auto entry = stored("max-age=10", t);
  http::Headers more;
  more.add("Cache-Control", "max-age=77, private=\"x-user\"").add("X-User", "me").add("X-Y", "1");
  const auto fresh = proxy::freshen(*entry, more, t, t, {});
  EXPECT_EQ(fresh->headers.find("x-y"), "1");
  EXPECT_FALSE(fresh->headers.contains("x-user"));
}

TEST(Cache, AnswersConditionsAndRanges) {
  const WallTime t{1'700'000'000'000'000'000};
  const auto entry = stored("max-age=10", t);
  http::Request request(http::Method::Get, "/");
  EXPECT_EQ(proxy::answer_from(entry, request, t + seconds(3)).headers.find("age"), "3");
  request.fields.add("Range", "bytes=2-4");
  const auto part = proxy::answer_from(entry, request, t);
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body.text(), "234");
  EXPECT_EQ(part.headers.find("content-range"), "bytes 2-4/10");
  request.fields.clear();
  request.fields.add("If-None-Match", "\"1\"");
  EXPECT_EQ(proxy::answer_from(entry, request, t).status, 304);
  http::Headers more;
  more.add("Cache-Control", "max-age=77");
  more.add("Content-Type", "x/y");
  const auto fresh = proxy::freshen(*entry, more, t, t, {});
  EXPECT_EQ(fresh->lifetime_s, 77);
  EXPECT_FALSE(fresh->headers.contains("content-type"));
  EXPECT_EQ(fresh->body, entry->body);
}

struct Fleet {
  explicit Fleet(std::size_t count) {
    std::vector<proxy::detail::Candidate*> list;
    for (std::size_t i = 0; i < count; ++i) {
      members.push_back(std::make_unique<proxy::detail::Candidate>());
      members.back()->hash = proxy::detail::hash_text("10.0.0." + std::to_string(i));
      list.push_back(members.back().get());
    }
    candidates = list;
  }
  std::vector<std::unique_ptr<proxy::detail::Candidate>> members;
  std::vector<proxy::detail::Candidate*> candidates;
};

TEST(Balancer, RoundRobinIsSmoothAndWeighted) {
  Fleet fleet(3);
  fleet.members[0]->weight = 5;
  proxy::detail::Balancer balancer(Balance::RoundRobin, fleet.candidates, 1);
  std::string order;
  for (int i = 0; i < 7; ++i)
    order += static_cast<char>('a' + *balancer.pick(0, [](std::size_t) { return true; }));
  EXPECT_EQ(order, "aabacaa");  // as nginx documents it
}

TEST(Balancer, LeastRequestsAvoidsTheBusy) {
  Fleet fleet(4);
  proxy::detail::Balancer balancer(Balance::LeastRequests, fleet.candidates, 1);
  for (int i = 0; i < 4000; ++i) {
    const auto at = *balancer.pick(0, [](std::size_t) { return true; });
    fleet.members[at]->in_flight.fetch_add(1);
  }
  for (const auto& each : fleet.members) EXPECT_NEAR(each->in_flight.load(), 1000, 10);
}

TEST(Balancer, ConsistentHashingMovesFewKeys) {
  for (const Balance policy : {Balance::Ring, Balance::Maglev}) {
    Fleet fleet(10);
    proxy::detail::Balancer balancer(policy, fleet.candidates, 1);
    std::map<std::size_t, int> share;
    int moved = 0;
    for (std::uint64_t key = 0; key < 10'000; ++key) {
      const std::uint64_t hash = proxy::detail::hash_text(std::to_string(key));
      const auto all = *balancer.pick(hash, [](std::size_t) { return true; });
      const auto less = *balancer.pick(hash, [](std::size_t i) { return i != 3; });
      ++share[all];
      EXPECT_NE(less, 3U);
      if (all != 3) moved += all != less;
    }
    EXPECT_EQ(moved, 0);  // those of others stay where they are
    for (const auto& [index, count] : share) EXPECT_NEAR(count, 1000, 450) << index;
  }
}

TEST(Balancer, BackupsComeWhenNobodyElseIsThere) {
  Fleet fleet(3);
  fleet.members[2]->priority = 1;
  proxy::detail::Balancer balancer(Balance::RoundRobin, fleet.candidates, 1);
  for (int i = 0; i < 4; ++i) EXPECT_NE(*balancer.pick(0, [](std::size_t) { return true; }), 2U);
  EXPECT_EQ(*balancer.pick(0, [](std::size_t i) { return i == 2; }), 2U);
  EXPECT_FALSE(balancer.pick(0, [](std::size_t) { return false; }).has_value());
}

TEST(RetryBudget, IsAShareOfTheRequests) {
  proxy::detail::RetryBudget budget(0.2, 1, 10);
  const Instant now{1'000'000'000};
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(budget.spend(now));
  EXPECT_FALSE(budget.spend(now));
  for (int i = 0; i < 5; ++i) budget.earn();
  EXPECT_TRUE(budget.spend(now));
  EXPECT_FALSE(budget.spend(now));
  EXPECT_TRUE(budget.spend(now + seconds(1)));
}

TEST(Fields, PathsAreWhatAnEndpointTakesThemFor) {
  const auto normal = [](std::string_view path) -> std::string {
    std::string storage;
    return proxy::detail::normalize_path(path, storage) ? std::string(path) : "refused";
  };
  const std::pair<std::string_view, std::string_view> paths[] = {
      {"/a/../b", "/b"},
      {"/a/%2e%2E/b", "/b"},
      {"/a/.%2e", "/"},
      {"/a/./b/.", "/a/b/"},
      {"/a/b/../../c/../d/", "/d/"},
      {"/a/.well-known/...x", "/a/.well-known/...x"},
      {"/%61%7Eb%2dc", "/a~b-c"},
      {"/a%2fb%3a", "/a%2Fb%3A"},
      {"/a/..%2fb", "/a/..%2Fb"},
      {"/%252e%252e/a", "/%252e%252e/a"},  // once, and never again
      {"/\xc3\xa9|%c3%a9", "/%C3%A9%7C%C3%A9"},
      {"//a//../b", "//a/b"},
      {"//..", "/"},
      {"/", "/"},
      {"/;=:@!$&'()*+,~", "/;=:@!$&'()*+,~"},
      {"*", "*"},
      {"", ""},
      {"/..", "refused"},
      {"/../a", "refused"},
      {"/a/../../b", "refused"},
      {"/./%2E%2e", "refused"},
      {"/a%", "refused"},
      {"/a%4", "refused"},
      {"/%zz", "refused"},
      {"/%4g", "refused"},
      {"/a%00", "refused"},
      {std::string_view("/a\0", 3), "refused"},
  };
  for (const auto& [path, expected] : paths) EXPECT_EQ(normal(path), expected) << path;
  EXPECT_TRUE(proxy::detail::has_path_prefix("/api/x", "/api"));
  EXPECT_FALSE(proxy::detail::has_path_prefix("/apiary", "/api"));
  EXPECT_TRUE(proxy::detail::host_matches("*.example.com", "a.Example.com"));
  EXPECT_FALSE(proxy::detail::host_matches("*.example.com", "example.com"));
}

TEST(Fields, ClientIsTheLastThatNoTrustedProxyIs) {
  auto trusted = proxy::AddressSet::parse({"10.0.0.0/8"}).value();
  http::Request request(http::Method::Get, "/");
  request.peer = "10.0.0.1:99";
  request.fields.add("X-Forwarded-For", "1.1.1.1, 2.2.2.2");
  request.fields.add("X-Forwarded-For", "10.0.0.2");
  EXPECT_EQ(proxy::detail::client_address(request, trusted), "2.2.2.2");
  request.peer = "9.9.9.9:99";
  EXPECT_EQ(proxy::detail::client_address(request, trusted), "9.9.9.9");
  // However much the client has made up, what our own proxy says of it comes last.
  const std::string many = [] {
    std::string list;
    for (int i = 0; i < 100; ++i) list += "6.6.6.6, ";
    return list + "3.3.3.3";
  }();
  request.peer = "10.0.0.1:99";
  request.fields.clear();
  request.fields.add("X-Forwarded-For", many);
  EXPECT_EQ(proxy::detail::client_address(request, trusted), "3.3.3.3");
}

TEST(Fields, WebSocketAcceptIsTheRfcs) {
  EXPECT_EQ(proxy::detail::websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

}  // namespace

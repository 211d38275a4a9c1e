// Shared by every benchmark: seeded inputs, timing, JSON lines. The inputs and the way of timing
// are fixed: figures are compared, as ratios, with those of other libraries on the same inputs.
#pragma once
#include <time.h>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

// ---------------------------------------------------------------- generators
struct SplitMix64 {
  uint64_t s;
  explicit SplitMix64(uint64_t seed) : s(seed) {}
  uint64_t next() {
    uint64_t z = (s += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  double u01() { return double(next() >> 40) * (1.0 / 16777216.0); }  // 24 bits: exact in a float
};

// RANDOM(n, seed): successive outputs, little endian, the last one cut.
inline std::vector<uint8_t> random_bytes(size_t n, uint64_t seed) {
  std::vector<uint8_t> v(n);
  SplitMix64 r(seed);
  for (size_t i = 0; i < n;) {
    uint64_t x = r.next();
    for (int b = 0; b < 8 && i < n; ++b, ++i, x >>= 8) v[i] = uint8_t(x);
  }
  return v;
}

// TEXT(n, seed): see README.md, "text-like".
inline std::string text_like(size_t n, uint64_t seed) {
  static const char L[] = "etaoinshrdlucmfwypvbgkqjxzeeaaot";  // 32 letters
  SplitMix64 r(seed);
  std::vector<std::string> w(4096);
  for (auto& s : w) {
    unsigned len = 2 + unsigned(r.next() % 9);
    for (unsigned i = 0; i < len; ++i) s.push_back(L[r.next() & 31]);
  }
  std::string o;
  o.reserve(n + 256);
  bool cap = true;
  while (o.size() < n) {
    uint64_t x = r.next();
    if ((x >> 58) == 0 && o.size() >= 4096) {  // 1 in 64: repeat an earlier passage
      uint64_t y = r.next();
      size_t len = 16 + size_t(y & 63);
      size_t max = std::min<size_t>(o.size(), 65536) - 80;
      size_t dist = 80 + size_t((y >> 8) % max);
      size_t from = o.size() - dist;
      for (size_t i = 0; i < len; ++i) o.push_back(o[from + i]);
      o.push_back(' ');
      cap = false;
      continue;
    }
    uint64_t a = x & 4095, b = (x >> 12) & 4095, c = (x >> 24) & 4095;
    const std::string& word = w[size_t((a * b * c) >> 24)];
    size_t at = o.size();
    o += word;
    if (cap) o[at] = char(o[at] - 32);
    cap = false;
    unsigned p = unsigned(x >> 36) & 31;
    if (p == 0) {
      o += ". ";
      cap = true;
    } else if (p == 1)
      o += ", ";
    else if (p == 2)
      o += "\n";
    else if (p == 3) {
      o += ' ';
      o += std::to_string((x >> 41) % 10000);
      o += ' ';
    } else
      o += ' ';
  }
  o.resize(n);
  return o;
}

// JSON_TWITTER(count): see README.md.
inline std::string json_twitter(unsigned count) {
  SplitMix64 r(7);
  std::string words = text_like(1u << 16, 8);
  for (auto& c : words)
    if (c == '\n') c = ' ';
  std::string o = "{\"statuses\":[";
  auto d2 = [](unsigned v) {
    std::string s;
    s.push_back(char('0' + v / 10));
    s.push_back(char('0' + v % 10));
    return s;
  };
  auto num = [](uint64_t v) { return std::to_string(v); };
  auto boolean = [](uint64_t v) { return std::string(v ? "true" : "false"); };
  for (unsigned i = 0; i < count; ++i) {
    uint64_t a = r.next(), b = r.next(), c = r.next(), d = r.next();
    uint64_t id = 500000000000000000ull + (a >> 12);
    uint64_t uid = b % 3000000000ull;
    std::string text = words.substr(size_t(c % 65000), 40 + size_t((c >> 32) % 100));
    const char* tail[4] = {"", " \xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E", " \\u00e9\\n",
                           " \\\"q\\\" \xF0\x9F\x98\x80"};
    if (i) o += ',';
    o += "{\"metadata\":{\"result_type\":\"recent\",\"iso_language_code\":\"en\"},\"created_at\":"
         "\"2024-";
    o += d2(1 + unsigned(d % 12)) + "-" + d2(1 + unsigned((d >> 8) % 28)) + "T" +
         d2(unsigned((d >> 16) % 24)) + ":" + d2(unsigned((d >> 24) % 60)) + ":" +
         d2(unsigned((d >> 32) % 60)) + "Z\",\"id\":";
    o += num(id) + ",\"id_str\":\"" + num(id) + "\",\"text\":\"" + text + tail[(d >> 40) & 3] +
         "\",\"truncated\":" + boolean((d >> 42) & 1);
    o += ",\"user\":{\"id\":" + num(uid) + ",\"screen_name\":\"u" + num(uid) +
         "\",\"location\":null,\"followers_count\":" + num(b >> 44) +
         ",\"friends_count\":" + num((b >> 33) & 2047) + ",\"verified\":" + boolean((d >> 43) & 1) +
         ",\"profile_image_url\":\"http:\\/\\/img.example\\/" + num(uid) + "_normal.png\"}";
    o += ",\"geo\":";
    if ((d >> 44) & 1) {
      // two fixed-point coordinates with 6 decimals, sign always written before the digits
      auto coord = [](uint64_t v, unsigned lim) {
        uint64_t q = v % (uint64_t(lim) * 2000000ull);
        bool neg = q >= uint64_t(lim) * 1000000ull;
        if (neg) q -= uint64_t(lim) * 1000000ull;
        char buf[32];
        std::snprintf(buf, sizeof buf, "%s%u.%06u", neg ? "-" : "", unsigned(q / 1000000),
                      unsigned(q % 1000000));
        return std::string(buf);
      };
      o += "{\"coordinates\":[" + coord(a, 90) + "," + coord(c, 180) + "]}";
    } else
      o += "null";
    o += ",\"entities\":{\"hashtags\":[";
    unsigned h = unsigned(d >> 45) & 3;
    for (unsigned k = 0; k < h; ++k) {
      if (k) o += ',';
      unsigned at = unsigned(a >> (k * 8)) & 127;
      o += "{\"text\":\"tag" + num(at) + "\",\"indices\":[" + num(at) + "," + num(at + 8) + "]}";
    }
    o += "],\"urls\":[]},\"retweet_count\":" + num((d >> 47) % 10000) +
         ",\"favorite_count\":" + num((c >> 40) % 10000) + ",\"lang\":\"en\"}";
  }
  o += "],\"search_metadata\":{\"completed_in\":0.087,\"count\":" + num(count) + "}}";
  return o;
}

// JSON_NUMBERS(count): array of [x,y] pairs with 15..17 digit doubles (geo polygon like).
inline std::string json_numbers(unsigned count) {
  SplitMix64 r(9);
  std::string o = "{\"type\":\"Polygon\",\"coordinates\":[[";
  for (unsigned i = 0; i < count; ++i) {
    uint64_t a = r.next(), b = r.next();
    char buf[96];
    std::snprintf(buf, sizeof buf, "%s[-%u.%015llu,%u.%014llu]", i ? "," : "", unsigned(a % 180),
                  (unsigned long long)((a >> 8) % 1000000000000000ull), unsigned(b % 90),
                  (unsigned long long)((b >> 8) % 100000000000000ull));
    o += buf;
  }
  o += "]]}";
  return o;
}

// VECTORS(n, seed): 128 dimensions, 100 clusters.  All arithmetic in double, rounded once to float.
inline std::vector<float> clustered(size_t n, uint64_t seed) {
  constexpr int D = 128, C = 100;
  SplitMix64 rc(21);
  std::vector<double> cen(size_t(C) * D);
  for (auto& x : cen) x = 2 * rc.u01() - 1;
  SplitMix64 r(seed);
  std::vector<float> v(n * D);
  for (size_t i = 0; i < n; ++i) {
    const double* c = &cen[size_t(r.next() % C) * D];
    for (int k = 0; k < D; ++k) {
      double g = r.u01();
      g += r.u01();
      g += r.u01();
      g += r.u01();
      v[i * D + k] = float(c[k] + 0.5 * (g - 2.0));
    }
  }
  return v;
}

inline std::string read_file(const std::string& p) {
  std::ifstream f(p, std::ios::binary);
  if (!f) throw std::runtime_error("cannot open " + p);
  return std::string(std::istreambuf_iterator<char>(f), {});
}
inline uint64_t fnv1a(const void* p, size_t n) {
  uint64_t h = 0xcbf29ce484222325ull;
  for (size_t i = 0; i < n; ++i) h = (h ^ static_cast<const uint8_t*>(p)[i]) * 0x100000001b3ull;
  return h;
}

// ------------------------------------------------------------------- timing
inline double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
// CPU time of the process: on a shared machine a single-threaded, non-blocking op is measured by
// it, so that a neighbour's load does not count.  Where an op has threads or I/O, wall time is
// used.
inline double cpu_now() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return double(t.tv_sec) + double(t.tv_nsec) * 1e-9;
}
inline double env_d(const char* k, double d) {
  const char* s = std::getenv(k);
  return s && *s ? std::atof(s) : d;
}
template <class T>
inline void keep(T const& v) {
  asm volatile("" : : "r,m"(v) : "memory");
}

struct Time {
  double median, best;  // seconds for one op
};
inline Time stats(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return {v[v.size() / 2], v[0]};
}

// One op = one call of f, timed by CPU time.  Warm up for 0.1 s (at least one call), then 5 samples
// of at least 0.1 s each (so at least 0.5 s measured); the median sample counts.  An op above 1 s:
// 3 samples of one call.
template <class F>
inline Time measure(F&& f) {
  const double sample = env_d("AVILA_BENCH_SAMPLE_S", 0.1);
  double t0 = cpu_now(), t = 0;
  uint64_t n = 0;
  do {
    f();
    ++n;
    t = cpu_now() - t0;
  } while (t < sample);
  double per = t / double(n);
  uint64_t iters = std::max<uint64_t>(1, uint64_t(std::ceil(sample / per)));
  int samples = per > 1.0 ? 3 : 5;
  std::vector<double> s;
  for (int k = 0; k < samples; ++k) {
    double a = cpu_now();
    for (uint64_t i = 0; i < iters; ++i) f();
    s.push_back((cpu_now() - a) / double(iters));
  }
  return stats(s);
}

// Same with an untimed setup before every call (for ops that consume their input).
template <class S, class F>
inline Time measure_setup(S&& setup, F&& f) {
  const double sample = env_d("AVILA_BENCH_SAMPLE_S", 0.1);
  setup();
  double a = cpu_now();
  f();
  double per = std::max(cpu_now() - a, 1e-9);
  uint64_t iters = std::clamp<uint64_t>(uint64_t(std::ceil(sample / per)), 1, 1000000);
  int samples = per > 1.0 ? 3 : 5;
  std::vector<double> s;
  for (int k = 0; k < samples; ++k) {
    double sum = 0;
    for (uint64_t i = 0; i < iters; ++i) {
      setup();
      double b = cpu_now();
      f();
      sum += cpu_now() - b;
    }
    s.push_back(sum / double(iters));
  }
  return stats(s);
}

// ------------------------------------------------------------------- output
// `bench_<topic> --filter SUBSTRING` runs only the metrics whose name holds SUBSTRING.
inline std::string& filter() {
  static std::string text;
  return text;
}
inline void init(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    if (arg == "--filter" && i + 1 < argc) {
      filter() = argv[++i];
    } else {
      std::fprintf(stderr, "usage: %s [--filter SUBSTRING]\n", argv[0]);
      std::exit(2);
    }
  }
}
inline bool wanted(const std::string& metric) { return metric.find(filter()) != std::string::npos; }

inline void emit(const std::string& metric, double value, const char* unit, double best = -1) {
  if (!wanted(metric)) return;
  std::printf("{\"metric\":\"%s\",\"value\":%.6g,\"unit\":\"%s\"", metric.c_str(), value, unit);
  if (best >= 0) std::printf(",\"best\":%.6g", best);
  std::printf("}\n");
  std::fflush(stdout);
}

// Measure f (one op a call) unless the filter leaves the metric out, and print its line.
template <class F>
void gbs(const std::string& metric, double bytes, F&& f) {
  if (!wanted(metric)) return;
  const Time t = measure(f);
  emit(metric, bytes / t.median / 1e9, "GB/s", bytes / t.best / 1e9);
}
template <class F>
void mbs(const std::string& metric, double bytes, F&& f) {
  if (!wanted(metric)) return;
  const Time t = measure(f);
  emit(metric, bytes / t.median / 1e6, "MB/s", bytes / t.best / 1e6);
}
template <class F>
void ops(const std::string& metric, double count, F&& f) {
  if (!wanted(metric)) return;
  const Time t = measure(f);
  emit(metric, count / t.median, "ops/s", count / t.best);
}

[[noreturn]] inline void die(const std::string& what) {
  std::fprintf(stderr, "bench: %s\n", what.c_str());
  std::exit(2);
}
inline void need(bool ok, const char* what) {
  if (!ok) die(what);
}

}  // namespace bench

// kv.*: one million small entries through a store: fills, reads, scans, durable writes.
// Same inputs and names as the peers' (RocksDB, LevelDB): 64 MiB memtable and block cache, bloom
// filter of 10 bits, log on. PEERS_KV_N and PEERS_KV_SYNC_N shrink a run.
#include <avila/lsm/db.hpp>
#include <filesystem>
#include <functional>
#include <memory>

#include "bench.hpp"

namespace {
using namespace avila;
using bench::SplitMix64;

struct Clock {  // wall and process CPU (all threads)
  double w = bench::now(), c = bench::cpu_now();
};
std::string kv_key(uint64_t i) {
  char b[24];
  std::snprintf(b, sizeof b, "%016llu", static_cast<unsigned long long>(i));
  return std::string(b, 16);
}
/// 100 bytes: 50 random ones, then the same 50 again.
struct Values {
  std::vector<uint8_t> pool = bench::random_bytes(1 << 20, 41);
  char v[100];
  std::string_view at(uint64_t i) {
    const size_t off = size_t((i * 53) % ((1 << 20) - 50));
    std::memcpy(v, &pool[off], 50);
    std::memcpy(v + 50, &pool[off], 50);
    return {v, 100};
  }
};
double folder_bytes(const std::string& folder) {
  uint64_t n = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) n += entry.file_size();
  return double(n);
}
template <class T>
T checked(Result<T> result) {
  if (!result.has_value()) bench::die(result.error().to_string());
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

struct Store {
  std::unique_ptr<lsm::Db> db;
  explicit Store(const std::string& folder) { open(folder); }
  void open(const std::string& folder) {
    lsm::Options options;
    options.family.memtable_bytes = 64 << 20;
    options.family.bloom_bits_per_key = 10;
    options.family.compression = lsm::Compression::Lz4;
    options.block_cache_bytes = 64 << 20;
    db = checked(lsm::Db::open(os::real_file_system(), folder, options));
  }
  void close() {
    checked(db->close());
    db.reset();
  }
  void put(const std::string& k, std::string_view v, bool sync) {
    checked(db->put(k, v, {.sync = sync}));
  }
};

void run(const std::string& base) {
  const auto N = uint64_t(bench::env_d("PEERS_KV_N", 1e6));
  Values val;
  const auto report = [&](const char* op, double ops, const Clock& a) {
    const Clock b;
    bench::emit(std::string("kv.") + op, ops / (b.w - a.w), "ops/s");
    bench::emit(std::string("kv.") + op + ".cpu", (b.c - a.c) / ops * 1e6, "us");
  };
  const auto any = [](std::initializer_list<const char*> names) {
    for (const char* name : names)
      if (bench::wanted(std::string("kv.") + name) ||
          bench::wanted(std::string("kv.") + name + ".cpu"))
        return true;
    return false;
  };
  if (any({"fillseq", "fillseq.disk"})) {
    const std::string d = base + "/seq";
    Store s(d);
    const Clock a;
    for (uint64_t i = 0; i < N; ++i) s.put(kv_key(i), val.at(i), false);
    report("fillseq", double(N), a);
    s.close();
    bench::emit("kv.fillseq.disk", folder_bytes(d), "bytes");
    std::filesystem::remove_all(d);
  }
  if (any({"fillrandom", "overwrite", "overwrite.disk", "reopen", "readrandom", "readrandom.found",
           "readmissing", "scan", "seek10"})) {
    const std::string d = base + "/rnd";
    Store s(d);
    {
      SplitMix64 r(42);
      const Clock a;
      for (uint64_t i = 0; i < N; ++i) s.put(kv_key(r.next() % N), val.at(i), false);
      report("fillrandom", double(N), a);
    }
    {
      SplitMix64 r(43);
      const Clock a;
      for (uint64_t i = 0; i < N; ++i) s.put(kv_key(r.next() % N), val.at(i + N), false);
      report("overwrite", double(N), a);
    }
    s.close();
    {
      const Clock a;
      s.open(d);
      const Clock b;
      bench::emit("kv.reopen", (b.w - a.w) * 1e3, "ms");
    }
    {
      SplitMix64 r(44);
      std::string v;
      uint64_t found = 0;
      const Clock a;
      for (uint64_t i = 0; i < N; ++i) found += checked(s.db->get(kv_key(r.next() % N), v));
      report("readrandom", double(N), a);
      bench::emit("kv.readrandom.found", double(found) / double(N), "fraction");
    }
    {
      SplitMix64 r(45);
      std::string v;
      uint64_t found = 0;
      const Clock a;
      for (uint64_t i = 0; i < N; ++i) found += checked(s.db->get(kv_key(r.next() % N) + "x", v));
      report("readmissing", double(N), a);
      bench::need(found == 0, "found a missing key");
    }
    {
      uint64_t n = 0, bytes = 0;
      const Clock a;
      const auto it = s.db->iterate();
      for (it->seek_to_first(); it->valid(); it->next()) {
        ++n;
        bytes += it->key().size() + it->value().size();
      }
      checked(it->status());
      report("scan", double(n), a);
      bench::keep(bytes);
    }
    {
      SplitMix64 r(46);
      uint64_t n = 0;
      const Clock a;
      for (int i = 0; i < 100000; ++i) {
        const auto it = s.db->iterate();
        int c = 0;
        for (it->seek(kv_key(r.next() % N)); it->valid() && c < 10; it->next()) ++c;
        n += uint64_t(c);
      }
      report("seek10", 100000, a);
      bench::keep(n);
    }
    if (std::getenv("AVILA_KV_STATS") != nullptr) {
      const lsm::Stats stats = s.db->stats();
      for (size_t i = 0; i < 3; ++i)
        std::fprintf(stderr, "level %zu: %llu files, %llu bytes, %llu compactions\n", i,
                     (unsigned long long)stats.levels[i].files,
                     (unsigned long long)stats.levels[i].bytes,
                     (unsigned long long)stats.levels[i].compactions);
      std::fprintf(stderr, "cache hits %llu, misses %llu, stalls %llu (%llu ms)\n",
                   (unsigned long long)stats.cache_hits, (unsigned long long)stats.cache_misses,
                   (unsigned long long)stats.stalls,
                   (unsigned long long)(stats.stall_ns / 1000000));
    }
    s.close();
    bench::emit("kv.overwrite.disk", folder_bytes(d), "bytes");
    std::filesystem::remove_all(d);
  }
  if (any({"fillbatch100"})) {
    const std::string d = base + "/batch";
    Store s(d);
    SplitMix64 r(47);
    const Clock a;
    for (uint64_t i = 0; i < N; i += 100) {
      lsm::WriteBatch batch;
      for (uint64_t k = 0; k < 100; ++k) {
        const std::string key = kv_key(r.next() % N);
        batch.put(key, val.at(i + k));
      }
      checked(s.db->write(batch, {.sync = false}));
    }
    report("fillbatch100", double(N), a);
    s.close();
    std::filesystem::remove_all(d);
  }
  if (any({"fillsync"})) {
    const int m = int(bench::env_d("PEERS_KV_SYNC_N", 2000));
    const std::string d = base + "/sync";
    Store s(d);
    SplitMix64 r(48);
    std::vector<double> w, c;
    for (int k = 0; k < 5; ++k) {  // the disk is shared: five rounds, the median counts
      const Clock a;
      for (int i = 0; i < m; ++i) s.put(kv_key(r.next() % N), val.at(uint64_t(i)), true);
      const Clock b;
      w.push_back((b.w - a.w) / m);
      c.push_back((b.c - a.c) / m);
    }
    const bench::Time tw = bench::stats(w), tc = bench::stats(c);
    bench::emit("kv.fillsync", 1 / tw.median, "ops/s", 1 / tw.best);
    bench::emit("kv.fillsync.cpu", tc.median * 1e6, "us", tc.best * 1e6);
    s.close();
    std::filesystem::remove_all(d);
  }
}
}  // namespace

int main(int argc, char** argv) {
  bench::init(argc, argv);
  std::string base = (std::filesystem::temp_directory_path() / "avila-kv-XXXXXX").string();
  bench::need(::mkdtemp(base.data()) != nullptr, "cannot make a scratch folder");
  run(base);
  std::filesystem::remove_all(base);
}

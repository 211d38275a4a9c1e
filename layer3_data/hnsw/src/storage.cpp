#include "storage.hpp"

#include <algorithm>
#include <avila/hash/crc32c.hpp>
#include <avila/primitives/endian.hpp>
#include <cmath>
#include <memory>

namespace avila::hnsw::detail {
namespace {

constexpr char kMagic[8] = {'A', 'V', 'H', 'N', 'S', 'W', '0', '1'};
constexpr std::uint32_t kVersion = 2;  // 1 had a shorter header and no codebook
constexpr std::size_t kHeaderSizeOfOne = 256;
constexpr std::size_t kHeaderSize = 512;
constexpr std::size_t kSections = 8;
constexpr std::size_t kFirstSection = 4096;
constexpr const char* kSectionNames[kSections] = {"nodes",    "labels", "levels",  "states",
                                                  "upper at", "upper",  "vectors", "codebook"};

template <class T>
ByteSpan bytes_of(const T* values, std::size_t count) {
  return {reinterpret_cast<const std::byte*>(values), count * sizeof(T)};
}

Error corrupted(std::string_view what, std::uint64_t offset = ErrorDetails::kNoOffset) {
  return Error(Errc::Corrupted, "hnsw file: " + std::string(what),
               {.offset = offset, .hint = "restore it from a copy, or build the index anew"});
}

/// Where the header tells of a section: offset, size, checksum; the file's size lies between.
constexpr std::size_t place_of(std::size_t section) noexcept {
  return section < 7 ? 80 + 24 * section : 256 + 24 * (section - 7);
}

struct Header {
  IndexOptions options;
  std::uint64_t inserted = 0, count = 0, tombstones = 0;
  NodeId entry = kNoNode;
  std::int32_t top_level = -1;
  ByteSpan sections[kSections];
};

Result<Header> read_header(ByteSpan file) {
  if (file.size() < kHeaderSizeOfOne || std::memcmp(file.data(), kMagic, sizeof kMagic) != 0)
    return Error(Errc::Malformed, "this is no hnsw index file", {.offset = 0});
  const std::byte* const p = file.data();
  const std::uint32_t version = load_le32(p + 8);
  if (version < 1 || version > kVersion)
    return Error(Errc::Unsupported,
                 "hnsw file of version " + std::to_string(version) + ", expected 1 or 2");
  const std::size_t header_size = version == 1 ? kHeaderSizeOfOne : kHeaderSize;
  if (file.size() < header_size) return corrupted("the header is cut off");
  std::byte copy[kHeaderSize] = {};
  std::memcpy(copy, p, header_size);
  store_le32(copy + 12, 0);
  if (hash::crc32c(ByteSpan(copy).first(header_size)) != load_le32(p + 12))
    return corrupted("header checksum", 12);
  if (load_le64(p + 248) != file.size()) return corrupted("the file has the wrong size", 248);
  Header h;
  h.options.dimensions = load_le32(p + 16);
  const auto metric = static_cast<unsigned>(p[20]), quantization = static_cast<unsigned>(p[21]);
  if (metric > 2 || quantization > version) return corrupted("unknown metric or quantisation", 20);
  h.options.metric = static_cast<Metric>(metric);
  h.options.quantization = static_cast<Quantization>(quantization);
  h.options.keep_vectors = p[22] != std::byte{0};
  h.options.m = load_le32(p + 24);
  h.options.ef_construction = load_le32(p + 28);
  h.options.seed = load_le64(p + 32);
  h.options.max_elements = load_le64(p + 40);
  h.inserted = load_le64(p + 48);
  h.entry = load_le32(p + 56);
  h.top_level = static_cast<std::int32_t>(load_le32(p + 60));
  h.count = load_le64(p + 64);
  h.tombstones = load_le64(p + 72);
  if (version >= 2) {
    h.options.subspaces = load_le32(p + 280);
    h.options.training_size = load_le32(p + 284);
  }
  if (!check_options(h.options).has_value()) return corrupted("options out of range", 16);
  if (h.count > h.options.max_elements) return corrupted("more nodes than allowed", 64);
  for (std::size_t s = 0; s < (version == 1 ? kSections - 1 : kSections); ++s) {
    const std::byte* const at = p + place_of(s);
    const std::uint64_t offset = load_le64(at), size = load_le64(at + 8);
    if (offset % 64 != 0 || offset < header_size || offset > file.size() ||
        size > file.size() - offset)
      return corrupted(std::string(kSectionNames[s]) + " lie outside the file", place_of(s));
    h.sections[s] = file.subspan(offset, size);
    if (hash::crc32c(h.sections[s]) != load_le32(at + 16))
      return corrupted(std::string(kSectionNames[s]) + " checksum", offset);
  }
  return h;
}

template <class T>
void copy_out(ByteSpan section, std::vector<T>& to) {
  to.resize(section.size() / sizeof(T));
  if (!section.empty()) std::memcpy(to.data(), section.data(), section.size());
}

// Every list leads to nodes that are there, on that layer.
Result<void> check_links(const Graph& g) {
  for (NodeId id = 0; id < g.count(); ++id) {
    if (g.dead[id] == 2) continue;
    for (int level = 0; level <= g.levels[id]; ++level) {
      const LinksView links = g.links(id, level);
      if (links.count() > g.capacity_of(level)) return corrupted("a list of links is too long");
      for (const NodeId to : links.span())
        if (to >= g.count() || g.dead[to] == 2 || g.levels[to] < level)
          return corrupted("a link leads nowhere");
    }
    if (!g.space.plausible(g.row(id)))
      return corrupted("a stored value is not finite, or too large");
  }
  return {};
}

Result<void> check_nodes(const Graph& g, std::size_t upper_size) {
  std::size_t tombstones = 0;
  int top = -1;
  for (NodeId id = 0; id < g.count(); ++id) {
    const int level = g.levels[id];
    if (g.dead[id] > 2 || level > kMaxLevel || (g.dead[id] == 2 && level != 0))
      return corrupted("a node's state is impossible");
    tombstones += g.dead[id] == 1 ? 1 : 0;
    if (g.dead[id] != 2) top = std::max(top, level);
    const std::size_t words = static_cast<std::size_t>(level) * (g.options.m + 1);
    if (level > 0 && (g.upper_at[id] > upper_size || words > upper_size - g.upper_at[id]))
      return corrupted("upper links lie outside their section");
  }
  if (tombstones != g.tombstones) return corrupted("the count of erased nodes is wrong");
  if (top != g.top_level) return corrupted("the top level is wrong");
  if (top < 0 ? g.entry != kNoNode
              : g.entry >= g.count() || g.dead[g.entry] == 2 || g.levels[g.entry] != top)
    return corrupted("the entry point is wrong");
  return {};
}

// What no node uses of the upper links can be given out again. Two nodes may not share any.
Result<void> find_free_upper(Graph& g, std::size_t upper_size) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> used;
  for (NodeId id = 0; id < g.count(); ++id)
    if (g.levels[id] > 0) used.push_back({g.upper_at[id], g.levels[id] * (g.options.m + 1)});
  std::sort(used.begin(), used.end());
  used.push_back({static_cast<std::uint32_t>(upper_size), 0});
  std::uint32_t at = 0;
  for (const auto& [start, words] : used) {
    if (start < at) return corrupted("the upper links of two nodes overlap");
    for (; at + g.options.m + 1 <= start; at += g.options.m + 1) g.free_upper[1].push_back(at);
    at = start + words;
  }
  return {};
}

}  // namespace

Result<void> check_options(const IndexOptions& o) {
  const auto wrong = [](const char* what) { return Error(Errc::InvalidArgument, what); };
  if (o.dimensions < 1 || o.dimensions > kMaxDimensions)
    return wrong("hnsw: dimensions must be 1 to 65,536");
  if (o.m < 2 || o.m > kMaxM) return wrong("hnsw: m must be 2 to 256");
  if (o.ef_construction < o.m || o.ef_construction > kMaxEf)
    return wrong("hnsw: ef_construction must be m to 1,000,000");
  if (o.max_elements < 1 || o.max_elements > (1ULL << 31))
    return wrong("hnsw: max_elements must be 1 to 2^31");
  if (static_cast<unsigned>(o.metric) > 2 || static_cast<unsigned>(o.quantization) > 2)
    return wrong("hnsw: unknown metric or quantisation");
  if (o.subspaces > o.dimensions) return wrong("hnsw: subspaces must be at most dimensions");
  if (o.training_size < kCentroids) return wrong("hnsw: training_size must be at least 256");
  return {};
}

Result<void> write_graph(const Graph& g, os::FileSystem& files, const std::string& path) {
  if constexpr (std::endian::native != std::endian::little)
    return Error(Errc::Unsupported, "hnsw files are little endian, as the rows in them");
  const bool exact = g.exact_values != nullptr;
  const std::size_t upper_size = g.upper_count;
  const Codebook* const codebook = g.space.codebook();
  const ByteSpan sections[kSections] = {
      {g.nodes, g.count() * g.stride},
      bytes_of(g.labels.data(), g.count()),
      bytes_of(g.levels.data(), g.count()),
      bytes_of(g.dead.data(), g.count()),
      bytes_of(g.upper_at.data(), g.count()),
      bytes_of(g.upper_words, upper_size),
      bytes_of(g.exact_values, exact ? g.count() * g.exact_stride : 0),
      codebook != nullptr ? bytes_of(codebook->centroids().data(), codebook->centroids().size())
                          : ByteSpan()};

  std::vector<std::byte> header(kFirstSection);
  std::byte* const p = header.data();
  std::memcpy(p, kMagic, sizeof kMagic);
  store_le32(p + 8, kVersion);
  store_le32(p + 16, g.options.dimensions);
  p[20] = static_cast<std::byte>(g.options.metric);
  p[21] = static_cast<std::byte>(g.options.quantization);
  p[22] = static_cast<std::byte>(g.options.keep_vectors);
  store_le32(p + 24, g.options.m);
  store_le32(p + 28, g.options.ef_construction);
  store_le64(p + 32, g.options.seed);
  store_le64(p + 40, g.options.max_elements);
  store_le64(p + 48, g.inserted);
  store_le32(p + 56, g.entry);
  store_le32(p + 60, static_cast<std::uint32_t>(g.top_level));
  store_le64(p + 64, g.count());
  store_le64(p + 72, g.tombstones);
  store_le32(p + 280, g.options.subspaces);
  store_le32(p + 284, g.options.training_size);
  std::uint64_t offset = kFirstSection;
  for (std::size_t s = 0; s < kSections; ++s) {
    std::byte* const at = p + place_of(s);
    store_le64(at, offset);
    store_le64(at + 8, sections[s].size());
    store_le32(at + 16, hash::crc32c(sections[s]));
    offset += (sections[s].size() + 63) / 64 * 64;
  }
  store_le64(p + 248, offset);
  store_le32(p + 12, hash::crc32c(ByteSpan(header).first(kHeaderSize)));

  const std::string temporary = path + ".tmp";
  {
    AVILA_TRY(const auto file,
              files.open(temporary, {.write = true, .create = true, .truncate = true}));
    AVILA_TRY_VOID(file->append(header).context("header"));
    const std::byte padding[64] = {};
    for (const ByteSpan section : sections) {
      if (!section.empty()) AVILA_TRY_VOID(file->append(section));
      const std::size_t rest = section.size() % 64;
      if (rest != 0) AVILA_TRY_VOID(file->append({padding, 64 - rest}));
    }
    AVILA_TRY_VOID(file->sync());
  }
  AVILA_TRY_VOID(files.rename(temporary, path));
  return files.sync_directory(os::parent(path));
}

Result<std::unique_ptr<Graph>> read_graph(ByteSpan file, bool in_place) {
  if constexpr (std::endian::native != std::endian::little)
    return Error(Errc::Unsupported, "hnsw files are little endian, as the rows in them");
  AVILA_TRY(const Header h, read_header(file));
  std::shared_ptr<const Codebook> codebook;
  if (!h.sections[7].empty()) {
    if (h.options.quantization != Quantization::Product ||
        h.sections[7].size() != kCentroids * h.options.dimensions * sizeof(float))
      return corrupted("the codebook has the wrong size");
    std::vector<float> centroids;
    copy_out(h.sections[7], centroids);
    codebook = std::make_shared<Codebook>(h.options.dimensions, subspaces_of(h.options),
                                          std::move(centroids));
    if (!(codebook->largest_squared_norm() <= kLargestStoredNorm))
      return corrupted("a centroid is not finite, or too large");
  }
  auto graph = std::make_unique<Graph>(h.options, std::move(codebook));
  Graph& g = *graph;
  const bool exact = g.keeps_exact();
  const std::uint64_t expected[kSections] = {h.count * g.stride,
                                             h.count * 8,
                                             h.count,
                                             h.count,
                                             h.count * 4,
                                             h.sections[5].size() / 4 * 4,
                                             exact ? h.count * g.exact_stride * 4 : 0,
                                             h.sections[7].size()};
  for (std::size_t s = 0; s < kSections; ++s)
    if (h.sections[s].size() != expected[s])
      return corrupted(std::string(kSectionNames[s]) + " have the wrong size");
  copy_out(h.sections[1], g.labels);
  copy_out(h.sections[2], g.levels);
  copy_out(h.sections[3], g.dead);
  copy_out(h.sections[4], g.upper_at);
  g.upper_count = h.sections[5].size() / 4;
  if (in_place) {
    g.nodes = h.sections[0].data();
    g.upper_words = reinterpret_cast<const std::uint32_t*>(h.sections[5].data());
    if (exact) g.exact_values = reinterpret_cast<const float*>(h.sections[6].data());
  } else {
    if (!g.memory.grow(h.sections[0].size(), 0))
      return Error(Errc::OutOfMemory, "hnsw: no memory for the index");
    if (!h.sections[0].empty())
      std::memcpy(g.memory.data(), h.sections[0].data(), h.sections[0].size());
    g.nodes = g.memory.data();
    copy_out(h.sections[5], g.upper);
    g.upper_words = g.upper.data();
    if (exact) copy_out(h.sections[6], g.exact), g.exact_values = g.exact.data();
  }
  g.entry = h.entry;
  g.top_level = h.top_level;
  g.tombstones = h.tombstones;
  g.inserted = h.inserted;
  AVILA_TRY_VOID(check_nodes(g, g.upper_count));
  AVILA_TRY_VOID(check_links(g));
  for (NodeId id = 0; id < g.count(); ++id) {
    if (g.dead[id] == 0 && !g.by_label.emplace(g.labels[id], id).second)
      return corrupted("two vectors have the same label");
    if (g.dead[id] == 2) g.free_slots.push_back(id);
  }
  for (std::size_t id = 0; exact && id < h.count; ++id)
    if (!g.space.plausible_floats({g.exact_values + id * g.exact_stride, g.exact_stride}))
      return corrupted("a stored value is not finite, or too large");
  AVILA_TRY_VOID(find_free_upper(g, g.upper_count));
  return graph;
}

}  // namespace avila::hnsw::detail

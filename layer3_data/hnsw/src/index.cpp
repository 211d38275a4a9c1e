#include <avila/hnsw/index.hpp>

#include <algorithm>
#include <memory>
#include <shared_mutex>

#include "build.hpp"
#include "storage.hpp"

namespace avila::hnsw {

using namespace detail;

struct Index::Body {
  explicit Body(std::unique_ptr<Graph> made)
      : graph(std::move(made)),
        made_with(graph->options),
        input(made_with),
        builder(*graph, searches),
        exact_distance(input.float_distance()) {}

  std::unique_ptr<os::File> mapping;  // set: read only
  std::unique_ptr<Graph> graph;
  // What never changes may be read without a lock; train() exchanges the graph's own.
  const IndexOptions made_with;
  const Space input;
  mutable std::mutex writer;           // one writer at a time
  mutable std::shared_mutex searches;  // exclusive while lists change
  Builder builder;
  DistanceFn exact_distance;  // of float rows
  mutable ScratchPool scratches;

  /// The caller holds `writer`.
  Result<void> train();
  std::vector<Scored> graph_search(std::span<const float> prepared,
                                   const SearchOptions& options) const;
  std::vector<Scored> scan(std::span<const float> prepared, const SearchOptions& options,
                           bool floats) const;
  bool accepts(NodeId id, const SearchOptions& options) const {
    return graph->dead[id] == 0 && (!options.filter || options.filter(graph->labels[id]));
  }
  Result<std::vector<Neighbor>> answer(std::vector<Scored> found, std::size_t k) const;
};

namespace {

constexpr auto kNearer = [](const Scored& a, const Scored& b) noexcept {
  return a.distance < b.distance || (a.distance == b.distance && a.id < b.id);
};

// A scratch for the time of one search.
class Borrowed {
 public:
  explicit Borrowed(ScratchPool& pool) : pool_(pool), scratch_(pool.take()) {}
  ~Borrowed() { pool_.give(std::move(scratch_)); }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  Scratch& operator*() const { return *scratch_; }

 private:
  ScratchPool& pool_;
  std::unique_ptr<Scratch> scratch_;
};

Result<void> check_search(const SearchOptions& options) {
  if (options.k < 1 || options.k > kMaxEf || options.ef > kMaxEf)
    return Error(Errc::InvalidArgument, "hnsw: k must be 1 to 1,000,000, ef at most that");
  return {};
}

Error read_only() {
  return Error(Errc::Unsupported, "hnsw: the index is served from a mapped file",
               {.hint = "load() it to change it"});
}

}  // namespace

Index::Index(std::unique_ptr<Body> body) noexcept : body_(std::move(body)) {}
Index::Index(Index&&) noexcept = default;
Index& Index::operator=(Index&&) noexcept = default;
Index::~Index() = default;

Result<Index> Index::create(const IndexOptions& options) {
  AVILA_TRY_VOID(check_options(options));
  return Index(std::make_unique<Body>(std::make_unique<Graph>(options)));
}

Result<void> Index::insert(std::uint64_t label, std::span<const float> vector) {
  if (body_->mapping != nullptr) return read_only();
  AVILA_TRY(const auto prepared, body_->input.prepare(vector));
  const std::lock_guard lock(body_->writer);
  Graph& graph = *body_->graph;
  (void)body_->builder.erase(label);  // false: it is new
  if (graph.by_label.size() + graph.tombstones >= graph.options.max_elements)
    body_->builder.repair();
  if (graph.by_label.size() + graph.tombstones >= graph.options.max_elements)
    return Error(Errc::LimitExceeded, "hnsw: the index holds max_elements vectors");
  AVILA_TRY_VOID(body_->builder.insert(label, prepared));
  if (graph.options.quantization == Quantization::Product && graph.space.codebook() == nullptr &&
      graph.by_label.size() >= graph.options.training_size)
    AVILA_TRY_VOID(body_->train());
  if (body_->builder.wants_repair()) body_->builder.repair();
  return {};
}

Result<void> Index::train() {
  if (body_->mapping != nullptr) return read_only();
  const std::lock_guard lock(body_->writer);
  return body_->train();
}

Result<void> Index::Body::train() {
  const IndexOptions& chosen = graph->options;
  if (chosen.quantization != Quantization::Product)
    return Error(Errc::Unsupported, "hnsw: only Quantization::Product is trained");
  if (graph->space.codebook() != nullptr) return {};
  const std::size_t live = graph->by_label.size();
  if (live < kCentroids)
    return Error(Errc::InvalidArgument,
                 "hnsw: training needs at least 256 vectors; there are " + std::to_string(live));
  // Every step-th live vector.
  const std::size_t step = (live + kTrainingSample - 1) / kTrainingSample;
  std::vector<float> sample;
  sample.reserve((live / step + 1) * chosen.dimensions);
  for (std::size_t id = 0, n = 0; id < graph->count(); ++id) {
    if (graph->dead[id] != 0 || n++ % step != 0) continue;
    const auto* values = reinterpret_cast<const float*>(graph->row(static_cast<NodeId>(id)));
    sample.insert(sample.end(), values, values + chosen.dimensions);
  }
  const std::size_t count = sample.size() / chosen.dimensions;
  auto codebook = std::make_shared<Codebook>(
      Codebook::train(chosen.dimensions, subspaces_of(chosen), sample, count, chosen.seed));
  AVILA_TRY(Graph quantized, graph->quantize(std::move(codebook)));
  const std::unique_lock lock(searches);
  *graph = std::move(quantized);
  return {};
}

bool Index::erase(std::uint64_t label) {
  if (body_->mapping != nullptr) return false;
  const std::lock_guard lock(body_->writer);
  const bool erased = body_->builder.erase(label);
  if (body_->builder.wants_repair()) body_->builder.repair();
  return erased;
}

void Index::repair() {
  if (body_->mapping != nullptr) return;
  const std::lock_guard lock(body_->writer);
  body_->builder.repair();
}

bool Index::contains(std::uint64_t label) const {
  const std::shared_lock lock(body_->searches);
  return body_->graph->by_label.contains(label);
}

Result<std::vector<float>> Index::vector(std::uint64_t label) const {
  const std::shared_lock lock(body_->searches);
  const Graph& graph = *body_->graph;
  const auto found = graph.by_label.find(label);
  if (found == graph.by_label.end())
    return Error(Errc::NotFound, "hnsw: no vector has label " + std::to_string(label));
  std::vector<float> values(graph.options.dimensions);
  if (graph.exact_values != nullptr) {
    std::memcpy(values.data(), graph.exact_values + found->second * graph.exact_stride,
                values.size() * sizeof(float));
  } else {
    graph.space.decode(graph.row(found->second), values);
  }
  return values;
}

std::size_t Index::size() const {
  const std::shared_lock lock(body_->searches);
  return body_->graph->by_label.size();
}

const IndexOptions& Index::options() const noexcept { return body_->made_with; }

Stats Index::stats() const {
  const std::shared_lock lock(body_->searches);
  const Graph& graph = *body_->graph;
  return {graph.by_label.size(), graph.tombstones,          graph.top_level + 1,
          graph.memory_bytes(),  body_->mapping != nullptr, graph.space.codebook() != nullptr};
}

std::vector<Scored> Index::Body::graph_search(std::span<const float> prepared,
                                              const SearchOptions& options) const {
  const Borrowed borrowed(scratches);
  Scratch& scratch = *borrowed;
  if (graph->entry == kNoNode) return {};
  const std::size_t ef = std::min(std::max(options.ef, options.k), graph->count());
  scratch.query = RowBuffer(graph->space.query_bytes());
  std::byte* const query = scratch.query.data();
  graph->space.encode_query(prepared, query);
  Scored start{graph->distance(query, graph->entry), graph->entry};
  start = descend(*graph, query, graph->top_level, 0, start);
  if (!options.filter && graph->tombstones == 0) {
    search_layer(*graph, scratch, query, 0, start, ef);
    return scratch.pool;
  }
  // When few labels match, the walk would see most of the graph before it had ef of them. A sample
  // tells beforehand; the budget catches what the sample missed.
  const std::size_t count = graph->count();
  if (options.filter) {
    constexpr std::size_t kSample = 256;
    const std::size_t step = std::max<std::size_t>(1, count / kSample);
    std::size_t seen = 0, matching = 0;
    for (std::size_t id = 0; id < count; id += step, ++seen)
      matching += accepts(static_cast<NodeId>(id), options) ? 1 : 0;
    if (matching * 50 < seen || matching * count < seen * ef * 2)
      return scan(prepared, options, options.rerank);
  }
  const bool enough =
      search_filtered(*graph, scratch, query, start, ef, options.k, count / 4 + 1000,
                      [&](NodeId id) { return accepts(id, options); });
  if (!enough || scratch.results.size() < std::min(options.k, graph->by_label.size()))
    return scan(prepared, options, options.rerank);
  return scratch.results;
}

std::vector<Scored> Index::Body::scan(std::span<const float> prepared, const SearchOptions& options,
                                      bool floats) const {
  floats = floats && graph->exact_values != nullptr;
  const Rows rows = floats ? graph->exact_rows() : graph->rows();
  const DistanceFn measure = floats ? exact_distance : graph->measure;
  RowBuffer query(std::max(graph->space.query_bytes(), graph->exact_stride * sizeof(float)));
  if (floats) {
    std::memcpy(query.data(), prepared.data(), prepared.size_bytes());
  } else {
    graph->space.encode_query(prepared, query.data());
  }
  std::vector<Scored> best;
  NodeId ids[256];
  float distances[256];
  for (std::size_t id = 0; id < graph->count();) {
    std::size_t n = 0;
    for (; n < 256 && id < graph->count(); ++id)
      if (accepts(static_cast<NodeId>(id), options)) ids[n++] = static_cast<NodeId>(id);
    measure(query.data(), rows, ids, n, distances);
    for (std::size_t i = 0; i < n; ++i) {
      const Scored found{distances[i], ids[i]};
      if (best.size() == options.k) {
        if (!kNearer(found, best.front())) continue;
        std::pop_heap(best.begin(), best.end(), kNearer);
        best.back() = found;
      } else {
        best.push_back(found);
      }
      std::push_heap(best.begin(), best.end(), kNearer);
    }
  }
  std::sort_heap(best.begin(), best.end(), kNearer);
  return best;
}

Result<std::vector<Neighbor>> Index::Body::answer(std::vector<Scored> found, std::size_t k) const {
  const float bias = graph->space.bias();
  std::vector<Neighbor> neighbors;
  neighbors.reserve(std::min(found.size(), k));
  for (const Scored& s : found) {
    if (neighbors.size() == k) break;
    neighbors.push_back({graph->labels[s.id], s.distance + bias});
  }
  return neighbors;
}

Result<std::vector<Neighbor>> Index::search(std::span<const float> query,
                                            const SearchOptions& options) const {
  AVILA_TRY_VOID(check_search(options));
  AVILA_TRY(const auto prepared, body_->input.prepare(query));
  const std::shared_lock lock(body_->searches);
  auto found = body_->graph_search(prepared, options);
  const Graph& graph = *body_->graph;
  if (graph.exact_values != nullptr && options.rerank &&
      !found.empty()) {  // rank by the true distances
    RowBuffer row(graph.exact_stride * sizeof(float));
    std::memcpy(row.data(), prepared.data(), prepared.size() * sizeof(float));
    for (Scored& s : found)
      body_->exact_distance(row.data(), graph.exact_rows(), &s.id, 1, &s.distance);
    std::sort(found.begin(), found.end(), kNearer);
  }
  return body_->answer(std::move(found), options.k);
}

Result<std::vector<Neighbor>> Index::search_exact(std::span<const float> query,
                                                  const SearchOptions& options) const {
  AVILA_TRY_VOID(check_search(options));
  AVILA_TRY(const auto prepared, body_->input.prepare(query));
  const std::shared_lock lock(body_->searches);
  return body_->answer(body_->scan(prepared, options, true), options.k);
}

Result<void> Index::save(os::FileSystem& files, const std::string& path) const {
  const std::lock_guard lock(body_->writer);
  return write_graph(*body_->graph, files, path).context("save " + path);
}

namespace {
constexpr std::uint64_t kMaxFileSize = std::uint64_t{1} << 44;
}

Result<Index> Index::load(os::FileSystem& files, const std::string& path) {
  AVILA_TRY(const auto file, files.open(path).context("load " + path));
  AVILA_TRY(const std::uint64_t size, file->size());
  if (size > kMaxFileSize) return Error(Errc::LimitExceeded, "hnsw file above 16 TiB");
  Memory bytes;
  if (size != 0 && !bytes.grow(size, 0))
    return Error(Errc::OutOfMemory, "hnsw: no memory for " + path);
  AVILA_TRY(const MutableByteSpan got, file->read_at(0, {bytes.data(), size}));
  AVILA_TRY(auto graph, read_graph(got, false).context("load " + path));
  return Index(std::make_unique<Body>(std::move(graph)));
}

Result<Index> Index::map(os::FileSystem& files, const std::string& path) {
  AVILA_TRY(auto file, files.open(path).context("map " + path));
  AVILA_TRY(const ByteSpan bytes, file->map().context("map " + path));
  AVILA_TRY(auto graph, read_graph(bytes, true).context("map " + path));
  auto body = std::make_unique<Body>(std::move(graph));
  body->mapping = std::move(file);
  return Index(std::move(body));
}

}  // namespace avila::hnsw

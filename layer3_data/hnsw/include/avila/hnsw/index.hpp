// Approximate nearest neighbours by a hierarchical navigable small world graph (Malkov and
// Yashunin 2016/2018, "Efficient and robust approximate nearest neighbor search using HNSW").
#pragma once
#include <avila/error/result.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace avila::os {
class FileSystem;
}

namespace avila::hnsw {

/// What a distance is; smaller is nearer. L2: sum of squared differences. Cosine: 1 - cos. Dot: the
/// negated inner product.
enum class Metric : std::uint8_t { L2, Cosine, Dot };

/// How vectors are kept for walking the graph.
enum class Quantization : std::uint8_t {
  None,  ///< 4 bytes a dimension
  Int8,  ///< 1 byte a dimension and 12 bytes; one scale a vector, no training
  /// `subspaces` bytes a vector: product quantisation. Codebooks are learnt from the vectors that
  /// are there once `training_size` are (or by train()); until then as None.
  Product,
};

inline constexpr std::uint32_t kMaxDimensions = 65'536;
inline constexpr std::uint32_t kMaxM = 256;
inline constexpr std::uint32_t kMaxEf = 1'000'000;

struct IndexOptions {
  std::uint32_t dimensions = 0;  ///< 1…kMaxDimensions
  Metric metric = Metric::L2;
  std::uint32_t m = 16;  ///< links of a node in the upper layers (2…kMaxM); twice as many below
  std::uint32_t ef_construction = 200;  ///< candidates weighed for a new node, >= m
  std::uint64_t seed = 1;               ///< same seed, same inserts: the same graph
  Quantization quantization = Quantization::None;
  /// With Product: bytes of a vector, 1…dimensions; 0: one for four dimensions. Fewer is smaller
  /// and coarser.
  std::uint32_t subspaces = 0;
  std::uint32_t training_size = 10'000;  ///< with Product, at least 256
  /// With quantisation: keep the floats beside, to rank the final candidates exactly.
  bool keep_vectors = true;
  std::uint64_t max_elements = 1ULL << 31;  ///< insert() says LimitExceeded beyond
};

struct Neighbor {
  std::uint64_t label = 0;
  float distance = 0;
  friend bool operator==(const Neighbor&, const Neighbor&) = default;
};

using Filter = std::function<bool(std::uint64_t label)>;

struct SearchOptions {
  std::size_t k = 10;
  std::size_t ef = 64;  ///< candidates kept (at least k): more is better and slower
  /// With quantisation and keep_vectors: rank the ef candidates by their floats. Without it a
  /// mapped index reads no floats from the disk.
  bool rerank = true;
  Filter filter = {};  ///< only labels it accepts are returned; called on the searching thread
};

struct Stats {
  std::size_t size = 0;     ///< live vectors
  std::size_t deleted = 0;  ///< erased ones still in the graph as waypoints
  int levels = 0;
  std::size_t memory_bytes = 0;
  bool read_only = false;  ///< served from a mapped file
  bool trained = false;    ///< with Product: codebooks are there
};

/// Thread-safe: any number of searches beside one writer. insert(), erase() and save() exclude one
/// another; a search waits only for the short moment in which a writer relinks nodes.
class Index {
 public:
  /// InvalidArgument when an option is out of its range.
  static Result<Index> create(const IndexOptions& options);

  Index(Index&&) noexcept;
  Index& operator=(Index&&) noexcept;
  ~Index();

  /// Adds a vector, replacing the one of the same label. InvalidArgument on a wrong size, a value
  /// that is not finite, or a zero vector with Cosine; Unsupported on a mapped index.
  Result<void> insert(std::uint64_t label, std::span<const float> vector);
  /// False when there is none (or the index is mapped). The place is reclaimed, and the graph
  /// around it mended, once a tenth of the nodes are gone.
  bool erase(std::uint64_t label);
  /// Mends the graph around erased nodes now; O(size).
  void repair();

  /// Makes the codebooks of Quantization::Product now and quantises what is there; searches wait
  /// while rows are exchanged. InvalidArgument below 256 vectors, Unsupported on other indexes;
  /// nothing happens when they are made already.
  Result<void> train();

  bool contains(std::uint64_t label) const;
  /// The stored vector: normalised with Cosine, and as quantised without keep_vectors.
  Result<std::vector<float>> vector(std::uint64_t label) const;
  std::size_t size() const;
  const IndexOptions& options() const noexcept;
  Stats stats() const;

  /// The k nearest, nearest first; fewer when there are fewer. With a filter it goes on until it
  /// has ef matches, and looks at every label when few of them match.
  Result<std::vector<Neighbor>> search(std::span<const float> query,
                                       const SearchOptions& options = {}) const;
  /// The exact answer by a scan of all vectors; options.ef is not used.
  Result<std::vector<Neighbor>> search_exact(std::span<const float> query,
                                             const SearchOptions& options = {}) const;

  /// Writes the index to `path`, atomically and durably.
  Result<void> save(os::FileSystem& files, const std::string& path) const;
  /// Reads it back. Corrupted when a checksum or an invariant fails, Malformed when it is no index.
  static Result<Index> load(os::FileSystem& files, const std::string& path);
  /// Serves the graph from a mapping of the file: read only, verified, shared between processes.
  static Result<Index> map(os::FileSystem& files, const std::string& path);

 private:
  struct Body;
  explicit Index(std::unique_ptr<Body> body) noexcept;
  std::unique_ptr<Body> body_;
};

}  // namespace avila::hnsw

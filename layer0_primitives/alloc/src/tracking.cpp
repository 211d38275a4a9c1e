#include <avila/alloc/tracking.hpp>
#include <avila/error/error.hpp>

#include <algorithm>
#include <mutex>
#include <new>
#include <unordered_map>

namespace avila::alloc {

struct TrackingResource::State {
  std::pmr::memory_resource& upstream;
  TrackingOptions options;
  mutable std::mutex mutex;
  Stats stats;
  std::unordered_map<const void*, LiveBlock> live;
};

TrackingResource::TrackingResource(std::pmr::memory_resource& upstream,
                                   const TrackingOptions& options)
    : state_(new State{upstream, options, {}, {}, {}}) {}

TrackingResource::~TrackingResource() { delete state_; }

void* TrackingResource::do_allocate(std::size_t size, std::size_t align) {
  LiveBlock block{.size = size, .align = align};
  if (state_->options.capture_stacks) block.stack = capture_backtrace(1);
  const std::lock_guard guard(state_->mutex);
  Stats& stats = state_->stats;
  const std::size_t limit = state_->options.max_bytes;
  if (limit != 0 && (size > limit || stats.live_bytes > limit - size)) {
    ++stats.refused;
    throw std::bad_alloc();
  }
  void* address = state_->upstream.allocate(size, align);
  block.address = address;
  block.number = stats.allocations + 1;
  try {
    state_->live.insert_or_assign(address, std::move(block));
  } catch (...) {
    state_->upstream.deallocate(address, size, align);
    throw;
  }
  ++stats.allocations;
  ++stats.live_blocks;
  stats.total_bytes += size;
  stats.live_bytes += size;
  stats.peak_bytes = std::max(stats.peak_bytes, stats.live_bytes);
  return address;
}

void TrackingResource::do_deallocate(void* block, std::size_t size, std::size_t align) {
  {
    const std::lock_guard guard(state_->mutex);
    Stats& stats = state_->stats;
    const auto it = state_->live.find(block);
    if (it == state_->live.end() || it->second.size != size || it->second.align != align) {
      ++stats.errors;
      return;
    }
    state_->live.erase(it);
    ++stats.deallocations;
    --stats.live_blocks;
    stats.live_bytes -= size;
  }
  state_->upstream.deallocate(block, size, align);
}

TrackingResource::Stats TrackingResource::stats() const {
  const std::lock_guard guard(state_->mutex);
  return state_->stats;
}

std::vector<TrackingResource::LiveBlock> TrackingResource::live_blocks() const {
  std::vector<LiveBlock> blocks;
  {
    const std::lock_guard guard(state_->mutex);
    blocks.reserve(state_->live.size());
    for (const auto& [address, block] : state_->live) blocks.push_back(block);
  }
  std::sort(blocks.begin(), blocks.end(),
            [](const LiveBlock& a, const LiveBlock& b) { return a.number < b.number; });
  return blocks;
}

std::string TrackingResource::leak_report() const {
  const std::vector<LiveBlock> blocks = live_blocks();
  if (blocks.empty()) return {};
  std::size_t bytes = 0;
  for (const LiveBlock& block : blocks) bytes += block.size;
  std::string text = std::to_string(blocks.size()) + " blocks, " + std::to_string(bytes) +
                     " bytes not given back\n";
  for (const LiveBlock& block : blocks) {
    text += "allocation " + std::to_string(block.number) + ": " + std::to_string(block.size) +
            " bytes\n" + block.stack;
  }
  return text;
}

}  // namespace avila::alloc

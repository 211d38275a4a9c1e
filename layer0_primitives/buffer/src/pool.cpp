#include <avila/buffer/pool.hpp>

#include <bit>
#include <mutex>
#include <new>

namespace avila::buffer {

/// Shared by the pool and the buffers that are out; the last of them frees it.
struct BufferPool::State {
  static constexpr std::size_t kMaxClasses = 48;
  struct Node : detail::Block {
    State* home = nullptr;
    Node* next = nullptr;
    std::size_t size_class = 0;
  };
  static constexpr std::size_t kHeader = 64;
  static_assert(sizeof(Node) <= kHeader);

  std::mutex mutex;
  PoolOptions options;
  std::size_t classes = 0;
  Node* idle[kMaxClasses] = {};
  PoolStats stats;
  bool open = true;
  std::atomic<std::size_t> references{1};

  std::size_t size_of(std::size_t size_class) const noexcept {
    return options.smallest << size_class;
  }
  void drop() noexcept {
    if (references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
  static void free(Node* node) noexcept {
    node->~Node();
    ::operator delete(node, std::align_val_t{kHeader});
  }
  Node* allocate(std::size_t size_class) {
    const std::size_t capacity = size_of(size_class);
    void* memory = ::operator new(kHeader + capacity, std::align_val_t{kHeader});
    Node* node = ::new (memory) Node;
    node->release = [](detail::Block* self) noexcept { give_back(static_cast<Node*>(self)); };
    node->memory = static_cast<std::byte*>(memory) + kHeader;
    node->capacity = capacity;
    node->size_class = size_class;
    node->home = this;
    return node;
  }
  static void give_back(Node* node) noexcept {
    State* home = node->home;
    bool keep = false;
    {
      const std::lock_guard lock(home->mutex);
      keep = home->open && node->capacity <= home->options.max_idle_bytes &&
             home->stats.idle_bytes <= home->options.max_idle_bytes - node->capacity;
      if (keep) {
        node->references.store(1, std::memory_order_relaxed);
        node->next = home->idle[node->size_class];
        home->idle[node->size_class] = node;
        home->stats.idle_bytes += node->capacity;
        ++home->stats.idle_buffers;
      }
    }
    if (!keep) free(node);
    home->drop();
  }
  void free_idle() noexcept {
    const std::lock_guard lock(mutex);
    for (Node*& list : idle) {
      while (list != nullptr) {
        Node* node = list;
        list = node->next;
        free(node);
      }
    }
    stats.idle_bytes = stats.idle_buffers = 0;
  }
};

BufferPool::BufferPool(PoolOptions options) : state_(new State) {
  if (options.smallest < 64) options.smallest = 64;
  options.smallest = std::bit_ceil(options.smallest);
  state_->options = options;
  while (state_->classes < State::kMaxClasses &&
         state_->size_of(state_->classes) <= options.largest)
    ++state_->classes;
}

BufferPool::~BufferPool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->open = false;
  }
  state_->free_idle();
  state_->drop();
}

BytesMut BufferPool::acquire(std::size_t size) {
  std::size_t size_class = 0;
  while (size_class < state_->classes && state_->size_of(size_class) < size) ++size_class;
  State::Node* node = nullptr;
  {
    const std::lock_guard lock(state_->mutex);
    ++state_->stats.taken;
    if (size_class == state_->classes) {
      ++state_->stats.oversized;
    } else if ((node = state_->idle[size_class]) != nullptr) {
      state_->idle[size_class] = node->next;
      state_->stats.idle_bytes -= node->capacity;
      --state_->stats.idle_buffers;
      ++state_->stats.reused;
    }
  }
  if (size_class == state_->classes) return BytesMut(size);
  if (node == nullptr) node = state_->allocate(size_class);
  state_->references.fetch_add(1, std::memory_order_relaxed);
  return BytesMut::adopt(node);
}

PoolStats BufferPool::stats() const {
  const std::lock_guard lock(state_->mutex);
  return state_->stats;
}

void BufferPool::trim() noexcept { state_->free_idle(); }

}  // namespace avila::buffer

#include "slh_tree.hpp"

#include <algorithm>
#include <avila/field/ct.hpp>

namespace avila::post_quantum::detail {
namespace {

namespace ct = field::ct;
using Type = SlhAddress::Type;

constexpr std::size_t kHeightMax = 14;
constexpr std::size_t kChainEnd = 15;  // w - 1

ByteSpan node_span(const SlhHash& hash, const std::byte* node) noexcept {
  return {node, hash.params().n};
}

/// The hash of two nodes next to each other in memory.
void parent(const SlhHash& hash, SlhAddress& address, std::size_t height, std::size_t index,
            const std::byte* left, const std::byte* right, std::byte* out) noexcept {
  const std::size_t n = hash.params().n;
  std::array<std::byte, 64> both;
  std::copy_n(left, n, both.begin());
  std::copy_n(right, n, both.begin() + static_cast<std::ptrdiff_t>(n));
  address.set_chain_or_height(height);
  address.set_index(index);
  hash.h(address, ByteSpan(both).first(2 * n), out);
}

/// The root of a tree, and the path beside leaf `wanted`: one pass over the leaves with a stack of
/// one node a level. `leaf(i, out)` makes them; nodes of level z are numbered from first >> z.
template <class Leaf>
void tree_hash(const SlhHash& hash, SlhAddress& address, std::size_t height, std::size_t first,
               std::size_t wanted, std::byte* path, std::byte* root, Leaf leaf) noexcept {
  const std::size_t n = hash.params().n;
  std::array<SlhNode, kHeightMax + 1> stack;
  SlhNode node;
  for (std::size_t i = 0; i < std::size_t{1} << height; ++i) {
    leaf(i, node.data());
    for (std::size_t z = 0;; ++z) {
      if (path != nullptr && z < height && i >> z == (wanted >> z ^ 1))
        std::copy_n(node.begin(), n, path + z * n);
      if ((i >> z & 1) == 0) {  // a left child waits; so does the root
        stack[z] = node;
        break;
      }
      parent(hash, address, z + 1, (first + i) >> (z + 1), stack[z].data(), node.data(),
             node.data());
    }
  }
  std::copy_n(stack[height].begin(), n, root);
  ct::declassify(root, n);
  if (path != nullptr) ct::declassify(path, height * n);
}

/// The root above a leaf, with the path beside it.
void climb(const SlhHash& hash, SlhAddress& address, std::size_t height, std::size_t index,
           const std::byte* path, SlhNode& node) noexcept {
  for (std::size_t z = 0; z < height; ++z, path += hash.params().n) {
    const bool right = (index >> z & 1) != 0;
    parent(hash, address, z + 1, index >> (z + 1), right ? path : node.data(),
           right ? node.data() : path, node.data());
  }
}

// ---- WOTS+

/// Algorithm 5: `steps` hashes from the start-th on.
void chain(const SlhHash& hash, SlhAddress& address, std::size_t start, std::size_t steps,
           std::byte* node) noexcept {
  for (std::size_t j = start; j < start + steps; ++j) {
    address.set_index(j);
    hash.f(address, node_span(hash, node), node);
  }
}

SlhAddress wots_address(const SlhAddress& tree, Type type, std::size_t leaf) noexcept {
  SlhAddress address = tree;
  address.set_type(type);
  address.set_key_pair(leaf);
  return address;
}

void wots_secret(const SlhHash& hash, ByteSpan secret_seed, SlhAddress& address, std::size_t i,
                 std::byte* out) noexcept {
  address.set_chain_or_height(i);
  hash.f(address, secret_seed, out);
}

/// The ends of all chains to one node.
void wots_compress(const SlhHash& hash, const SlhAddress& tree, std::size_t leaf,
                   const std::byte* ends, std::byte* out) noexcept {
  const SlhAddress address = wots_address(tree, Type::WotsPublicKey, leaf);
  hash.h(address, {ends, hash.params().wots_length() * hash.params().n}, out);
}

/// Algorithm 6: the leaf of an XMSS tree.
void wots_public_key(const SlhHash& hash, ByteSpan secret_seed, const SlhAddress& tree,
                     std::size_t leaf, std::byte* out) noexcept {
  const std::size_t n = hash.params().n;
  std::byte ends[kSlhChainsMax * 32];
  const ct::Wiper wiper(ends);
  SlhAddress secret = wots_address(tree, Type::WotsPrf, leaf);
  SlhAddress address = wots_address(tree, Type::WotsHash, leaf);
  for (std::size_t i = 0; i < hash.params().wots_length(); ++i) {
    wots_secret(hash, secret_seed, secret, i, ends + i * n);
    address.set_chain_or_height(i);
    chain(hash, address, 0, kChainEnd, ends + i * n);
  }
  wots_compress(hash, tree, leaf, ends, out);
}

/// The 2 n digits of a message and the 3 of its checksum (algorithm 7, lines 1 to 7).
std::array<std::uint8_t, kSlhChainsMax> wots_digits(const SlhHash& hash,
                                                    const SlhNode& message) noexcept {
  std::array<std::uint8_t, kSlhChainsMax> digits{};
  const std::size_t count = 2 * hash.params().n;
  std::size_t checksum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    digits[i] = static_cast<std::uint8_t>(
        static_cast<unsigned>(message[i / 2]) >> (i % 2 == 0 ? 4 : 0) & 15);
    checksum += kChainEnd - digits[i];
  }
  for (std::size_t i = 0; i < 3; ++i)
    digits[count + i] = static_cast<std::uint8_t>(checksum >> (8 - 4 * i) & 15);
  return digits;
}

/// Algorithm 7. The message is public: it is a root.
void wots_sign(const SlhHash& hash, ByteSpan secret_seed, const SlhAddress& tree, std::size_t leaf,
               const SlhNode& message, std::byte* out) noexcept {
  const std::size_t n = hash.params().n, length = hash.params().wots_length();
  const auto digits = wots_digits(hash, message);
  SlhAddress secret = wots_address(tree, Type::WotsPrf, leaf);
  SlhAddress address = wots_address(tree, Type::WotsHash, leaf);
  for (std::size_t i = 0; i < length; ++i) {
    wots_secret(hash, secret_seed, secret, i, out + i * n);
    address.set_chain_or_height(i);
    chain(hash, address, 0, digits[i], out + i * n);
  }
  ct::declassify(out, length * n);
}

/// Algorithm 8.
void wots_public_key_of(const SlhHash& hash, const SlhAddress& tree, std::size_t leaf,
                        const SlhNode& message, const std::byte* signature, SlhNode& out) noexcept {
  const std::size_t n = hash.params().n, length = hash.params().wots_length();
  const auto digits = wots_digits(hash, message);
  std::byte ends[kSlhChainsMax * 32];
  std::copy_n(signature, length * n, ends);
  SlhAddress address = wots_address(tree, Type::WotsHash, leaf);
  for (std::size_t i = 0; i < length; ++i) {
    address.set_chain_or_height(i);
    chain(hash, address, digits[i], kChainEnd - digits[i], ends + i * n);
  }
  wots_compress(hash, tree, leaf, ends, out.data());
}

// ---- XMSS

SlhAddress xmss_address(std::size_t layer, std::uint64_t tree) noexcept {
  SlhAddress address;
  address.set_layer(layer);
  address.set_tree(tree);
  return address;
}

void xmss_tree(const SlhHash& hash, ByteSpan secret_seed, const SlhAddress& tree,
               std::size_t wanted, std::byte* path, std::byte* root) noexcept {
  SlhAddress address = tree;
  address.set_type(Type::Tree);
  tree_hash(
      hash, address, hash.params().height(), 0, wanted, path, root,
      [&](std::size_t i, std::byte* out) { wots_public_key(hash, secret_seed, tree, i, out); });
}

/// The place one layer up: its leaf is this tree.
void ascend(const SlhHash& hash, SlhPlace& place) noexcept {
  const std::size_t height = hash.params().height();
  place.leaf = static_cast<std::uint32_t>(place.tree & ((std::uint64_t{1} << height) - 1));
  place.tree >>= height;
}

// ---- FORS

/// base_2b (algorithm 4): the i-th number of `bits` bits, highest bit first.
std::size_t digit_of(ByteSpan bytes, std::size_t bits, std::size_t i) noexcept {
  std::size_t value = 0;
  for (std::size_t at = i * bits; at < (i + 1) * bits; ++at)
    value = value << 1 | (static_cast<std::size_t>(bytes[at / 8]) >> (7 - at % 8) & 1);
  return value;
}

SlhAddress fors_address(SlhPlace place, Type type) noexcept {
  SlhAddress address = xmss_address(0, place.tree);
  address.set_type(type);
  address.set_key_pair(place.leaf);
  return address;
}

}  // namespace

void slh_root(const SlhHash& hash, ByteSpan secret_seed, std::byte* root) noexcept {
  xmss_tree(hash, secret_seed, xmss_address(hash.params().d - 1, 0), 0, nullptr, root);
}

void fors_sign(const SlhHash& hash, ByteSpan secret_seed, ByteSpan digest, SlhPlace place,
               std::byte* out, SlhNode& public_key) noexcept {
  const SlhParams& p = hash.params();
  std::byte roots[kSlhChainsMax * 32];
  SlhAddress address = fors_address(place, Type::ForsTree);
  SlhAddress secret = fors_address(place, Type::ForsPrf);
  for (std::size_t i = 0; i < p.k; ++i, out += (1 + p.a) * p.n) {
    const std::size_t first = i << p.a, wanted = digit_of(digest, p.a, i);
    const auto reveal_secret = [&](std::size_t j, std::byte* to) {
      secret.set_index(first + j);
      hash.f(secret, secret_seed, to);
    };
    reveal_secret(wanted, out);
    ct::declassify(out, p.n);
    tree_hash(hash, address, p.a, first, wanted, out + p.n, roots + i * p.n,
              [&](std::size_t j, std::byte* leaf) {
                reveal_secret(j, leaf);
                address.set_chain_or_height(0);
                address.set_index(first + j);
                hash.f(address, {leaf, p.n}, leaf);
              });
  }
  hash.h(fors_address(place, Type::ForsRoots), {roots, p.k * p.n}, public_key.data());
}

void fors_public_key(const SlhHash& hash, ByteSpan digest, SlhPlace place,
                     const std::byte* signature, SlhNode& public_key) noexcept {
  const SlhParams& p = hash.params();
  std::byte roots[kSlhChainsMax * 32];
  SlhAddress address = fors_address(place, Type::ForsTree);
  for (std::size_t i = 0; i < p.k; ++i, signature += (1 + p.a) * p.n) {
    const std::size_t index = (i << p.a) + digit_of(digest, p.a, i);
    SlhNode node;
    address.set_chain_or_height(0);
    address.set_index(index);
    hash.f(address, {signature, p.n}, node.data());
    climb(hash, address, p.a, index, signature + p.n, node);
    std::copy_n(node.begin(), p.n, roots + i * p.n);
  }
  hash.h(fors_address(place, Type::ForsRoots), {roots, p.k * p.n}, public_key.data());
}

void hypertree_sign(const SlhHash& hash, ByteSpan secret_seed, const SlhNode& message,
                    SlhPlace place, std::byte* out) noexcept {
  const SlhParams& p = hash.params();
  SlhNode root = message;
  for (std::size_t layer = 0; layer < p.d; ++layer, out += p.xmss_bytes()) {
    const SlhAddress tree = xmss_address(layer, place.tree);
    wots_sign(hash, secret_seed, tree, place.leaf, root, out);
    xmss_tree(hash, secret_seed, tree, place.leaf, out + p.wots_length() * p.n, root.data());
    ascend(hash, place);
  }
}

void hypertree_root(const SlhHash& hash, const SlhNode& message, SlhPlace place,
                    const std::byte* signature, SlhNode& root) noexcept {
  const SlhParams& p = hash.params();
  root = message;
  for (std::size_t layer = 0; layer < p.d; ++layer, signature += p.xmss_bytes()) {
    const SlhAddress tree = xmss_address(layer, place.tree);
    SlhNode node;
    wots_public_key_of(hash, tree, place.leaf, root, signature, node);
    SlhAddress address = tree;
    address.set_type(Type::Tree);
    climb(hash, address, p.height(), place.leaf, signature + p.wots_length() * p.n, node);
    root = node;
    ascend(hash, place);
  }
}

}  // namespace avila::post_quantum::detail

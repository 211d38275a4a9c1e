// hash.*: one-shot digests of the first SIZE bytes of RANDOM(1 MiB, 1).
#include <avila/hash/adler32.hpp>
#include <avila/hash/blake2.hpp>
#include <avila/hash/blake3.hpp>
#include <avila/hash/crc32.hpp>
#include <avila/hash/crc32c.hpp>
#include <avila/hash/crc64nvme.hpp>
#include <avila/hash/hmac.hpp>
#include <avila/hash/md5.hpp>
#include <avila/hash/sha1.hpp>
#include <avila/hash/sha256.hpp>
#include <avila/hash/sha3.hpp>
#include <avila/hash/sha512.hpp>
#include <avila/hash/siphash.hpp>
#include <avila/hash/xxh3.hpp>
#include <avila/hash/xxh64.hpp>

#include "bench.hpp"

using namespace avila;

namespace {

struct Size {
  const char* name;
  std::size_t bytes;
};
constexpr Size kSizes[] = {{"64B", 64}, {"1KiB", 1024}, {"1MiB", 1 << 20}};

template <class F>
void each(const std::string& algorithm, ByteSpan input, F&& run) {
  for (const Size& size : kSizes)
    bench::gbs("hash." + algorithm + "." + size.name, static_cast<double>(size.bytes), [&] {
      std::size_t n = size.bytes;
      asm volatile("" : "+r"(n));  // the length is not a compile-time constant
      bench::keep(run(input.first(n)));
    });
}

}  // namespace

int main(int argc, char** argv) {
  bench::init(argc, argv);
  const auto bytes = bench::random_bytes(1 << 20, 1);
  const ByteSpan input = std::as_bytes(std::span(bytes));
  const hash::SipKey key(input.data(), 16);
  each("sha256", input, [](ByteSpan in) { return hash::sha256(in); });
  each("sha512", input, [](ByteSpan in) { return hash::sha512(in); });
  each("sha3-256", input, [](ByteSpan in) { return hash::sha3_256(in); });
  each("blake2b", input, [](ByteSpan in) { return hash::blake2b(in); });
  each("blake2s", input, [](ByteSpan in) { return hash::blake2s(in); });
  each("sha1", input, [](ByteSpan in) { return hash::sha1(in); });
  each("md5", input, [](ByteSpan in) { return hash::md5(in); });
  hash::Hmac<hash::Sha256> mac(input.first(32));
  each("hmac-sha256", input, [&](ByteSpan in) {
    mac.update(in);
    return mac.finish();
  });
  each("blake3", input, [](ByteSpan in) { return hash::blake3(in); });
  each("xxh3-64", input, [](ByteSpan in) { return hash::xxh3_64(in); });
  each("xxh3-128", input, [](ByteSpan in) { return hash::xxh3_128(in).low; });
  each("xxh64", input, [](ByteSpan in) { return hash::xxh64(in); });
  each("siphash-2-4", input, [&](ByteSpan in) { return hash::siphash_2_4(key, in); });
  each("crc32", input, [](ByteSpan in) { return hash::crc32(in); });
  each("crc32c", input, [](ByteSpan in) { return hash::crc32c(in); });
  each("crc64nvme", input, [](ByteSpan in) { return hash::crc64nvme(in); });
  each("adler32", input, [](ByteSpan in) { return hash::adler32(in); });
}

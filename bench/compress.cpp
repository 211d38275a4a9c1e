// compress.*: one-shot compression and decompression of TEXT(8 MiB, 5) and of real.bin.
#include <avila/compress/codec.hpp>
#include <avila/compress/lz4.hpp>
#include <avila/compress/snappy.hpp>
#include <filesystem>

#include "bench.hpp"

using namespace avila;

namespace {

template <class Compress, class Decompress>
void codec(const std::string& name, ByteSpan input, std::size_t bound, Compress compress,
           Decompress decompress) {
  if (!bench::wanted(name)) {  // a filter may name a single metric below it
    bool any = false;
    for (const char* part : {".compress", ".decompress", ".ratio"})
      any = any || bench::wanted(name + part);
    if (!any) return;
  }
  std::vector<std::byte> packed(bound), back(input.size());
  const std::size_t size = compress(input, MutableByteSpan(packed));
  bench::need(size != 0, "compress");
  const ByteSpan block = ByteSpan(packed).first(size);
  bench::need(decompress(block, MutableByteSpan(back)) == input.size() &&
                  std::memcmp(back.data(), input.data(), input.size()) == 0,
              "round trip");
  const auto bytes = static_cast<double>(input.size());
  bench::emit(name + ".ratio", bytes / static_cast<double>(size), "ratio");
  std::vector<std::byte> again(bound);
  bench::mbs(name + ".compress", bytes,
             [&] { bench::keep(compress(input, MutableByteSpan(again))); });
  bench::mbs(name + ".decompress", bytes,
             [&] { bench::keep(decompress(block, MutableByteSpan(back))); });
}

void all(const std::string& input_name, ByteSpan input) {
  codec(
      "compress.lz4." + input_name, input, compress::lz4::compress_bound(input.size()),
      [](ByteSpan in, MutableByteSpan out) { return compress::lz4::compress(in, out); },
      [](ByteSpan in, MutableByteSpan out) { return *compress::lz4::decompress(in, out); });
  codec(
      "compress.snappy." + input_name, input, compress::snappy::compress_bound(input.size()),
      [](ByteSpan in, MutableByteSpan out) { return compress::snappy::compress(in, out); },
      [](ByteSpan in, MutableByteSpan out) { return *compress::snappy::decompress(in, out); });
  using compress::Format;
  const struct {
    const char* name;
    Format format;
    int level;
  } codecs[] = {{"deflate.1", Format::Deflate, 1}, {"deflate.6", Format::Deflate, 6},
                {"deflate.9", Format::Deflate, 9}, {"zstd.1", Format::Zstd, 1},
                {"zstd.3", Format::Zstd, 3},       {"zstd.9", Format::Zstd, 9},
                {"brotli.1", Format::Brotli, 1},   {"brotli.5", Format::Brotli, 5}};
  for (const auto& [name, format, level] : codecs)
    codec(
        "compress." + std::string(name) + "." + input_name, input,
        input.size() + input.size() / 4 + 65536,
        [format = format, level = level](ByteSpan in, MutableByteSpan out) {
          const auto packed = compress::compress(format, in, {.level = level, .checksum = false});
          bench::need(packed.has_value() && packed->size() <= out.size(), "compress");
          std::memcpy(out.data(), packed->data(), packed->size());
          return packed->size();
        },
        [format = format](ByteSpan in, MutableByteSpan out) {
          return *compress::decompress(format, in, out);
        });
}

}  // namespace

int main(int argc, char** argv) {
  bench::init(argc, argv);
  const std::string text = bench::text_like(8 << 20, 5);
  all("text", as_bytes(text));
  const char* path = std::getenv("AVILA_BENCH_REAL");
  if (path == nullptr) path = "/tmp/peers-cache/inputs/real.bin";
  if (!std::filesystem::exists(path)) {
    std::fprintf(stderr, "bench_compress: %s is absent (set AVILA_BENCH_REAL): real skipped\n",
                 path);
    return 0;
  }
  const std::string real = bench::read_file(path);
  all("real", as_bytes(real));
}

#include "distance.hpp"

#include <avila/simd/dispatch.hpp>

#include <cmath>
#include <cstring>

#include "space.hpp"
#include "support.hpp"

#include <gtest/gtest.h>

namespace {

using namespace avila;
using namespace avila::hnsw::detail;
using namespace hnsw_test;

void expect_all_agree(std::span<const simd::Kernel<DistanceFn>> kernels,
                      const IndexOptions& options) {
  const Space space(options);
  const std::size_t stride = (space.row_bytes() + 63) / 64 * 64;
  const auto all = points(23, options.dimensions, 1);
  RowBuffer rows(stride * all.size()), query(stride);
  for (std::size_t i = 0; i < all.size(); ++i)
    space.encode(*space.prepare(all[i]), rows.data() + i * stride);
  space.encode(*space.prepare(points(1, options.dimensions, 2)[0]), query.data());
  const Rows table{rows.data(), stride, space.lines()};
  std::vector<std::uint32_t> ids;
  for (std::uint32_t i = 0; i < all.size(); ++i) ids.push_back((i * 7) % 23);
  for (std::size_t count = 0; count <= ids.size(); ++count) {
    std::vector<float> expected(count);
    kernels.back().run(query.data(), table, ids.data(), count, expected.data());
    for (const auto& kernel : kernels) {
      if (!kernel.supported()) continue;
      std::vector<float> got(count);
      kernel.run(query.data(), table, ids.data(), count, got.data());
      for (std::size_t i = 0; i < count; ++i)
        ASSERT_NEAR(got[i], expected[i], 1e-4 * (1 + std::fabs(expected[i]))) << kernel.name;
    }
  }
}

TEST(HnswDistance, EveryKernelAgreesWithPortable) {
  for (const std::uint32_t dimensions : {1U, 3U, 16U, 17U, 63U, 64U, 128U, 200U, 1025U}) {
    SCOPED_TRACE(dimensions);
    const IndexOptions plain{.dimensions = dimensions};
    const IndexOptions small{.dimensions = dimensions, .quantization = Quantization::Int8};
    expect_all_agree(float_l2_kernels(), plain);
    expect_all_agree(float_dot_kernels(), plain);
    expect_all_agree(int8_l2_kernels(), small);
    expect_all_agree(int8_dot_kernels(), small);
  }
}

TEST(HnswDistance, Int8StaysCloseToTheFloats) {
  const auto all = points(30, 100, 3);
  const Space space({.dimensions = 100, .quantization = Quantization::Int8});
  RowBuffer row(space.row_bytes() + 64), query(space.row_bytes() + 64);
  space.encode(all[0], query.data());
  for (const auto& v : all) {
    space.encode(v, row.data());
    float got;
    const std::uint32_t id = 0;
    space.distance()(query.data(), {row.data(), 64, space.lines()}, &id, 1, &got);
    const double expected = distance(Metric::L2, all[0], v);
    EXPECT_NEAR(got, expected, 0.02 * (1 + expected));
  }
}

TEST(HnswDistance, ExtremeValuesDoNotOverflowInt8) {
  const Space space({.dimensions = 65'536, .quantization = Quantization::Int8});
  const std::vector<float> ones(65'536, 1.0F), zeros(65'536, 0.0F);
  RowBuffer a(space.row_bytes() + 64), b(space.row_bytes() + 64);
  space.encode(ones, a.data());
  space.encode(zeros, b.data());
  for (const auto& kernel : int8_l2_kernels()) {
    if (!kernel.supported()) continue;
    const std::uint32_t id = 0;
    float got;
    kernel.run(a.data(), {b.data(), 64, space.lines()}, &id, 1, &got);
    EXPECT_NEAR(got, 65'536, 1) << kernel.name;
    kernel.run(a.data(), {a.data(), 64, space.lines()}, &id, 1, &got);
    EXPECT_NEAR(got, 0, 10) << kernel.name;
  }
}

}  // namespace

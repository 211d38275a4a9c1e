// AES without tables: four blocks at a time, bit by bit. Plane p holds bit p of all 64 bytes; the
// byte in row r and column c of block b has bit 16 r + 4 c + b of each plane, so that ShiftRows
// turns 16-bit lanes and MixColumns turns the whole word.
#include <avila/hash/secret.hpp>
#include <cstring>

#include "aes_kernels.hpp"

namespace avila::cipher::detail {
namespace {

using Planes = std::uint64_t[8];

// ---- between bytes and planes

// The bits of `high` above those of `low` exchange places: one level of an 8 x 8 transposition.
inline void exchange(std::uint64_t& low, std::uint64_t& high, int shift,
                     std::uint64_t mask) noexcept {
  const std::uint64_t difference = (low >> shift ^ high) & mask;
  high ^= difference;
  low ^= difference << shift;
}

// Turns 8 x 8 squares of bits, of byte m of the eight words, about their diagonal.
void transpose(Planes& q) noexcept {
  for (int i = 0; i < 8; i += 2) exchange(q[i], q[i + 1], 1, 0x5555555555555555);
  for (int i = 0; i < 8; i += 4)
    for (int j = i; j < i + 2; ++j) exchange(q[j], q[j + 2], 2, 0x3333333333333333);
  for (int i = 0; i < 4; ++i) exchange(q[i], q[i + 4], 4, 0x0f0f0f0f0f0f0f0f);
}

// The four bytes of a column to the even bytes of a word, and back.
inline std::uint64_t spread(std::uint64_t x) noexcept {
  x = (x | x << 16) & 0x0000ffff0000ffff;
  return (x | x << 8) & 0x00ff00ff00ff00ff;
}
inline std::uint32_t gather(std::uint64_t x) noexcept {
  x &= 0x00ff00ff00ff00ff;
  x = (x | x >> 8) & 0x0000ffff0000ffff;
  return static_cast<std::uint32_t>(x | x >> 16);
}

void load_planes(Planes& q, const std::byte* in) noexcept {
  for (int block = 0; block < 4; ++block, in += 16) {
    q[block] = spread(load_le32(in)) | spread(load_le32(in + 8)) << 8;
    q[block + 4] = spread(load_le32(in + 4)) | spread(load_le32(in + 12)) << 8;
  }
  transpose(q);
}

void store_planes(Planes& q, std::byte* out) noexcept {
  transpose(q);
  for (int block = 0; block < 4; ++block, out += 16) {
    store_le32(out, gather(q[block]));
    store_le32(out + 8, gather(q[block] >> 8));
    store_le32(out + 4, gather(q[block + 4]));
    store_le32(out + 12, gather(q[block + 4] >> 8));
  }
}

// ---- the steps of a round

// The circuit of Boyar and Peralta ("A depth-16 circuit for the AES S-box", 2011): 113 gates
// around an inversion in GF((2^4)^2). x0 is the highest bit.
void sub_bytes(Planes& q) noexcept {
  const std::uint64_t x0 = q[7], x1 = q[6], x2 = q[5], x3 = q[4];
  const std::uint64_t x4 = q[3], x5 = q[2], x6 = q[1], x7 = q[0];
  // Into the tower field.
  const std::uint64_t y14 = x3 ^ x5, y13 = x0 ^ x6, y9 = x0 ^ x3, y8 = x0 ^ x5;
  const std::uint64_t t0 = x1 ^ x2, y1 = t0 ^ x7, y4 = y1 ^ x3, y12 = y13 ^ y14;
  const std::uint64_t y2 = y1 ^ x0, y5 = y1 ^ x6, y3 = y5 ^ y8, t1 = x4 ^ y12;
  const std::uint64_t y15 = t1 ^ x5, y20 = t1 ^ x1, y6 = y15 ^ x7, y10 = y15 ^ t0;
  const std::uint64_t y11 = y20 ^ y9, y7 = x7 ^ y11, y17 = y10 ^ y11, y19 = y10 ^ y8;
  const std::uint64_t y16 = t0 ^ y11, y21 = y13 ^ y16, y18 = x0 ^ y16;
  // The norm, in GF(2^4).
  const std::uint64_t t2 = y12 & y15, t4 = (y3 & y6) ^ t2, t6 = (y4 & x7) ^ t2;
  const std::uint64_t t7 = y13 & y16, t9 = (y5 & y1) ^ t7, t11 = (y2 & y7) ^ t7;
  const std::uint64_t t12 = y9 & y11, t14 = (y14 & y17) ^ t12, t16 = (y8 & y10) ^ t12;
  const std::uint64_t t21 = t4 ^ t14 ^ y20, t22 = t6 ^ t16 ^ y19;
  const std::uint64_t t23 = t9 ^ t14 ^ y21, t24 = t11 ^ t16 ^ y18;
  // Its inverse.
  const std::uint64_t t25 = t21 ^ t22, t26 = t21 & t23, t27 = t24 ^ t26;
  const std::uint64_t t29 = (t25 & t27) ^ t22, t30 = t23 ^ t24, t31 = t22 ^ t26;
  const std::uint64_t t33 = (t31 & t30) ^ t24, t35 = t27 ^ t33, t36 = t24 & t35;
  const std::uint64_t t37 = t36 ^ t23 ^ t33, t38 = t27 ^ t36, t40 = t25 ^ (t29 & t38);
  const std::uint64_t t41 = t40 ^ t37, t42 = t29 ^ t33, t43 = t29 ^ t40;
  const std::uint64_t t44 = t33 ^ t37, t45 = t42 ^ t41;
  // Times the conjugate.
  const std::uint64_t z0 = t44 & y15, z1 = t37 & y6, z2 = t33 & x7, z3 = t43 & y16;
  const std::uint64_t z4 = t40 & y1, z5 = t29 & y7, z6 = t42 & y11, z7 = t45 & y17;
  const std::uint64_t z8 = t41 & y10, z9 = t44 & y12, z10 = t37 & y3, z11 = t33 & y4;
  const std::uint64_t z12 = t43 & y13, z13 = t40 & y5, z14 = t29 & y2, z15 = t42 & y9;
  const std::uint64_t z16 = t45 & y14, z17 = t41 & y8;
  // Out of the tower field, with the affine map of the S-box.
  const std::uint64_t t46 = z15 ^ z16, t47 = z10 ^ z11, t48 = z5 ^ z13, t49 = z9 ^ z10;
  const std::uint64_t t50 = z2 ^ z12, t51 = z2 ^ z5, t52 = z7 ^ z8, t53 = z0 ^ z3;
  const std::uint64_t t54 = z6 ^ z7, t55 = z16 ^ z17, t56 = z12 ^ t48, t57 = t50 ^ t53;
  const std::uint64_t t58 = z4 ^ t46, t59 = z3 ^ t54, t60 = t46 ^ t57, t61 = z14 ^ t57;
  const std::uint64_t t62 = t52 ^ t58, t63 = t49 ^ t58, t64 = z4 ^ t59, t65 = t61 ^ t62;
  const std::uint64_t t66 = z1 ^ t63, s3 = t53 ^ t66;
  q[7] = t59 ^ t63;
  q[6] = ~(t64 ^ s3);
  q[5] = ~(t55 ^ t64 ^ t65);
  q[4] = s3;
  q[3] = t51 ^ t66;
  q[2] = t47 ^ t65;
  q[1] = ~(t56 ^ t62);
  q[0] = ~(t48 ^ t60);
}

// The inverse of FIPS 197 §5.1.1's affine map.
void inverse_affine(Planes& q) noexcept {
  Planes y;
  std::memcpy(y, q, sizeof y);
  for (int i = 0; i < 8; ++i) q[i] = y[(i + 2) & 7] ^ y[(i + 5) & 7] ^ y[(i + 7) & 7];
  q[0] = ~q[0];
  q[2] = ~q[2];
}

// S is the affine map of the field's inverse: undo the map on both sides of S.
void inverse_sub_bytes(Planes& q) noexcept {
  inverse_affine(q);
  sub_bytes(q);
  inverse_affine(q);
}

inline std::uint64_t shift_row(std::uint64_t x, int row, int turn) noexcept {
  const std::uint64_t lane = x >> (16 * row) & 0xffff;
  return ((lane >> turn | lane << (16 - turn)) & 0xffff) << (16 * row);
}
void shift_rows(Planes& q) noexcept {
  for (std::uint64_t& x : q)
    x = (x & 0xffff) | shift_row(x, 1, 4) | shift_row(x, 2, 8) | shift_row(x, 3, 12);
}
void inverse_shift_rows(Planes& q) noexcept {
  for (std::uint64_t& x : q)
    x = (x & 0xffff) | shift_row(x, 1, 12) | shift_row(x, 2, 8) | shift_row(x, 3, 4);
}

// Times x in GF(2^8).
void times_x(Planes& to, const Planes& from) noexcept {
  const std::uint64_t high = from[7];
  for (int i = 7; i > 0; --i) to[i] = from[i - 1];
  to[0] = high;
  to[1] ^= high, to[3] ^= high, to[4] ^= high;
}

// 2 a + 3 b + c + d = 2 (a + b) + b + (c + d), the rows below being b, c and d.
void mix_columns(Planes& q) noexcept {
  Planes sum, twice;
  for (int i = 0; i < 8; ++i) sum[i] = q[i] ^ std::rotr(q[i], 16);
  times_x(twice, sum);
  for (int i = 0; i < 8; ++i) q[i] = twice[i] ^ std::rotr(q[i], 16) ^ std::rotr(sum[i], 32);
}

// The inverse matrix is that of MixColumns times one that adds 4 (a + c) to a.
void inverse_mix_columns(Planes& q) noexcept {
  Planes sum, twice;
  for (int i = 0; i < 8; ++i) sum[i] = q[i] ^ std::rotr(q[i], 32);
  times_x(twice, sum);
  times_x(sum, twice);
  for (int i = 0; i < 8; ++i) q[i] ^= sum[i];
  mix_columns(q);
}

inline void add_key(Planes& q, const Planes& key) noexcept {
  for (int i = 0; i < 8; ++i) q[i] ^= key[i];
}

// The round keys in planes, the same for each of the four blocks.
class SlicedKeys {
 public:
  SlicedKeys(const std::byte (&keys)[15][16], int rounds) noexcept {
    std::byte four[64];
    for (int round = 0; round <= rounds; ++round) {
      for (int block = 0; block < 4; ++block) std::memcpy(four + 16 * block, keys[round], 16);
      load_planes(planes_[round], four);
    }
    hash::wipe(four, sizeof four);
  }
  SlicedKeys(const SlicedKeys&) = delete;
  SlicedKeys& operator=(const SlicedKeys&) = delete;
  ~SlicedKeys() { hash::wipe(planes_, sizeof planes_); }
  const Planes& operator[](int round) const noexcept { return planes_[round]; }

 private:
  Planes planes_[15];
};

void encrypt_four(const SlicedKeys& keys, int rounds, Planes& q) noexcept {
  add_key(q, keys[0]);
  for (int round = 1; round < rounds; ++round) {
    sub_bytes(q);
    shift_rows(q);
    mix_columns(q);
    add_key(q, keys[round]);
  }
  sub_bytes(q);
  shift_rows(q);
  add_key(q, keys[rounds]);
}

void decrypt_four(const SlicedKeys& keys, int rounds, Planes& q) noexcept {
  add_key(q, keys[0]);
  for (int round = 1; round < rounds; ++round) {
    inverse_sub_bytes(q);
    inverse_shift_rows(q);
    inverse_mix_columns(q);
    add_key(q, keys[round]);
  }
  inverse_sub_bytes(q);
  inverse_shift_rows(q);
  add_key(q, keys[rounds]);
}

template <class Four>
void each_four(const std::byte* in, std::byte* out, std::size_t blocks, Four&& four) noexcept {
  Planes q;
  for (; blocks >= 4; blocks -= 4, in += 64, out += 64) {
    load_planes(q, in);
    four(q);
    store_planes(q, out);
  }
  if (blocks == 0) return;
  std::byte last[64] = {};
  std::memcpy(last, in, 16 * blocks);
  load_planes(q, last);
  four(q);
  store_planes(q, last);
  std::memcpy(out, last, 16 * blocks);
  hash::wipe(last, sizeof last);
}

void encrypt(const AesSchedule& schedule, const std::byte* in, std::byte* out,
             std::size_t blocks) noexcept {
  const SlicedKeys keys(schedule.forward, schedule.rounds);
  each_four(in, out, blocks, [&](Planes& q) { encrypt_four(keys, schedule.rounds, q); });
}

void decrypt(const AesSchedule& schedule, const std::byte* in, std::byte* out,
             std::size_t blocks) noexcept {
  const SlicedKeys keys(schedule.inverse, schedule.rounds);
  each_four(in, out, blocks, [&](Planes& q) { decrypt_four(keys, schedule.rounds, q); });
}

void ctr32(const AesSchedule& schedule, const std::byte counter[16], const std::byte* in,
           std::byte* out, std::size_t blocks) noexcept {
  const SlicedKeys keys(schedule.forward, schedule.rounds);
  std::uint32_t count = load_be32(counter + 12);
  std::byte stream[64];
  for (std::size_t done = 0; done < blocks; done += 4) {
    for (int i = 0; i < 4; ++i) {
      std::memcpy(stream + 16 * i, counter, 12);
      store_be32(stream + 16 * i + 12, count++);
    }
    Planes q;
    load_planes(q, stream);
    encrypt_four(keys, schedule.rounds, q);
    store_planes(q, stream);
    const std::size_t size = 16 * (blocks - done < 4 ? blocks - done : 4);
    for (std::size_t i = 0; i < size; ++i) out[16 * done + i] = in[16 * done + i] ^ stream[i];
  }
  hash::wipe(stream, sizeof stream);
}

std::uint32_t sub_word(std::uint32_t word) noexcept {
  std::byte bytes[64] = {};
  store_le32(bytes, word);
  Planes q;
  load_planes(q, bytes);
  sub_bytes(q);
  store_planes(q, bytes);
  const std::uint32_t substituted = load_le32(bytes);
  hash::wipe(bytes, sizeof bytes);
  return substituted;
}

void expand(AesSchedule& schedule, const std::byte* key, std::size_t size) noexcept {
  expand_forward(schedule, key, size, sub_word);
  const int rounds = schedule.rounds;
  for (int round = 0; round <= rounds; ++round)
    std::memcpy(schedule.inverse[round], schedule.forward[rounds - round], 16);
  std::byte* const middle = schedule.inverse[1];
  each_four(middle, middle, static_cast<std::size_t>(rounds - 1), inverse_mix_columns);
}

}  // namespace

const AesCode kAesPortable{expand, encrypt, decrypt, ctr32};

}  // namespace avila::cipher::detail

#include <avila/error/result.hpp>
#include <cstdio>

avila::Result<int> half(int n) {
  if (n % 2 != 0) return avila::Error(avila::Errc::InvalidArgument, "odd number");
  return n / 2;
}

int main() {
  const auto good = half(4);
  const auto bad = half(3);
  std::printf("%d, %s\n", *good, bad.error().to_string().c_str());
  return *good == 2 && !bad.has_value() ? 0 : 1;
}

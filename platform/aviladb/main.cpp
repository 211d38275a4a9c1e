// The AvilaDB daemon: `aviladb --data DIR [--listen ADDR] [--port N]`.
#include <avila/aviladb/hosted.hpp>
#include <avila/chassis/daemon.hpp>

int main(int argc, char** argv) {
  return avila::chassis::daemon_main(argc, argv, avila::aviladb::factory());
}

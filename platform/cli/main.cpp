#include <avila/cli/main.hpp>

int main(int argc, char** argv) { return avila::cli::main(argc, argv); }

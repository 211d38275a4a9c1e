// The whole command line.
#pragma once

namespace avila::cli {

/// The exit status: 0 done, 1 failed, 2 wrong usage.
int main(int argc, char** argv);

}  // namespace avila::cli

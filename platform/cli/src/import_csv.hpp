#pragma once
#include <avila/cli/import.hpp>
#include <avila/os/file_system.hpp>
#include <memory>

namespace avila::cli {

std::unique_ptr<ImportReader> open_csv(std::unique_ptr<os::File> file,
                                       const ImportOptions& options);

}  // namespace avila::cli

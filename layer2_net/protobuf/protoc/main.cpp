// avila-protoc: .proto files to C++ and to descriptor sets.
#include <algorithm>
#include <avila/os/file_system.hpp>
#include <avila/protobuf/generator.hpp>
#include <avila/protobuf/pool.hpp>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace {

using avila::Errc;
using avila::Error;
using avila::Result;
namespace os = avila::os;
namespace protobuf = avila::protobuf;

constexpr char kUsage[] =
    "usage: avila-protoc [-I DIR]… [--cpp_out DIR] [--descriptor_set_out FILE] "
    "[--include_imports] FILE.proto…\n"
    "  -I DIR, --proto_path=DIR   where imports are looked for, in this order; . if none is given\n"
    "  --cpp_out DIR              write FILE.pb.hpp and FILE.pb.cpp below DIR\n"
    "  --descriptor_set_out FILE  write a FileDescriptorSet\n"
    "  --include_imports          put the imported files into the set too\n";

struct Arguments {
  std::vector<std::string> folders, files;
  std::string cpp_out, set_out;
  bool include_imports = false;
};

/// The value of "--name VALUE", "--name=VALUE" or "-IVALUE"; false where `words[at]` is another.
bool option(const std::vector<std::string>& words, std::size_t& at, std::string_view name,
            std::string& value) {
  const std::string_view word = words[at];
  if (!word.starts_with(name)) return false;
  std::string_view rest = word.substr(name.size());
  if (rest.empty()) {
    if (at + 1 == words.size()) return false;
    value = words[++at];
    return true;
  }
  const bool is_short = name.size() == 2;
  if (!is_short && rest[0] != '=') return false;
  if (rest[0] == '=') rest.remove_prefix(1);
  value = rest;
  return true;
}

bool parse(const std::vector<std::string>& words, Arguments& out) {
  for (std::size_t at = 0; at < words.size(); ++at) {
    std::string value;
    if (option(words, at, "-I", value) || option(words, at, "--proto_path", value)) {
      out.folders.push_back(value);
    } else if (option(words, at, "--cpp_out", value)) {
      out.cpp_out = value;
    } else if (option(words, at, "--descriptor_set_out", value)) {
      out.set_out = value;
    } else if (words[at] == "--include_imports") {
      out.include_imports = true;
    } else if (words[at].starts_with('-')) {
      std::fprintf(stderr, "avila-protoc: unknown option %s\n", words[at].c_str());
      return false;
    } else {
      out.files.push_back(words[at]);
    }
  }
  if (out.folders.empty()) out.folders.push_back(".");
  return !out.files.empty() && !(out.cpp_out.empty() && out.set_out.empty());
}

/// A file's name as imports have it: below the first folder that holds it.
std::string import_name(const Arguments& arguments, std::string file) {
  for (std::string folder : arguments.folders) {
    while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
    if (file.starts_with(folder + '/')) return file.substr(folder.size() + 1);
  }
  while (file.starts_with("./")) file.erase(0, 2);
  return file;
}

Result<std::string> read(const Arguments& arguments, std::string_view name) {
  if (name.starts_with('/') || name.find("..") != std::string_view::npos)
    return Error(Errc::InvalidArgument, "an import is named below a folder of -I");
  for (const std::string& folder : arguments.folders) {
    const std::string path = os::join(folder, name);
    if (os::real_file_system().exists(path))
      return os::real_file_system().read_text(path, protobuf::kProtoFileSizeMax);
  }
  return Error(Errc::NotFound, "no such file in the folders of -I");
}

Result<void> write(const std::string& path, std::string_view content) {
  os::FileSystem& files = os::real_file_system();
  // The same content keeps its time, so that nothing is built anew for it.
  if (const auto old = files.read_text(path); old.has_value() && *old == content) return {};
  AVILA_TRY_VOID(files.create_directories(os::parent(path), 0755));
  return files.write_atomically(path, avila::as_bytes(content), 0644).context(path);
}

Result<void> run(const Arguments& arguments) {
  protobuf::DescriptorPool pool;
  std::vector<const protobuf::FileDescriptor*> files;
  for (const std::string& file : arguments.files) {
    AVILA_TRY(const protobuf::FileDescriptor* one,
              pool.import(import_name(arguments, file),
                          [&](std::string_view name) { return read(arguments, name); }));
    files.push_back(one);
  }
  if (!arguments.cpp_out.empty())
    for (const protobuf::FileDescriptor* file : files)
      for (const protobuf::GeneratedFile& made : protobuf::generate_cpp(*file))
        AVILA_TRY_VOID(write(os::join(arguments.cpp_out, made.name), made.content));
  if (!arguments.set_out.empty()) {
    if (arguments.include_imports) files = protobuf::DescriptorPool::with_dependencies(files);
    protobuf::FileDescriptorSet set;
    for (const protobuf::FileDescriptor* file : files) set.file.push_back(file->proto);
    AVILA_TRY_VOID(write(arguments.set_out, set.serialize()));
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (!parse({argv + 1, argv + argc}, arguments)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  if (const auto done = run(arguments); !done.has_value()) {
    std::fprintf(stderr, "%s\n", done.error().to_string().c_str());
    return 1;
  }
  return 0;
}

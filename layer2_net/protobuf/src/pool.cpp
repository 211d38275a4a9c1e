#include <algorithm>
#include <avila/protobuf/pool.hpp>

#include "linker.hpp"

namespace avila::protobuf {
namespace {

Result<std::string> only_well_known(std::string_view name) {
  return Error(Errc::NotFound, std::string(name));
}

}  // namespace

Symbol DescriptorPool::State::find(std::string_view full_name) const noexcept {
  const std::shared_lock lock(access);
  const auto found = symbols.find(full_name);
  return found == symbols.end() ? Symbol{} : found->second;
}

DescriptorPool::DescriptorPool() : state_(std::make_unique<State>()) {}
DescriptorPool::~DescriptorPool() = default;

Result<const FileDescriptor*> DescriptorPool::import(std::string_view name, Resolver resolver) {
  const std::lock_guard lock(state_->adding);
  return import_at(name, resolver, 0);
}

Result<const FileDescriptor*> DescriptorPool::import_at(std::string_view name, Resolver resolver,
                                                        unsigned depth) {
  if (const FileDescriptor* known = find_file(name); known != nullptr) return known;
  if (depth > kImportDepthMax)
    return Error(Errc::LimitExceeded,
                 std::string(name) + ": imports over 100 deep, or in a circle");
  auto text = resolver(name);
  if (!text.has_value()) {
    const std::string_view known = well_known_proto(name);
    if (!text.error().is(Errc::NotFound) || known.empty())
      return std::move(text).error().context("import " + std::string(name));
    text = std::string(known);
  }
  AVILA_TRY(FileDescriptorProto file, parse_proto(name, *text));
  AVILA_TRY_VOID(import_dependencies(file, resolver, depth));
  return Linker(*this, *state_, std::move(file)).run();
}

Result<void> DescriptorPool::import_dependencies(const FileDescriptorProto& file, Resolver resolver,
                                                 unsigned depth) {
  for (std::size_t i = 0; i < file.dependency.size(); ++i) {
    const std::string& name = file.dependency[i];
    std::string place = file.name;
    if (i < file.dependency_places.size())
      place += ':' + std::to_string(file.dependency_places[i].line) + ':' +
               std::to_string(file.dependency_places[i].column);
    if (name == file.name) return Error(Errc::Malformed, place + ": a file does not import itself");
    AVILA_TRY_VOID(import_at(name, resolver, depth + 1).context(place));
  }
  return {};
}

Result<const FileDescriptor*> DescriptorPool::add_text(std::string_view name,
                                                       std::string_view text) {
  AVILA_TRY(FileDescriptorProto file, parse_proto(name, text));
  return add(std::move(file));
}

Result<const FileDescriptor*> DescriptorPool::add(FileDescriptorProto file) {
  const std::lock_guard lock(state_->adding);
  if (find_file(file.name) != nullptr)
    return Error(Errc::AlreadyExists, file.name + " is in the pool already");
  AVILA_TRY_VOID(import_dependencies(file, only_well_known, 0));
  return Linker(*this, *state_, std::move(file)).run();
}

Result<const FileDescriptor*> DescriptorPool::add_serialized(ByteSpan bytes) {
  AVILA_TRY(FileDescriptorProto file, FileDescriptorProto::parse(bytes));
  const std::lock_guard lock(state_->adding);
  if (const FileDescriptor* known = find_file(file.name);
      known != nullptr && known->serialize() == as_text(bytes))
    return known;
  return add(std::move(file));
}

Result<void> DescriptorPool::add(FileDescriptorSet set) {
  const std::lock_guard lock(state_->adding);
  NameMap<FileDescriptorProto*> waiting;
  for (FileDescriptorProto& file : set.file)
    if (!waiting.emplace(file.name, &file).second)
      return Error(Errc::Malformed, file.name + " is twice in the set");
  // Depth first: what a file imports goes before it.
  const auto visit = [&](auto&& self, FileDescriptorProto& file, unsigned depth) -> Result<void> {
    if (depth > kImportDepthMax)
      return Error(Errc::LimitExceeded, file.name + ": imports over 100 deep, or in a circle");
    if (find_file(file.name) != nullptr) return {};
    for (const std::string& name : file.dependency)
      if (const auto found = waiting.find(name); found != waiting.end())
        AVILA_TRY_VOID(self(self, *found->second, depth + 1));
    AVILA_TRY_VOID(add(file));
    return {};
  };
  for (FileDescriptorProto& file : set.file) AVILA_TRY_VOID(visit(visit, file, 0));
  return {};
}

const FileDescriptor* DescriptorPool::find_file(std::string_view name) const noexcept {
  const std::shared_lock lock(state_->access);
  const auto found = state_->by_name.find(name);
  return found == state_->by_name.end() ? nullptr : found->second;
}

const MessageDescriptor* DescriptorPool::find_message(std::string_view full_name) const noexcept {
  return state_->find(full_name).as<MessageDescriptor>(Symbol::Kind::Message);
}
const EnumDescriptor* DescriptorPool::find_enum(std::string_view full_name) const noexcept {
  return state_->find(full_name).as<EnumDescriptor>(Symbol::Kind::Enum);
}
const ServiceDescriptor* DescriptorPool::find_service(std::string_view full_name) const noexcept {
  return state_->find(full_name).as<ServiceDescriptor>(Symbol::Kind::Service);
}
const MethodDescriptor* DescriptorPool::find_method(std::string_view full_name) const noexcept {
  return state_->find(full_name).as<MethodDescriptor>(Symbol::Kind::Method);
}
const FieldDescriptor* DescriptorPool::find_extension(std::string_view full_name) const noexcept {
  return state_->find(full_name).as<FieldDescriptor>(Symbol::Kind::Extension);
}

const FieldDescriptor* DescriptorPool::find_extension(const MessageDescriptor& extendee,
                                                      std::uint32_t number) const noexcept {
  const std::shared_lock lock(state_->access);
  const auto found = state_->extensions.find({&extendee, number});
  return found == state_->extensions.end() ? nullptr : found->second;
}

std::vector<const FieldDescriptor*> DescriptorPool::extensions_of(
    const MessageDescriptor& extendee) const {
  const std::shared_lock lock(state_->access);
  std::vector<const FieldDescriptor*> found;
  for (auto at = state_->extensions.lower_bound({&extendee, 0});
       at != state_->extensions.end() && at->first.first == &extendee; ++at)
    found.push_back(at->second);
  return found;
}

const FileDescriptor* DescriptorPool::find_file_containing(std::string_view symbol) const noexcept {
  const Symbol found = state_->find(symbol);
  return found.kind == Symbol::Kind::Package ? nullptr : found.file;
}

std::vector<const FileDescriptor*> DescriptorPool::files() const {
  const std::shared_lock lock(state_->access);
  return state_->files;
}

std::vector<const FileDescriptor*> DescriptorPool::with_dependencies(
    const std::vector<const FileDescriptor*>& files) {
  std::vector<const FileDescriptor*> ordered;
  std::set<const FileDescriptor*> seen;
  const auto visit = [&](auto&& self, const FileDescriptor* file) -> void {
    if (!seen.insert(file).second) return;
    for (const FileDescriptor* dependency : file->dependencies) self(self, dependency);
    ordered.push_back(file);
  };
  for (const FileDescriptor* file : files) visit(visit, file);
  return ordered;
}

const DescriptorPool& DescriptorPool::well_known() {
  static const DescriptorPool* const pool = [] {  // never destroyed: others refer to it
    auto* made = new DescriptorPool;
    for (const std::string_view name : well_known_protos()) {
      const auto file = made->import(name, only_well_known);
      AVILA_ASSERT(file.has_value());
    }
    return made;
  }();
  return *pool;
}

}  // namespace avila::protobuf

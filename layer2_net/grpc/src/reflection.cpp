#include <algorithm>
#include <avila/grpc/reflection.hpp>
#include <avila/protobuf/pool.hpp>
#include <avila/protobuf/wire.hpp>

#include "protos.hpp"

namespace avila::grpc {

using protobuf::make_tag;
using protobuf::Reader;
using protobuf::WireType;
using protobuf::Writer;

/// Not changed once the server runs.
struct Reflection::Index {
  struct File {
    std::string bytes;
    std::vector<std::string> dependencies;
  };
  std::map<std::string, File, std::less<>> files;
  std::map<std::string, std::string, std::less<>> file_of_symbol;
  std::map<std::string, std::map<std::int32_t, std::string>, std::less<>> extensions;  // by type
  std::set<std::string, std::less<>> services;

  void symbol(const std::string& name, const std::string& file) {
    file_of_symbol.emplace(name, file);
  }
  void extension(const protobuf::FieldDescriptorProto& field, const std::string& scope,
                 const std::string& file) {
    symbol(scope + field.name, file);
    const std::string type =
        field.extendee.starts_with('.') ? field.extendee.substr(1) : field.extendee;
    extensions[type].emplace(field.number, file);
  }
  void enumeration(const protobuf::EnumDescriptorProto& type, const std::string& scope,
                   const std::string& file) {
    symbol(scope + type.name, file);
    for (const auto& value : type.value) symbol(scope + value.name, file);  // as in C++
  }
  void message(const protobuf::DescriptorProto& type, const std::string& scope,
               const std::string& file) {
    const std::string inner = scope + type.name + ".";
    symbol(scope + type.name, file);
    for (const auto& field : type.field) symbol(inner + field.name, file);
    for (const auto& oneof : type.oneof_decl) symbol(inner + oneof.name, file);
    for (const auto& field : type.extension) extension(field, inner, file);
    for (const auto& each : type.enum_type) enumeration(each, inner, file);
    for (const auto& each : type.nested_type) message(each, inner, file);
  }
};

Reflection::Reflection() : index_(std::make_shared<Index>()) {
  protobuf::DescriptorPool pool;
  const auto own = [&](const std::string& name, const std::string& text) {
    auto file = pool.add_text(name, text);
    AVILA_ASSERT(file.has_value() && add(**file).has_value());
  };
  own(std::string(detail::kHealthProto.name), std::string(detail::kHealthProto.text));
  for (const std::string version : {"v1", "v1alpha"})
    own("grpc/reflection/" + version + "/reflection.proto",
        "syntax = \"proto3\";\npackage grpc.reflection." + version + ";\n" +
            std::string(detail::kReflectionMessages));
}

Result<void> Reflection::add(const protobuf::FileDescriptor& file) {
  for (const protobuf::FileDescriptor* each : protobuf::DescriptorPool::with_dependencies({&file}))
    AVILA_TRY_VOID(add_file(each->serialize()));
  return {};
}

Result<void> Reflection::add_file(std::string bytes) {
  AVILA_TRY(const protobuf::FileDescriptorProto file,
            protobuf::FileDescriptorProto::parse(as_bytes(bytes)));
  if (index_->files.contains(file.name)) return {};
  const std::string scope = file.package.empty() ? "" : file.package + ".";
  for (const auto& type : file.message_type) index_->message(type, scope, file.name);
  for (const auto& type : file.enum_type) index_->enumeration(type, scope, file.name);
  for (const auto& field : file.extension) index_->extension(field, scope, file.name);
  for (const auto& service : file.service) {
    index_->symbol(scope + service.name, file.name);
    for (const auto& method : service.method)
      index_->symbol(scope + service.name + "." + method.name, file.name);
  }
  index_->files.emplace(file.name, Index::File{std::move(bytes), file.dependency});
  return {};
}

Result<void> Reflection::add(const protobuf::ServiceDescriptor& service) {
  AVILA_TRY_VOID(add(*service.file));
  add_service(service.full_name);
  return {};
}

void Reflection::add_service(std::string name) { index_->services.insert(std::move(name)); }

namespace {

// Fields of ServerReflectionRequest.
constexpr std::uint32_t kHost = 1, kFileByFilename = 3, kFileContainingSymbol = 4,
                        kFileContainingExtension = 5, kAllExtensionNumbers = 6, kListServices = 7;
// Fields of ServerReflectionResponse.
constexpr std::uint32_t kValidHost = 1, kOriginalRequest = 2, kFileDescriptorResponse = 4,
                        kAllExtensionNumbersResponse = 5, kListServicesResponse = 6,
                        kErrorResponse = 7;

struct Question {
  std::string host, name;
  std::uint32_t kind = 0;
  std::int32_t number = 0;
};

Result<Question> parse_question(std::string_view bytes) {
  Question question;
  Reader in(as_bytes(bytes));
  for (std::uint32_t tag = 0; in.next(tag);) {
    const std::uint32_t field = protobuf::tag_field(tag);
    const bool text = protobuf::tag_type(tag) == WireType::LengthDelimited;
    if (text && field == kHost) {
      in.text(question.host);
    } else if (text && field == kFileContainingExtension) {
      question.kind = field;
      in.nested([&question](Reader& inner) {
        for (std::uint32_t each = 0; inner.next(each);) {
          if (each == make_tag(1, WireType::LengthDelimited)) {
            inner.text(question.name);
          } else if (each == make_tag(2, WireType::Varint)) {
            inner.int32(question.number);
          } else {
            inner.skip(each);
          }
        }
        return !inner.failed();
      });
    } else if (text && field >= kFileByFilename && field <= kListServices) {
      question.kind = field;
      in.text(question.name);
    } else {
      in.skip(tag);
    }
  }
  if (in.failed()) return Error(Code::InvalidArgument, in.error().to_string());
  return question;
}

void write_error(Writer& out, Code code, const std::string& message) {
  out.message(kErrorResponse, [&](Writer& error) {
    error.uint32(1, static_cast<std::uint32_t>(code));
    error.bytes(2, message);
  });
}

/// The file and what it imports that this stream has not been sent, imports first.
void collect(const Reflection::Index& index, const std::string& name, std::set<std::string>& sent,
             std::vector<const std::string*>& files) {
  const auto file = index.files.find(name);
  if (file == index.files.end() || !sent.insert(name).second) return;
  for (const std::string& dependency : file->second.dependencies)
    collect(index, dependency, sent, files);
  files.push_back(&file->second.bytes);
}

void write_file(Writer& out, const Reflection::Index& index, const std::string& name,
                std::set<std::string>& sent) {
  std::vector<const std::string*> files;
  sent.erase(name);  // who asks for it gets it, again too
  collect(index, name, sent, files);
  std::reverse(files.begin(), files.end());  // the one that was asked for first
  out.message(kFileDescriptorResponse, [&](Writer& response) {
    for (const std::string* file : files) response.bytes(1, *file);
  });
}

std::string answer(const Reflection::Index& index, const Question& question,
                   const std::string& request, std::set<std::string>& sent) {
  std::string bytes;
  Writer out(bytes);
  if (!question.host.empty()) out.bytes(kValidHost, question.host);
  out.bytes(kOriginalRequest, request);
  const auto not_found = [&](const std::string& what) {
    write_error(out, Code::NotFound, what + " not found: " + question.name);
  };
  switch (question.kind) {
    case kFileByFilename:
      if (!index.files.contains(question.name)) {
        not_found("file");
      } else {
        write_file(out, index, question.name, sent);
      }
      break;
    case kFileContainingSymbol: {
      const auto file = index.file_of_symbol.find(question.name);
      if (file == index.file_of_symbol.end()) {
        not_found("symbol");
      } else {
        write_file(out, index, file->second, sent);
      }
      break;
    }
    case kFileContainingExtension: {
      const auto type = index.extensions.find(question.name);
      const std::string* file = nullptr;
      if (type != index.extensions.end()) {
        if (const auto field = type->second.find(question.number); field != type->second.end())
          file = &field->second;
      }
      if (file == nullptr) {
        not_found("extension");
      } else {
        write_file(out, index, *file, sent);
      }
      break;
    }
    case kAllExtensionNumbers: {
      const auto type = index.extensions.find(question.name);
      if (type == index.extensions.end() && !index.file_of_symbol.contains(question.name)) {
        not_found("type");
        break;
      }
      out.message(kAllExtensionNumbersResponse, [&](Writer& response) {
        response.bytes(1, question.name);
        if (type == index.extensions.end()) return;
        for (const auto& [number, file] : type->second) response.int32(2, number);
      });
      break;
    }
    case kListServices:
      out.message(kListServicesResponse, [&](Writer& response) {
        for (const std::string& name : index.services)
          response.message(1, [&](Writer& service) { service.bytes(1, name); });
      });
      break;
    default: write_error(out, Code::InvalidArgument, "the request asks nothing");
  }
  return bytes;
}

Task<Result<void>> serve(std::shared_ptr<const Reflection::Index> index, ServerCall& call) {
  std::set<std::string> sent;
  while (true) {
    auto read = co_await call.read();
    AVILA_CO_TRY(const std::optional<std::string> request, std::move(read));
    if (!request.has_value()) co_return Result<void>();
    AVILA_CO_TRY(const Question question, parse_question(*request));
    const std::string response = answer(*index, question, *request, sent);
    auto written = co_await call.write(as_bytes(response));
    AVILA_CO_TRY_VOID(std::move(written));
  }
}

Service make_service(std::string name, std::shared_ptr<Reflection::Index> index) {
  Service service(std::move(name));
  service.bidirectional("ServerReflectionInfo", [index = std::move(index)](ServerCall& call) {
    return serve(index, call);
  });
  return service;
}

}  // namespace

Service Reflection::service_v1() const {
  index_->services.insert("grpc.reflection.v1.ServerReflection");
  return make_service("grpc.reflection.v1.ServerReflection", index_);
}

Service Reflection::service_v1alpha() const {
  index_->services.insert("grpc.reflection.v1alpha.ServerReflection");
  return make_service("grpc.reflection.v1alpha.ServerReflection", index_);
}

// --- The client ---

namespace {

struct Answer {
  std::vector<std::string> texts;  // files or names of services
  std::optional<Status> error;
};

Result<Answer> parse_answer(std::string_view bytes) {
  Answer answer;
  Reader in(as_bytes(bytes));
  const auto each_text = [&answer](Reader& inner) {
    for (std::uint32_t tag = 0; inner.next(tag);) {
      if (tag == make_tag(1, WireType::LengthDelimited)) {
        inner.bytes(answer.texts.emplace_back());
      } else {
        inner.skip(tag);
      }
    }
    return !inner.failed();
  };
  for (std::uint32_t tag = 0; in.next(tag);) {
    if (tag == make_tag(kFileDescriptorResponse, WireType::LengthDelimited)) {
      in.nested(each_text);
    } else if (tag == make_tag(kListServicesResponse, WireType::LengthDelimited)) {
      in.nested([&each_text](Reader& list) {
        for (std::uint32_t each = 0; list.next(each);) {
          if (each == make_tag(1, WireType::LengthDelimited)) {
            list.nested(each_text);
          } else {
            list.skip(each);
          }
        }
        return !list.failed();
      });
    } else if (tag == make_tag(kErrorResponse, WireType::LengthDelimited)) {
      Status& error = answer.error.emplace(Status{Code::Unknown, {}, {}});
      in.nested([&error](Reader& inner) {
        for (std::uint32_t each = 0; inner.next(each);) {
          std::uint32_t code = 0;
          if (each == make_tag(1, WireType::Varint)) {
            if (inner.uint32(code) && code >= 1 && code <= 16) error.code = static_cast<Code>(code);
          } else if (each == make_tag(2, WireType::LengthDelimited)) {
            inner.bytes(error.message);
          } else {
            inner.skip(each);
          }
        }
        return !inner.failed();
      });
    } else {
      in.skip(tag);
    }
  }
  if (in.failed()) return Error(Code::Internal, "reflection: " + in.error().to_string());
  return answer;
}

}  // namespace

Task<Result<std::string>> ReflectionClient::ask(std::string request, CancelToken cancel) {
  while (true) {
    std::string method = alpha_ ? "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
                                : "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    CallOptions options = options_;
    auto call = co_await channel_.call(std::move(method), std::move(options), cancel);
    auto written = co_await call.write_last(as_bytes(request));
    (void)written;  // reading tells
    auto reply = co_await call.reply();
    if (reply.status.ok()) co_return std::move(reply.message);
    if (reply.status.code != Code::Unimplemented || alpha_) co_return reply.status.to_error();
    alpha_ = true;
  }
}

Task<Result<std::vector<std::string>>> ReflectionClient::services(CancelToken cancel) {
  std::string request;
  Writer(request).bytes(kListServices, "*");
  auto asked = co_await ask(std::move(request), std::move(cancel));
  AVILA_CO_TRY(const std::string bytes, std::move(asked));
  AVILA_CO_TRY(Answer answer, parse_answer(bytes));
  if (answer.error.has_value()) co_return answer.error->to_error();
  std::sort(answer.texts.begin(), answer.texts.end());
  co_return std::move(answer.texts);
}

Task<Result<std::vector<std::string>>> ReflectionClient::ask_files(std::uint32_t field,
                                                                   std::string name,
                                                                   CancelToken cancel) {
  std::string request;
  Writer(request).bytes(field, name);
  auto asked = co_await ask(std::move(request), std::move(cancel));
  AVILA_CO_TRY(const std::string bytes, std::move(asked));
  AVILA_CO_TRY(Answer answer, parse_answer(bytes));
  if (answer.error.has_value()) co_return answer.error->to_error();
  co_return std::move(answer.texts);
}

Task<Result<std::vector<std::string>>> ReflectionClient::files_of(std::string symbol,
                                                                  CancelToken cancel) {
  struct File {
    std::string bytes;
    std::vector<std::string> dependencies;
  };
  std::map<std::string, File> files;
  std::size_t total = 0;
  std::vector<std::string> roots, wanted;
  auto first = co_await ask_files(kFileContainingSymbol, std::move(symbol), cancel);
  AVILA_CO_TRY(std::vector<std::string> got, std::move(first));
  while (true) {
    for (std::string& bytes : got) {
      AVILA_CO_TRY(protobuf::FileDescriptorProto file,
                   protobuf::FileDescriptorProto::parse(as_bytes(bytes)));
      if (files.contains(file.name)) continue;
      total += bytes.size();
      if (files.size() == kFilesMax || total > kBytesMax)
        co_return Error(Errc::LimitExceeded, "reflection: too many files, or too large ones");
      roots.push_back(file.name);
      wanted.insert(wanted.end(), file.dependency.begin(), file.dependency.end());
      files.emplace(file.name, File{std::move(bytes), std::move(file.dependency)});
    }
    while (!wanted.empty() && files.contains(wanted.back())) wanted.pop_back();
    if (wanted.empty()) break;
    const std::string name = wanted.back();
    auto more = co_await ask_files(kFileByFilename, name, cancel);
    AVILA_CO_TRY(got, std::move(more).context("import " + name));
    const bool useless = std::none_of(got.begin(), got.end(), [&](const std::string& bytes) {
      const auto file = protobuf::FileDescriptorProto::parse(as_bytes(bytes));
      return file.has_value() && file->name == name;
    });
    if (useless) co_return Error(Code::Internal, "reflection: another file than " + name);
  }
  // Imports first; a circle, which no compiler makes, is cut.
  std::vector<std::string> ordered;
  std::set<std::string> entered;
  std::vector<std::pair<std::string, std::size_t>> path;  // a file, and its next import
  for (const std::string& root : roots) {
    if (!entered.insert(root).second) continue;
    path.emplace_back(root, 0);
    while (!path.empty()) {
      const File& file = files.at(path.back().first);
      if (path.back().second < file.dependencies.size()) {
        const std::string& next = file.dependencies[path.back().second++];
        if (entered.insert(next).second) path.emplace_back(next, 0);
        continue;
      }
      ordered.push_back(file.bytes);
      path.pop_back();
    }
  }
  co_return ordered;
}

}  // namespace avila::grpc

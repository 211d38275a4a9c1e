#include "pkcs11_module.hpp"

#include <map>
#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace avila::keystore {
namespace cryptoki {

std::string_view rv_name(Rv value) noexcept {
  struct Name {
    Rv value;
    std::string_view name;
  };
  static constexpr Name kNames[] = {
      {0x00, "CKR_OK"},
      {0x01, "CKR_CANCEL"},
      {0x02, "CKR_HOST_MEMORY"},
      {0x03, "CKR_SLOT_ID_INVALID"},
      {0x05, "CKR_GENERAL_ERROR"},
      {0x06, "CKR_FUNCTION_FAILED"},
      {0x07, "CKR_ARGUMENTS_BAD"},
      {0x0a, "CKR_CANT_LOCK"},
      {0x10, "CKR_ATTRIBUTE_READ_ONLY"},
      {0x11, "CKR_ATTRIBUTE_SENSITIVE"},
      {0x12, "CKR_ATTRIBUTE_TYPE_INVALID"},
      {0x13, "CKR_ATTRIBUTE_VALUE_INVALID"},
      {0x1b, "CKR_ACTION_PROHIBITED"},
      {0x20, "CKR_DATA_INVALID"},
      {0x21, "CKR_DATA_LEN_RANGE"},
      {0x30, "CKR_DEVICE_ERROR"},
      {0x31, "CKR_DEVICE_MEMORY"},
      {0x32, "CKR_DEVICE_REMOVED"},
      {0x40, "CKR_ENCRYPTED_DATA_INVALID"},
      {0x41, "CKR_ENCRYPTED_DATA_LEN_RANGE"},
      {0x50, "CKR_FUNCTION_CANCELED"},
      {0x54, "CKR_FUNCTION_NOT_SUPPORTED"},
      {0x60, "CKR_KEY_HANDLE_INVALID"},
      {0x62, "CKR_KEY_SIZE_RANGE"},
      {0x63, "CKR_KEY_TYPE_INCONSISTENT"},
      {0x68, "CKR_KEY_FUNCTION_NOT_PERMITTED"},
      {0x6a, "CKR_KEY_UNEXTRACTABLE"},
      {0x70, "CKR_MECHANISM_INVALID"},
      {0x71, "CKR_MECHANISM_PARAM_INVALID"},
      {0x82, "CKR_OBJECT_HANDLE_INVALID"},
      {0x90, "CKR_OPERATION_ACTIVE"},
      {0x91, "CKR_OPERATION_NOT_INITIALIZED"},
      {0xa0, "CKR_PIN_INCORRECT"},
      {0xa1, "CKR_PIN_INVALID"},
      {0xa2, "CKR_PIN_LEN_RANGE"},
      {0xa3, "CKR_PIN_EXPIRED"},
      {0xa4, "CKR_PIN_LOCKED"},
      {0xb0, "CKR_SESSION_CLOSED"},
      {0xb1, "CKR_SESSION_COUNT"},
      {0xb3, "CKR_SESSION_HANDLE_INVALID"},
      {0xb5, "CKR_SESSION_READ_ONLY"},
      {0xc0, "CKR_SIGNATURE_INVALID"},
      {0xc1, "CKR_SIGNATURE_LEN_RANGE"},
      {0xd0, "CKR_TEMPLATE_INCOMPLETE"},
      {0xd1, "CKR_TEMPLATE_INCONSISTENT"},
      {0xe0, "CKR_TOKEN_NOT_PRESENT"},
      {0xe1, "CKR_TOKEN_NOT_RECOGNIZED"},
      {0xe2, "CKR_TOKEN_WRITE_PROTECTED"},
      {0x100, "CKR_USER_ALREADY_LOGGED_IN"},
      {0x101, "CKR_USER_NOT_LOGGED_IN"},
      {0x102, "CKR_USER_PIN_NOT_INITIALIZED"},
      {0x103, "CKR_USER_TYPE_INVALID"},
      {0x104, "CKR_USER_ANOTHER_ALREADY_LOGGED_IN"},
      {0x110, "CKR_WRAPPED_KEY_INVALID"},
      {0x112, "CKR_WRAPPED_KEY_LEN_RANGE"},
      {0x113, "CKR_WRAPPING_KEY_HANDLE_INVALID"},
      {0x114, "CKR_WRAPPING_KEY_SIZE_RANGE"},
      {0x115, "CKR_WRAPPING_KEY_TYPE_INCONSISTENT"},
      {0x120, "CKR_RANDOM_SEED_NOT_SUPPORTED"},
      {0x121, "CKR_RANDOM_NO_RNG"},
      {0x130, "CKR_DOMAIN_PARAMS_INVALID"},
      {0x140, "CKR_CURVE_NOT_SUPPORTED"},
      {0x150, "CKR_BUFFER_TOO_SMALL"},
      {0x190, "CKR_CRYPTOKI_NOT_INITIALIZED"},
      {0x191, "CKR_CRYPTOKI_ALREADY_INITIALIZED"},
  };
  for (const Name& name : kNames)
    if (name.value == value) return name.name;
  return {};
}

}  // namespace cryptoki

namespace {

Errc kind_of(cryptoki::Rv rv) {
  switch (rv) {
    case 0x02:
    case 0x31: return Errc::OutOfMemory;
    case 0x30:
    case 0x32:
    case 0xe0:
    case 0xe1: return Errc::Unavailable;
    case 0x40:
    case 0x41:
    case 0x110:
    case 0x112:
    case 0xa0:
    case 0xa2:
    case 0x101: return Errc::Unauthenticated;
    case 0x1b:
    case 0x68:
    case 0x6a:
    case 0xa3:
    case 0xa4:
    case 0x102:
    case 0xe2: return Errc::PermissionDenied;
    case 0x54:
    case 0x70:
    case 0x71:
    case 0x140: return Errc::Unsupported;
    case 0x20:
    case 0x21:
    case 0x62:
    case 0x63: return Errc::InvalidArgument;
    case 0xb1: return Errc::Busy;
    default: return Errc::Io;
  }
}

std::string text_of(const cryptoki::Byte* bytes, std::size_t size) {  // padded with blanks
  std::string text(reinterpret_cast<const char*>(bytes), size);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.pop_back();
  return text;
}

#ifdef _WIN32
void* open_library(const std::string& path) { return ::LoadLibraryA(path.c_str()); }
void* find_symbol(void* library, const char* name) {
  return reinterpret_cast<void*>(::GetProcAddress(static_cast<HMODULE>(library), name));
}
void close_library(void* library) { ::FreeLibrary(static_cast<HMODULE>(library)); }
std::string why_not() { return "error " + std::to_string(::GetLastError()); }
#else
void* open_library(const std::string& path) {
  return ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
}
void* find_symbol(void* library, const char* name) { return ::dlsym(library, name); }
void close_library(void* library) { ::dlclose(library); }
std::string why_not() {
  const char* text = ::dlerror();
  return text == nullptr ? "" : text;
}
#endif

}  // namespace

Error module_error(cryptoki::Rv rv, std::string_view what) {
  std::string message(what);
  const std::string_view known = cryptoki::rv_name(rv);
  message +=
      known.empty() ? ": the vendor's error " + std::to_string(rv) : ": " + std::string(known);
  return Error(kind_of(rv), message);
}

Result<std::shared_ptr<Pkcs11Module>> Pkcs11Module::load(const std::string& path) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<Pkcs11Module>> loaded;
  const std::lock_guard lock(mutex);
  if (auto there = loaded[path].lock()) return there;

  std::shared_ptr<Pkcs11Module> made(new Pkcs11Module);
  made->library_ = open_library(path);
  if (made->library_ == nullptr)
    return Error(Errc::NotFound, "no PKCS#11 module at " + path + ": " + why_not());
  using GetFunctionList = cryptoki::Rv (*)(const cryptoki::Functions**);
  const auto get =
      reinterpret_cast<GetFunctionList>(find_symbol(made->library_, "C_GetFunctionList"));
  if (get == nullptr) return Error(Errc::Unsupported, path + " has no C_GetFunctionList");
  const cryptoki::Functions* functions = nullptr;
  if (const auto rv = get(&functions); rv != cryptoki::rv::kOk)
    return module_error(rv, "C_GetFunctionList");
  if (functions == nullptr || functions->version.major != 2)
    return Error(Errc::Unsupported, path + " is not of Cryptoki version 2");
  cryptoki::InitializeArgs args{nullptr, nullptr, nullptr, nullptr, cryptoki::flag::kOsLocking,
                                nullptr};
  const auto rv = functions->initialize(&args);
  if (rv != cryptoki::rv::kOk && rv != cryptoki::rv::kAlreadyInitialized)
    return module_error(rv, "C_Initialize");
  made->functions_ = functions;
  made->initialized_ = rv == cryptoki::rv::kOk;
  loaded[path] = made;
  return made;
}

Pkcs11Module::~Pkcs11Module() {
  if (initialized_) (void)functions_->finalize(nullptr);  // nobody is left to be told
  if (library_ != nullptr) close_library(library_);
}

Result<std::vector<cryptoki::Slot>> Pkcs11Module::slots() const {
  constexpr cryptoki::Ulong kMaxSlots = 4096;
  for (int i = 0; i < 3; ++i) {  // tokens may come between the two calls
    cryptoki::Ulong count = 0;
    if (const auto rv = functions_->get_slot_list(1, nullptr, &count); rv != cryptoki::rv::kOk)
      return module_error(rv, "C_GetSlotList");
    if (count > kMaxSlots) return Error(Errc::LimitExceeded, "a module of over 4096 slots");
    std::vector<cryptoki::Slot> slots(count + 4);
    count = slots.size();
    const auto rv = functions_->get_slot_list(1, slots.data(), &count);
    if (rv == 0x150) continue;
    if (rv != cryptoki::rv::kOk) return module_error(rv, "C_GetSlotList");
    slots.resize(count);
    return slots;
  }
  return Error(Errc::Busy, "the module's slots change all the time");
}

Result<Pkcs11TokenInfo> Pkcs11Module::token(cryptoki::Slot slot) const {
  cryptoki::TokenInfo info{};
  if (const auto rv = functions_->get_token_info(slot, &info); rv != cryptoki::rv::kOk)
    return module_error(rv, "C_GetTokenInfo");
  return Pkcs11TokenInfo{text_of(info.label, 32), text_of(info.manufacturer, 32),
                         text_of(info.model, 16), text_of(info.serial, 16)};
}

Pkcs11Sessions::~Pkcs11Sessions() {
  for (const auto session : idle_) (void)functions().close_session(session);
}

Result<cryptoki::Session> Pkcs11Sessions::open_locked() {
  cryptoki::Session session = 0;
  const auto flags = cryptoki::flag::kRwSession | cryptoki::flag::kSerialSession;
  if (const auto rv = functions().open_session(slot_, flags, nullptr, nullptr, &session);
      rv != cryptoki::rv::kOk)
    return module_error(rv, "C_OpenSession");
  // The login is the token's, and lasts as long as any session of this program with it.
  const auto rv = functions().login(session, cryptoki::flag::kUser,
                                    reinterpret_cast<cryptoki::Byte*>(pin_.span().data()),
                                    static_cast<cryptoki::Ulong>(pin_.size()));
  if (rv != cryptoki::rv::kOk && rv != cryptoki::rv::kUserAlreadyLoggedIn) {
    (void)functions().close_session(session);
    return module_error(rv, "C_Login");
  }
  return session;
}

Result<cryptoki::Session> Pkcs11Sessions::take() {
  std::unique_lock lock(mutex_);
  returned_.wait(lock, [&] { return !idle_.empty() || open_ < max_; });
  if (!idle_.empty()) {
    const auto session = idle_.back();
    idle_.pop_back();
    return session;
  }
  AVILA_TRY(const auto session, open_locked());
  ++open_;
  return session;
}

void Pkcs11Sessions::give_back(cryptoki::Session session, bool sound) {
  {
    const std::lock_guard lock(mutex_);
    if (sound) {
      idle_.push_back(session);
    } else {
      (void)functions().close_session(session);
      --open_;
    }
  }
  returned_.notify_one();
}

void Pkcs11Sessions::renew() {
  const std::lock_guard lock(mutex_);
  for (const auto session : idle_) (void)functions().close_session(session);
  open_ -= idle_.size();
  idle_.clear();
}

}  // namespace avila::keystore

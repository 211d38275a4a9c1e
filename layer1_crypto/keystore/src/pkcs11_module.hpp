// A module that is loaded, and sessions with one of its tokens.
#pragma once
#include <avila/error/result.hpp>
#include <avila/keystore/pkcs11.hpp>
#include <condition_variable>
#include <mutex>

#include "cryptoki.hpp"

namespace avila::keystore {

/// What the module said, as an error. `what` is the function: "C_Login".
Error module_error(cryptoki::Rv rv, std::string_view what);

class Pkcs11Module {
 public:
  /// One object a path: C_Initialize is once for the process. Errors: NotFound, Unsupported, those
  /// of the module.
  static Result<std::shared_ptr<Pkcs11Module>> load(const std::string& path);
  ~Pkcs11Module();
  Pkcs11Module(const Pkcs11Module&) = delete;
  Pkcs11Module& operator=(const Pkcs11Module&) = delete;

  const cryptoki::Functions& functions() const noexcept { return *functions_; }
  Result<std::vector<cryptoki::Slot>> slots() const;  ///< with a token
  Result<Pkcs11TokenInfo> token(cryptoki::Slot slot) const;

 private:
  Pkcs11Module() = default;
  void* library_ = nullptr;
  const cryptoki::Functions* functions_ = nullptr;
  bool initialized_ = false;  // by this object
};

/// Sessions with a token, logged in. A session is one caller's at a time.
class Pkcs11Sessions {
 public:
  Pkcs11Sessions(std::shared_ptr<Pkcs11Module> module, cryptoki::Slot slot, SecretBytes pin,
                 std::size_t max)
      : module_(std::move(module)), slot_(slot), pin_(std::move(pin)), max_(max) {}
  ~Pkcs11Sessions();

  const cryptoki::Functions& functions() const noexcept { return module_->functions(); }
  Result<cryptoki::Session> take();
  /// A session that is not sound is closed.
  void give_back(cryptoki::Session session, bool sound);
  /// Closes the idle ones and logs in anew at the next take().
  void renew();

 private:
  Result<cryptoki::Session> open_locked();
  std::shared_ptr<Pkcs11Module> module_;  // shared by the providers of one module
  cryptoki::Slot slot_;
  SecretBytes pin_;
  std::size_t max_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<cryptoki::Session> idle_;
  std::size_t open_ = 0;  // idle ones too
};

}  // namespace avila::keystore

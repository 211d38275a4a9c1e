#include <avila/error/error.hpp>
#include <cerrno>
#include <system_error>

#include "body.hpp"

namespace avila {
namespace {

Errc kind_of_errno(int number) noexcept {
  switch (number) {
    case ENOENT: return Errc::NotFound;
    case EEXIST:
    case ENOTEMPTY: return Errc::AlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS: return Errc::PermissionDenied;
    case EINVAL:
    case EBADF:
    case ENOTDIR:
    case EISDIR:
    case EMSGSIZE:
    case ENAMETOOLONG: return Errc::InvalidArgument;
    case ENOBUFS:
    case ENOMEM: return Errc::OutOfMemory;
    case ENOSPC: return Errc::NoSpace;
#ifdef EDQUOT
    case EDQUOT: return Errc::NoSpace;
#endif
    case EMFILE:
    case ENFILE:
    case EFBIG: return Errc::LimitExceeded;
    case EAGAIN: return Errc::WouldBlock;
    case EINTR: return Errc::Interrupted;
    case ETIMEDOUT: return Errc::TimedOut;
    case ECANCELED: return Errc::Cancelled;
    case EPIPE:
    case ENOTCONN: return Errc::Closed;
    case ECONNREFUSED: return Errc::ConnectionRefused;
    case ECONNRESET:
    case ECONNABORTED: return Errc::ConnectionReset;
    case EADDRINUSE: return Errc::AddressInUse;
    case EBUSY: return Errc::Busy;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN: return Errc::Unavailable;
    case ENOSYS:
    case EOPNOTSUPP:
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT: return Errc::Unsupported;
    case ERANGE:
    case EOVERFLOW: return Errc::OutOfRange;
    case EIO: return Errc::Io;
    default: return Errc::Io;
  }
}

// Numbers of winerror.h, so that the mapping is tested on every platform.
Errc kind_of_windows(unsigned long code) noexcept {
  switch (code) {
    case 2:
    case 3: return Errc::NotFound;  // FILE_NOT_FOUND, PATH_NOT_FOUND
    case 5:
    case 19: return Errc::PermissionDenied;  // ACCESS_DENIED, WRITE_PROTECT
    case 8:
    case 14: return Errc::OutOfMemory;  // NOT_ENOUGH_MEMORY, OUTOFMEMORY
    case 32:
    case 33: return Errc::Busy;  // SHARING_VIOLATION, LOCK_VIOLATION
    case 39:
    case 112: return Errc::NoSpace;  // HANDLE_DISK_FULL, DISK_FULL
    case 80:
    case 183:
    case 145: return Errc::AlreadyExists;  // FILE_EXISTS, ALREADY_EXISTS, DIR_NOT_EMPTY
    case 87:
    case 123: return Errc::InvalidArgument;  // INVALID_PARAMETER, INVALID_NAME
    case 109:
    case 232: return Errc::Closed;     // BROKEN_PIPE, NO_DATA
    case 995: return Errc::Cancelled;  // OPERATION_ABORTED
    case 121:
    case 258:
    case 10060: return Errc::TimedOut;  // SEM_TIMEOUT, WAIT_TIMEOUT, WSAETIMEDOUT
    case 997:
    case 10035: return Errc::WouldBlock;        // IO_PENDING, WSAEWOULDBLOCK
    case 10013: return Errc::PermissionDenied;  // WSAEACCES
    case 10022:
    case 10040: return Errc::InvalidArgument;  // WSAEINVAL, WSAEMSGSIZE
    case 10024: return Errc::LimitExceeded;    // WSAEMFILE
    case 10043:
    case 10045:
    case 10047: return Errc::Unsupported;  // WSAEPROTONOSUPPORT, WSAEOPNOTSUPP, WSAEAFNOSUPPORT
    case 10048: return Errc::AddressInUse;
    case 10050:
    case 10051:
    case 10065: return Errc::Unavailable;  // WSAENETDOWN, WSAENETUNREACH, WSAEHOSTUNREACH
    case 10053:
    case 10054: return Errc::ConnectionReset;
    case 10055: return Errc::OutOfMemory;  // WSAENOBUFS
    case 10057:
    case 10058: return Errc::Closed;  // WSAENOTCONN, WSAESHUTDOWN
    case 10061: return Errc::ConnectionRefused;
    case 50: return Errc::Unsupported;  // NOT_SUPPORTED
    default: return Errc::Io;
  }
}

}  // namespace

Error Error::from_errno(int number, std::string_view what, const char* file, int line) {
  std::string message(what);
  if (!message.empty()) message += ": ";
  message += std::generic_category().message(number);
  Error error(kind_of_errno(number), message, {}, file, line);
  error.body_->system_code = number;
  return error;
}

Error Error::from_windows(unsigned long code, std::string_view what, const char* file, int line) {
  std::string message(what);
  if (!message.empty()) message += ": ";
  message += std::system_category().message(static_cast<int>(code));
  Error error(kind_of_windows(code), message, {}, file, line);
  error.body_->system_code = static_cast<int>(code);
  return error;
}

}  // namespace avila

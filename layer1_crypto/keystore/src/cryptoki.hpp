// The part of the Cryptoki ABI that is used here: OASIS PKCS #11 Base Specification and Current
// Mechanisms Specification, version 2.40. Names without their prefixes CK_, CKA_, CKM_, … are in
// namespaces of those names.
#pragma once
#include <cstdint>
#include <string_view>

namespace avila::keystore::cryptoki {

using Byte = unsigned char;
using Ulong = unsigned long;
using Rv = Ulong;

#ifdef _WIN32
#pragma pack(push, 1)  // section 2.1 of the base specification: packed there, natural elsewhere
#endif
struct Version {
  Byte major, minor;
};
struct Attribute {
  Ulong type;
  void* value;
  Ulong length;
};
struct Mechanism {
  Ulong mechanism;
  void* parameter;
  Ulong parameter_length;
};
struct InitializeArgs {
  void* create_mutex;
  void* destroy_mutex;
  void* lock_mutex;
  void* unlock_mutex;
  Ulong flags;
  void* reserved;
};
struct TokenInfo {
  Byte label[32], manufacturer[32], model[16], serial[16];  // padded with blanks
  Ulong flags;
  Ulong max_sessions, sessions, max_rw_sessions, rw_sessions, max_pin, min_pin, total_public,
      free_public, total_private, free_private;
  Version hardware, firmware;
  Byte utc_time[16];
};
struct GcmParameters {
  Byte* iv;
  Ulong iv_length, iv_bits;
  Byte* aad;
  Ulong aad_length, tag_bits;
};
struct PssParameters {
  Ulong hash, mgf, salt_length;
};

using Session = Ulong;
using Object = Ulong;
using Slot = Ulong;
using Unused = void (*)();

/// CK_FUNCTION_LIST, section 3.6; what is not called here stands as a pointer of no type.
struct Functions {
  Version version;
  Rv (*initialize)(void* args);
  Rv (*finalize)(void*);
  Unused get_info, get_function_list;
  Rv (*get_slot_list)(Byte with_token, Slot* slots, Ulong* count);
  Unused get_slot_info;
  Rv (*get_token_info)(Slot, TokenInfo*);
  Unused get_mechanism_list, get_mechanism_info, init_token, init_pin, set_pin;
  Rv (*open_session)(Slot, Ulong flags, void* application, void* notify, Session*);
  Rv (*close_session)(Session);
  Unused close_all_sessions, get_session_info, get_operation_state, set_operation_state;
  Rv (*login)(Session, Ulong user, Byte* pin, Ulong length);
  Rv (*logout)(Session);
  Rv (*create_object)(Session, Attribute*, Ulong count, Object*);
  Unused copy_object;
  Rv (*destroy_object)(Session, Object);
  Unused get_object_size;
  Rv (*get_attribute_value)(Session, Object, Attribute*, Ulong count);
  Unused set_attribute_value;
  Rv (*find_objects_init)(Session, Attribute*, Ulong count);
  Rv (*find_objects)(Session, Object*, Ulong max, Ulong* count);
  Rv (*find_objects_final)(Session);
  Rv (*encrypt_init)(Session, Mechanism*, Object);
  Rv (*encrypt)(Session, Byte* data, Ulong length, Byte* out, Ulong* out_length);
  Unused encrypt_update, encrypt_final;
  Rv (*decrypt_init)(Session, Mechanism*, Object);
  Rv (*decrypt)(Session, Byte* data, Ulong length, Byte* out, Ulong* out_length);
  Unused decrypt_update, decrypt_final;
  Unused digest_init, digest, digest_update, digest_key, digest_final;
  Rv (*sign_init)(Session, Mechanism*, Object);
  Rv (*sign)(Session, Byte* data, Ulong length, Byte* signature, Ulong* signature_length);
  Unused sign_update, sign_final, sign_recover_init, sign_recover;
  Unused verify_init, verify, verify_update, verify_final, verify_recover_init, verify_recover;
  Unused digest_encrypt_update, decrypt_digest_update, sign_encrypt_update, decrypt_verify_update;
  Rv (*generate_key)(Session, Mechanism*, Attribute*, Ulong count, Object*);
  Rv (*generate_key_pair)(Session, Mechanism*, Attribute* open, Ulong open_count, Attribute* secret,
                          Ulong secret_count, Object* open_key, Object* secret_key);
  Rv (*wrap_key)(Session, Mechanism*, Object wrapping_key, Object key, Byte* wrapped,
                 Ulong* wrapped_length);
  Rv (*unwrap_key)(Session, Mechanism*, Object unwrapping_key, Byte* wrapped, Ulong wrapped_length,
                   Attribute*, Ulong count, Object*);
  Unused derive_key, seed_random;
  Rv (*generate_random)(Session, Byte*, Ulong length);
  Unused get_function_status, cancel_function, wait_for_slot_event;
};
#ifdef _WIN32
#pragma pack(pop)
#else
static_assert(sizeof(Functions) == 69 * sizeof(void*), "68 functions behind the version");
#endif

namespace flag {
inline constexpr Ulong kOsLocking = 2, kRwSession = 2, kSerialSession = 4, kUser = 1;
}
namespace attribute {
inline constexpr Ulong kClass = 0, kToken = 1, kPrivate = 2, kLabel = 3, kKeyType = 0x100,
                       kId = 0x102, kSensitive = 0x103, kEncrypt = 0x104, kDecrypt = 0x105,
                       kWrap = 0x106, kUnwrap = 0x107, kSign = 0x108, kVerify = 0x10a,
                       kModulus = 0x120, kModulusBits = 0x121, kPublicExponent = 0x122,
                       kValueLength = 0x161, kExtractable = 0x162, kEcParameters = 0x180,
                       kEcPoint = 0x181;
}
namespace object_class {
inline constexpr Ulong kPublicKey = 2, kPrivateKey = 3, kSecretKey = 4;
}
namespace key_type {
inline constexpr Ulong kRsa = 0, kEc = 3, kAes = 0x1f;
}
namespace mechanism {
inline constexpr Ulong kRsaKeyPairGen = 0, kRsaPkcs = 1, kRsaPss = 0xd, kEcKeyPairGen = 0x1040,
                       kEcdsa = 0x1041, kAesKeyGen = 0x1080, kAesGcm = 0x1087,
                       kAesKeyWrapPad = 0x210a, kSha256 = 0x250, kSha384 = 0x260, kSha512 = 0x270,
                       kMgf1Sha256 = 2, kMgf1Sha384 = 3, kMgf1Sha512 = 4;
}
namespace rv {
inline constexpr Rv kOk = 0, kEncryptedDataInvalid = 0x40, kEncryptedDataLength = 0x41,
                    kGeneralError = 5, kFunctionFailed = 6, kSessionClosed = 0xb0,
                    kSessionHandleInvalid = 0xb3, kUserAlreadyLoggedIn = 0x100,
                    kUserNotLoggedIn = 0x101, kAlreadyInitialized = 0x191;
}

/// "CKR_PIN_INCORRECT", or empty for a value of a vendor.
std::string_view rv_name(Rv value) noexcept;

}  // namespace avila::keystore::cryptoki

# Windows on x86-64, from Linux: apt install g++-mingw-w64-x86-64-posix wine64.
#   cmake --preset windows && cmake --build build/windows --target os_test && ctest --test-dir build/windows -R '^os/'
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-posix)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc-posix)   # googletest asks for one
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)
set(CMAKE_FIND_ROOT_PATH /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)   # one file: no DLLs of the compiler beside it
find_program(AVILA_WINE NAMES wine64 wine PATHS /usr/lib/wine)
if(AVILA_WINE)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${AVILA_WINE})
endif()

# What every target of the workspace is compiled with, and what the workspace asks of the machine.

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12)
  message(FATAL_ERROR "Avila needs g++ >= 12 (found ${CMAKE_CXX_COMPILER_VERSION}): install a newer one, or set CXX.")
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 16)
  message(FATAL_ERROR "Avila needs clang++ >= 16 (found ${CMAKE_CXX_COMPILER_VERSION}): install a newer one, or set CXX.")
endif()

option(AVILA_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(AVILA_BENCH "Build the benchmarks" ${PROJECT_IS_TOP_LEVEL})
option(AVILA_FUZZ "Build the fuzz targets with libFuzzer (clang)" OFF)
set(AVILA_SANITIZE "" CACHE STRING "Sanitizers, as in -fsanitize=… (address,undefined or thread)")
set(werror OFF)
if(DEFINED ENV{AVILA_WERROR})
  set(werror $ENV{AVILA_WERROR})
endif()
option(AVILA_WERROR "Warnings are errors (CI sets it through the environment)" ${werror})

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
  set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
  if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
  endif()
endif()
include(GNUInstallDirs)
find_package(Threads REQUIRED)

# Flags that only our own targets get: a program that adds us with add_subdirectory keeps its own.
add_library(avila_flags INTERFACE)
if(MSVC)
  target_compile_options(avila_flags INTERFACE /W4 /permissive- /Zc:__cplusplus $<$<BOOL:${AVILA_WERROR}>:/WX>)
else()
  target_compile_options(avila_flags INTERFACE
    -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wno-missing-field-initializers $<$<BOOL:${AVILA_WERROR}>:-Werror>)
  if(AVILA_WERROR AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # libstdc++ 12 marks what its own std::stable_sort uses, and clang says so at our line.
    target_compile_options(avila_flags INTERFACE -Wno-error=deprecated-declarations)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Coroutines need sibling calls for constant stack depth in symmetric transfer, at every -O level.
    # -Wno-… : false positives of g++ 12 in coroutine frames and at -O2 in std::string.
    target_compile_options(avila_flags INTERFACE -foptimize-sibling-calls
      -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds -Wno-stringop-overread
      -Wno-dangling-pointer -Wno-mismatched-new-delete -Wno-psabi)
  endif()
endif()
target_compile_definitions(avila_flags INTERFACE $<$<CONFIG:Debug>:AVILA_DEBUG=1>)

# A seam for the sanitizers: the whole tree is instrumented, tests included.
if(AVILA_SANITIZE)
  add_compile_options(-fsanitize=${AVILA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${AVILA_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND AVILA_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize=function)
    add_link_options(-fno-sanitize=function)
  endif()
endif()
if(AVILA_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# For clean builds on small machines; off by day, because it hides a missing #include.
option(AVILA_PCH "Precompile the standard headers that most libraries use" OFF)
if(AVILA_PCH)
  add_library(avila_std_pch OBJECT ${CMAKE_CURRENT_LIST_DIR}/pch.cpp)
  target_link_libraries(avila_std_pch PRIVATE avila_flags)
  target_precompile_headers(avila_std_pch PRIVATE <algorithm> <atomic> <functional> <memory> <mutex>
    <optional> <span> <string> <string_view> <utility> <vector>)
endif()

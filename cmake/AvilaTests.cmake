# Tests by convention: tests/<layer>/<lib>/*_test.cpp make <lib>_test (label unit), and
# tests/{conformance,interop,simulation,e2e}/<lib>/*_test.cpp make <lib>_<kind>_test with that label.
# A test links the libraries whose headers it includes. The first cpp block of a library's README is
# a whole program; it is built and run as <lib>/readme.

enable_testing()
find_package(GTest QUIET)
if(NOT GTest_FOUND)
  if(EXISTS /usr/src/googletest/CMakeLists.txt)
    set(INSTALL_GTEST OFF)
    add_subdirectory(/usr/src/googletest ${PROJECT_BINARY_DIR}/googletest EXCLUDE_FROM_ALL)
    if(NOT TARGET GTest::gtest_main)
      add_library(GTest::gtest_main ALIAS gtest_main)
    endif()
  else()   # fetched when a test is first built, so that building `avl` alone never needs the network
    message(STATUS "GoogleTest is not installed: it will be fetched when the tests are built")
    include(ExternalProject)
    set(gtest ${PROJECT_BINARY_DIR}/googletest)
    ExternalProject_Add(googletest_fetched
      URL https://github.com/google/googletest/archive/refs/tags/v1.14.0.tar.gz
      URL_HASH SHA256=8ad598c73ad796e0d8280b082cebd82a630d73e73cd3c70057938a6501bba5d7
      PREFIX ${gtest}
      CMAKE_ARGS -DCMAKE_INSTALL_PREFIX=${gtest} -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}
      BUILD_BYPRODUCTS ${gtest}/lib/libgtest.a ${gtest}/lib/libgtest_main.a)
    file(MAKE_DIRECTORY ${gtest}/include)
    add_library(gtest_fetched INTERFACE)
    add_dependencies(gtest_fetched googletest_fetched)
    target_include_directories(gtest_fetched SYSTEM INTERFACE ${gtest}/include)
    target_link_libraries(gtest_fetched INTERFACE ${gtest}/lib/libgtest_main.a ${gtest}/lib/libgtest.a Threads::Threads)
    add_library(GTest::gtest_main ALIAS gtest_fetched)
  endif()
endif()
include(GoogleTest)

# Shared by every test; the conformance folder is $AVILA_CONFORMANCE, else this default.
add_library(avila_test_support INTERFACE)
target_include_directories(avila_test_support INTERFACE ${AVILA_ROOT}/tests/support/include)
target_compile_definitions(avila_test_support INTERFACE
  AVILA_CONFORMANCE_DEFAULT="${AVILA_ROOT}/../shared/conformance"
  AVILA_SOURCE_DIR="${AVILA_ROOT}" AVILA_BIN_DIR="${PROJECT_BINARY_DIR}/bin")
target_link_libraries(avila_test_support INTERFACE avila_flags GTest::gtest_main Threads::Threads)
if(NOT MSVC)
  target_compile_options(avila_test_support INTERFACE -O1)
endif()

# What tests of a library run that they do not link: the library's CMakeLists.txt names the targets
# in the global property AVILA_<lib>_TEST_NEEDS.
function(avila_test_needs target lib)
  get_property(needs GLOBAL PROPERTY AVILA_${lib}_TEST_NEEDS)
  if(needs)
    add_dependencies(${target} ${needs})
  endif()
endfunction()

# .proto files beside the tests of a library, and those that the global property
# AVILA_<lib>_TEST_PROTOS names, are generated and linked: `#include "name.pb.hpp"`.
function(avila_test_protos target lib dir)
  file(GLOB protos CONFIGURE_DEPENDS ${dir}/*.proto)
  get_property(more GLOBAL PROPERTY AVILA_${lib}_TEST_PROTOS)
  list(APPEND protos ${more})
  if(protos)
    avila_protobuf_library(${target}_protos PROTOS ${protos} IMPORT_DIRS ${dir})
    target_link_libraries(${target}_protos PRIVATE avila_flags)
    target_link_libraries(${target} PRIVATE ${target}_protos)
  endif()
endfunction()

# avila_link_included(<target> FILES…): links avila::X for every <avila/X/…> that FILES include.
function(avila_link_included target)
  avila_included(used ${ARGN})
  foreach(lib IN LISTS used)
    if(NOT TARGET avila::${lib})
      message(FATAL_ERROR "${target} includes <avila/${lib}/…>, and there is no such library")
    endif()
    target_link_libraries(${target} PRIVATE avila::${lib})
  endforeach()
endfunction()

# avila_test(<executable> <ctest prefix> <label> FILES…)
function(avila_test target prefix label)
  add_executable(${target} ${ARGN})
  target_link_libraries(${target} PRIVATE avila_test_support)
  avila_link_included(${target} ${ARGN})
  if(NOT label STREQUAL "e2e" AND NOT TARGET avila_pch_owner)
    add_library(avila_pch_owner OBJECT ${AVILA_ROOT}/tests/support/pch.cpp)
    target_link_libraries(avila_pch_owner PRIVATE avila_test_support)
    target_precompile_headers(avila_pch_owner PRIVATE <gtest/gtest.h> <string> <string_view> <vector>)
  endif()
  if(TARGET avila_pch_owner)
    target_precompile_headers(${target} REUSE_FROM avila_pch_owner)
  endif()
  gtest_discover_tests(${target} TEST_PREFIX "${prefix}/" DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${label} TIMEOUT 900)
endfunction()

function(avila_readme_example lib)
  get_property(dir GLOBAL PROPERTY AVILA_${lib}_DIR)
  if(NOT EXISTS ${dir}/README.md)
    return()
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${dir}/README.md)
  file(READ ${dir}/README.md text)
  string(FIND "${text}" "```cpp\n" start)
  if(start EQUAL -1)
    return()
  endif()
  math(EXPR start "${start} + 7")
  string(SUBSTRING "${text}" ${start} -1 text)
  string(FIND "${text}" "```" end)
  string(SUBSTRING "${text}" 0 ${end} code)
  set(file ${PROJECT_BINARY_DIR}/readme/${lib}.cpp)
  file(CONFIGURE OUTPUT ${file} CONTENT "@code@" @ONLY)
  add_executable(${lib}_readme ${file})
  target_link_libraries(${lib}_readme PRIVATE avila_flags avila::${lib})
  avila_link_included(${lib}_readme ${file})
  if(NOT MSVC)
    target_compile_options(${lib}_readme PRIVATE -O1)
  endif()
  add_test(NAME ${lib}/readme COMMAND ${lib}_readme WORKING_DIRECTORY ${PROJECT_BINARY_DIR}/readme)
  set_tests_properties(${lib}/readme PROPERTIES LABELS unit TIMEOUT 60)
endfunction()

function(avila_collect_tests)
  get_property(libs GLOBAL PROPERTY AVILA_LIBS)
  foreach(lib IN LISTS libs)
    get_property(folder GLOBAL PROPERTY AVILA_${lib}_FOLDER)
    file(GLOB files CONFIGURE_DEPENDS ${AVILA_ROOT}/tests/${folder}/${lib}/*_test.cpp)
    if(files)
      avila_test(${lib}_test ${lib} unit ${files})
      target_link_libraries(${lib}_test PRIVATE avila::${lib})
      get_property(dir GLOBAL PROPERTY AVILA_${lib}_DIR)
      target_include_directories(${lib}_test PRIVATE ${dir}/src)   # private parts are tested too
      avila_test_needs(${lib}_test ${lib})
      avila_test_protos(${lib}_test ${lib} ${AVILA_ROOT}/tests/${folder}/${lib})
    endif()
    foreach(kind conformance interop simulation e2e)
      file(GLOB files CONFIGURE_DEPENDS ${AVILA_ROOT}/tests/${kind}/${lib}/*_test.cpp)
      if(files)
        avila_test(${lib}_${kind}_test ${lib}_${kind} ${kind} ${files})
        target_link_libraries(${lib}_${kind}_test PRIVATE avila::${lib})
        avila_test_needs(${lib}_${kind}_test ${lib})
        if(kind STREQUAL "e2e")
          add_dependencies(${lib}_${kind}_test avl)   # they start the built platform
        endif()
      endif()
    endforeach()
    avila_readme_example(${lib})
  endforeach()
  file(GLOB house CONFIGURE_DEPENDS ${AVILA_ROOT}/tests/house/*_test.cpp)
  if(house)
    avila_test(house_test house unit ${house})
  endif()
  if(PROJECT_IS_TOP_LEVEL AND EXISTS ${AVILA_ROOT}/tests/consumer/run.cmake)
    add_test(NAME consumer COMMAND ${CMAKE_COMMAND} -DSOURCE=${AVILA_ROOT} -DBUILD=${PROJECT_BINARY_DIR}
      -DCXX=${CMAKE_CXX_COMPILER} -DGENERATOR=${CMAKE_GENERATOR} -DSANITIZE=${AVILA_SANITIZE}
      -P ${AVILA_ROOT}/tests/consumer/run.cmake)
    set_tests_properties(consumer PROPERTIES LABELS consumer TIMEOUT 600)
  endif()
endfunction()

# Proves from outside, with -DSOURCE -DBUILD -DCXX -DGENERATOR -DSANITIZE:
#   1. after `cmake --install`, find_package(Avila COMPONENTS …) works, and each library links alone;
#   2. add_subdirectory works, and builds only what the program names;
#   3. upward, circular, unknown, foreign and undeclared dependencies are refused at configure time.
cmake_minimum_required(VERSION 3.25)
set(work ${BUILD}/consumer)
file(REMOVE_RECURSE ${work})
set(common -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_BUILD_TYPE=Debug)
if(SANITIZE)
  list(APPEND common -DCMAKE_CXX_FLAGS=-fsanitize=${SANITIZE})
endif()

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "failed (${status}): ${ARGN}\n${output}")
  endif()
endfunction()

# 1. The installed package.
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${work}/prefix)
run(${CMAKE_COMMAND} -S ${SOURCE}/tests/consumer/installed -B ${work}/installed ${common}
  -DCMAKE_PREFIX_PATH=${work}/prefix)
run(${CMAKE_COMMAND} --build ${work}/installed --parallel 2)
run(${work}/installed/program)

# 2. The source tree.
run(${CMAKE_COMMAND} -S ${SOURCE}/tests/consumer/subdirectory -B ${work}/subdirectory ${common}
  -DAVILA_SOURCE=${SOURCE})
run(${CMAKE_COMMAND} --build ${work}/subdirectory --target program --parallel 2)
run(${work}/subdirectory/program)
file(GLOB_RECURSE built ${work}/subdirectory/*avila_*${CMAKE_STATIC_LIBRARY_SUFFIX} ${work}/subdirectory/libavila_*)
list(FILTER built EXCLUDE REGEX "avila_error|CMakeFiles")
if(built)
  message(FATAL_ERROR "a program that names avila::error alone also built: ${built}")
endif()

# 3. Refusals. A case is a tree of two libraries; the message must say why.
function(refused case message low_call high_call)
  set(root ${work}/refused/${case})
  file(WRITE ${root}/CMakeLists.txt "cmake_minimum_required(VERSION 3.25)
project(refused LANGUAGES CXX)
set(PROJECT_IS_TOP_LEVEL OFF)
add_library(avila_flags INTERFACE)
include(${SOURCE}/cmake/AvilaLibrary.cmake)
add_subdirectory(layer0_primitives/low)
add_subdirectory(layer2_net/high)
avila_check_layers()
avila_check_includes()
")
  file(WRITE ${root}/layer0_primitives/low/CMakeLists.txt "${low_call}\n")
  file(WRITE ${root}/layer0_primitives/low/include/avila/low/low.hpp "#pragma once\n")
  file(WRITE ${root}/layer2_net/high/CMakeLists.txt "${high_call}\n")
  file(WRITE ${root}/layer2_net/high/include/avila/high/high.hpp "#pragma once\n${ARGN}\n")
  execute_process(COMMAND ${CMAKE_COMMAND} -S ${root} -B ${root}/build ${common}
    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  string(REGEX REPLACE "[ \n]+" " " output "${output}")
  if(message STREQUAL "accepted")
    if(NOT status EQUAL 0)
      message(FATAL_ERROR "case ${case} should configure:\n${output}")
    endif()
  elseif(status EQUAL 0 OR NOT output MATCHES "${message}")
    message(FATAL_ERROR "case ${case} should be refused with '${message}', status ${status}:\n${output}")
  endif()
endfunction()

refused(fine "accepted" "avila_library(low)" "avila_library(high DEPS low)" "#include <avila/low/low.hpp>")
refused(upward "may not depend on avila::high" "avila_library(low DEPS high)" "avila_library(high)")
refused(circle "dependency cycle" "avila_library(low DEPS low)" "avila_library(high)")
refused(unknown "unknown avila::boost" "avila_library(low DEPS boost)" "avila_library(high)")
refused(foreign "not a system library we allow" "avila_library(low SYSTEM curl)" "avila_library(high)")
refused(undeclared "does not declare" "avila_library(low)" "avila_library(high)" "#include <avila/low/low.hpp>")
refused(layer "wrong LAYER" "avila_library(low LAYER 1)" "avila_library(high)")
refused(misplaced "not in layerN" "avila_library(elsewhere)" "avila_library(high)")
message(STATUS "consumer: installed, subdirectory and refusals are as they should be")

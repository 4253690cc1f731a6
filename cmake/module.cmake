# machiya_module(NAME x DEPENDS a b LIBS pkg::x) makes the library x from every .cpp of the calling folder
# (x_test.cpp files go into one test binary, x_tests). DEPENDS are modules of this house: a module sees only
# the headers of what it names, so that the layers of ARCHITECTURE.md are enforced by the linker and by
# tests/conformance/layers_test. LIBS are outside libraries and stay private to the module.
add_library(machiya_include INTERFACE)
target_include_directories(machiya_include INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(machiya_include INTERFACE -Wall -Wextra -Werror=return-type -Werror=unused-result -Wno-missing-field-initializers)

function(machiya_module)
  cmake_parse_arguments(M "" "NAME" "DEPENDS;LIBS;TEST_DEPENDS;TEST_LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  if(sources)
    add_library(${M_NAME} STATIC ${sources})
    target_link_libraries(${M_NAME} PUBLIC machiya_include ${M_DEPENDS} PRIVATE ${M_LIBS})
    # Debug builds go without, so that ccache can share objects between checkouts.
    if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT MACHIYA_FUZZ AND NOT MACHIYA_SANITIZE)
      target_precompile_headers(${M_NAME} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/std_pch.h)
    endif()
  else()
    add_library(${M_NAME} INTERFACE)
    target_link_libraries(${M_NAME} INTERFACE machiya_include ${M_DEPENDS})
  endif()
  if(tests AND MACHIYA_TESTS)
    find_package(GTest REQUIRED)
    add_executable(${M_NAME}_tests ${tests})
    target_link_libraries(${M_NAME}_tests PRIVATE ${M_NAME} ${M_DEPENDS} ${M_TEST_DEPENDS} ${M_TEST_LIBS} GTest::gtest GTest::gmock GTest::gtest_main Threads::Threads)
    # Tests call optimised code but need not be optimised themselves: half their compile time.
    if(CMAKE_BUILD_TYPE STREQUAL "Release")
      target_compile_options(${M_NAME}_tests PRIVATE -O0)
    endif()
    target_compile_definitions(${M_NAME}_tests PRIVATE MACHIYA_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    add_test(NAME ${M_NAME} COMMAND ${M_NAME}_tests)
  endif()
endfunction()

# machiya_planted(NAME x FILE src/…/y.cpp FROM "…" TO "…" LIBS …) makes x, the server with a copy of one file in which TO (nothing by default) stands for FROM;
# a test must find it. The copy's functions stand before those of the library, so nothing else differs. LIBS: the file's module and what the file itself
# needs. Built only when asked for.
function(machiya_planted)
  cmake_parse_arguments(PARSE_ARGV 0 P "" "NAME;FILE;FROM;TO" "LIBS")
  set(rules ${CMAKE_SOURCE_DIR}/${P_FILE})
  set(copy ${CMAKE_CURRENT_BINARY_DIR}/${P_NAME}.cpp)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${rules})
  file(READ ${rules} text)
  string(REPLACE "${P_FROM}" "${P_TO}" planted "${text}")
  if(planted STREQUAL text)
    message(FATAL_ERROR "${rules}: the line that the planted fault takes out is not there")
  endif()
  file(CONFIGURE OUTPUT ${copy} CONTENT "${planted}" @ONLY)
  add_executable(${P_NAME} EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/src/app/main/main.cpp ${copy})
  target_link_libraries(${P_NAME} PRIVATE app ${P_LIBS} Threads::Threads)
  set_target_properties(${P_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endfunction()

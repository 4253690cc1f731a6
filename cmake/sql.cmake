# machiya_sql(NAME): embeds the migrations of the calling module. Call it after machiya_module(NAME x …):
#   sql/0001_name.sql            the migration (macros: see platform/store/store.h)
#   sql/0001_name.pg.sql         optional: what PostgreSQL runs instead
#   sql/HEAD                     the name of the last file, so that two branches which both add one conflict in git
# It adds to the module   std::vector<machiya::store::Migration> machiya::sql_migrations_x();
function(machiya_sql module)
  set(dir ${CMAKE_CURRENT_SOURCE_DIR}/sql)
  file(GLOB files CONFIGURE_DEPENDS ${dir}/*.sql)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${files} ${dir}/HEAD)
  list(FILTER files EXCLUDE REGEX "\\.pg\\.sql$")
  list(SORT files)
  set(rows "")
  set(expected 1)
  set(last "")
  foreach(file ${files})
    get_filename_component(last ${file} NAME)
    if(NOT last MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)\\.sql$")
      message(FATAL_ERROR "${file}: a migration is named 0001_what_it_does.sql")
    endif()
    set(name ${CMAKE_MATCH_2})
    math(EXPR number "1${CMAKE_MATCH_1} - 10000")   # 0008 is no octal number
    if(NOT number EQUAL expected)
      message(FATAL_ERROR "${file}: number ${expected} expected")
    endif()
    math(EXPR expected "${expected} + 1")
    file(READ ${file} sql)
    set(pg "")
    string(REGEX REPLACE "\\.sql$" ".pg.sql" pg_file ${file})
    if(EXISTS ${pg_file})
      file(READ ${pg_file} pg)
    endif()
    string(APPEND rows "      {\"${module}\", ${number}, \"${name}\", R\"~sql~(${sql})~sql~\", R\"~sql~(${pg})~sql~\"},\n")
  endforeach()
  file(STRINGS ${dir}/HEAD head LIMIT_COUNT 1)
  if(NOT head STREQUAL last)
    message(FATAL_ERROR "${dir}/HEAD names '${head}', the last migration is '${last}'")
  endif()
  set(out ${CMAKE_CURRENT_BINARY_DIR}/sql_migrations_${module}.cpp)
  set(text "// Made from the module's sql folder.
#include \"platform/store/store.h\"

namespace machiya {
std::vector<store::Migration> sql_migrations_${module}();
std::vector<store::Migration> sql_migrations_${module}() {
  return {
${rows}  };
}
}  // namespace machiya
")
  set(old "")
  if(EXISTS ${out})
    file(READ ${out} old)
  endif()
  if(NOT old STREQUAL text)
    file(WRITE ${out} "${text}")
  endif()
  target_sources(${module} PRIVATE ${out})
endfunction()

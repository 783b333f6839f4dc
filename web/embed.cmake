# Run at build time by bundle.cmake: bundles what is in the folder FROM in a copy at WORK, and writes the FILES (between
# commas) it makes to the C++ source OUTPUT.
cmake_minimum_required(VERSION 3.22)

get_filename_component(folder ${FROM} NAME)
set(bundle ${FROM}/dist)
if(NPM AND NODE)
  file(REMOVE_RECURSE ${WORK}/src)  # of files that are no more
  file(COPY ${FROM}/ DESTINATION ${WORK} PATTERN node_modules EXCLUDE)
  # What is installed is kept while the list of packages stays the same.
  file(SHA256 ${FROM}/package-lock.json wanted)
  set(installed "")
  if(EXISTS ${WORK}/installed)
    file(READ ${WORK}/installed installed)
  endif()
  set(failed 0)
  if(NOT installed STREQUAL wanted)
    execute_process(
      COMMAND ${NPM} ci --ignore-scripts --no-audit --no-fund --prefer-offline --fetch-retries=1 --fetch-timeout=30000
      WORKING_DIRECTORY ${WORK} RESULT_VARIABLE failed OUTPUT_VARIABLE log ERROR_VARIABLE log)
    if(failed EQUAL 0)
      file(WRITE ${WORK}/installed ${wanted})
    endif()
  endif()
  if(failed EQUAL 0)
    execute_process(COMMAND ${NODE} build.mjs ${WORK}/bundle WORKING_DIRECTORY ${WORK} RESULT_VARIABLE failed
                    OUTPUT_VARIABLE log ERROR_VARIABLE log)
  endif()
  if(failed EQUAL 0)
    set(bundle ${WORK}/bundle)
  else()
    message(WARNING "web/${folder} cannot be bundled; the committed bundle is embedded, if there is one.\n${log}")
  endif()
endif()

set(source "// Written at build time from web/${folder}: do not edit.\n#include <string_view>\n\nnamespace weir {\n")
string(REPLACE "," ";" FILES "${FILES}")
foreach(file IN LISTS FILES)
  set(bytes "")
  if(EXISTS ${bundle}/${file})
    file(READ ${bundle}/${file} bytes HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  endif()
  # Numbers, because compilers limit the length of a string literal.
  string(MAKE_C_IDENTIFIER ${folder}_${file} function)
  string(APPEND source "\nstd::string_view ${function}();\nstd::string_view ${function}() {\n"
         "  static constexpr unsigned char kBytes[] = {${bytes}0};\n"
         "  return {reinterpret_cast<const char*>(kBytes), sizeof(kBytes) - 1};\n}\n")
endforeach()
file(WRITE ${OUTPUT} "${source}\n}  // namespace weir\n")

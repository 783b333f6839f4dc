# Run at build time by bundle.cmake: bundles what is in the folder FROM in a copy at WORK, and writes the FILES (between
# commas) it makes to the C++ source OUTPUT.
cmake_minimum_required(VERSION 3.22)
include(${CMAKE_CURRENT_LIST_DIR}/../cmake/embedded_files.cmake)

get_filename_component(folder ${FROM} NAME)
set(bundle ${FROM}/dist)
set(failed 0)
if(NPM AND NODE)
  file(REMOVE_RECURSE ${WORK}/src)  # of files that are no more
  file(COPY ${FROM}/ DESTINATION ${WORK} PATTERN node_modules EXCLUDE)
  # What is installed is kept while the list of packages stays the same.
  file(SHA256 ${FROM}/package-lock.json wanted)
  set(installed "")
  if(EXISTS ${WORK}/installed)
    file(READ ${WORK}/installed installed)
  endif()
  if(NOT installed STREQUAL wanted)
    file(REMOVE ${WORK}/installed)
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
    file(TOUCH ${WORK}/installed)
  else()
    message(WARNING "web/${folder} cannot be bundled; the committed bundle is embedded, if there is one.\n${log}")
  endif()
endif()

set(functions "")
string(REPLACE "," ";" FILES "${FILES}")
foreach(file IN LISTS FILES)
  string(MAKE_C_IDENTIFIER ${folder}_${file} function)
  list(APPEND functions ${function} ${bundle}/${file})
endforeach()
weir_write_embedded(${OUTPUT} web/${folder} ${functions})
if(failed EQUAL 0)  # else the next build tries again, and nothing that has not changed is built anew
  file(TOUCH ${OUTPUT})
endif()

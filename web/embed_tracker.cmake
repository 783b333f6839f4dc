# Run at build time by tracker.cmake: bundles the tracker FROM its folder in a copy at WORK, and writes OUTPUT.
cmake_minimum_required(VERSION 3.22)

set(script ${FROM}/dist/weir.js)
if(NPM AND NODE)
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
    execute_process(COMMAND ${NODE} build.mjs ${WORK}/weir.js WORKING_DIRECTORY ${WORK} RESULT_VARIABLE failed
                    OUTPUT_VARIABLE log ERROR_VARIABLE log)
  endif()
  if(failed EQUAL 0)
    set(script ${WORK}/weir.js)
  else()
    message(WARNING "The tracker cannot be bundled; ${script} is embedded instead.\n${log}")
  endif()
endif()

file(READ ${script} text)
file(WRITE ${OUTPUT} "R\"weir_tracker(${text})weir_tracker\"\n")

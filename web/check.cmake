# Run by ctest: checks types and the like in WORK, the copy of a folder that embed.cmake has made. Says that it is skipped
# when npm could not install what the checks need.
if(NOT NPM OR NOT EXISTS ${WORK}/installed)
  message("skipped: npm is missing, or could not install the packages of ${WORK}; build again where it can")
  return()
endif()
execute_process(COMMAND ${NPM} run --silent check WORKING_DIRECTORY ${WORK} RESULT_VARIABLE failed)
if(NOT failed EQUAL 0)
  message(FATAL_ERROR "npm run check has found faults in ${WORK}")
endif()

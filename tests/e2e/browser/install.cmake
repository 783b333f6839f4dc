# Run at build time: installs what the visits need in FOLDER, their copy. The build goes on without.
file(REMOVE ${FOLDER}/installed)
execute_process(
  COMMAND ${NPM} ci --ignore-scripts --no-audit --no-fund --prefer-offline --fetch-retries=1 --fetch-timeout=30000
  WORKING_DIRECTORY ${FOLDER} RESULT_VARIABLE failed OUTPUT_VARIABLE log ERROR_VARIABLE log)
if(failed EQUAL 0)
  file(TOUCH ${FOLDER}/installed)
else()
  message(WARNING "npm could not install what the tests with a browser need: they are skipped.\n${log}")
endif()

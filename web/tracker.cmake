# Embeds the tracker: TRACKER_INCLUDE/weir_js.inc, a C++ string literal. With npm it is bundled from web/tracker/src, in
# a copy below the build directory; without, or when its packages cannot be had, web/tracker/dist/weir.js is taken, and
# a test holds that copy to the source.
find_program(NPM npm)
find_program(NODE node)

set(TRACKER_INCLUDE ${PROJECT_BINARY_DIR}/web/include)
set(TRACKER_WORK ${PROJECT_BINARY_DIR}/web/tracker)
file(GLOB tracker_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/web/tracker/src/*.ts)
add_custom_command(
  OUTPUT ${TRACKER_INCLUDE}/weir_js.inc
  COMMAND ${CMAKE_COMMAND} -DNPM=${NPM} -DNODE=${NODE} -DFROM=${PROJECT_SOURCE_DIR}/web/tracker -DWORK=${TRACKER_WORK}
          -DOUTPUT=${TRACKER_INCLUDE}/weir_js.inc -P ${PROJECT_SOURCE_DIR}/web/embed_tracker.cmake
  DEPENDS ${tracker_sources} web/embed_tracker.cmake web/tracker/build.mjs web/tracker/check.mjs
          web/tracker/package.json web/tracker/package-lock.json web/tracker/tsconfig.json web/tracker/dist/weir.js
  COMMENT "Bundling the tracker"
  VERBATIM)
target_sources(weir_ingest PRIVATE ${TRACKER_INCLUDE}/weir_js.inc)
target_include_directories(weir_ingest PRIVATE ${TRACKER_INCLUDE})

if(WEIR_BUILD_TESTS AND NPM AND NODE)
  enable_testing()
  add_test(NAME tracker.check COMMAND ${NPM} run --silent check WORKING_DIRECTORY ${TRACKER_WORK})
endif()

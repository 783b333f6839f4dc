# weir_web(LAYER FOLDER FILE...): makes what web/FOLDER is bundled to part of a layer; FOLDER_FILE() returns the bytes of
# each file as a string_view, with '_' for what no name may hold. With npm it is bundled in a copy below the build
# directory. Without, or when its packages cannot be had, the committed web/FOLDER/dist is taken; where there is none,
# the functions return nothing.
find_program(NPM npm)
find_program(NODE node)

function(weir_web layer folder)
  set(from ${PROJECT_SOURCE_DIR}/web/${folder})
  set(work ${PROJECT_BINARY_DIR}/web/${folder})
  set(output ${PROJECT_BINARY_DIR}/web/${folder}_files.cc)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${from}/src/* ${from}/dist/*)
  file(GLOB recipes CONFIGURE_DEPENDS ${from}/*.mjs ${from}/*.json)
  list(JOIN ARGN "," files)
  set(outputs ${output})
  if(NPM AND NODE)
    list(APPEND outputs ${work}/installed)  # missing when npm failed: then each build tries again
  endif()
  add_custom_command(
    OUTPUT ${outputs}
    COMMAND ${CMAKE_COMMAND} -DNPM=${NPM} -DNODE=${NODE} -DFROM=${from} -DWORK=${work} -DFILES=${files}
            -DOUTPUT=${output} -P ${PROJECT_SOURCE_DIR}/web/embed.cmake
    DEPENDS ${sources} ${recipes} ${PROJECT_SOURCE_DIR}/web/embed.cmake
    COMMENT "Bundling web/${folder}"
    VERBATIM)
  target_sources(weir_${layer} PRIVATE ${output})
  if(WEIR_BUILD_TESTS)
    enable_testing()
    add_test(NAME ${folder}.check
             COMMAND ${CMAKE_COMMAND} -DNPM=${NPM} -DWORK=${work} -P ${PROJECT_SOURCE_DIR}/web/check.cmake)
    set_tests_properties(${folder}.check PROPERTIES SKIP_REGULAR_EXPRESSION "skipped: npm")
  endif()
endfunction()

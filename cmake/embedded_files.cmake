# weir_write_embedded(OUTPUT ORIGIN [FUNCTION FILE]...): writes a C++ source in which each FUNCTION() returns the bytes of
# its FILE as a string_view; nothing when there is no such file. OUTPUT is touched only when it changes.
function(weir_write_embedded output origin)
  set(source "// Written by the build from ${origin}: do not edit.\n#include <string_view>\n\nnamespace weir {\n")
  while(ARGN)
    list(POP_FRONT ARGN function file)
    set(bytes "")
    if(EXISTS ${file})
      file(READ ${file} bytes HEX)
      string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    endif()
    # Numbers, because compilers limit the length of a string literal.
    string(APPEND source "\nstd::string_view ${function}();\nstd::string_view ${function}() {\n"
           "  static constexpr unsigned char kBytes[] = {${bytes}0};\n"
           "  return {reinterpret_cast<const char*>(kBytes), sizeof(kBytes) - 1};\n}\n")
  endwhile()
  string(APPEND source "\n}  // namespace weir\n")
  file(CONFIGURE OUTPUT ${output} CONTENT "${source}" @ONLY)
endfunction()

# Installation, and the Debian package: `cpack -G DEB` in the build directory. What the program knows about itself
# (manual, completions) is written by the program.
include(GNUInstallDirs)

set(package_folder ${PROJECT_BINARY_DIR}/package)
set(package_files weir.1 weir.yaml.5 weir.bash _weir weir.fish)
# weir_written(FILE ARGUMENT...): a file of the package that the program prints.
function(weir_written file)
  add_custom_command(
    OUTPUT ${package_folder}/${file}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${package_folder}
    COMMAND weir ${ARGN} > ${package_folder}/${file}
    DEPENDS weir
    COMMENT "Writing ${file}"
    VERBATIM)
endfunction()
weir_written(weir.1 manual)
weir_written(weir.yaml.5 manual --configuration)
weir_written(weir.bash completion bash)
weir_written(_weir completion zsh)
weir_written(weir.fish completion fish)
list(TRANSFORM package_files PREPEND ${package_folder}/ OUTPUT_VARIABLE written_files)
add_custom_target(package_files ALL DEPENDS ${written_files})

install(TARGETS weir RUNTIME)
install(FILES ${package_folder}/weir.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${package_folder}/weir.yaml.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES ${package_folder}/weir.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME weir)
install(FILES ${package_folder}/_weir DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${package_folder}/weir.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

# The Debian package: the same in Debian's places, compressed where its policy asks for it, and nothing else.
find_program(GZIP gzip)
find_program(DPKG_DEB dpkg-deb)
if(NOT GZIP OR NOT DPKG_DEB)
  return()
endif()
set(WEIR_PACKAGE_MAINTAINER "Weir maintainers <maintainers@users.noreply.weir.invalid>" CACHE STRING
    "Name and address in the Debian package")
set(WEIR_PACKAGE_REVISION 1 CACHE STRING "Debian revision of the package")
# The time of the release, not of the build: the same sources give the same package.
file(TIMESTAMP ${PROJECT_SOURCE_DIR}/CHANGELOG.md changelog_date "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(CONFIGURE OUTPUT ${package_folder}/changelog.Debian @ONLY CONTENT
"weir (@PROJECT_VERSION@-@WEIR_PACKAGE_REVISION@) unstable; urgency=medium

  * Packaged from the sources of @PROJECT_VERSION@; what changed in them is in changelog.gz.

 -- @WEIR_PACKAGE_MAINTAINER@  @changelog_date@
")

# weir_packaged(DESTINATION FILE NAME): a file of the Debian package.
function(weir_packaged destination file name)
  install(FILES ${file} DESTINATION ${destination} RENAME ${name} COMPONENT debian EXCLUDE_FROM_ALL)
endfunction()
set(compressed_files)
function(weir_compressed destination file name)
  set(compressed ${package_folder}/${name}.gz)
  add_custom_command(OUTPUT ${compressed} COMMAND ${GZIP} -9nc ${file} > ${compressed} DEPENDS ${file} VERBATIM)
  set(compressed_files ${compressed_files} ${compressed} PARENT_SCOPE)
  weir_packaged(${destination} ${compressed} ${name}.gz)
endfunction()

set(config_folder ${PROJECT_SOURCE_DIR}/config)
# A service is restarted by every upgrade, so unlike a program that is tried out it keeps its state.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${config_folder}/weir.yaml)
file(READ ${config_folder}/weir.yaml service_config)
string(REPLACE "\n  directory: off\n" "\n  directory: /var/lib/weir/state\n" kept_config "${service_config}")
if(kept_config STREQUAL service_config)
  message(FATAL_ERROR "config/weir.yaml has no line \"  directory: off\" for the package to replace")
endif()
file(CONFIGURE OUTPUT ${package_folder}/weir.yaml @ONLY CONTENT "@kept_config@")
install(TARGETS weir RUNTIME DESTINATION /usr/bin COMPONENT debian EXCLUDE_FROM_ALL)
weir_packaged(/etc/weir ${package_folder}/weir.yaml weir.yaml)
weir_packaged(/lib/systemd/system ${config_folder}/weir.service weir.service)
weir_packaged(/usr/share/bash-completion/completions ${package_folder}/weir.bash weir)
weir_packaged(/usr/share/zsh/vendor-completions ${package_folder}/_weir _weir)
weir_packaged(/usr/share/fish/vendor_completions.d ${package_folder}/weir.fish weir.fish)
weir_packaged(/usr/share/doc/weir ${config_folder}/debian/copyright copyright)
weir_packaged(/usr/share/lintian/overrides ${config_folder}/debian/lintian-overrides weir)
weir_packaged(/usr/share/doc/weir/examples ${config_folder}/demo.yaml demo.yaml)
weir_compressed(/usr/share/man/man1 ${package_folder}/weir.1 weir.1)
weir_compressed(/usr/share/man/man5 ${package_folder}/weir.yaml.5 weir.yaml.5)
weir_compressed(/usr/share/doc/weir ${PROJECT_SOURCE_DIR}/CHANGELOG.md changelog)
weir_compressed(/usr/share/doc/weir ${package_folder}/changelog.Debian changelog.Debian)
add_custom_target(debian_files ALL DEPENDS ${compressed_files})

set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL debian)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
    WORLD_READ WORLD_EXECUTE)
set(CPACK_PACKAGE_NAME weir)
set(CPACK_PACKAGE_CONTACT "${WEIR_PACKAGE_MAINTAINER}")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_DEBIAN_PACKAGE_RELEASE ${WEIR_PACKAGE_REVISION})
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "prometheus, grafana")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "live session analytics for the monitoring stack
Weir takes page views and conversions from web servers, groups them into
visits in event time and exports bounce ratio, pages per session, dwell time,
conversions, revenue and funnel leakage of every landing page to Prometheus.
.
It runs as a service beside the web server, and replays log files to the same
numbers.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${config_folder}/debian/conffiles ${config_folder}/debian/postinst
    ${config_folder}/debian/prerm ${config_folder}/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)

# Debian packages: `cpack -G DEB` in the build folder, or scripts/packages.sh, which does all of it.

set(CPACK_PACKAGE_CONTACT "elastisim maintainers <elastisim@example.org>" CACHE STRING
    "Maintainer of the packages, NAME <ADDRESS>")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_VENDOR elastisim)
set(CPACK_PACKAGING_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL elastisim elastisim-dev python3-elastisim)
if(PYTHON_EMBED_FOUND)
  list(APPEND CPACK_COMPONENTS_ALL elastisim-python)
endif()
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_COMPONENT_ELASTISIM_DESCRIPTION
"elastisim runs a workload of rigid, moldable, malleable, evolving and
 adaptive jobs on a SimGrid platform under a batch scheduler of your
 choice, and says when each job started and ended, on which nodes, and
 what it did there.")
set(CPACK_COMPONENT_ELASTISIM-DEV_DESCRIPTION
"The interface for schedulers in C, as plugins of the simulator or as
 processes of their own.")
set(CPACK_COMPONENT_PYTHON3-ELASTISIM_DESCRIPTION
"The package for schedulers in Python, and the commands elastisim-report
 and elastisim-stats, which show finished runs, elastisim-watch, which shows
 one as it goes, elastisim-workload, which
 makes workloads, and elastisim-study, which carries out many runs.")

set(CPACK_COMPONENT_ELASTISIM-PYTHON_DESCRIPTION
"What runs a scheduler in Python inside the simulator (python:FILE.py), ten
 times as fast as a process of its own, with Debian's Python.")

set(CPACK_DEBIAN_ELASTISIM_PACKAGE_NAME elastisim)
set(CPACK_DEBIAN_ELASTISIM_PACKAGE_SECTION science)
set(CPACK_DEBIAN_ELASTISIM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_ELASTISIM_PACKAGE_RECOMMENDS "python3-elastisim, elastisim-python")
set(CPACK_DEBIAN_ELASTISIM_PACKAGE_SUGGESTS elastisim-dev)

set(CPACK_DEBIAN_ELASTISIM-PYTHON_PACKAGE_NAME elastisim-python)
set(CPACK_DEBIAN_ELASTISIM-PYTHON_PACKAGE_SECTION science)
set(CPACK_DEBIAN_ELASTISIM-PYTHON_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_ELASTISIM-PYTHON_PACKAGE_DEPENDS
    "elastisim (= ${PROJECT_VERSION}-1), python3-elastisim (= ${PROJECT_VERSION}-1), python3")

set(CPACK_DEBIAN_ELASTISIM-DEV_PACKAGE_NAME elastisim-dev)
set(CPACK_DEBIAN_ELASTISIM-DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_ELASTISIM-DEV_PACKAGE_DEPENDS "libzmq3-dev, libcjson-dev")
set(CPACK_DEBIAN_ELASTISIM-DEV_PACKAGE_RECOMMENDS "elastisim, pkg-config")

set(CPACK_DEBIAN_PYTHON3-ELASTISIM_PACKAGE_NAME python3-elastisim)
set(CPACK_DEBIAN_PYTHON3-ELASTISIM_PACKAGE_SECTION python)
set(CPACK_DEBIAN_PYTHON3-ELASTISIM_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_PYTHON3-ELASTISIM_PACKAGE_DEPENDS "python3 (>= 3.9), python3-zmq")
set(CPACK_DEBIAN_PYTHON3-ELASTISIM_PACKAGE_RECOMMENDS elastisim)
set(CPACK_DEBIAN_PYTHON3-ELASTISIM_PACKAGE_SUGGESTS 
    "python3-matplotlib, python3-rich, snakemake, python3-scipy, python3-pandas, python3-tomli")
set(CPACK_DEBIAN_PYTHON3-ELASTISIM_PACKAGE_CONTROL_EXTRA
    ${PROJECT_SOURCE_DIR}/packaging/postinst ${PROJECT_SOURCE_DIR}/packaging/prerm)

# --- What a Debian package says of itself ---------------------------------------------------------
# An indented text of a copyright file, in which an empty line is a dot.
function(read_licence file result)
  file(READ ${file} text)
  string(STRIP "${text}" text)
  string(REGEX REPLACE "\n[ ]*\n" "\n.\n" text "${text}")
  string(REGEX REPLACE "\n" "\n " text "${text}")
  set(${result} " ${text}" PARENT_SCOPE)
endfunction()

function(compress source result)
  find_program(GZIP gzip)
  execute_process(COMMAND ${GZIP} -9nc ${source} OUTPUT_FILE ${result})
endfunction()

if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(uplot python/elastisim_tools/vendor/uplot/LICENSE)
  read_licence(LICENSE LICENSE_TEXT)
  read_licence(${uplot} UPLOT_TEXT)
  file(STRINGS ${uplot} UPLOT_COPYRIGHT REGEX "^Copyright")
  string(REPLACE "Copyright (c) " "" UPLOT_COPYRIGHT "${UPLOT_COPYRIGHT}")
  string(TIMESTAMP CHANGELOG_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/generated)
  configure_file(packaging/copyright.in ${generated}/copyright @ONLY)
  configure_file(packaging/changelog.in ${generated}/changelog.Debian @ONLY)
  compress(${generated}/changelog.Debian ${generated}/changelog.Debian.gz)
  compress(${PROJECT_SOURCE_DIR}/CHANGELOG.md ${generated}/changelog.gz)
  foreach(component ${CPACK_COMPONENTS_ALL})
    install(FILES ${generated}/copyright ${generated}/changelog.Debian.gz ${generated}/changelog.gz
            DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${component} COMPONENT ${component})
  endforeach()
else()
  install(FILES CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT elastisim)
endif()
include(CPack)

# What is installed, and where. Each file belongs to a component, which becomes a package (Packages.cmake): elastisim,
# elastisim-python, elastisim-dev or python3-elastisim.

set(data ${CMAKE_INSTALL_DATADIR}/elastisim)
# Debian's Python looks into this folder; elsewhere the package has a folder of its own.
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(python_default lib/python3/dist-packages)
else()
  set(python_default ${data}/python)
endif()
set(ELASTISIM_PYTHON_DIR ${python_default} CACHE PATH "Where the Python packages are installed")

# --- The simulator --------------------------------------------------------------------------------
install(TARGETS elastisim RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT elastisim)
install(DIRECTORY platforms application_models workloads availability configurations schedulers
        studies schemas DESTINATION ${data} COMPONENT elastisim PATTERN __pycache__ EXCLUDE)

if(PYTHON_EMBED_FOUND)
  install(TARGETS elastisim_python LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/elastisim
          COMPONENT elastisim-python)
endif()

# --- For schedulers in C --------------------------------------------------------------------------
# The .pc files name what they are about relative to their own folder, so that a tree can be moved.
file(RELATIVE_PATH PREFIX_FROM_PC ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
list(JOIN ZMQ_LDFLAGS " " zmq)
list(JOIN CJSON_LDFLAGS " " cjson)
set(SCHEDULER_LIBS "${zmq} ${cjson}")
foreach(name elastisim elastisim-scheduler)
  configure_file(packaging/${name}.pc.in ${CMAKE_CURRENT_BINARY_DIR}/generated/${name}.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/generated/${name}.pc
          DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT elastisim-dev)
endforeach()
install(DIRECTORY include/elastisim DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT elastisim-dev)
install(TARGETS elastisim_scheduler ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        COMPONENT elastisim-dev)

# --- Python ---------------------------------------------------------------------------------------
install(DIRECTORY python/elastisim_python python/elastisim_tools
        DESTINATION ${ELASTISIM_PYTHON_DIR} COMPONENT python3-elastisim PATTERN __pycache__ EXCLUDE)
file(GLOB commands RELATIVE ${CMAKE_CURRENT_SOURCE_DIR}/python CONFIGURE_DEPENDS
     python/elastisim-*)
if(ELASTISIM_PYTHON_DIR STREQUAL "${data}/python")
  # The commands find their package beside the file that a link leads to.
  file(RELATIVE_PATH python_from_bin ${CMAKE_INSTALL_FULL_BINDIR}
       ${CMAKE_INSTALL_FULL_DATADIR}/elastisim/python)
  foreach(command ${commands})
    install(PROGRAMS python/${command} DESTINATION ${data}/python COMPONENT python3-elastisim)
    file(CREATE_LINK ${python_from_bin}/${command}
         ${CMAKE_CURRENT_BINARY_DIR}/generated/${command} SYMBOLIC)
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/generated/${command}
            DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT python3-elastisim)
  endforeach()
else()
  foreach(command ${commands})
    install(PROGRAMS python/${command} DESTINATION ${CMAKE_INSTALL_BINDIR}
            COMPONENT python3-elastisim)
  endforeach()
  # exec: adds this folder to the path of its command, which may be a Python that doesn't look into Debian's.
  get_filename_component(python ${ELASTISIM_PYTHON_DIR} ABSOLUTE BASE_DIR ${CMAKE_INSTALL_PREFIX})
  file(RELATIVE_PATH package_from_data ${CMAKE_INSTALL_FULL_DATADIR}/elastisim/python
       ${python}/elastisim_python)
  file(CREATE_LINK ${package_from_data} ${CMAKE_CURRENT_BINARY_DIR}/generated/elastisim_python
       SYMBOLIC)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/generated/elastisim_python DESTINATION ${data}/python
          COMPONENT python3-elastisim)
endif()

# --- Documentation, man pages and completion ------------------------------------------------------
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT elastisim
        FILES_MATCHING PATTERN "*.md" PATTERN "*.png" PATTERN "*.json" PATTERN man EXCLUDE)
if(NOT CMAKE_INSTALL_PREFIX STREQUAL "/usr") # there, it is Debian's copyright file
  install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT elastisim)
endif()
install(FILES packaging/elastisim.bash RENAME elastisim
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT elastisim)
foreach(command ${commands})
  install(FILES packaging/elastisim-tools.bash RENAME ${command}
          DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
          COMPONENT python3-elastisim)
endforeach()

# Man pages come from what --help says.
find_program(HELP2MAN help2man)
if(HELP2MAN AND EXISTS /usr/bin/python3 AND NOT ELASTISIM_SANITIZE)
  set(DATA ${CMAKE_INSTALL_FULL_DATADIR}/elastisim)
  set(DOC ${CMAKE_INSTALL_FULL_DOCDIR})
  foreach(command elastisim ${commands})
    set(page ${CMAKE_CURRENT_BINARY_DIR}/man/${command}.1)
    set(more ${CMAKE_CURRENT_BINARY_DIR}/generated/${command}.h2m)
    configure_file(docs/man/${command}.h2m ${more} @ONLY)
    if(command STREQUAL "elastisim")
      set(tool $<TARGET_FILE:elastisim>)
      set(component elastisim)
    else()
      set(tool ${CMAKE_CURRENT_SOURCE_DIR}/python/${command})
      set(component python3-elastisim)
    endif()
    file(GLOB python_sources CONFIGURE_DEPENDS python/elastisim_tools/*.py
         python/elastisim_tools/*/*.py)
    add_custom_command(OUTPUT ${page}.gz
      COMMAND ${CMAKE_COMMAND} -E env PYTHONDONTWRITEBYTECODE=1 TOOL=${tool} ${HELP2MAN} --no-info
              --include ${more} --output ${page} ${CMAKE_CURRENT_SOURCE_DIR}/docs/man/help.sh
      COMMAND gzip -9nf ${page}
      DEPENDS elastisim ${more} docs/man/help.sh ${python_sources} VERBATIM)
    list(APPEND pages ${page}.gz)
    install(FILES ${page}.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT ${component})
  endforeach()
  file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/man)
  add_custom_target(man ALL DEPENDS ${pages})
else()
  message(STATUS "Man pages: off (help2man or Debian's python3 is missing)")
endif()

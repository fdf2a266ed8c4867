# Optimization at link time: the rooms in which a run spends its time are optimized as a whole when the simulator is
# linked. What reads inputs, writes results or talks to SimGrid would gain nothing and doubles the time of that link.
# These objects hold machine code, too, for the many tests, whose links have to be quick; only gcc makes such objects.
set(LINK_TIME_ROOMS base execution policies resources/flow scheduler simulation system workload)

set(LINK_TIME off)
if(ELASTISIM_LTO AND NOT ELASTISIM_SANITIZE AND NOT ELASTISIM_FUZZ
   AND NOT CMAKE_BUILD_TYPE STREQUAL Debug)
  if(CMAKE_C_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    include(CheckCSourceCompiles)
    set(CMAKE_REQUIRED_FLAGS "-flto=auto -ffat-lto-objects")
    check_c_source_compiles("int main(void) { return 0; }" LINK_TIME_WORKS)
    unset(CMAKE_REQUIRED_FLAGS)
  endif()
  if(LINK_TIME_WORKS)
    set(LINK_TIME on)
  else()
    set(LINK_TIME "off (it needs gcc 10 or newer)")
  endif()
endif()
message(STATUS "Optimization at link time: ${LINK_TIME}")

# optimize_at_link_time(PROGRAM SOURCE...): those of the sources that are in such a room.
function(optimize_at_link_time program)
  if(LINK_TIME STREQUAL on)
    list(JOIN LINK_TIME_ROOMS "|" rooms)
    list(FILTER ARGN INCLUDE REGEX "/src/(${rooms})/[^/]+[.]c$")
    set_property(SOURCE ${ARGN} APPEND PROPERTY COMPILE_OPTIONS
      $<$<NOT:$<CONFIG:Debug>>:-flto=auto$<SEMICOLON>-ffat-lto-objects>)
    # This optimizer, too, has warnings.
    target_link_options(${program} PRIVATE -flto=auto -Wall -Wextra
      $<$<BOOL:${ELASTISIM_WERROR}>:-Werror>)
  endif()
endfunction()

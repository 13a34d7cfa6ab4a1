# What `cmake --install` puts where: the program with its rules and models, and one library for those who link
# markov: the modules core and markov as libbellwether_markov.so, whose users need Eigen (in the headers) and no other
# package to build; Ceres, fmt, yaml-cpp and libsodium stay behind it.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# Code for a shared library, compiled so that calls within it cost nothing extra.
function(bellwether_position_independent)
  foreach(name IN LISTS ARGN)
    set_target_properties(bellwether_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      target_compile_options(bellwether_${name} PRIVATE -fno-semantic-interposition)
    endif()
  endforeach()
endfunction()

# bellwether_install(PROGRAM target LIBRARY module USES module...)
function(bellwether_install)
  cmake_parse_arguments(I "" "PROGRAM;LIBRARY" "USES" ${ARGN})
  set(parts ${I_LIBRARY} ${I_USES})
  bellwether_position_independent(${parts})
  list(TRANSFORM parts PREPEND bellwether_ OUTPUT_VARIABLE archives)
  string(REPLACE ";" "," archives "${archives}")
  file(WRITE ${CMAKE_BINARY_DIR}/package.cpp "")
  add_library(bellwether_package SHARED ${CMAKE_BINARY_DIR}/package.cpp)
  target_link_libraries(bellwether_package PRIVATE bellwether_${I_LIBRARY})
  set_target_properties(bellwether_package PROPERTIES LINK_LIBRARY_OVERRIDE "WHOLE_ARCHIVE,${archives}"
                        OUTPUT_NAME bellwether_${I_LIBRARY}
                        VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  install(TARGETS bellwether_package LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(TARGETS ${I_PROGRAM} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  foreach(name IN LISTS parts)
    install(DIRECTORY include/bellwether/${name} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/bellwether)
  endforeach()
  install(DIRECTORY models rules DESTINATION ${CMAKE_INSTALL_DATADIR}/bellwether)
  set(package ${CMAKE_INSTALL_LIBDIR}/cmake/bellwether)
  configure_package_config_file(${PROJECT_SOURCE_DIR}/tools/cmake/bellwether-config.cmake.in
    ${CMAKE_BINARY_DIR}/bellwether-config.cmake INSTALL_DESTINATION ${package}
    PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
  write_basic_package_version_file(${CMAKE_BINARY_DIR}/bellwether-config-version.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${CMAKE_BINARY_DIR}/bellwether-config.cmake ${CMAKE_BINARY_DIR}/bellwether-config-version.cmake
          DESTINATION ${package})
endfunction()

# CLI11 of the system (Debian: libcli11-dev), else of its release: the target CLI11::CLI11, absent where there is neither.
find_package(CLI11 CONFIG QUIET)
if(NOT TARGET CLI11::CLI11)
  include(${CMAKE_CURRENT_LIST_DIR}/DownloadedHeaders.cmake)
  clear_download_headers(clear_cli11 https://github.com/CLIUtils/CLI11/archive/refs/tags/v2.4.2.tar.gz
    f2d893a65c3b1324c50d4e682c0cdc021dd0477ae2c048544f39eed6654b699a)
  if(clear_cli11)
    add_library(CLI11::CLI11 INTERFACE IMPORTED GLOBAL)
    set_target_properties(CLI11::CLI11 PROPERTIES
      INTERFACE_INCLUDE_DIRECTORIES "${clear_cli11}/CLI11-2.4.2/include"
      INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${clear_cli11}/CLI11-2.4.2/include")
  endif()
endif()

# nlohmann_json of the system (Debian: nlohmann-json3-dev), else of its release: the target nlohmann_json::nlohmann_json,
# absent where there is neither.
find_package(nlohmann_json 3.10 CONFIG QUIET)
if(NOT TARGET nlohmann_json::nlohmann_json)
  include(${CMAKE_CURRENT_LIST_DIR}/DownloadedHeaders.cmake)
  clear_download_headers(clear_nlohmann_json https://github.com/nlohmann/json/releases/download/v3.11.3/json.tar.xz
    d6c65aca6b1ed68e7a182f4757257b107ae403032760ed6ef121c9d55e81757d)
  if(clear_nlohmann_json)
    add_library(nlohmann_json::nlohmann_json INTERFACE IMPORTED GLOBAL)
    set_target_properties(nlohmann_json::nlohmann_json PROPERTIES
      INTERFACE_INCLUDE_DIRECTORIES "${clear_nlohmann_json}/json/single_include"
      INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${clear_nlohmann_json}/json/single_include")
  endif()
endif()

# Runs the portfile of vcpkg, with the functions of vcpkg that it uses.
#
# usage: cmake -DPORTFILE=FILE -DVERSION=VERSION -DARCHIVE_FILE=FILE -DSOURCES=FOLDER -DPACKAGE=FOLDER
#     -DLINKAGE=static|dynamic -P portfile.cmake
#
# The archive is unpacked below SOURCES, unless it was already.
set(CURRENT_PACKAGES_DIR "${PACKAGE}")
set(TARGET_TRIPLET triplet)
set(VCPKG_LIBRARY_LINKAGE "${LINKAGE}")

function(vcpkg_download_distfile result)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "FILENAME;SHA512" "URLS")
    file(SHA512 "${ARCHIVE_FILE}" checksum)
    if(NOT checksum STREQUAL arg_SHA512)
        message(FATAL_ERROR "checksum of ${arg_FILENAME}: ${checksum}")
    endif()
    set(${result} "${ARCHIVE_FILE}" PARENT_SCOPE)
endfunction()

function(vcpkg_extract_source_archive result)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "ARCHIVE" "")
    if(NOT EXISTS "${SOURCES}/rs2n-${VERSION}")
        file(ARCHIVE_EXTRACT INPUT "${arg_ARCHIVE}" DESTINATION "${SOURCES}")
    endif()
    set(${result} "${SOURCES}/rs2n-${VERSION}" PARENT_SCOPE)
endfunction()

function(vcpkg_execute_required_process)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "WORKING_DIRECTORY;LOGNAME" "COMMAND")
    execute_process(COMMAND ${arg_COMMAND} WORKING_DIRECTORY "${arg_WORKING_DIRECTORY}" RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${arg_LOGNAME} failed")
    endif()
endfunction()

function(vcpkg_fixup_pkgconfig)
endfunction()

function(vcpkg_install_copyright)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "FILE_LIST")
    file(INSTALL ${arg_FILE_LIST} DESTINATION "${CURRENT_PACKAGES_DIR}/share/rs2n")
endfunction()

include("${PORTFILE}")

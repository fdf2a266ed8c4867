# Shared by the scripts here: where the project is, which packages it needs, how it is built.
# shellcheck shell=bash

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

build_packages=(cmake g++ gcc ninja-build pkg-config libsimgrid-dev libzmq3-dev libcjson-dev
                libmuparser-dev)
test_packages=(libcmocka-dev python3-zmq python3-pytest python3-hypothesis clang-format
               python3-matplotlib python3-selenium chromium chromium-driver)

# Installs the Debian packages among those named that are missing.
install_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
            missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    echo "installing ${missing[*]}" >&2
    local root=()
    [ "$(id -u)" -eq 0 ] || root=(sudo)
    "${root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y -qq \
        --no-install-recommends "${missing[@]}" >&2
}

# build FOLDER [CMAKE OPTION...]: configures and builds the project into FOLDER.
build() {
    local folder=$1 log=$1/build.log
    shift
    mkdir -p "$folder"
    cmake -S "$project" -B "$folder" -G Ninja "$@" >"$log" 2>&1 &&
        cmake --build "$folder" >>"$log" 2>&1 && return
    cat "$log" >&2
    return 1
}

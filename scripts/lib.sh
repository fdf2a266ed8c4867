# Shared by the scripts here: where the project is, which packages it needs, how it is built.
# shellcheck shell=bash disable=SC2034

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

build_packages=(cmake g++ gcc ninja-build pkg-config libsimgrid-dev libzmq3-dev libcjson-dev
                libmuparser-dev libpython3-dev)
test_packages=(libcmocka-dev python3-zmq python3-pytest python3-hypothesis clang clang-format
               python3-venv python3-setuptools python3-wheel
               python3-matplotlib python3-selenium chromium chromium-driver help2man bash-completion
               pypy3 python3-rich snakemake slurm-wlm munge slurmdbd mariadb-server-core
               mariadb-client-core python3-numpy python3-scipy python3-pandas python3-jsonschema)
# What reads the code without running it (scripts/check.sh).
check_packages=(libcmocka-dev clang-format clang-tidy cppcheck shellcheck mypy pyflakes3 pycodestyle
                node-typescript python3-pytest python3-hypothesis python3-zmq python3-rich python3-numpy)
package_packages=(help2man python3 dpkg-dev file)

install=yes
# What stands on the command line beside options.
arguments=()

# Reads the options that all scripts have. --help prints what the script's head says.
read_options() {
    local argument
    for argument in "$@"; do
        case $argument in
            --no-install) install=no ;;
            -h | --help)
                sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
                exit 0
                ;;
            -*)
                echo "$0: unknown option '$argument'; see $0 --help" >&2
                exit 2
                ;;
            *) arguments+=("$argument") ;;
        esac
    done
}

is_installed() {
    dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'
}

# Installs the Debian packages among those named that are missing, after saying which. Another apt at work, as
# on a machine that looks for updates, is waited for.
install_packages() {
    local missing=() package
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    if [ "$install" = no ]; then
        echo "these Debian packages are missing: ${missing[*]}" >&2
        return 1
    fi
    local apt=(apt-get -o DPkg::Lock::Timeout=300)
    [ "$(id -u)" -eq 0 ] || apt=(sudo env DEBIAN_FRONTEND=noninteractive "${apt[@]}")
    update_lists "${apt[@]}"
    announce "${missing[@]}"
    DEBIAN_FRONTEND=noninteractive "${apt[@]}" install -y -q -o Dpkg::Use-Pty=0 --no-install-recommends \
        "${missing[@]}" >&2
}

# update_lists APT...: the lists have a lock of their own, for which apt-get has no patience.
update_lists() {
    local deadline=$((SECONDS + 300)) said
    until said=$("$@" update -qq 2>&1); do
        if [[ $said != *"Could not get lock"* ]] || [ "$SECONDS" -ge "$deadline" ]; then
            echo "$said" >&2
            return 1
        fi
        echo "waiting for another apt" >&2
        sleep 2
    done
}

announce() {
    echo "to be installed (--no-install leaves that to you): $*" >&2
    apt-get install -s --no-install-recommends "$@" 2>/dev/null |
        grep -E '^[0-9]+ upgraded' >&2 || true
}

# build FOLDER [CMAKE OPTION...]: configures and builds the project into FOLDER.
build() {
    local folder=$1 log=$1/build.log launcher=()
    shift
    mkdir -p "$folder"
    ! command -v ccache >/dev/null ||
        launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
    cmake -S "$project" -B "$folder" -G Ninja "${launcher[@]}" "$@" >"$log" 2>&1 &&
        cmake --build "$folder" >>"$log" 2>&1 && return
    cat "$log" >&2
    return 1
}

#!/usr/bin/env bash
# Builds the Debian packages, looks at them with lintian, and tries them in a clean root of this Debian: their
# dependencies, an example by an ordinary user in an empty folder, a scheduler in Python, a report, a scheduler in C.
# scripts/demo.sh is run in there, too, and with --whole scripts/test.sh.
# usage: scripts/test_packages.sh [--no-install] [--whole]
# Needs root rights and a Debian mirror, which is the one that apt is set up with. Exit status 77: they are not there.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

tool_packages=(mmdebstrap lintian)
whole=no
for argument; do
    shift
    if [ "$argument" = --whole ]; then whole=yes; else set -- "$@" "$argument"; fi
done
read_options "$@"
cd "$project"

# --- The clean root ---------------------------------------------------------------------------------

leave() {
    echo "packages are not tested: $*" >&2
    exit 77
}

[ -z "${ELASTISIM_CLEAN_ROOT-}" ] || leave "this is such a root already"
[ "$(id -u)" -eq 0 ] || leave "a clean root can only be made by root"
command -v apt-get >/dev/null || leave "this is no Debian"
unshare --mount --pid --fork true 2>/dev/null || leave "no rights to mount anything here"
release=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
# shellcheck disable=SC2016
mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' |
    awk -v release="$release" '$1 == release { print $2; exit }')
[ -n "$mirror" ] || leave "apt is not set up with a mirror of $release"

work=$(mktemp -d)
root=$work/root
trap 'rm -rf --one-file-system "$work"' EXIT
/usr/lib/apt/apt-helper download-file "${mirror%/}/dists/$release/InRelease" "$work/InRelease" >/dev/null 2>&1 ||
    leave "the mirror $mirror does not answer"

# Options for the apt in there: how this one gets at its mirror, and no waiting for the disk.
make_root() {
    mmdebstrap --quiet --variant=minbase --dpkgopt=force-unsafe-io --include=ca-certificates "$release" "$root" "$mirror"
    apt-config dump | grep -i '^Acquire::https\?::proxy' >"$root/etc/apt/apt.conf.d/proxy" || true
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    apt_in_root update
    in_root useradd --create-home --shell /bin/bash user
}

# in_root COMMAND...: what it mounts is gone with it.
in_root() {
    # shellcheck disable=SC2016
    unshare --mount --pid --fork sh -c '
        mount -t proc proc "$0/proc" && mount -t tmpfs tmpfs "$0/dev/shm" 2>/dev/null
        exec chroot "$0" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"' "$root" "$@"
}

# as_user FOLDER COMMANDS: in a new folder of an ordinary user.
as_user() {
    # shellcheck disable=SC2016
    in_root runuser -u user -- bash -euc 'mkdir ~/"$0"; cd ~/"$0"; eval "$1"' "$@"
}

apt_in_root() {
    # shellcheck disable=SC2016
    in_root env DEBIAN_FRONTEND=noninteractive apt-get -y -q --no-install-recommends "$@" >>"$work/apt.log" 2>&1 || {
        cat "$work/apt.log" >&2
        return 1
    }
}

# install_package NAME: one of ours, with what it depends on.
install_package() {
    local files=("$root/tmp/$1"_*.deb)
    apt_in_root install "${files[0]#"$root"}"
}

# --- What is tried in it ----------------------------------------------------------------------------

share=/usr/share/elastisim

try_packages() {
    cp build-packages/*.deb "$root/tmp/"
    install_package elastisim
    as_user builtin "elastisim $share/configurations/example.json --scheduler builtin:fcfs --summary
        test -s output/job_statistics.csv; man=\$(zcat /usr/share/man/man1/elastisim.1.gz); test -n \"\$man\""
    install_package python3-elastisim
    as_user external "elastisim $share/configurations/example.json \\
            --scheduler 'exec:/usr/bin/python3 $share/schedulers/fcfs.py'
        cmp output/job_statistics.csv ../builtin/output/job_statistics.csv
        cp output/job_statistics.csv process.csv
        elastisim-report output; test -s report.html; elastisim-stats output | head -n 1; elastisim-workload --version
        elastisim-study --version"
    install_package elastisim-python
    as_user inside "elastisim $share/configurations/example.json --scheduler python:$share/schedulers/fcfs.py
        cmp output/job_statistics.csv ../external/process.csv"
}

try_demo() {
    mkdir "$root/home/user/project"
    tar --exclude='./build*' --exclude=./.git --exclude=./output -c . | tar -C "$root/home/user/project" -x
    in_root sh -c 'cd /home/user/project && scripts/demo.sh'
}

# The compiler is there by now.
try_c() {
    install_package elastisim-dev
    as_user c "cc -shared -fPIC $share/schedulers/first_fit.c -o first_fit.so \$(pkg-config --cflags elastisim)
        cc $share/schedulers/first_fit.c -o first_fit \$(pkg-config --cflags --libs elastisim-scheduler)
        elastisim $share/configurations/example.json --scheduler plugin:./first_fit.so
        mv output plugin
        elastisim $share/configurations/example.json --scheduler exec:./first_fit
        cmp output/job_statistics.csv plugin/job_statistics.csv"
}

try_removal() {
    apt_in_root purge elastisim elastisim-dev elastisim-python python3-elastisim
    local left
    left=$(find "$root/usr" -name '*elastisim*')
    [ -z "$left" ] || { echo "purged packages leave $left" >&2; return 1; }
}

try_whole() {
    in_root env ELASTISIM_CLEAN_ROOT=yes sh -c 'cd /home/user/project && scripts/test.sh'
}

install_packages "${tool_packages[@]}" "${package_packages[@]}" "${build_packages[@]}" ||
    leave "the packages named above are needed for it"
make_root &
scripts/packages.sh --no-install
# No bug report asks Debian for these packages.
lintian --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs --allow-root build-packages/*.deb
wait $!
try_packages
try_demo
try_c
try_removal
[ "$whole" = no ] || try_whole
echo "the packages are fine"

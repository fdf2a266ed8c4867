# Completion of elastisim-report, -stats, -study, -watch and -workload for bash. The options come from --help.
# shellcheck shell=bash disable=SC2034,SC2207

_elastisim_tools() {
    local cur prev words cword split
    _init_completion -s || return
    $split && return
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$(_parse_help "$1")" -- "$cur"))
    else
        _filedir
    fi
}

complete -F _elastisim_tools elastisim-report elastisim-stats elastisim-study elastisim-watch elastisim-workload

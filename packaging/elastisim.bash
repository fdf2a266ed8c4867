# Completion of elastisim's command line for bash. The options come from --help, the policies from --list-schedulers.
# shellcheck shell=bash disable=SC2034,SC2207

_elastisim_schedulers() {
    case $1 in
        builtin:*,*) COMPREPLY=() ;;
        builtin:*) COMPREPLY=($(compgen -P builtin: -W "$(_elastisim_policies "$2")" -- "${1#builtin:}")) ;;
        python:*) COMPREPLY=($(compgen -P python: -f -X '!*.py' -- "${1#python:}")) ;;
        plugin:*) COMPREPLY=($(compgen -P plugin: -f -X '!*.so' -- "${1#plugin:}")) ;;
        *) COMPREPLY=($(compgen -W 'builtin: exec: plugin: python: zmq:' -- "$1")) ;;
    esac
}

_elastisim_policies() {
    "$1" --list-schedulers 2>/dev/null | sed -n 's/^builtin:\([a-z+-]*\)$/\1/p'
}

_elastisim_options() {
    "$1" --help 2>/dev/null | sed -n '/^options:/,/^exit status/p' | grep -oE '(^|[ ,])-(-[a-z][a-z-]*=?|[A-Za-z]\b)'
}

_elastisim() {
    local cur prev words cword split
    _init_completion -s -n : || return
    case $prev in
        --scheduler)
            _elastisim_schedulers "$cur" "$1"
            compopt -o nospace
            __ltrim_colon_completions "$cur"
            return
            ;;
        --model)
            COMPREPLY=($(compgen -W 'flow simgrid' -- "$cur"))
            return
            ;;
        --cfg | --log | --events-url) return ;;
        --python)
            _filedir
            return
            ;;
        -C | --directory | --output)
            _filedir -d
            return
            ;;
    esac
    $split && return
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$(_elastisim_options "$1")" -- "$cur"))
        [[ ${COMPREPLY-} == *= ]] && compopt -o nospace
    else
        _filedir "@(json|swf|gz|txt)"
    fi
}

complete -F _elastisim elastisim

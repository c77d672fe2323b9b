#compdef ops
# Completions of ops for zsh, as a file in a directory of fpath.

_ops() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -s -C \
    '--help[print help and exit]' \
    '-h[print help and exit]' \
    '--version[print the version and exit]' \
    '--color=[colours\: auto is where a terminal reads and NO_COLOR is not set]:when:(auto always never)' \
    '1: :->command' \
    '*:: :->arguments'
  case $state in
    command)
      local -a commands=(
      'ship:send a ship'
      'fleet:many ships at once'
      'help:explain a command'
      )
      _describe command commands
      ;;
    arguments)
      case $words[1] in
        ship) _ops_ship ;;
        fleet) _ops_fleet ;;
        help) _ops_help ;;
      esac
      ;;
  esac
}

_ops_ship() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -s -C \
    '--env=[the environment]:name: ' \
    '-e+[the environment]:name: ' \
    '--timeout=[how long to wait at most]:duration: ' \
    '-t+[how long to wait at most]:duration: ' \
    '--replicas=[how many]:n: ' \
    '*--set-env=[a variable of this release]:name=value: ' \
    '--cargo=[what to load]:cargo:(coal corn)' \
    '--report=[where the report goes]:dir:_files -/' \
    '--database=[the database'\''s address]:url: ' \
    '--plan[print what would happen]' \
    '-p[print what would happen]' \
    '--verbose[say more]' \
    '-v[say more]' \
    '--undo[go back]' \
    '--to=[the revision to go back to]:revision: ' \
    '--help[print help and exit]' \
    '-h[print help and exit]' \
    '--version[print the version and exit]' \
    '--color=[colours\: auto is where a terminal reads and NO_COLOR is not set]:when:(auto always never)' \
    ':harbour: ' \
    '*:sailor: '
}

_ops_fleet() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -s -C \
    '--help[print help and exit]' \
    '-h[print help and exit]' \
    '--version[print the version and exit]' \
    '--color=[colours\: auto is where a terminal reads and NO_COLOR is not set]:when:(auto always never)' \
    '1: :->command' \
    '*:: :->arguments'
  case $state in
    command)
      local -a commands=(
      'completions:print completions for a shell'
      'version:print the version'
      )
      _describe command commands
      ;;
    arguments)
      case $words[1] in
        completions) _ops_fleet_completions ;;
        version) _ops_fleet_version ;;
      esac
      ;;
  esac
}

_ops_fleet_completions() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -s -C \
    '--help[print help and exit]' \
    '-h[print help and exit]' \
    '--version[print the version and exit]' \
    '--color=[colours\: auto is where a terminal reads and NO_COLOR is not set]:when:(auto always never)' \
    ':shell:(bash zsh fish)'
}

_ops_fleet_version() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -s -C \
    '--json[print JSON]' \
    '--help[print help and exit]' \
    '-h[print help and exit]' \
    '--version[print the version and exit]' \
    '--color=[colours\: auto is where a terminal reads and NO_COLOR is not set]:when:(auto always never)'
}

_ops_help() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -s -C \
    '--markdown[print the whole reference as Markdown]' \
    '--help[print help and exit]' \
    '-h[print help and exit]' \
    '--version[print the version and exit]' \
    '--color=[colours\: auto is where a terminal reads and NO_COLOR is not set]:when:(auto always never)' \
    '*:command: '
}

if [[ $funcstack[1] == _ops ]]; then
  _ops "$@"
else
  compdef _ops ops
fi

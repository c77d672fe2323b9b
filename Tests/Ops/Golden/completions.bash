# Completions of ops for bash: source <(ops completions bash)
_ops() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local path='ops' words='' index
  COMPREPLY=()
  # bash splits --name=value into three words.
  if [[ $word == '=' ]]; then
    word=''
  elif [[ $previous == '=' ]]; then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$path ${COMP_WORDS[index]}" in
      'ops ship' | 'ops fleet' | 'ops fleet completions' | 'ops fleet version' | 'ops help') path="$path ${COMP_WORDS[index]}" ;;
    esac
  done
  case "$path $previous" in
    'ops --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$word"); return ;;
    'ops ship --env' | 'ops ship -e') :; return ;;
    'ops ship --timeout' | 'ops ship -t') :; return ;;
    'ops ship --replicas') :; return ;;
    'ops ship --set-env') :; return ;;
    'ops ship --cargo') mapfile -t COMPREPLY < <(compgen -W 'coal corn' -- "$word"); return ;;
    'ops ship --report') compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$word"); return ;;
    'ops ship --database') :; return ;;
    'ops ship --to') :; return ;;
    'ops ship --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$word"); return ;;
    'ops fleet --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$word"); return ;;
    'ops fleet completions --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$word"); return ;;
    'ops fleet version --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$word"); return ;;
    'ops help --color') mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$word"); return ;;
  esac
  case "$path" in
    'ops') words='ship fleet help --help --version --color' ;;
    'ops ship') words='--env --timeout --replicas --set-env --cargo --report --database --plan --verbose --undo --to --help --version --color' ;;
    'ops fleet') words='completions version --help --version --color' ;;
    'ops fleet completions') words='bash zsh fish --help --version --color' ;;
    'ops fleet version') words='--json --help --version --color' ;;
    'ops help') words='--markdown --help --version --color' ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _ops ops

# Completions of ops for fish.
# Whether the words so far lead exactly to the command given.
function __ops_at
  set -l path ops
  for word in (commandline -opc)[2..-1]
    switch "$path $word"
      case 'ops ship' 'ops fleet' 'ops fleet completions' 'ops fleet version' 'ops help'
        set path "$path $word"
    end
  end
  test "$path" = "$argv"
end
complete -c ops -f
complete -c ops -n '__ops_at ops' -a 'ship' -d 'send a ship'
complete -c ops -n '__ops_at ops' -a 'fleet' -d 'many ships at once'
complete -c ops -n '__ops_at ops' -a 'help' -d 'explain a command'
complete -c ops -n '__ops_at ops' -l help -s h -d 'print help and exit'
complete -c ops -n '__ops_at ops' -l version -d 'print the version and exit'
complete -c ops -n '__ops_at ops' -l color -r -a 'auto always never' -d 'colours: auto is where a terminal reads and NO_COLOR is not set'
complete -c ops -n '__ops_at ops ship' -l env -s e -r -d 'the environment'
complete -c ops -n '__ops_at ops ship' -l timeout -s t -r -d 'how long to wait at most'
complete -c ops -n '__ops_at ops ship' -l replicas -r -d 'how many'
complete -c ops -n '__ops_at ops ship' -l set-env -r -d 'a variable of this release'
complete -c ops -n '__ops_at ops ship' -l cargo -r -a 'coal corn' -d 'what to load'
complete -c ops -n '__ops_at ops ship' -l report -r -a '(__fish_complete_directories)' -d 'where the report goes'
complete -c ops -n '__ops_at ops ship' -l database -r -d 'the database\'s address'
complete -c ops -n '__ops_at ops ship' -l plan -s p -d 'print what would happen'
complete -c ops -n '__ops_at ops ship' -l verbose -s v -d 'say more'
complete -c ops -n '__ops_at ops ship' -l undo -d 'go back'
complete -c ops -n '__ops_at ops ship' -l to -r -d 'the revision to go back to'
complete -c ops -n '__ops_at ops ship' -l help -s h -d 'print help and exit'
complete -c ops -n '__ops_at ops ship' -l version -d 'print the version and exit'
complete -c ops -n '__ops_at ops ship' -l color -r -a 'auto always never' -d 'colours: auto is where a terminal reads and NO_COLOR is not set'
complete -c ops -n '__ops_at ops fleet' -a 'completions' -d 'print completions for a shell'
complete -c ops -n '__ops_at ops fleet' -a 'version' -d 'print the version'
complete -c ops -n '__ops_at ops fleet' -l help -s h -d 'print help and exit'
complete -c ops -n '__ops_at ops fleet' -l version -d 'print the version and exit'
complete -c ops -n '__ops_at ops fleet' -l color -r -a 'auto always never' -d 'colours: auto is where a terminal reads and NO_COLOR is not set'
complete -c ops -n '__ops_at ops fleet completions' -a 'bash zsh fish'
complete -c ops -n '__ops_at ops fleet completions' -l help -s h -d 'print help and exit'
complete -c ops -n '__ops_at ops fleet completions' -l version -d 'print the version and exit'
complete -c ops -n '__ops_at ops fleet completions' -l color -r -a 'auto always never' -d 'colours: auto is where a terminal reads and NO_COLOR is not set'
complete -c ops -n '__ops_at ops fleet version' -l json -d 'print JSON'
complete -c ops -n '__ops_at ops fleet version' -l help -s h -d 'print help and exit'
complete -c ops -n '__ops_at ops fleet version' -l version -d 'print the version and exit'
complete -c ops -n '__ops_at ops fleet version' -l color -r -a 'auto always never' -d 'colours: auto is where a terminal reads and NO_COLOR is not set'
complete -c ops -n '__ops_at ops help' -l markdown -d 'print the whole reference as Markdown'
complete -c ops -n '__ops_at ops help' -l help -s h -d 'print help and exit'
complete -c ops -n '__ops_at ops help' -l version -d 'print the version and exit'
complete -c ops -n '__ops_at ops help' -l color -r -a 'auto always never' -d 'colours: auto is where a terminal reads and NO_COLOR is not set'

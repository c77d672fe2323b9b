/// Completions for bash.
///
/// https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html
struct BashCompletions {
  let tree: CommandTree

  var script: String {
    """
    # Completions of \(tree.name) for bash: source <(\(tree.name) completions bash)
    _\(tree.name)() {
      local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
      local path='\(tree.name)' words='' index
      COMPREPLY=()
      # bash splits --name=value into three words.
      if [[ $word == '=' ]]; then
        word=''
      elif [[ $previous == '=' ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
      fi
      for ((index = 1; index < COMP_CWORD; index++)); do
        case "$path ${COMP_WORDS[index]}" in
          \(deeperPaths)) path="$path ${COMP_WORDS[index]}" ;;
        esac
      done
      case "$path $previous" in
    \(values.joined(separator: "\n"))
      esac
      case "$path" in
    \(words.joined(separator: "\n"))
      esac
      mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    }
    complete -F _\(tree.name) \(tree.name)

    """
  }

  private var deeperPaths: String {
    tree.visiblePaths.dropFirst().map { quoted($0.path.joined(separator: " ")) }
      .joined(separator: " | ")
  }

  /// One branch for each option that takes a value.
  private var values: [String] {
    tree.visiblePaths.flatMap { path, node in
      ((node.specification?.options ?? []) + GlobalOptions.all).map(\.declaration).compactMap {
        option in
        guard let type = option.value else { return nil }
        let forms = [option.long] + (option.short.map { ["-\($0)"] } ?? [])
        let patterns = forms.map { quoted((path + [$0]).joined(separator: " ")) }
        return "    \(patterns.joined(separator: " | "))) \(offer(type.completion)); return ;;"
      }
    }
  }

  /// One branch for each command with all that may follow it.
  private var words: [String] {
    tree.visiblePaths.map { path, node in
      let options = (node.specification?.options ?? []) + GlobalOptions.all
      var words = node.visibleChildren.map(\.name) + options.map(\.declaration.long)
      for operand in node.specification?.operands.map(\.declaration) ?? [] {
        if case .words(let choices) = operand.value.completion { words = choices + words }
      }
      return "    \(quoted(path.joined(separator: " ")))) "
        + "words=\(quoted(words.joined(separator: " "))) ;;"
    }
  }

  /// compopt escapes names that it knows to be of files; outside a completion it fails.
  private func offer(_ completion: ValueDeclaration.Completion) -> String {
    switch completion {
    case .nothing: ":"
    case .files:
      #"compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$word")"#
    case .directories:
      #"compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$word")"#
    case .words(let words):
      "mapfile -t COMPREPLY < <(compgen -W \(quoted(words.joined(separator: " "))) -- \"$word\")"
    }
  }

  private func quoted(_ text: String) -> String { ShellText.quoted(text) }
}

/// Text as words of a POSIX shell.
enum ShellText {
  /// `text` in single quotes, which mean nothing but themselves.
  static func quoted(_ text: String) -> String {
    let parts = text.split(separator: "'", omittingEmptySubsequences: false)
    return "'" + parts.joined(separator: #"'\''"#) + "'"
  }
}

/// Completions for zsh.
///
/// https://zsh.sourceforge.io/Doc/Release/Completion-System.html#Completion-Functions
struct ZshCompletions {
  let tree: CommandTree

  var script: String {
    let functions = tree.visiblePaths.map { function(path: $0.path, node: $0.node) }
    return """
      #compdef \(tree.name)
      # Completions of \(tree.name) for zsh, as a file in a directory of fpath.

      \(functions.joined(separator: "\n\n"))

      if [[ $funcstack[1] == _\(tree.name) ]]; then
        _\(tree.name) "$@"
      else
        compdef _\(tree.name) \(tree.name)
      fi

      """
  }

  private func function(path: [String], node: CommandTree) -> String {
    let name = "_" + path.joined(separator: "_")
    let declared = (node.specification?.options ?? []) + GlobalOptions.all
    var lines = declared.map(\.declaration).flatMap(specifications)
    for operand in node.specification?.operands.map(\.declaration) ?? [] {
      let position = operand.isRepeatable ? "*" : operand.isRequired ? "" : ":"
      lines.append(
        "\(position):\(escaped(operand.name.lowercased())):\(action(operand.value.completion))")
    }
    if !node.children.isEmpty { lines += ["1: :->command", "*:: :->arguments"] }
    let arguments = lines.map { "    \(ShellText.quoted($0))" }.joined(separator: " \\\n")
    return """
      \(name)() {
        local context state state_descr line
        typeset -A opt_args
        _arguments -s -C \\
      \(arguments)
      \(node.children.isEmpty ? "" : dispatch(name, node))}
      """
  }

  /// What follows the arguments of a group: its commands, and theirs.
  private func dispatch(_ name: String, _ node: CommandTree) -> String {
    let commands = node.visibleChildren.map {
      "      \(ShellText.quoted("\($0.name):\($0.summary)"))"
    }
    let branches = node.visibleChildren.map { "        \($0.name)) \(name)_\($0.name) ;;" }
    return """
        case $state in
          command)
            local -a commands=(
      \(commands.joined(separator: "\n"))
            )
            _describe command commands
            ;;
          arguments)
            case $words[1] in
      \(branches.joined(separator: "\n"))
            esac
            ;;
        esac

      """
  }

  private func specifications(_ option: OptionDeclaration) -> [String] {
    let forms =
      [option.long + (option.value == nil ? "" : "=")]
      + (option.short.map { ["-\($0)" + (option.value == nil ? "" : "+")] } ?? [])
    let value = option.value.map {
      ":\(escaped($0.name.lowercased())):\(action($0.completion))"
    }
    return forms.map {
      "\(option.isRepeatable ? "*" : "")\($0)[\(escaped(option.help))]\(value ?? "")"
    }
  }

  private func action(_ completion: ValueDeclaration.Completion) -> String {
    switch completion {
    case .nothing: " "
    case .files: "_files"
    case .directories: "_files -/"
    case .words(let words): "(\(words.joined(separator: " ")))"
    }
  }

  private func escaped(_ text: String) -> String {
    text.map { "[]:\\".contains($0) ? "\\\($0)" : String($0) }.joined()
  }
}

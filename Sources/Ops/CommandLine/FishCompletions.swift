/// Completions for fish.
///
/// https://fishshell.com/docs/current/cmds/complete.html
struct FishCompletions {
  let tree: CommandTree

  var script: String {
    let lines = tree.visiblePaths.flatMap { entries(path: $0.path, node: $0.node) }
    return """
      # Completions of \(tree.name) for fish.
      # Whether the words so far lead exactly to the command given.
      function __\(tree.name)_at
        set -l path \(tree.name)
        for word in (commandline -opc)[2..-1]
          switch "$path $word"
            case \(deeperPaths)
              set path "$path $word"
          end
        end
        test "$path" = "$argv"
      end
      complete -c \(tree.name) -f
      \(lines.joined(separator: "\n"))

      """
  }

  private var deeperPaths: String {
    tree.visiblePaths.dropFirst().map { quoted($0.path.joined(separator: " ")) }
      .joined(separator: " ")
  }

  private func entries(path: [String], node: CommandTree) -> [String] {
    let condition = "-n '__\(tree.name)_at \(path.joined(separator: " "))'"
    let start = "complete -c \(tree.name) \(condition)"
    var lines = node.visibleChildren.map {
      "\(start) -a \(quoted($0.name)) -d \(quoted($0.summary))"
    }
    for operand in node.specification?.operands.map(\.declaration) ?? [] {
      if let offer = offer(operand.value.completion) { lines.append("\(start) \(offer)") }
    }
    let options = (node.specification?.options ?? []) + GlobalOptions.all
    return lines + options.map { "\(start) \(entry($0.declaration))" }
  }

  private func entry(_ option: OptionDeclaration) -> String {
    var words = ["-l \(option.name)"]
    if let short = option.short { words.append("-s \(short)") }
    if let type = option.value {
      words.append("-r")
      if let offer = offer(type.completion) { words.append(offer) }
    }
    return (words + ["-d \(quoted(option.help))"]).joined(separator: " ")
  }

  private func offer(_ completion: ValueDeclaration.Completion) -> String? {
    switch completion {
    case .nothing: nil
    case .files: "-F"
    case .directories: "-a '(__fish_complete_directories)'"
    case .words(let words): "-a \(quoted(words.joined(separator: " ")))"
    }
  }

  /// fish knows two escapes within single quotes.
  private func quoted(_ text: String) -> String {
    "'" + text.map { "'\\".contains($0) ? "\\\($0)" : String($0) }.joined() + "'"
  }
}

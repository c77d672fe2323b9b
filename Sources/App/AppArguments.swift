import Core

/// What follows the command's name, taken word by word.
struct AppArguments {
  private let command: String
  private var words: [String]
  /// The options that were asked for, to tell from misspelt ones.
  private var known: [String] = []

  init(_ words: some Sequence<String>, of command: String) {
    self.words = Array(words)
    self.command = command
  }

  /// Whether the option called `name` is given, wherever it stands.
  mutating func flag(_ name: String) -> Bool {
    known.append(name)
    let count = words.count
    words.removeAll { $0 == name }
    return words.count < count
  }

  /// The next word that is no option; `-` alone is none.
  mutating func operand() -> String? {
    let index = words.firstIndex { !$0.hasPrefix("-") || $0 == "-" }
    return index.map { words.remove(at: $0) }
  }

  /// Throws when a word is left, which nobody wants.
  func end() throws(AppUsageError) {
    guard let word = words.first else { return }
    let meant = Suggestion.nearest(to: word, in: known)
    throw AppUsageError(
      description: "'\(command)' does not take '\(word)'; "
        + (meant.map { "did you mean '\($0)'?" } ?? "see 'app help'"))
  }
}

/// A command line that makes no sense, in one line.
struct AppUsageError: Error, Equatable, CustomStringConvertible {
  let description: String
}

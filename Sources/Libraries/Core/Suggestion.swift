/// Finds the known word that a misspelt one was meant to be.
public enum Suggestion {
  /// The longest word that is compared, in code points: what it costs grows with the length.
  public static let lengthMax = 64

  /// The word of `known` nearest to `word`, or nil when none is near enough to be a misspelling.
  ///
  /// Near enough is a third of the word's length, at least one edit and at most three. A word
  /// longer than `lengthMax` was no misspelling.
  public static func nearest(to word: String, in known: some Sequence<String>) -> String? {
    guard word.unicodeScalars.dropFirst(lengthMax).isEmpty else { return nil }
    let limit = min(3, max(1, word.count / 3))
    var best: (word: String, distance: Int)?
    for candidate in known {
      let distance = edits(from: word.lowercased(), to: candidate.lowercased())
      if distance <= limit, distance < best?.distance ?? Int.max { best = (candidate, distance) }
    }
    return best?.word
  }

  /// The number of insertions, deletions, replacements and swaps of neighbours between two words.
  static func edits(from source: String, to target: String) -> Int {
    let source = Array(source)
    let target = Array(target)
    guard !source.isEmpty, !target.isEmpty else { return max(source.count, target.count) }
    var beforePrevious: [Int] = []
    var previous = Array(0...target.count)
    for row in 1...source.count {
      var current = [row]
      for column in 1...target.count {
        let replaced = previous[column - 1] + (source[row - 1] == target[column - 1] ? 0 : 1)
        var cost = min(replaced, previous[column] + 1, current[column - 1] + 1)
        if row > 1, column > 1, source[row - 1] == target[column - 2],
          source[row - 2] == target[column - 1]
        {
          cost = min(cost, beforePrevious[column - 2] + 1)
        }
        current.append(cost)
      }
      beforePrevious = previous
      previous = current
    }
    return previous[target.count]
  }
}

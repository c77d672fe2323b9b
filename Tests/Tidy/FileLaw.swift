/// What files may look like and hold.
enum FileLaw {
  /// Lines in a file of Swift, counted by what ends them.
  static let linesMax = 400
  /// Columns in a line of Swift.
  static let columnsMax = 100
  /// Bytes in any file: what is larger is made by a build, not kept.
  static let bytesMax = 256 * 1024

  /// All laws on one file.
  static func violations(_ file: SourceTree.File) -> [String] {
    let isSwift = file.path.hasSuffix(".swift")
    var found = sizes(file, isSwift) + unfinished(file) + machine(file)
    if isSwift { found += dangers(file) }
    // Lists of what scripts fetch lie beside them.
    let isScript =
      (["scripts/", ".ci/"].contains { file.path.hasPrefix($0) } && !file.path.hasSuffix(".txt"))
      || (file.path.hasPrefix("Tests/faults/") && file.path.hasSuffix(".sh"))
    if isScript, !file.isExecutable { found.append("\(file.path) is not executable") }
    if isScript, !file.text.hasPrefix("#!") { found.append("\(file.path) names no interpreter") }
    return found
  }

  private static func sizes(_ file: SourceTree.File, _ isSwift: Bool) -> [String] {
    var found: [String] = []
    if file.bytes > bytesMax { found.append("\(file.path) has \(file.bytes) bytes") }
    guard isSwift else { return found }
    let lines = file.lines
    // What a script writes is as long as its sources.
    let isMade = file.text.hasPrefix("// Made by scripts/")
    if !isMade, lines.count - 1 > linesMax {
      found.append("\(file.path) has \(lines.count - 1) lines")
    }
    for (index, line) in lines.enumerated()
    where !isMade && line.utf8.count > columnsMax && line.count > columnsMax {
      found.append("\(file.path):\(index + 1) has \(line.count) columns")
    }
    return found
  }

  /// Words that stand where work was put off.
  private static func unfinished(_ file: SourceTree.File) -> [String] {
    let words = ["TO" + "DO", "FIX" + "ME", "X" + "XX"]
    guard file.mentions(words) else { return [] }
    return file.lines.enumerated().flatMap { index, line in
      words.filter { word in
        line.matches(of: /\b[A-Z]{3,5}\b/).contains { $0.output == word }
      }.map { "\(file.path):\(index + 1) says \($0)" }
    }
  }

  /// Whatever holds only on somebody's machine.
  private static func machine(_ file: SourceTree.File) -> [String] {
    let places = [
      "/ho" + "me/", "/ro" + "ot/", "/wo" + "rk/", "/Us" + "ers/", "/op" + "t/swift",
      "deb.deb" + "ian.org", "proxy.gol" + "ang.org", "pypi.o" + "rg/simple",
    ]
    guard file.mentions(places) else { return [] }
    return file.lines.enumerated().flatMap { index, line in
      places.filter { place in
        // Part of a longer path, such as an address on the web, is another place.
        line.ranges(of: place).contains { range in
          guard range.lowerBound > line.startIndex else { return true }
          let before = line[line.index(before: range.lowerBound)]
          return !(before.isLetter || before.isNumber || "./}_-$".contains(before))
        }
      }.map { "\(file.path):\(index + 1) holds \($0), which is one machine's" }
    }
  }

  /// Words that give up a guarantee of the language.
  private static func dangers(_ file: SourceTree.File) -> [String] {
    guard file.path.hasPrefix("Sources/") else { return [] }
    let words = ["nsafe", "@unchecked", "try!", "as!", "fatalError("]
    guard file.mentions(words) else { return [] }
    let lines = file.lines
    let isWrapper = Floor.module(ofPath: file.path).map(Modules.wrappers.contains) ?? false
    var found: [String] = []
    for (index, line) in lines.enumerated() where SourceTree.File.mentions(words, in: line) {
      let place = "\(file.path):\(index + 1)"
      let code = withoutTextAndComment(line)
      if !isWrapper, code.contains(/\bunsafe\b|\bUnsafe[A-Z]|@unsafe\b/) {
        found.append("\(place) is unsafe outside of a wrapper module")
      }
      if code.contains("@unchecked Sendable") || code.contains("nonisolated(unsafe)") {
        if !isWrapper { found.append("\(place) is unchecked outside of a wrapper module") }
        if !hasComment(lines, index) { found.append("\(place) is unchecked without a proof") }
      }
      if code.contains("try!") || code.contains("as!") {
        found.append("\(place) ends the process where it could throw")
      }
      if code.contains("fatalError("), !hasComment(lines, index) {
        found.append("\(place) ends the process without a reason beside it")
      }
    }
    return found
  }

  /// Whether the line, or one of the comment lines straight above its declaration, says why.
  private static func hasComment(_ lines: [String], _ index: Int) -> Bool {
    if lines[index].contains("//") { return true }
    return index > 0 && lines[index - 1].drop { $0 == " " }.hasPrefix("//")
  }

  /// What the compiler sees as code, roughly: no text in quotes, no comment.
  static func withoutTextAndComment(_ line: String) -> String {
    let code = line.replacing(/"(?:[^"\\]|\\.)*"/, with: "\"\"")
    return code.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)
      .first.map(String.init) ?? ""
  }
}

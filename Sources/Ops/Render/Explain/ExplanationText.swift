import JSON

/// The words for explanations.
extension Explanation {
  /// A paragraph for one value.
  var lines: [String] {
    var rows: [(String, String)] = []
    switch origin {
    case .written(let place, let section, let instead):
      rows.append(("written", "\(place.text), in \(section.joined(separator: "."))"))
      if let instead {
        rows.append(("instead", "of \(instead.value), \(instead.place.text), in defaults"))
      }
    case .standard: rows.append(("written", "nowhere: the default counts"))
    case .derived(let words): rows.append(("written", "nowhere; what counts: \(words)"))
    case .nothing: rows.append(("written", "nowhere: there is none"))
    }
    rows.append(("wanted", wanted))
    if let defaultText { rows.append(("default", defaultText)) }
    rows.append(("help", help))
    return ["\(dottedPath): \(shown)"] + rows.map { "  " + $0.padded(to: 9) + $1 }
  }

  /// The origin in a few words, for a table.
  var originText: String {
    switch origin {
    case .written(let place, let section, _):
      section.first == Platform.defaultsKey ? "\(place.text), defaults" : place.text
    case .standard: "default"
    case .derived(let words): "default: \(words)"
    case .nothing: "not given"
    }
  }

  /// A table of many values, the columns aligned.
  static func table(_ explanations: [Explanation]) -> [String] {
    // A long value moves only its own line.
    let valueMax = 36
    let keys = explanations.map { $0.path.dropFirst().joined(separator: ".") }
    let keyWidth = keys.map(\.count).max() ?? 0
    let valueWidth = explanations.map(\.shown.count).filter { $0 <= valueMax }.max() ?? 0
    return zip(keys, explanations).map { key, explanation in
      key.padded(to: keyWidth + 2) + explanation.shown.padded(to: valueWidth + 2)
        + explanation.originText
    }
  }

  var json: JSONValue {
    [
      "path": .string(dottedPath), "value": value?.json ?? .null, "origin": originJSON,
      "wanted": .string(wanted), "default": defaultText.map { .string($0) } ?? .null,
      "help": .string(help),
    ]
  }

  private var originJSON: JSONValue {
    switch origin {
    case .written(let place, let section, let instead):
      [
        "kind": "written", "section": .string(section.joined(separator: ".")),
        "file": .string(place.file), "line": .integer(Int64(place.line)),
        "column": .integer(Int64(place.column)),
        "instead": instead.map { replaced in
          [
            "value": .string(replaced.value), "line": .integer(Int64(replaced.place.line)),
            "column": .integer(Int64(replaced.place.column)),
          ]
        } ?? .null,
      ]
    case .standard: ["kind": "default"]
    case .derived(let words): ["kind": "derived", "words": .string(words)]
    case .nothing: ["kind": "none"]
    }
  }
}

extension Finding.Place {
  /// `FILE:LINE:COLUMN`.
  var text: String { "\(file):\(line):\(column)" }
}

extension String {
  /// The text with spaces behind it; longer ones keep two.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(count < width ? 0 : 2, width - count))
  }
}

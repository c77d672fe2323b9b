import CSV
import Core
import JSON
import POSIX

/// Tells what an import has done: results on standard output, what is wrong on standard error.
struct ImportText {
  private let request: ImportRequest

  init(_ request: ImportRequest) { self.request = request }

  func tell(_ result: ImportResult) {
    write(result.skipped, ending: result.skipped.rows > 0 ? "left out" : nil)
    if request.isJSON { return writeJSON(result.json) }
    StandardStream.output.write("\(request.name): \(result.text)\n")
  }

  func tell(_ problems: ImportProblems) {
    write(problems, ending: "wrong; nothing was imported")
    guard request.isJSON else { return }
    let counts = [("inserted", 0), ("invalid", problems.rows)].map(JSONMember.init)
    writeJSON(.object(counts + problems.members))
  }

  /// Why an import failed, for errors that are not the database's or the system's.
  static func words(_ error: any Error) -> String {
    guard error is OccurrenceTable.Full else { return "\(error)" }
    return "the file has more than \(OccurrenceTable.rowsMax) different rows; split it, "
      + "or import it with --append"
  }

  private func write(_ problems: ImportProblems, ending: String?) {
    var text = ""
    for problem in problems.listed {
      text += "\(request.name):\(problem.place.line):\(problem.place.column): \(problem.words)\n"
    }
    if let ending {
      let more = problems.rows > problems.listed.count ? ", the first of them above" : ""
      text += "app: \(request.name): \(ImportText.count(problems.rows, "row"))\(more) \(ending)\n"
    }
    StandardStream.error.write(text)
  }

  private func writeJSON(_ value: JSONValue) {
    StandardStream.output.write(value.written(pretty: true) + "\n")
  }

  static func count(_ number: Int, _ noun: String) -> String {
    "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")"
  }

  /// Digits in groups of three.
  static func grouped(_ number: Int) -> String {
    let digits = Array(String(number))
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3), digits[index - 1] != "-" {
        text.append(",")
      }
      text.append(digit)
    }
    return text
  }
}

extension ImportResult {
  /// Rows a second, all of the time counted.
  var rowsPerSecond: Int { Int(Double(rows) / max(duration.inSeconds, 0.001)) }

  /// One line for people.
  var text: String {
    var parts = [
      "\(ImportText.grouped(inserted)) added", "\(ImportText.grouped(existing)) already there",
    ]
    if removed > 0 { parts.append("\(ImportText.grouped(removed)) removed") }
    if skipped.rows > 0 { parts.append("\(ImportText.grouped(skipped.rows)) left out") }
    let seconds = DurationText.format(.milliseconds(duration.inMilliseconds))
    return "\(ImportText.count(rows, "row")): \(parts.joined(separator: ", ")); "
      + "\(seconds), \(ImportText.grouped(rowsPerSecond)) rows/s"
  }

  /// The same for programs.
  var json: JSONValue {
    let counts: [(String, Int)] = [
      ("rows", rows), ("inserted", inserted), ("existing", existing), ("removed", removed),
      ("skipped", skipped.rows), ("milliseconds", Int(duration.inMilliseconds)),
    ]
    return .object(counts.map(JSONMember.init) + skipped.members)
  }
}

extension ImportProblems {
  /// The list as members of a JSON object; nothing where there is no problem.
  var members: [JSONMember] {
    guard rows > 0 else { return [] }
    let list = listed.map { problem -> JSONValue in
      [
        "line": .integer(Int64(problem.place.line)),
        "column": .integer(Int64(problem.place.column)), "detail": .string(problem.words),
      ]
    }
    return [JSONMember("problems", .array(list))]
  }
}

extension JSONMember {
  /// A count.
  fileprivate init(_ name: String, _ count: Int) { self.init(name, .integer(Int64(count))) }
}

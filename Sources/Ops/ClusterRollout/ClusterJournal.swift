import Core
import JSON

/// The record of one rollout in a ConfigMap, a line of JSON for each entry.
///
/// Every entry replaces the whole on condition that nobody else wrote meanwhile, so that none is
/// lost and none is half there. Old journals are removed when a new one begins.
struct ClusterJournal: RolloutJournal {
  /// What a journal may hold, in bytes: an object of Kubernetes has 1 MiB for all that it is.
  static let bytesMax = 900 * 1024
  /// How many journals are kept.
  static let journalsMax = 20
  private static let key = "journal.jsonl"
  private static let attemptsMax = 5

  let kept: KeptText
  let number: Int

  init(_ client: ClusterClient, _ names: ClusterNames, _ lease: ClusterLease, number: Int) {
    kept = KeptText(
      client: client, names: names, lease: lease, name: names.journal(number), key: Self.key,
      labels: [ClusterNames.numberLabel: String(number)])
    self.number = number
  }

  func append(_ kind: String, _ fields: JSONValue, at time: Timestamp) throws {
    let entry = JournalEntry(time: time, kind: kind, fields: fields)
    try kept.lease.patiently(overtakenMax: Self.attemptsMax) { () throws(ClusterFailure) in
      try append(entry)
    }
  }

  func entries() throws -> [JournalEntry] {
    var text = ""
    try kept.lease.patiently(overtakenMax: 1) { () throws(ClusterFailure) in
      text = try kept.read()?.text ?? ""
    }
    return JournalEntry.read(lines: text)
  }

  /// The numbers of the journals that a cluster keeps, oldest first.
  static func numbers(
    _ client: ClusterClient, _ names: ClusterNames
  ) throws(ClusterFailure) -> [Int] {
    let selection = ClusterSelection(
      .configMap, in: names.namespace, labels: names.selection(ClusterNames.numberLabel))
    return try client.list(selection).items
      .compactMap { ClusterNames.number(ClusterNames.numberLabel, of: $0) }.sorted()
  }

  private func append(_ entry: JournalEntry) throws(ClusterFailure) {
    let before = try kept.read()
    let line = entry.json.written()
    // It came there after all, in an attempt whose answer did not come back.
    if before?.text.split(separator: "\n").last.map(String.init) == line { return }
    let text = JournalText.adding(entry, to: before?.text ?? "", bytesMax: Self.bytesMax)
    try kept.write(text, over: before)
    if before == nil { removeOld() }
  }

  /// Old ones take room, which is no reason against a rollout.
  private func removeOld() {
    let numbers = (try? Self.numbers(kept.client, kept.names)) ?? []
    for old in numbers.dropLast(Self.journalsMax) where old < number {
      _ = try? kept.client.delete(
        .configMap, kept.names.journal(old), in: kept.names.namespace)
    }
  }
}

/// The text of a journal that has only so much room.
enum JournalText {
  /// The text with one more entry; where there is no room, notes make it, oldest first, and then
  /// whatever is oldest but the beginning, which says what the rollout was asked for.
  static func adding(_ entry: JournalEntry, to text: String, bytesMax: Int) -> String {
    let line = entry.json.written() + "\n"
    let room = bytesMax - line.utf8.count
    if text.utf8.count <= room { return text + line }
    var lines = text.split(separator: "\n").map { String($0) + "\n" }
    drop(from: &lines, to: room, notesAlone: true)
    drop(from: &lines, to: room, notesAlone: false)
    return lines.joined() + line
  }

  private static func drop(from lines: inout [String], to room: Int, notesAlone: Bool) {
    var bytes = lines.reduce(0) { $0 + $1.utf8.count }
    var kept: [String] = []
    for (index, line) in lines.enumerated() {
      let isNote = JournalEntry.read(lines: line).first?.kind == "note"
      if index > 0, bytes > room, isNote || !notesAlone {
        bytes -= line.utf8.count
      } else {
        kept.append(line)
      }
    }
    lines = kept
  }
}

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

  let client: ClusterClient
  let names: ClusterNames
  let number: Int

  func append(_ kind: String, _ fields: JSONValue, at time: Timestamp) throws {
    let entry = JournalEntry(time: time, kind: kind, fields: fields)
    var attempts = 1
    while try !isAppended(entry, isLast: attempts == Self.attemptsMax) { attempts += 1 }
  }

  /// Whether the entry is kept; not where somebody else was faster, which is thrown the last time.
  private func isAppended(_ entry: JournalEntry, isLast: Bool) throws(ClusterFailure) -> Bool {
    do throws(ClusterFailure) {
      try append(entry)
      return true
    } catch {
      let isOvertaken = error.reason == .conflict || error.reason == .alreadyExists
      guard isOvertaken, !isLast else { throw error }
      return false
    }
  }

  func entries() throws -> [JournalEntry] {
    JournalEntry.read(lines: try read()?.text ?? "")
  }

  /// The numbers of the journals that a cluster keeps, oldest first.
  static func numbers(
    _ client: ClusterClient, _ names: ClusterNames
  ) throws(ClusterFailure) -> [Int] {
    try client.list(
      ClusterSelection(.configMap, in: names.namespace, labels: names.numbered)
    ).items.compactMap(ClusterNames.number).sorted()
  }

  private func read() throws(ClusterFailure) -> (text: String, version: String?)? {
    let object = try client.get(.configMap, names.journal(number), in: names.namespace)
    return object.map {
      ($0["data"]?[Self.key]?.text ?? "", $0["metadata"]?["resourceVersion"]?.text)
    }
  }

  private func append(_ entry: JournalEntry) throws(ClusterFailure) {
    let before = try read()
    let text = JournalText.adding(entry, to: before?.text ?? "", bytesMax: Self.bytesMax)
    let object: JSONValue = [
      "apiVersion": .string(ResourceKind.configMap.apiVersion),
      "kind": .string(ResourceKind.configMap.kind),
      "metadata": names.metadata(
        names.journal(number), number: number, resourceVersion: before?.version),
      "data": .object([JSONMember(Self.key, .string(text))]),
    ]
    guard before == nil else {
      try client.replace(.configMap, object, in: names.namespace)
      return
    }
    try client.create(.configMap, object, in: names.namespace)
    try removeOld()
  }

  private func removeOld() throws(ClusterFailure) {
    for old in try Self.numbers(client, names).dropLast(Self.journalsMax) where old < number {
      try client.delete(.configMap, names.journal(old), in: names.namespace)
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

import Core
import JSON
import ObjectStorage

/// What a catalog has, for people and for scripts.
struct BackupTable {
  let listing: BackupListing
  let database: String
  let store: String

  /// What the line of one ends with that does not have all of its database.
  static let partial = "(partial)"

  /// A line for each backup, the heading first.
  var lines: [String] {
    if listing.entries.isEmpty { return ["no backup of \(database) in \(store)"] }
    let rows =
      [["BACKUP", "STATE", "OF", "SIZE", "FILES"]]
      + listing.entries.map { entry in
        let files = entry.manifest.files.map(\.content.rawValue).joined(separator: "+")
        return [
          entry.id.text, entry.words,
          entry.manifest.snapshotAt.iso8601, ByteText.format(entry.manifest.storedBytes),
          files + (entry.manifest.isEncrypted ? " (age)" : "")
            + (entry.hasAll ? "" : " \(Self.partial)"),
        ]
      }
    let widths = (0..<rows[0].count).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = zip(row, widths).map { $0.padded(to: $1 + 2) }.joined()
      return String(cells.reversed().drop { $0 == " " }.reversed())
    }
  }

  /// What is there beside backups, and wants somebody's look.
  var remarks: [String] {
    var remarks = listing.unreadable.map { "\($0.key) \($0.problem)" }
    remarks += listing.entries.filter { !$0.missing.isEmpty }.map {
      "\($0.id) lacks \($0.missing.joined(separator: ", "))"
    }
    let others = listing.entries.filter(\.isOfOthers)
    if let first = others.first {
      remarks.append(
        "\(others.count) that none of those signed whose signatures count, such as \(first.id)")
    }
    if !listing.unlisted.isEmpty {
      remarks.append(
        "\(listing.unlisted.count) without a manifest: under way, failed, or left behind")
    }
    if !listing.foreign.isEmpty {
      remarks.append(
        "\(listing.foreign.count) objects that are no backups', such as \(listing.foreign[0])")
    }
    return remarks
  }

  var json: JSONValue {
    [
      "database": .string(database), "store": .string(store),
      "backups": .array(listing.entries.map(\.json)),
      "unlisted": .array(listing.unlisted.map { .string($0.text) }),
      "unreadable": .array(
        listing.unreadable.map {
          ["key": .string($0.key.text), "problem": .string("\($0.problem)")]
        }
      ),
      "foreign": .array(listing.foreign.map { .string($0.text) }),
    ]
  }
}

extension BackupEntry {
  /// How good it is, for people.
  fileprivate var words: String {
    missing.isEmpty ? isOfOthers ? "UNSIGNED" : state.rawValue : "INCOMPLETE"
  }

  var json: JSONValue {
    [
      "id": .string(id.text), "state": .string(state.rawValue),
      "unsigned": .boolean(isOfOthers), "missing": .array(missing.map { .string($0) }),
      "manifest": manifest.json,
      "verifiedAt": verified.map { .string($0.at.iso8601) } ?? .null,
      "provenAt": proven.map { .string($0.at.iso8601) } ?? .null,
    ]
  }
}

import Core
import Crypto
import JSON
import ObjectStorage

@testable import Ops

/// Records of backups that nobody took, for tests of what reads them.
enum BackupFixtures {
  static func moment(_ text: String) -> Timestamp {
    Timestamp(iso8601: text) ?? Timestamp(microsecondsSinceEpoch: 0)
  }

  static func id(_ text: String = "20260131T021700Z-5f0c9a1e") -> BackupID {
    guard let id = BackupID(text) else { preconditionFailure("'\(text)' is no backup's name") }
    return id
  }

  static func keys(_ database: String = "orders") -> BackupKeys {
    guard let keys = BackupKeys(database: database) else {
      preconditionFailure("'\(database)' is no database's name")
    }
    return keys
  }

  /// A backup of one small file, whose digests are those of nothing.
  static func manifest(
    _ id: BackupID = id(), database: String = "orders", bytes: Int64 = 3,
    recipients: [String] = [], excludedTables: [String] = ["public.cache"],
    source: String = "7300000000000000000/16384", startedAt: Timestamp? = nil
  ) -> BackupManifest {
    let extent = BackupFile.Extent(bytes: bytes, sha256: String(repeating: "0", count: 64))
    let keys = keys(database)
    let file = BackupFile(
      content: .custom, key: keys.file(.custom, id, isEncrypted: !recipients.isEmpty).text,
      clear: extent, stored: extent, parts: [extent])
    return BackupManifest(
      id: id, database: database, kind: .postgresql, source: source,
      serverVersion: "15.14", tools: ["ops": "0.9.0", "pg_dump": "15.14"], snapshotAt: id.moment,
      startedAt: startedAt ?? id.moment, finishedAt: id.moment.advanced(by: .seconds(9)),
      files: [file], recipients: recipients, excludedTables: excludedTables, isSchemaOnly: false,
      proof: .init(
        mode: .digest, key: keys.proof(id).text, sha256: String(repeating: "1", count: 64)))
  }

  /// One as a catalog lists it, of the second hour of a day.
  static func entry(
    _ day: String, of source: String, isProven: Bool = true, missing: [String] = [],
    isOfOthers: Bool = false, excludedTables: [String] = []
  ) -> BackupEntry {
    let id = BackupID(at: moment("\(day)T02:00:00Z"))
    return entry(
      manifest(id, excludedTables: excludedTables, source: source), isProven: isProven,
      missing: missing, isOfOthers: isOfOthers)
  }

  /// The same, with a manifest.
  static func entry(
    _ manifest: BackupManifest, isProven: Bool = true, missing: [String] = [],
    isOfOthers: Bool = false
  ) -> BackupEntry {
    let digest = Hexadecimal.encode(SHA256.hash(manifest.bytes))
    let mark = BackupMark(
      stage: .proven, id: manifest.id, manifestSHA256: digest, at: manifest.id.moment,
      duration: .seconds(1), tool: "test", details: .null)
    return BackupEntry(
      manifest: manifest, manifestSHA256: digest, missing: missing, verified: nil,
      proven: isProven ? mark : nil, isOfOthers: isOfOthers)
  }

  /// A catalog that has these, newest first, and runs without a manifest.
  static func listing(_ entries: [BackupEntry], unlisted: [BackupID] = []) -> BackupListing {
    BackupListing(entries: entries, unlisted: unlisted, unreadable: [], foreign: [])
  }

  static func proof(
    tables: [Proof.Table] = [.init(schema: "public", name: "orders", rows: 10, digest: "1:2")],
    sequences: [Proof.Sequence] = [sequence(before: 10, after: 10)], mode: Proof.Mode = .digest,
    largeObjects: Proof.LargeObjects? = .init(count: 2, digest: "3:4")
  ) -> Proof {
    Proof(
      mode: mode, serverVersion: "15.14", schemaFingerprint: "f00d", logPosition: "0/16B3748",
      tables: tables, largeObjects: largeObjects, sequences: sequences,
      extensions: [.init(name: "plpgsql", version: "1.0")])
  }

  static func sequence(before: Int64, after: Int64) -> Proof.Sequence {
    Proof.Sequence(
      schema: "public", name: "orders_id_seq", before: .init(value: before, isCalled: true),
      after: .init(value: after, isCalled: true))
  }
}

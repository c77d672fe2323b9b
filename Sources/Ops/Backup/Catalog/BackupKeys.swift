import ObjectStorage

/// Where the objects of one database's backups are in a store.
///
/// `DATABASE/ID/manifest.json` and what belongs to it beside it. Every state of a backup is an
/// object of its own, so that none ever replaces another.
struct BackupKeys: Sendable, Equatable {
  /// What the catalog calls the database; the first part of every key.
  let database: String

  /// The object with the signature, 64 bytes as OpenSSL takes them.
  private static let signatureName = "manifest.sig"

  /// What encrypted files end with.
  static let encryptedSuffix = ".age"

  private static let form = TextPattern("[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

  /// The keys of a database; nil where its name could not be one's first part.
  init?(database: String) {
    guard Self.form.matches(database) else { return nil }
    self.database = database
  }

  /// What a catalog can call a database, for messages.
  static let allowed =
    "at most 100 of A-Z, a-z, 0-9, '.', '_' and '-', beginning with one of the first"

  /// What all keys begin with.
  var prefix: String { database + "/" }

  /// The object whose presence makes a backup listed.
  func manifest(_ id: BackupID) -> ObjectKey { key(id, "manifest.json") }

  /// The signature of its bytes.
  func signature(_ id: BackupID) -> ObjectKey { key(id, Self.signatureName) }

  func proof(_ id: BackupID) -> ObjectKey { key(id, "proof.json") }

  /// Who began it.
  func run(_ id: BackupID) -> ObjectKey { key(id, "run.json") }

  /// What says that a backup came as far as `stage`.
  func mark(_ stage: BackupMark.Stage, _ id: BackupID) -> ObjectKey { key(id, stage.fileName) }

  func file(_ content: BackupFile.Content, _ id: BackupID, isEncrypted: Bool) -> ObjectKey {
    key(id, content.fileName + (isEncrypted ? Self.encryptedSuffix : ""))
  }

  /// The backup that an object belongs to, and the object's own name; nil of what is not ours.
  func parse(_ key: ObjectKey) -> (id: BackupID, name: String)? {
    let parts = key.text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == database, let id = BackupID(String(parts[1])),
      Self.names.contains(String(parts[2]))
    else { return nil }
    return (id, String(parts[2]))
  }

  /// Every name that an object of a backup can have.
  private static let names: Set<String> = {
    let files = BackupFile.Content.allCases.map(\.fileName)
    return Set(
      ["manifest.json", signatureName, "proof.json", "run.json"]
        + BackupMark.Stage.allCases.map(\.fileName)
        + files
        + files.map { $0 + encryptedSuffix })
  }()

  private func key(_ id: BackupID, _ name: String) -> ObjectKey {
    guard let key = ObjectKey("\(prefix)\(id.text)/\(name)") else {
      preconditionFailure("the parts of a backup's key are checked")
    }
    return key
  }
}

import Core
import Crypto
import ObjectStorage
import POSIX

/// The backups of one database in a store.
struct BackupCatalog: Sendable {
  /// More than any signature has.
  private static let signatureBytesMax = 4096

  let storage: any ObjectStorage
  let keys: BackupKeys

  init(_ storage: any ObjectStorage, _ keys: BackupKeys) {
    self.storage = storage
    self.keys = keys
  }

  /// All that is there: one listing, then the manifest and the marks of each backup.
  func list() throws(StorageError) -> BackupListing {
    var objects: [BackupID: [String: Int64]] = [:]
    var foreign: [ObjectKey] = []
    try storage.forEachObject(prefix: keys.prefix) { object in
      if let (id, name) = keys.parse(object.key) {
        objects[id, default: [:]][name] = object.bytes
      } else {
        foreign.append(object.key)
      }
      return true
    }
    let listed = objects.filter { $0.value["manifest.json"] != nil }.sorted { $0.key < $1.key }
    let found = WorkThread.map(listed.map { Folder(id: $0.key, sizes: $0.value) }, "catalog") {
      read($0)
    }
    let all = found.map(\.value)
    for case .failure(let error) in all { throw error }
    let readings = all.compactMap { try? $0.get() }
    return BackupListing(
      entries: readings.compactMap(\.entry).sorted(by: Self.isNewer),
      unlisted: objects.filter { $0.value["manifest.json"] == nil }.map(\.key).sorted(),
      unreadable: readings.flatMap(\.unreadable), foreign: foreign)
  }

  /// Writes the manifest, which makes a backup listed; never in place of another.
  func publish(_ manifest: BackupManifest) throws(StorageError) {
    try storage.put(PartBody(manifest.bytes), at: keys.manifest(manifest.id), .ifAbsent)
  }

  /// Writes the signature of a manifest that is about to be published.
  func sign(_ id: BackupID, _ signature: [UInt8]) throws(StorageError) {
    try storage.put(signature, at: keys.signature(id))
  }

  /// A manifest's bytes and its signature, nil where it has none.
  func signedManifest(
    _ id: BackupID
  ) throws(StorageError) -> (manifest: [UInt8], signature: [UInt8]?) {
    let manifest = try storage.read(keys.manifest(id), bytesMax: BackupManifest.bytesMax)
    do throws(StorageError) {
      return (manifest, try readIfThere(keys.signature(id), bytesMax: Self.signatureBytesMax))
    } catch {
      // No signature is as long: it is nobody's.
      if error.kind == .tooLarge { return (manifest, []) }
      throw error
    }
  }

  /// Notes what was found out; in place of what was noted before, for it is newer.
  func note(_ mark: BackupMark) throws(StorageError) {
    try storage.put(mark.bytes, at: keys.mark(mark.stage, mark.id))
  }

  /// Whether it is noted still that this manifest was proven.
  func isProven(_ entry: BackupEntry) throws(StorageError) -> Bool {
    let key = keys.mark(.proven, entry.id)
    guard let bytes = try readIfThere(key, bytesMax: BackupMark.bytesMax),
      let mark = try? BackupMark(bytes)
    else { return false }
    return mark.stage == .proven && mark.id == entry.id
      && mark.manifestSHA256 == entry.manifestSHA256
  }

  /// Takes back what was noted of a backup that turned out not to be what it should be.
  func withdraw(
    _ id: BackupID, _ stages: [BackupMark.Stage] = BackupMark.Stage.allCases
  ) throws(StorageError) {
    for stage in stages { try storage.delete(keys.mark(stage, id)) }
  }

  private static func isNewer(_ left: BackupEntry, _ right: BackupEntry) -> Bool {
    (left.manifest.snapshotAt, left.id) > (right.manifest.snapshotAt, right.id)
  }
}

// One backup.
extension BackupCatalog {
  /// What a listing has of one backup: its objects with their lengths.
  private struct Folder: Sendable {
    let id: BackupID
    let sizes: [String: Int64]
  }

  private struct Reading: Sendable {
    var entry: BackupEntry?
    var unreadable: [BackupListing.Unreadable] = []
  }

  /// What a thread brings back.
  private struct Found: Sendable {
    let value: Result<Reading, StorageError>
  }

  private func read(_ folder: Folder) -> Found {
    do throws(StorageError) {
      return Found(value: .success(try reading(folder)))
    } catch {
      return Found(value: .failure(error))
    }
  }

  private func reading(_ folder: Folder) throws(StorageError) -> Reading {
    let key = keys.manifest(folder.id)
    var reading = Reading()
    if let bytes = folder.sizes["manifest.json"], bytes > BackupManifest.bytesMax {
      // What somebody put there keeps nobody from the others.
      reading.unreadable.append(.init(key: key, problem: .tooLong(BackupManifest.bytesMax)))
      return reading
    }
    guard let bytes = try readIfThere(key, bytesMax: BackupManifest.bytesMax) else {
      return reading
    }
    let manifest: BackupManifest
    do throws(RecordProblem) {
      manifest = try BackupManifest(bytes)
      guard manifest.id == folder.id, manifest.database == keys.database else {
        throw .unexpected("id", wanted: "the name that it is kept under")
      }
    } catch {
      reading.unreadable.append(.init(key: key, problem: error))
      return reading
    }
    let digest = Hexadecimal.encode(SHA256.hash(bytes))
    let verified = try mark(.bytesVerified, folder, digest, &reading)
    let proven = try mark(.proven, folder, digest, &reading)
    reading.entry = BackupEntry(
      manifest: manifest, manifestSHA256: digest, missing: missing(manifest, folder),
      verified: verified, proven: proven)
    return reading
  }

  /// What is noted of this manifest; what is noted of another is told and does not count.
  private func mark(
    _ stage: BackupMark.Stage, _ folder: Folder, _ digest: String, _ reading: inout Reading
  ) throws(StorageError) -> BackupMark? {
    let key = keys.mark(stage, folder.id)
    guard let size = folder.sizes[stage.fileName] else { return nil }
    if size > BackupMark.bytesMax {
      reading.unreadable.append(.init(key: key, problem: .tooLong(BackupMark.bytesMax)))
      return nil
    }
    guard let bytes = try readIfThere(key, bytesMax: BackupMark.bytesMax)
    else { return nil }
    do throws(RecordProblem) {
      let mark = try BackupMark(bytes)
      guard mark.stage == stage, mark.id == folder.id, mark.manifestSHA256 == digest else {
        throw .unexpected("manifestSHA256", wanted: "the digest of the manifest beside it")
      }
      return mark
    } catch {
      reading.unreadable.append(.init(key: key, problem: error))
      return nil
    }
  }

  /// The bytes; nil where they were pruned since they were listed.
  private func readIfThere(
    _ key: ObjectKey, bytesMax: Int
  ) throws(StorageError) -> [UInt8]? {
    do throws(StorageError) {
      return try storage.read(key, bytesMax: bytesMax)
    } catch {
      if error.kind == .notFound { return nil }
      throw error
    }
  }

  private func missing(_ manifest: BackupManifest, _ folder: Folder) -> [String] {
    let files = manifest.files.filter { file in
      guard let key = ObjectKey(file.key), let (id, name) = keys.parse(key), id == folder.id
      else { return true }
      return folder.sizes[name] != file.stored.bytes
    }
    return files.map(\.key)
      + (folder.sizes["proof.json"] == nil ? [manifest.proof.key] : [])
  }
}

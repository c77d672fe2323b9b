import Core
import Crypto
import ObjectStorage
import POSIX

/// Takes one backup, whatever kind of database it is of.
///
/// The manifest is written last, under the source's lock, and makes it listed: whatever ends a run
/// before leaves nothing that a listing shows.
final class BackupRun: Sendable {
  /// What there is to tell meanwhile.
  enum Event: Sendable {
    case snapshot(BackupSnapshot)
    case swept(BackupSweep.Result)
    case stored(BackupFile.Content, bytes: Int64)
    case doubt(String)
  }

  private let source: any BackupSource
  private let catalog: BackupCatalog
  private let encryption: AgeEncryption?
  private let signer: ManifestSigner?
  private let programs: ProgramGroup
  private let report: @Sendable (Event) -> Void
  private let startedAt = Timestamp.now()
  /// The lock that is held, once it is known.
  private let lock = Guarded("?")

  /// Its name in the store.
  let id: BackupID

  /// A run of `source`, whose programs belong to `programs` as well.
  init(
    _ source: any BackupSource, into catalog: BackupCatalog, encryption: AgeEncryption?,
    signer: ManifestSigner? = nil, programs: ProgramGroup,
    report: @escaping @Sendable (Event) -> Void = { _ in }
  ) {
    self.source = source
    self.catalog = catalog
    self.encryption = encryption
    self.signer = signer
    self.programs = programs
    self.report = report
    id = BackupID(at: startedAt)
  }

  /// Makes `run` throw `interrupted` soon; from any thread.
  func cancel() {
    programs.cancel()
    source.cancel()
  }

  /// Takes the backup and gives its manifest.
  ///
  /// Throws `BackupError`; there is no backup then.
  func run() throws -> BackupManifest {
    var taken: BackupManifest?
    do {
      try source.read(
        deliver: { [self] snapshot in try deliver(snapshot) },
        conclude: { snapshot, files, proof in
          taken = try conclude(snapshot, files, proof)
        })
    } catch {
      if programs.isCancelled { throw BackupError.interrupted }
      tidyUp(after: error)
      throw error
    }
    guard let taken else { throw BackupError.interrupted }
    return taken
  }

  private func deliver(_ snapshot: BackupSnapshot) throws -> [BackupFile] {
    report(.snapshot(snapshot))
    sweep(snapshot)
    lock.withLock { $0 = snapshot.lock }
    try stored { () throws(StorageError) in try note() }
    let upload = BackupUpload(
      catalog: catalog, id: id, encryption: encryption, programs: programs,
      progress: { [report] content, bytes in report(.stored(content, bytes: bytes)) })
    return try snapshot.streams.map { try upload.send($0) }
  }

  /// Nothing that is left behind keeps a backup from being taken.
  private func sweep(_ snapshot: BackupSnapshot) {
    let sweep = BackupSweep(
      catalog: catalog, lock: snapshot.lock, current: id, now: startedAt)
    do throws(StorageError) {
      let result = try sweep.run()
      if !result.isNothing { report(.swept(result)) }
    } catch {
      report(.doubt("what earlier runs left behind was not swept: \(error)"))
    }
  }

  private func conclude(
    _ snapshot: BackupSnapshot, _ files: [BackupFile], _ proof: Proof
  ) throws -> BackupManifest {
    let proofBytes = proof.bytes
    let proofKey = catalog.keys.proof(id)
    try stored { () throws(StorageError) in try catalog.storage.put(proofBytes, at: proofKey) }
    var tools = snapshot.tools
    tools["ops"] = Version.current
    if let encryption { tools["age"] = encryption.version }
    let manifest = BackupManifest(
      id: id, database: catalog.keys.database, kind: source.kind, source: snapshot.identity,
      serverVersion: snapshot.serverVersion, tools: tools, snapshotAt: snapshot.takenAt,
      startedAt: startedAt, finishedAt: Timestamp.now(), files: files,
      recipients: encryption?.recipients ?? [], excludedTables: snapshot.excludedTables,
      isSchemaOnly: snapshot.isSchemaOnly,
      proof: .init(
        mode: proof.mode, key: proofKey.text,
        sha256: Hexadecimal.encode(SHA256.hash(proofBytes))), locale: snapshot.locale)
    if programs.isCancelled { throw BackupError.interrupted }
    try checkFiles(files)
    if let signer {
      let signature = try signer.signature(of: manifest.bytes)
      try stored { () throws(StorageError) in try catalog.sign(id, signature) }
    }
    try publish(manifest)
    return manifest
  }

  /// Nothing is listed of which a file is gone: somebody may have swept what nobody named yet.
  private func checkFiles(_ files: [BackupFile]) throws {
    for file in files {
      guard let key = ObjectKey(file.key) else { throw BackupError.notWhatWasWritten(file.key) }
      let found = try BackupError.storing { () throws(StorageError) in
        try catalog.storage.head(key)
      }
      guard found?.bytes == file.stored.bytes else {
        throw BackupError.changed(key: file.key, reason: "is no longer in the store as it was sent")
      }
    }
  }

  /// A manifest whose answer was lost may be there all the same.
  private func publish(_ manifest: BackupManifest) throws {
    do throws(StorageError) {
      try catalog.publish(manifest)
    } catch {
      let key = catalog.keys.manifest(id)
      let found = try? catalog.storage.read(key, bytesMax: BackupManifest.bytesMax)
      guard found == manifest.bytes else { throw BackupError.store(error) }
    }
  }

  /// Removes what this run wrote and notes that it failed, where not the store was what failed.
  ///
  /// What a store that fails keeps is swept by a later run. One that was turned away by another run
  /// has not failed.
  private func tidyUp(after error: any Error) {
    switch error {
    case BackupError.store, BackupError.locked: return
    default: break
    }
    let contents = BackupFile.Content.allCases.map {
      catalog.keys.file($0, id, isEncrypted: encryption != nil)
    }
    do throws(StorageError) {
      try note(failure: ErrorReport(error).findings.first?.message ?? "\(error)")
      for key in contents + [catalog.keys.proof(id), catalog.keys.signature(id)] {
        if try catalog.storage.head(key) != nil { try catalog.storage.delete(key) }
      }
    } catch {
      report(.doubt("what this run left behind was not removed: \(error)"))
    }
  }

  /// Writes who began it, and why there is no backup of it.
  private func note(failure: String? = nil) throws(StorageError) {
    let record = BackupRunRecord(
      id: id, lock: lock.withLock { $0 }, host: ProcessInfo.hostName,
      process: ProcessInfo.identifier, startedAt: startedAt,
      failure: failure.map { String($0.prefix(Self.failureLengthMax)) })
    try catalog.storage.put(record.bytes, at: catalog.keys.run(id))
  }

  /// In characters.
  private static let failureLengthMax = 1000

  private func stored(_ body: () throws(StorageError) -> Void) throws(BackupError) {
    do throws(StorageError) {
      try body()
    } catch {
      throw .store(error)
    }
  }
}

import Core
import Crypto
import ObjectStorage

/// Sends a snapshot's streams to a store, one after the other, in memory of a known size.
struct BackupUpload: Sendable {
  let catalog: BackupCatalog
  let id: BackupID
  let encryption: AgeEncryption?
  let programs: ProgramGroup
  /// Told how many more bytes are in the store.
  let progress: @Sendable (BackupFile.Content, Int64) -> Void

  /// Sends one; the object is there only if every program of it ended well.
  func send(_ stream: SnapshotStream) throws -> BackupFile {
    let clear = DigestingStream(try stream.open())
    let last: any ByteStream = try encryption?.encrypting(clear, programs) ?? clear
    let key = catalog.keys.file(stream.content, id, isEncrypted: encryption != nil)
    let rules = catalog.storage.partRules
    let uploader = PartUploader(
      catalog.storage, partBytes: rules.partBytes(expecting: stream.expectedBytes),
      progress: { progress(stream.content, $0) })
    do throws(PartUploader.Failure) {
      let outcome = try uploader.upload(
        key, from: { try checked { try last.next() } }, confirm: { try checked(last.finish) })
      return BackupFile(
        content: stream.content, key: key.text, clear: clear.extent(),
        stored: .init(bytes: outcome.bytes, sha256: Hexadecimal.encode(outcome.sha256)),
        parts: outcome.parts.map {
          .init(bytes: $0.bytes, sha256: Hexadecimal.encode($0.sha256))
        })
    } catch {
      last.discard()
      throw Self.error(error)
    }
  }

  /// A signal ends programs, whose failures then are its consequence.
  private func checked<Result>(_ body: () throws -> Result) throws -> Result {
    let result = Swift.Result { try body() }
    if programs.isCancelled { throw BackupError.interrupted }
    return try result.get()
  }

  private static func error(_ failure: PartUploader.Failure) -> any Error {
    switch failure {
    case .storage(let error): BackupError.store(error)
    case .source(let error): error
    case .tooLong(let bytesMax): BackupError.tooLong(bytesMax: bytesMax)
    }
  }
}

import Core
import ObjectStorage
import Subprocess

/// What is in the files of a backup, as a restore takes it: checked, decrypted, decompressed.
struct BackupContent: Sendable {
  let storage: any ObjectStorage
  let manifest: BackupManifest
  let identity: BackupIdentity?
  /// Told how many more bytes came from the store.
  var progress: @Sendable (Int64) -> Void = { _ in }
  let programs = ProgramGroup()

  /// The stream of `file`, whose `finish` throws where anything about it was wrong.
  func open(_ file: BackupFile) throws -> any ByteStream {
    let stored = CheckedStream(
      try StoredStream(storage, file, progress: progress), file.stored, of: file.key)
    guard manifest.isEncrypted else { return try decompressed(stored, file) }
    guard let identity else { throw RestoreError.noIdentity(manifest.id) }
    let clear = CheckedStream(
      try identity.decrypt(stored, programs), file.clear, of: file.key)
    return try decompressed(clear, file)
  }

  /// Gives every piece of `file` to `body`; throws where anything about it is wrong, which may be
  /// after all pieces.
  func read(
    _ file: BackupFile, _ interruption: Interruption, _ body: ([UInt8]) throws -> Void = { _ in }
  ) throws {
    let stream = try open(file)
    do {
      try interruption.cancelling(with: { [programs] in programs.cancel() }) {
        while true {
          let piece = try stream.next()
          if piece.isEmpty { break }
          try body(piece)
          try interruption.check()
        }
        try stream.finish()
      }
    } catch {
      stream.discard()
      try interruption.check()
      throw error
    }
  }

  private func decompressed(_ stream: any ByteStream, _ file: BackupFile) throws -> any ByteStream {
    switch file.content {
    case .custom: stream
    case .plain, .globals, .settings, .sqlite:
      try ProgramStream(Subprocess.Command("gzip", ["-dc"]), programs, upstream: stream)
    }
  }
}

import Crypto
import ObjectStorage

extension BackupEntry {
  /// What the database held, as the store has it; `changed` where that is not what was written.
  func proof(in storage: any ObjectStorage) throws(BackupError) -> Proof {
    let reference = manifest.proof
    guard let key = ObjectKey(reference.key) else {
      throw BackupError.notWhatWasWritten(reference.key)
    }
    var bytes = try read(key, storage)
    // Bytes that were changed on their way say nothing of the backup.
    if !isProof(bytes) { bytes = try read(key, storage) }
    guard isProof(bytes) else { throw BackupError.notWhatWasWritten(reference.key) }
    do throws(RecordProblem) {
      return try Proof(bytes)
    } catch {
      throw .record(key: reference.key, error)
    }
  }

  private func read(
    _ key: ObjectKey, _ storage: any ObjectStorage
  ) throws(BackupError) -> [UInt8] {
    try BackupError.storing { () throws(StorageError) in
      try storage.read(key, bytesMax: Proof.bytesMax)
    }
  }

  private func isProof(_ bytes: [UInt8]) -> Bool {
    Hexadecimal.encode(SHA256.hash(bytes)) == manifest.proof.sha256
  }
}

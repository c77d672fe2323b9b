import Crypto
import ObjectStorage

extension BackupEntry {
  /// What the database held, as the store has it; `changed` where that is not what was written.
  func proof(in storage: any ObjectStorage) throws(BackupError) -> Proof {
    let reference = manifest.proof
    guard let key = ObjectKey(reference.key) else {
      throw BackupError.notWhatWasWritten(reference.key)
    }
    let bytes = try BackupError.storing { () throws(StorageError) in
      try storage.read(key, bytesMax: Proof.bytesMax)
    }
    guard Hexadecimal.encode(SHA256.hash(bytes)) == reference.sha256 else {
      throw BackupError.notWhatWasWritten(reference.key)
    }
    do throws(RecordProblem) {
      return try Proof(bytes)
    } catch {
      throw .record(key: reference.key, error)
    }
  }
}

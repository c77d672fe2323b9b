import Core
import POSIX
import Subprocess

/// The key that an encrypted backup is read with.
///
/// https://github.com/FiloSottile/age
struct BackupIdentity: Sendable {
  /// The child's descriptor that the key is read from.
  private static let descriptor: Int32 = 3

  private let key: Secret

  /// The key that `file:PATH` or `env:NAME` holds.
  init(_ source: String, _ context: CommandContext) throws(RestoreError) {
    do throws(KeySource.Unreadable) {
      key = try KeySource.read(source, context)
    } catch {
      throw .identityUnreadable(error.reason)
    }
  }

  /// `stream` decrypted.
  ///
  /// The key goes through a pipe: neither arguments nor the disk get to see it.
  func decrypt(
    _ stream: any ByteStream, _ programs: ProgramGroup
  ) throws -> any ByteStream {
    let pipe = try Pipe()
    try pipe.writing.write(Array((key.reveal() + "\n").utf8))
    let reading = pipe.intoReading()
    let command = Subprocess.Command(
      "age", ["--decrypt", "--identity", "/dev/fd/\(Self.descriptor)"],
      descriptors: [Self.descriptor: reading.rawValue])
    return try ProgramStream(command, programs, upstream: stream)
  }
}

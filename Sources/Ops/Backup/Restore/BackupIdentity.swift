import Core
import POSIX
import Subprocess

/// The key that an encrypted backup is read with.
///
/// https://github.com/FiloSottile/age
struct BackupIdentity: Sendable {
  /// Most bytes of a file of keys: all of it has to fit into a pipe.
  private static let bytesMax = 32 * 1024
  /// The child's descriptor that the key is read from.
  private static let descriptor: Int32 = 3

  private let key: Secret

  /// The key that `file:PATH` or `env:NAME` holds.
  init(_ source: String, _ context: CommandContext) throws {
    if source.hasPrefix("env:") {
      let name = String(source.dropFirst(4))
      guard let text = context.environment[name], !text.isEmpty else {
        throw RestoreError.identityUnreadable("the variable \(name) is not set")
      }
      key = Secret(text)
    } else {
      let path = context.absolute(String(source.dropFirst(5)))
      do throws(SystemError) {
        key = Secret(try File.readText(path, limit: Self.bytesMax))
      } catch {
        throw RestoreError.identityUnreadable("\(error)")
      }
    }
    guard key.reveal().utf8.count <= Self.bytesMax else {
      throw RestoreError.identityUnreadable("more than \(Self.bytesMax) bytes")
    }
  }

  /// Where a key may come from, for command lines.
  static let source = ValueType<String>(
    name: "SOURCE", allowed: "file:PATH or env:NAME",
    read: { text in
      ["file:", "env:"].contains { text.hasPrefix($0) && text.count > $0.count } ? text : nil
    })

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

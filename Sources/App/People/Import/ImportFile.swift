import Core
import POSIX

/// The file that is imported, or standard input.
final class ImportFile: Sendable {
  /// How much is read at once.
  private static let chunkBytes = 256 * 1024
  /// How soon a stop or a failure is heeded while a pipe is silent.
  private static let tick: Duration = .milliseconds(100)

  /// Its size; nil where it is not known before the end.
  let bytes: Int?
  private let file: FileDescriptor

  /// Opens the file at `path`; `-` is standard input.
  init(_ path: String) throws(SystemError) {
    if path == "-" {
      bytes = nil
      file = FileDescriptor(owning: 0)
    } else {
      file = try File.open(path, .read)
      bytes = File.size(path).flatMap { $0 > 0 ? Int($0) : nil }
    }
  }

  /// What is open already and whose size nobody knows.
  init(_ file: consuming FileDescriptor) {
    bytes = nil
    self.file = file
  }

  /// The next bytes, none at the end.
  func read(while progress: ImportProgress) throws -> [UInt8] {
    while try !file.waitUntilReadable(.after(Self.tick)) { try progress.checkReading() }
    return try file.read(upTo: Self.chunkBytes)
  }
}

import Glibc
import POSIX

/// A folder of its own for a test, removed with its last owner.
public final class TemporaryDirectory: Sendable {
  /// The absolute path.
  public let path: String

  /// Makes the folder under `TMPDIR`, or `/tmp`.
  ///
  /// https://man7.org/linux/man-pages/man3/mkdtemp.3.html
  public init() {
    let parent = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/slipway-test-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else {
      preconditionFailure("cannot make a folder in \(parent)")
    }
    path = unsafe template.withUnsafeBufferPointer { buffer in
      unsafe buffer.baseAddress.map { unsafe String(cString: $0) } ?? ""
    }
  }

  deinit { try? File.removeTree(path) }

  /// The path of `name` in the folder.
  public func file(_ name: String) -> String { "\(path)/\(name)" }
}

import CLinux
import Core
import Glibc

/// The process's standard output and standard error.
public enum StandardStream: Int32, Sendable {
  /// Where results go.
  case output = 1
  /// Where messages go.
  case error = 2

  /// Writes `text`; a reader that has gone away is no error, there is nobody left to tell.
  public func write(_ text: String) {
    write(bytes: Array(text.utf8))
  }

  /// Writes bytes as they are.
  public func write(bytes: [UInt8]) {
    var offset = 0
    while offset < bytes.count {
      let count = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.write(rawValue, $0.baseAddress.map { unsafe $0 + offset }, $0.count - offset)
      }
      if count < 0 {
        guard slipway_errno() == EINTR || slipway_errno() == EAGAIN else { return }
        continue
      }
      offset += count
    }
  }

  /// Whether a person reads along.
  public var isTerminal: Bool { isatty(rawValue) == 1 }

  /// The terminal's width in columns, nil where it is none.
  public var columns: Int? {
    let columns = slipway_terminal_columns(rawValue)
    return columns > 0 ? Int(columns) : nil
  }
}

import CLinux
import Glibc

/// A system call that failed: which, on what, and the system's reason.
public struct SystemError: Error, Sendable, Equatable {
  /// The call's name, such as `open`.
  public let call: String
  /// What it was called on: a path, an address; empty where there is nothing to name.
  public let subject: String
  /// The `errno` value.
  public let code: Int32

  /// A failure with a known code.
  public init(_ call: String, _ subject: String = "", code: Int32) {
    self.call = call
    self.subject = subject
    self.code = code
  }

  /// The failure of the call that has just returned, from `errno`.
  public static func last(_ call: String, _ subject: String = "") -> SystemError {
    SystemError(call, subject, code: slipway_errno())
  }

  /// Whether no such file, directory or process exists.
  public var isMissing: Bool { code == ENOENT || code == ESRCH }

  /// Whether there is one already where one was to be made.
  public var isPresent: Bool { code == EEXIST }

  /// Whether it is for want of permission, the file system's included.
  public var isDenied: Bool { [EACCES, EPERM, EROFS].contains(code) }

  /// Whether a directory is where a file should be, or the other way about.
  public var isOtherKind: Bool { [EISDIR, ENOTDIR, ENOTEMPTY].contains(code) }

  /// Whether the program's file is open for writing somewhere.
  public var isProgramBeingWritten: Bool { code == ETXTBSY }

  /// Whether the address is already in use.
  public var isAddressInUse: Bool { code == EADDRINUSE }

  /// Whether a signal came between, or there is nothing to be had just now.
  public var isInterrupted: Bool { code == EINTR || code == EAGAIN }

  /// Whether the file system is full or the quota is used up.
  public var isNoSpace: Bool { code == ENOSPC || code == EDQUOT }

  /// The system's words for the code.
  ///
  /// https://man7.org/linux/man-pages/man3/strerror.3.html
  public var reason: String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard unsafe strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
  }
}

extension SystemError: CustomStringConvertible {
  /// `subject: reason (call)`.
  public var description: String {
    subject.isEmpty ? "\(reason) (\(call))" : "\(subject): \(reason) (\(call))"
  }
}

/// Runs a call again while a signal interrupts it, and throws where it fails.
@discardableResult
func checked<Result: FixedWidthInteger>(
  _ call: String, _ subject: @autoclosure () -> String = "", _ body: () -> Result
) throws(SystemError) -> Result {
  while true {
    let result = body()
    if result != -1 { return result }
    let code = slipway_errno()
    if code != EINTR { throw SystemError(call, subject(), code: code) }
  }
}

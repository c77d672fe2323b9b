import CLinux
import Glibc
import POSIX

/// The two ends of a pipe, both closed on exec: between this process and a program, or between two.
///
/// https://man7.org/linux/man-pages/man2/pipe.2.html
public struct Pipe: ~Copyable {
  /// The end that gives what was written.
  public let reading: FileDescriptor
  /// The end that takes it.
  public let writing: FileDescriptor

  /// A pipe that nobody else has yet.
  public init() throws(SystemError) {
    var ends: [Int32] = [-1, -1]
    guard unsafe slipway_pipe(&ends) == 0 else { throw .last("pipe2") }
    self.reading = FileDescriptor(owning: ends[0])
    self.writing = FileDescriptor(owning: ends[1])
  }

  /// Gives the end for reading away and closes the other.
  public consuming func intoReading() -> FileDescriptor { reading }

  /// Gives the end for writing away and closes the other.
  public consuming func intoWriting() -> FileDescriptor { writing }
}

/// Writing to a pipe whose reader may be gone.
enum PipeWrite {
  /// How many bytes were taken; nil where nobody reads any more.
  ///
  /// `write(2)` on a pipe has no flag against SIGPIPE as `send(2)` has, so the signal is blocked in
  /// this thread for the call, and taken away if the call raised it.
  /// https://man7.org/linux/man-pages/man7/pipe.7.html
  static func some(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) throws(SystemError) -> Int? {
    var broken = sigset_t()
    var before = sigset_t()
    var pending = sigset_t()
    unsafe sigemptyset(&broken)
    unsafe sigaddset(&broken, SIGPIPE)
    unsafe sigpending(&pending)
    let wasPending = unsafe sigismember(&pending, SIGPIPE) == 1
    unsafe pthread_sigmask(SIG_BLOCK, &broken, &before)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    let count = unsafe bytes.withUnsafeBytes {
      unsafe write(descriptor, $0.baseAddress, $0.count)
    }
    if count >= 0 { return count }
    switch slipway_errno() {
    case EAGAIN, EINTR: return 0
    case EPIPE:
      var now = timespec()
      if !wasPending { unsafe sigtimedwait(&broken, nil, &now) }
      return nil
    default: throw .last("write")
    }
  }
}

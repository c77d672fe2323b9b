import CLinux
import Core
import Glibc

/// An advisory lock on a file, held while this value lives and freed by the kernel when its
/// process dies, however it dies.
///
/// https://man7.org/linux/man-pages/man2/flock.2.html
public struct FileLock: ~Copyable {
  private let file: FileDescriptor

  /// How long a waiter sleeps between two tries.
  private static let retryInterval: UInt32 = 5000

  /// Takes the lock on the file at `path`, which is made when missing; nil where another holds it
  /// until the deadline.
  public static func acquire(
    _ path: String, until deadline: Deadline = .after(.zero)
  ) throws(SystemError) -> FileLock? {
    let file = try File.open(path, .update, mode: File.ownerOnly)
    while flock(file.rawValue, LOCK_EX | LOCK_NB) != 0 {
      let failure = SystemError.last("flock", path)
      guard failure.code == EWOULDBLOCK || failure.code == EINTR else { throw failure }
      if deadline.hasPassed { return nil }
      usleep(retryInterval)
    }
    return FileLock(file: file)
  }

  /// Gives the lock back, at the place where the caller says so.
  ///
  /// The compiler may end a value after its last use, so a lock that is to hold over a stretch of
  /// code is used once more at its end.
  public consuming func release() {}
}

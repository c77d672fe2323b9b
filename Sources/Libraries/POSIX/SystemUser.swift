import CLinux
import Glibc

/// A user that the system knows, by number.
public struct SystemUser: Sendable, Equatable {
  /// The user's number; 0 may do everything.
  public let number: UInt32
  /// The number of the group that the user's files get.
  public let group: UInt32

  private static let bufferBytes = 16 * 1024

  /// The user of that name; nil where the system knows none.
  ///
  /// https://man7.org/linux/man-pages/man3/getpwnam.3.html
  public init?(named name: String) {
    var entry = unsafe passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: Self.bufferBytes)
    guard unsafe getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, unsafe found != nil
    else { return nil }
    unsafe number = entry.pw_uid
    unsafe group = entry.pw_gid
  }
}

extension File {
  /// Gives the file or directory at `path` to `user`; only root may.
  ///
  /// https://man7.org/linux/man-pages/man2/chown.2.html
  public static func changeOwner(_ path: String, to user: SystemUser) throws(SystemError) {
    try checked("lchown", path) { unsafe lchown(path, user.number, user.group) }
  }
}

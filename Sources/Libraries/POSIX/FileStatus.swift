import CLinux
import Core
import Glibc

/// What a file system knows of a file.
public struct FileStatus: Sendable, Equatable {
  /// Its length.
  public let bytes: Int64
  /// When its content was changed last, in nanoseconds since the epoch.
  public let modifiedNanoseconds: Int64
  /// Its number, which no other file of the file system has as long as it is there.
  public let number: UInt64
  /// The number of the user whose file it is.
  public let owner: UInt32
  /// Whether it is a file that holds bytes, and no directory, socket or device.
  public let isRegular: Bool
  /// Whether it is a directory.
  public let isDirectory: Bool

  init(_ status: stat) {
    bytes = Int64(status.st_size)
    modifiedNanoseconds =
      Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    number = UInt64(status.st_ino)
    owner = status.st_uid
    isRegular = status.st_mode & S_IFMT == S_IFREG
    isDirectory = status.st_mode & S_IFMT == S_IFDIR
  }

  /// When its content was changed last.
  public var modified: Timestamp {
    Timestamp(microsecondsSinceEpoch: modifiedNanoseconds / 1000)
  }
}

extension File {
  /// What is known of the file at `path`; links are not followed.
  ///
  /// https://man7.org/linux/man-pages/man2/lstat.2.html
  public static func status(_ path: String) throws(SystemError) -> FileStatus {
    var status = stat()
    try checked("lstat", path) { unsafe lstat(path, &status) }
    return FileStatus(status)
  }
}

import CLinux
import Core
import Glibc

/// An open file, socket or pipe that is closed when its one owner is gone.
public struct FileDescriptor: ~Copyable, Sendable {
  /// The number, valid as long as this value lives.
  public let rawValue: Int32

  /// Takes over `rawValue`, which must be open and owned by nobody else.
  public init(owning rawValue: Int32) {
    precondition(rawValue >= 0, "a descriptor is never negative")
    self.rawValue = rawValue
  }

  deinit {
    close(rawValue)
  }

  /// Gives the number away; whoever takes it closes it.
  public consuming func release() -> Int32 {
    let number = rawValue
    discard self
    return number
  }

  /// A second descriptor of the same open file, closed on exec.
  ///
  /// https://man7.org/linux/man-pages/man2/fcntl.2.html (F_DUPFD_CLOEXEC)
  public func duplicate() throws(SystemError) -> FileDescriptor {
    FileDescriptor(
      owning: try checked("fcntl", "descriptor \(rawValue)") {
        fcntl(rawValue, F_DUPFD_CLOEXEC, 3)
      })
  }

  /// Says whether the descriptor is closed in programs that this process starts.
  public func setCloseOnExec(_ on: Bool) throws(SystemError) {
    try checked("fcntl") { slipway_set_close_on_exec(rawValue, on ? 1 : 0) }
  }

  /// Says whether calls return at once where they would wait.
  public func setNonblocking(_ on: Bool) throws(SystemError) {
    try checked("fcntl") { slipway_set_nonblocking(rawValue, on ? 1 : 0) }
  }

  /// Writes all of `bytes`.
  public func write(_ bytes: some Collection<UInt8>) throws(SystemError) {
    let bytes = Array(bytes)
    var offset = 0
    while offset < bytes.count {
      offset += try checked("write") {
        unsafe bytes.withUnsafeBytes {
          unsafe Glibc.write(rawValue, $0.baseAddress.map { unsafe $0 + offset }, $0.count - offset)
        }
      }
    }
  }

  /// Reads at most `count` bytes; empty at the end of the file.
  public func read(upTo count: Int) throws(SystemError) -> [UInt8] {
    var failure: SystemError?
    // Not cleared first: most files are much smaller than what they are read in.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, received in
      do throws(SystemError) {
        received = try checked("read") {
          unsafe Glibc.read(rawValue, buffer.baseAddress, count)
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Goes on with reading or writing at `offset` bytes from the file's beginning.
  ///
  /// https://man7.org/linux/man-pages/man2/lseek.2.html
  public func seek(to offset: Int64) throws(SystemError) {
    try checked("lseek") { lseek(rawValue, Int(offset), SEEK_SET) }
  }

  /// What the file's system knows of it.
  ///
  /// https://man7.org/linux/man-pages/man3/stat.3type.html
  public func status() throws(SystemError) -> FileStatus {
    var status = stat()
    try checked("fstat") { unsafe fstat(rawValue, &status) }
    return FileStatus(status)
  }

  /// Reads to the end, or throws `EFBIG` where there is more than `limit` bytes.
  public func readToEnd(limit: Int) throws(SystemError) -> [UInt8] {
    var all: [UInt8] = []
    while true {
      let part = try read(upTo: 65_536)
      if part.isEmpty { return all }
      all += part
      if all.count > limit { throw SystemError("read", "more than \(limit) bytes", code: EFBIG) }
    }
  }

  /// Waits until there is something to read, or until the deadline; false then.
  public func waitUntilReadable(_ deadline: Deadline) throws(SystemError) -> Bool {
    try Poll.anyReadable([rawValue], deadline) != nil
  }

  /// Puts what was written on the disk.
  ///
  /// https://man7.org/linux/man-pages/man2/fsync.2.html
  public func synchronize() throws(SystemError) {
    try checked("fsync") { fsync(rawValue) }
  }
}

/// Waiting on several descriptors.
public enum Poll {
  /// The index of the first readable (or closed) descriptor of `numbers`, nil at the deadline.
  ///
  /// https://man7.org/linux/man-pages/man2/poll.2.html
  public static func anyReadable(
    _ numbers: [Int32], _ deadline: Deadline
  ) throws(SystemError) -> Int? {
    var entries = numbers.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    while true {
      let ready = unsafe poll(&entries, nfds_t(entries.count), deadline.remainingMilliseconds)
      if ready > 0 { return entries.firstIndex { $0.revents != 0 } }
      if ready < 0, slipway_errno() != EINTR { throw .last("poll") }
      if deadline.hasPassed { return nil }
    }
  }
}

import CLinux
import Core
import Glibc

/// Files and directories by path.
public enum File {
  /// What a file that is read whole may hold unless the caller says otherwise.
  public static let readBytesMax = 16 * 1024 * 1024

  /// The access of a file that only its owner may read.
  public static let ownerOnly: mode_t = 0o600

  /// How `open` is to treat the file.
  public enum Access: Sendable {
    /// For reading; the file must exist.
    case read
    /// For writing at the end; made when missing.
    case append
    /// For writing from the start; made when missing, emptied otherwise.
    case replace
    /// For writing a file that must not exist yet.
    case create
    /// For reading and writing without emptying; made when missing.
    case update

    var flags: Int32 {
      switch self {
      case .read: O_RDONLY
      case .append: O_WRONLY | O_CREAT | O_APPEND
      case .replace: O_WRONLY | O_CREAT | O_TRUNC
      case .create: O_WRONLY | O_CREAT | O_EXCL
      case .update: O_RDWR | O_CREAT
      }
    }
  }

  /// Opens the file at `path`, closed on exec.
  ///
  /// https://man7.org/linux/man-pages/man2/open.2.html
  public static func open(
    _ path: String, _ access: Access, mode: mode_t = 0o644
  ) throws(SystemError) -> FileDescriptor {
    FileDescriptor(
      owning: try checked("open", path) { unsafe Glibc.open(path, access.flags | O_CLOEXEC, mode) })
  }

  /// The whole file, or `EFBIG` where it is larger than `limit` bytes.
  public static func read(
    _ path: String, limit: Int = readBytesMax
  ) throws(SystemError) -> [UInt8] {
    do throws(SystemError) {
      return try open(path, .read).readToEnd(limit: limit)
    } catch {
      throw SystemError(error.call, path, code: error.code)
    }
  }

  /// The whole file as text; what is not UTF-8 is replaced.
  public static func readText(
    _ path: String, limit: Int = readBytesMax
  ) throws(SystemError) -> String {
    String(decoding: try read(path, limit: limit), as: UTF8.self)
  }

  /// Replaces the file with `bytes` so that a reader, or a crash, sees the old or the new whole.
  ///
  /// Written beside it, put on the disk, then renamed over it.
  public static func write(
    _ bytes: some Collection<UInt8>, to path: String, mode: mode_t = 0o644
  ) throws(SystemError) {
    let temporary = "\(path).\(ProcessInfo.identifier).new"
    do throws(SystemError) {
      let file = try open(temporary, .replace, mode: mode)
      try file.write(bytes)
      try file.synchronize()
      try checked("rename", path) { unsafe Glibc.rename(temporary, path) }
    } catch {
      unsafe unlink(temporary)
      throw SystemError(error.call, path, code: error.code)
    }
    try synchronizeDirectory(of: path)
  }

  /// Makes the file with `bytes`, whole or not at all; `EEXIST` where there is one already.
  ///
  /// Of two who make it at the same time one fails, and nothing is ever replaced.
  /// https://man7.org/linux/man-pages/man2/link.2.html
  public static func make(
    _ path: String, _ bytes: some Collection<UInt8>, mode: mode_t = 0o644
  ) throws(SystemError) {
    let temporary = "\(path).\(ProcessInfo.identifier).new"
    defer { unsafe unlink(temporary) }
    do throws(SystemError) {
      let file = try open(temporary, .replace, mode: mode)
      try file.write(bytes)
      try file.synchronize()
      try checked("link", path) { unsafe Glibc.link(temporary, path) }
    } catch {
      throw SystemError(error.call, path, code: error.code)
    }
    try synchronizeDirectory(of: path)
  }

  /// Copies a file the same way as `write` replaces one, in constant memory.
  public static func copy(
    _ source: String, to path: String, mode: mode_t
  ) throws(SystemError) {
    let temporary = "\(path).\(ProcessInfo.identifier).new"
    do throws(SystemError) {
      let input = try open(source, .read)
      let output = try open(temporary, .replace, mode: mode)
      while true {
        let part = try input.read(upTo: 1024 * 1024)
        if part.isEmpty { break }
        try output.write(part)
      }
      try output.synchronize()
      try checked("rename", path) { unsafe Glibc.rename(temporary, path) }
    } catch {
      unsafe unlink(temporary)
      throw SystemError(error.call, error.subject.isEmpty ? path : error.subject, code: error.code)
    }
    try synchronizeDirectory(of: path)
  }

  /// Makes the directory and those above it that are missing.
  public static func makeDirectory(_ path: String, mode: mode_t = 0o755) throws(SystemError) {
    if unsafe mkdir(path, mode) == 0 || (slipway_errno() == EEXIST && isDirectory(path)) { return }
    let failure = SystemError.last("mkdir", path)
    let parent = Path.parent(of: path)
    guard failure.isMissing, parent != path else { throw failure }
    try makeDirectory(parent, mode: mode)
    try checked("mkdir", path) { unsafe mkdir(path, mode) }
  }

  /// Makes the directory, or throws `EEXIST`: what is in it is this program's alone.
  ///
  /// https://man7.org/linux/man-pages/man2/mkdir.2.html
  public static func makeNewDirectory(_ path: String, mode: mode_t) throws(SystemError) {
    try checked("mkdir", path) { unsafe mkdir(path, mode) }
  }

  /// The same, and the disk knows of each of them afterwards.
  public static func makeDurableDirectory(
    _ path: String, mode: mode_t = 0o755
  ) throws(SystemError) {
    if isDirectory(path) { return }
    let parent = Path.parent(of: path)
    if parent != path { try makeDurableDirectory(parent, mode: mode) }
    if unsafe mkdir(path, mode) != 0 {
      let failure = SystemError.last("mkdir", path)
      guard failure.isPresent else { throw failure }
      // Another process may have been faster, or something else has the name.
      guard isDirectory(path) else { throw SystemError("mkdir", path, code: ENOTDIR) }
    }
    try synchronizeDirectory(of: path)
  }

  /// Removes the file; one that is not there is no error.
  public static func remove(_ path: String) throws(SystemError) {
    if unsafe unlink(path) == 0 || slipway_errno() == ENOENT { return }
    throw .last("unlink", path)
  }

  /// Removes the directory and all in it, without following symbolic links.
  public static func removeTree(_ path: String) throws(SystemError) {
    guard isDirectory(path, followingLinks: false) else { return try remove(path) }
    for name in try list(path) { try removeTree(path + "/" + name) }
    try checked("rmdir", path) { unsafe rmdir(path) }
  }

  /// Removes the directory unless it holds something; false then.
  ///
  /// https://man7.org/linux/man-pages/man2/rmdir.2.html
  public static func removeEmptyDirectory(_ path: String) throws(SystemError) -> Bool {
    if unsafe rmdir(path) == 0 || slipway_errno() == ENOENT { return true }
    if slipway_errno() == ENOTEMPTY || slipway_errno() == EEXIST { return false }
    throw .last("rmdir", path)
  }

  /// The names in a directory, sorted, without `.` and `..`.
  ///
  /// https://man7.org/linux/man-pages/man3/readdir.3.html
  public static func list(_ path: String) throws(SystemError) -> [String] {
    guard let directory = unsafe opendir(path) else { throw .last("opendir", path) }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Whether anything is at `path`.
  public static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  /// Whether this process may run the file at `path`.
  public static func isExecutable(_ path: String) -> Bool {
    unsafe access(path, X_OK) == 0 && !isDirectory(path)
  }

  /// Whether a directory is at `path`.
  public static func isDirectory(_ path: String, followingLinks: Bool = true) -> Bool {
    var status = stat()
    let result = unsafe followingLinks ? stat(path, &status) : lstat(path, &status)
    return result == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Whether a regular file is at `path`: what else is there may never end when it is read.
  public static func isRegular(_ path: String, followingLinks: Bool = true) -> Bool {
    var status = stat()
    let result = unsafe followingLinks ? stat(path, &status) : lstat(path, &status)
    return result == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Whether a symbolic link is at `path`, wherever it leads.
  public static func isLink(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  /// The size of the file in bytes, nil where there is none.
  public static func size(_ path: String) -> Int64? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? Int64(status.st_size) : nil
  }

  /// When the file was changed last, in seconds since the epoch, nil where there is none.
  public static func modified(_ path: String) -> Int? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? status.st_mtim.tv_sec : nil
  }

  /// The end of the file as text, at most `bytes` of it.
  public static func readTail(_ path: String, bytes: Int) throws(SystemError) -> String {
    let file = try open(path, .read)
    let size = size(path) ?? 0
    try checked("lseek", path) { lseek(file.rawValue, Int(max(0, size - Int64(bytes))), SEEK_SET) }
    return String(decoding: try file.readToEnd(limit: bytes * 2), as: UTF8.self)
  }

  /// Bytes that an ordinary user may still write on the file system of `path`.
  ///
  /// https://man7.org/linux/man-pages/man3/statvfs.3.html
  public static func freeBytes(at path: String) throws(SystemError) -> Int64 {
    var status = statvfs()
    try checked("statvfs", path) { unsafe statvfs(path, &status) }
    return Int64(clamping: UInt64(status.f_bavail) &* UInt64(status.f_frsize))
  }

  /// Renames `source` to `path`, replacing what is there.
  public static func rename(_ source: String, _ path: String) throws(SystemError) {
    try checked("rename", path) { unsafe Glibc.rename(source, path) }
    try synchronizeDirectory(of: path)
  }

  /// Gives the file at `source` the further name `path`, or throws `EEXIST`.
  ///
  /// https://man7.org/linux/man-pages/man2/link.2.html
  public static func link(_ source: String, _ path: String) throws(SystemError) {
    try checked("link", path) { unsafe Glibc.link(source, path) }
    try synchronizeDirectory(of: path)
  }

  /// Puts on the disk which names the directory of `path` has.
  static func synchronizeDirectory(of path: String) throws(SystemError) {
    try open(Path.parent(of: path), .read).synchronize()
  }
}

/// Paths as text.
public enum Path {
  /// The directory of `path`, `.` where it names none.
  public static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The last part of `path`.
  public static func name(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }

  /// `path` from the root, relative ones taken from the current directory.
  public static func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : ProcessInfo.currentDirectory + "/" + path
  }
}

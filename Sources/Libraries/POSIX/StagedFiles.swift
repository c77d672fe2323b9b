import CLinux
import Core
import Glibc

/// Several files that are replaced, each as `File.write` does it, with one wait for the disk.
///
/// All are written beside their places first. Then they are put on the disk together, and only then
/// do they take their places, one by one: whoever reads, or finds what a crash left, sees each file
/// old or new, and whole.
public struct StagedFiles: ~Copyable {
  /// What stands between a file's path and the number of the process that writes it anew.
  private static let ending = ".new"

  private var staged: [(temporary: String, path: String)] = []

  /// None yet.
  public init() {}

  deinit {
    // Those in their places are no longer there under this name.
    for (temporary, _) in staged { unsafe unlink(temporary) }
  }

  /// Writes `bytes` beside `path`, whose directory must exist.
  public mutating func stage(
    _ bytes: [UInt8], for path: String, mode: mode_t = 0o644
  ) throws(SystemError) {
    let temporary = "\(path).\(ProcessInfo.identifier)\(Self.ending)"
    staged.append((temporary, path))
    do throws(SystemError) {
      try File.open(temporary, .replace, mode: mode).write(bytes)
    } catch {
      throw SystemError(error.call, path, code: error.code)
    }
  }

  /// Puts everything on the disk and in its place; `afterEach` gets how many are there.
  ///
  /// https://man7.org/linux/man-pages/man2/syncfs.2.html
  public consuming func commit(afterEach: (Int) -> Void = { _ in }) throws(SystemError) {
    try synchronize()
    var directories: [String: String] = [:]
    for (index, file) in staged.enumerated() {
      try checked("rename", file.path) { unsafe rename(file.temporary, file.path) }
      directories[Path.parent(of: file.path)] = file.path
      afterEach(index + 1)
    }
    for path in directories.values { try File.synchronizeDirectory(of: path) }
  }

  private borrowing func synchronize() throws(SystemError) {
    guard let (temporary, _) = staged.first else { return }
    let file = try File.open(temporary, .read)
    try checked("syncfs", temporary) { slipway_syncfs(file.rawValue) }
  }

  /// The path that `path` was written for, where it is what a process left that was killed.
  public static func abandoned(_ path: String) -> String? {
    guard path.hasSuffix(ending) else { return nil }
    let rest = path.dropLast(ending.count)
    guard let dot = rest.lastIndex(of: "."), let process = Int32(rest[rest.index(after: dot)...]),
      process > 0
    else { return nil }
    let isAlive = kill(process, 0) == 0 || slipway_errno() != ESRCH
    return isAlive ? nil : String(rest[..<dot])
  }
}

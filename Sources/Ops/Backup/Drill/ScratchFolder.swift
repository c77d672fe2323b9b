import Core
import Crypto
import POSIX

/// A folder of one drill, gone when the drill is over.
///
/// A file in it is locked as long as its drill lives; the kernel frees the lock however the drill
/// dies. A folder whose lock can be had is what a killed drill left, and the next drill sweeps it.
struct ScratchFolder: ~Copyable {
  /// What the names of such folders begin with.
  static let prefix = "slipway-drill-"
  private static let markerName = "marker"
  private static let serverName = "server"
  /// How long what is left of a killed drill's server may take to end.
  private static let serverEnd: Duration = .seconds(10)
  /// How often a folder is removed again in which something was made meanwhile.
  private static let removalsMax = 5
  private static let removalPause: Duration = .milliseconds(200)

  /// Its path.
  let path: String
  private let lock: FileLock

  /// Makes one in `parent`, of a name that nobody has.
  init(in parent: String) throws {
    while true {
      let path = "\(parent)/\(Self.prefix)\(Hexadecimal.encode(RandomBytes.make(8)))"
      // Others may go through it, as the server's user does, and not look into it.
      try File.makeNewDirectory(path, mode: 0o711)
      // A sweep that looks just now may have it first.
      if let lock = try FileLock.acquire("\(path)/\(Self.markerName)") {
        self.path = path
        self.lock = lock
        return
      }
    }
  }

  /// The folder of the server within it, which belongs to the server's user.
  var server: String { "\(path)/\(Self.serverName)" }

  /// Removes it with all that is in it.
  consuming func remove() throws {
    try Self.removeTree(path)
    lock.release()
  }

  /// Removes what killed drills of this user left in `parent`; the paths.
  static func sweep(_ parent: String) -> [String] {
    let names = (try? File.list(parent)) ?? []
    return names.filter { $0.hasPrefix(prefix) }.map { "\(parent)/\($0)" }.filter(sweepOne)
  }

  private static func sweepOne(_ path: String) -> Bool {
    let marker = "\(path)/\(markerName)"
    // In a folder that everybody writes to, only what is our own is what it seems to be.
    guard (try? File.status(path))?.owner == ProcessInfo.userIdentifier,
      let status = try? File.status(marker), status.isRegular,
      status.owner == ProcessInfo.userIdentifier,
      let lock = try? FileLock.acquire(marker)
    else { return false }
    endServer("\(path)/\(serverName)/data")
    let isGone = (try? removeTree(path)) != nil
    lock.release()
    return isGone
  }

  /// Ends a server that outlived its drill.
  ///
  /// https://www.postgresql.org/docs/15/server-shutdown.html
  private static func endServer(_ data: String) {
    guard let text = try? File.readText("\(data)/postmaster.pid"),
      let number = text.split(separator: "\n").first.flatMap({ Int32($0) }), number > 1,
      let process = try? ProcessHandle(number), process.workingDirectory == data
    else { return }
    process.send(.quit)
    if !process.waitForEnd(.after(serverEnd)) {
      process.send(.kill)
      _ = process.waitForEnd(.after(serverEnd))
    }
  }

  /// Sessions of a server that was killed end a moment later, and write until then.
  private static func removeTree(_ path: String) throws {
    for _ in 1..<removalsMax {
      if isRemoved(path) { return }
      WorkThread.sleep(removalPause)
    }
    if File.exists(path) { try File.removeTree(path) }
  }

  private static func isRemoved(_ path: String) -> Bool {
    (try? File.removeTree(path)) != nil
  }
}

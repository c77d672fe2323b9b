import Core
import POSIX

/// The output of replicas, a file each, bounded.
struct ReplicaLogs {
  /// A file that has grown to this is kept once under another name and begun anew.
  static let bytesMax: Int64 = 32 * 1024 * 1024
  /// How many files of replicas that are gone are kept.
  static let filesMax = 40
  /// How often sizes are looked at.
  static let intervalDefault: Duration = .seconds(5)

  private let paths: LocalPaths
  private let interval: Duration
  private var nextLook: Deadline

  init(paths: LocalPaths, interval: Duration = intervalDefault) {
    self.paths = paths
    self.interval = interval
    self.nextLook = .after(interval)
  }

  /// Opens the log of a replica for adding to it.
  func open(_ name: String) throws(SystemError) -> FileDescriptor {
    try File.open(paths.log(name), .append, mode: File.ownerOnly)
  }

  /// Cuts files that have grown too large, now and then.
  ///
  /// Replicas write at the end wherever that is, so a file is emptied under their hands.
  mutating func rotate() {
    guard nextLook.hasPassed else { return }
    nextLook = .after(interval)
    guard let names = try? File.list(paths.logs) else { return }
    for name in names where name.hasSuffix(".log") {
      let path = "\(paths.logs)/\(name)"
      guard let size = File.size(path), size > Self.bytesMax else { continue }
      try? File.copy(path, to: path + ".1", mode: File.ownerOnly)
      _ = try? File.open(path, .replace, mode: File.ownerOnly)
    }
    let old = names.sorted { left, right in
      (File.modified("\(paths.logs)/\(left)") ?? 0) < (File.modified("\(paths.logs)/\(right)") ?? 0)
    }
    for name in old.dropLast(Self.filesMax) { try? File.remove("\(paths.logs)/\(name)") }
  }

  /// The last lines of a replica's log that say something, oldest first.
  static func tail(_ path: String, lines: Int, bytes: Int = 16 * 1024) -> [String] {
    guard let text = try? File.readTail(path, bytes: bytes) else { return [] }
    return text.split(separator: "\n").suffix(lines).map(String.init)
  }
}

import POSIX

/// Listening sockets that the parent process opened, by systemd's protocol.
///
/// https://man7.org/linux/man-pages/man3/sd_listen_fds.3.html
public enum InheritedSockets {
  /// The first descriptor that is passed.
  public static let firstDescriptor: Int32 = 3

  /// How many sockets are taken at most.
  public static let countMax = 16

  /// What is wrong with the variables.
  public struct Malformed: Error, Sendable, Equatable {
    /// The variable.
    public let name: String
    /// What it holds.
    public let value: String
  }

  /// How many descriptors `environment` passes to the process `identifier`; 0 where the variables
  /// are missing or meant for another process.
  ///
  /// `LISTEN_PID` may be missing: a supervisor that uses `posix_spawn` can not know it beforehand.
  public static func count(
    in environment: [String: String], for identifier: Int32
  ) throws(Malformed) -> Int {
    guard let text = environment["LISTEN_FDS"] else { return 0 }
    if let owner = environment["LISTEN_PID"] {
      guard let owner = Int32(owner) else { throw Malformed(name: "LISTEN_PID", value: owner) }
      if owner != identifier { return 0 }
    }
    guard let count = Int(text), (0...countMax).contains(count) else {
      throw Malformed(name: "LISTEN_FDS", value: text)
    }
    return count
  }

  /// Which of `count` descriptors is called `name`: the only one, whatever it is called.
  ///
  /// What is passed beside it would be listened on by nobody, and clients of that would wait for
  /// ever; so several have to have names, and the caller has to know what all of them are for.
  public static func index(
    of name: String, among count: Int, in environment: [String: String]
  ) throws(Malformed) -> Int {
    guard count > 1 else { return 0 }
    let text = environment["LISTEN_FDNAMES"] ?? ""
    let names = text.split(separator: ":", omittingEmptySubsequences: false)
    let places = names.indices.filter { names[$0] == name }
    guard names.count == count, places.count == 1 else {
      throw Malformed(name: "LISTEN_FDNAMES", value: text)
    }
    return places[0]
  }

  /// Takes over the `index`th passed descriptor, closed on exec from now on.
  public static func take(_ index: Int) throws(SystemError) -> FileDescriptor {
    let file = FileDescriptor(owning: firstDescriptor + Int32(index))
    try file.setCloseOnExec(true)
    return file
  }
}

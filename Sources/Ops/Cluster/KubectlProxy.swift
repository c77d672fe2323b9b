import Core
import POSIX
import Subprocess

/// Something on this machine that leads to a cluster.
protocol ClusterProxy: AnyObject, Sendable {
  /// The context of kubectl.
  var context: String { get }
  /// Where it listens.
  var socketPath: String { get }
  /// The process that listens, nil while none does.
  var process: Int32? { get }
  /// Why it leads nowhere any more; nil while it does, or will again.
  var failure: ClusterFailure? { get }
}

/// A `kubectl proxy` on a unix socket that only this user can reach, kept running.
///
/// Contexts, exec plugins, proxies and certificates come with kubectl. One that ends is started
/// anew on the same socket; the last one ends with this object, and with this process however that
/// ends.
/// https://kubernetes.io/docs/reference/kubectl/generated/kubectl_proxy/
final class KubectlProxy: ClusterProxy {
  /// How long the first one may take until it listens.
  static let startTimeout: Duration = .seconds(20)

  /// The context of kubectl.
  let context: String
  /// Where it listens.
  var socketPath: String { keeper.folder.socket }
  /// Its process, nil while none runs.
  var process: Int32? { keeper.process }
  /// Why there is no proxy any more; nil while there is one, or is to be one.
  var failure: ClusterFailure? { keeper.failure }

  private let keeper: ProxyKeeper

  /// Starts one and waits until it listens.
  init(context: String, kubeconfig: String? = nil, program: String = "kubectl")
    throws(ClusterFailure)
  {
    self.context = context
    do throws(SystemError) {
      let folder = try ProxyFolder()
      let options = kubeconfig.map { ["--kubeconfig", $0] } ?? []
      keeper = ProxyKeeper(
        folder, context: context, program: program, options: options + ["--context", context])
      let keeper = keeper
      try WorkThread.detach("kubectl proxy") { keeper.run() }
    } catch {
      throw ClusterFailure(
        reason: .noProgram, context: context, call: nil, message: "\(error)")
    }
    if let failure = keeper.waitUntilListening(.after(Self.startTimeout)) {
      keeper.stop()
      throw failure
    }
  }

  deinit { keeper.stop() }
}

/// The folder of one proxy: its socket and what it says.
struct ProxyFolder: Sendable {
  let path: String
  var socket: String { path + "/api.sock" }
  var log: String { path + "/log" }

  private static let prefix = "slipway-kubectl-"

  /// Makes the folder, and removes those whose processes are gone without having done so.
  ///
  /// A path of a socket has at most 107 bytes, so a long `TMPDIR` is not used.
  /// https://man7.org/linux/man-pages/man7/unix.7.html
  init() throws(SystemError) {
    let wanted = ProcessInfo.environment["TMPDIR"] ?? "/tmp"
    let parent = wanted.utf8.count > 40 || !File.isDirectory(wanted) ? "/tmp" : wanted
    Self.removeLeftOvers(in: parent)
    let process = ProcessInfo.identifier
    let tick = ProcessHandle.startTick(of: process) ?? 0
    path = try Self.make("\(parent)/\(Self.prefix)\(Self.place)-\(process)-\(tick)")
  }

  /// Where numbers of processes count: containers that share a folder have their own.
  private static var place: String {
    let digits = ProcessInfo.processNamespace?.filter(\.isNumber) ?? ""
    return digits.isEmpty ? "0" : digits
  }

  /// Folders of one process, those counted that somebody else made under such a name.
  private static let foldersMax = 1000

  private static func make(_ name: String) throws(SystemError) -> String {
    for number in 1..<foldersMax {
      do throws(SystemError) {
        try File.makeNewDirectory("\(name)-\(number)", mode: 0o700)
        return "\(name)-\(number)"
      } catch  where error.isPresent {
        continue
      }
    }
    try File.makeNewDirectory("\(name)-\(foldersMax)", mode: 0o700)
    return "\(name)-\(foldersMax)"
  }

  private static func removeLeftOvers(in parent: String) {
    for name in (try? File.list(parent)) ?? [] where name.hasPrefix(prefix) {
      let parts = name.dropFirst(prefix.count).split(separator: "-")
      guard parts.count == 4, parts[0] == place, let process = Int32(parts[1]),
        let tick = UInt64(parts[2])
      else { continue }
      // What belongs to others can not be removed, and is theirs to remove.
      if ProcessHandle.startTick(of: process) != tick { try? File.removeTree("\(parent)/\(name)") }
    }
  }
}

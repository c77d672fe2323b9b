import Core
import Handover
import JSON
import POSIX

/// The socket that clients connect to, wherever it comes from.
final class PublicSocket: Sendable {
  let file: FileDescriptor

  /// Inherited from the parent process, received from a running replica, or bound here.
  init(_ configuration: Configuration) throws(StartFailure) {
    do {
      if let index = configuration.inheritedSocket {
        file = try InheritedSockets.take(index)
      } else if let path = configuration.handoverFrom {
        var reply = try ControlClient.ask(path, ["do": "listener"])
        guard let received = reply.takeDescriptor() else {
          throw StartFailure("HANDOVER_FROM: \(path) answered without a socket")
        }
        file = received
      } else {
        let endpoint = configuration.http
        file = try ListeningSocket.tcp(host: endpoint.host, port: endpoint.port)
      }
      try file.setNonblocking(true)
    } catch let error as StartFailure {
      throw error
    } catch let error as SystemError where error.isAddressInUse {
      throw StartFailure("HTTP_PORT: \(error)")
    } catch {
      throw StartFailure("listening socket: \(error)")
    }
  }

  /// The port that it is bound to, 0 where it has none.
  var port: Int { ListeningSocket.port(of: file) ?? 0 }
}

/// Why the service did not start, in one line.
struct StartFailure: Error, Sendable, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

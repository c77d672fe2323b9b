import Hummingbird
import Logging

/// Hummingbird 2 as its documentation starts it: one route, the answer encoded from a value.
@main
struct Peer {
  struct Status: ResponseCodable { let status: String }

  static func main() async throws {
    let port = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 8080 : 8080
    let router = Router()
    router.get("livez") { _, _ in Status(status: "UP") }
    var logger = Logger(label: "peer")
    logger.logLevel = .error
    let application = Application(
      router: router,
      configuration: .init(address: .hostname("127.0.0.1", port: port)),
      logger: logger)
    try await application.runService()
  }
}

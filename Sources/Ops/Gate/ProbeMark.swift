import Core
import Crypto
import HTTPClient

/// How what stands between the prober and a service says that an answer is its own.
///
/// The service's words must never pass for those of the way to it, so each mark carries what
/// nobody else can know.
struct ProbeMark: Sendable, Equatable {
  /// What it may say.
  enum Word: String, Sendable, CaseIterable {
    /// The way is away: nobody knows how the service is.
    case noData = "no-data"
    /// The service's own address took no connection.
    case refused

    var outcome: ProbeOutcome {
      switch self {
      case .noData: .noData
      case .refused: .failure(.refused)
      }
    }
  }

  private static let header = "X-Slipway-Entrance"
  private static let secretBytes = 16

  private let secret = Base64URL.encode(RandomBytes.make(secretBytes))

  /// The whole answer, after which the connection is closed.
  func answer(_ word: Word) -> [UInt8] {
    let lines = [
      "HTTP/1.1 503 Service Unavailable", "\(Self.header): \(secret) \(word.rawValue)",
      "Content-Length: 0", "Connection: close", "", "",
    ]
    return Array(lines.joined(separator: "\r\n").utf8)
  }

  /// What an answer means where it is one of the way; nil where the service gave it.
  func outcome(of response: HTTPResponse) -> ProbeOutcome? {
    guard let value = response.header(Self.header) else { return nil }
    return Word.allCases.first { value == "\(secret) \($0.rawValue)" }?.outcome
  }
}

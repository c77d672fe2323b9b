import Core
import HTTPClient
import JSON

/// What the API server answered to a call that it did not carry out.
struct ClusterAnswer: Sendable, Equatable {
  /// The object `Status`, in which the API says what is wrong.
  ///
  /// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
  struct Status: Sendable, Equatable {
    let code: Int
    /// One word, for programs: `AlreadyExists`; empty where there is none.
    let reason: String
    /// One line, for people.
    let message: String
    /// Whether an API server said so, and not what stands before it.
    let isOfServer: Bool
  }

  let status: Status
  let retryAfter: Duration?

  /// Most characters of a message that are kept: webhooks may say anything.
  private static let messageCharactersMax = 500
  /// The longest wait that a server may ask for.
  private static let retryAfterMax: Duration = .seconds(60)

  /// The answer behind a response, or an event of a watch, that is no success.
  init(status code: Int, body: [UInt8], retryAfter: String? = nil) {
    let object = try? JSONReader.read(body)
    self.init(code: code, object, text: String(decoding: body, as: UTF8.self), retryAfter)
  }

  /// The answer in an event `ERROR` of a watch.
  init(_ object: JSONValue) {
    self.init(code: Int(clamping: object["code"]?.number ?? 500), object, text: "", nil)
  }

  private init(code: Int, _ object: JSONValue?, text: String, _ retryAfter: String?) {
    let said = object?["message"]?.text ?? text
    let line = said.split(whereSeparator: \.isNewline).joined(separator: " ")
    status = Status(
      code: code, reason: object?["reason"]?.text ?? "",
      message: line.isEmpty ? "status \(code)" : String(line.prefix(Self.messageCharactersMax)),
      isOfServer: object?["kind"]?.text == "Status")
    let seconds = retryAfter.flatMap(Int64.init) ?? object?["details"]?["retryAfterSeconds"]?.number
    self.retryAfter = seconds.map { min(.seconds(max(0, $0)), Self.retryAfterMax) }
  }
}

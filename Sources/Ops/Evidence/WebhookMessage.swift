import Core
import JSON

/// What a webhook is told of a rollout: a line for people, and the facts for programs.
///
/// Slack, Mattermost and others show `text`; whoever wants the facts reads `rollout`.
/// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
struct WebhookMessage: Sendable {
  enum Event: String, Sendable {
    case started
    case ended
  }

  /// The shape of the facts; a change that breaks readers makes it larger.
  static let formatVersion: Int64 = 1
  /// Characters of a cause that are sent.
  private static let causeMax = 2000

  let event: Event
  let record: RolloutRecord

  var json: JSONValue { ["text": .string(text), "rollout": facts] }

  private var text: String {
    let place = "Rollout \(record.number) of \(record.environment)"
    let way =
      (record.outgoing.map { "\($0.revision) → " } ?? "") + record.incoming.revision
    guard event == .ended else { return Self.escaped("\(place) began: \(way)") }
    let outcome = (record.outcome ?? .interrupted).rawValue.replacing("-", with: " ")
    let end =
      record.cause.map { ": \($0.prefix(Self.causeMax))" }
      ?? record.probes.map { ": \($0.summary)" }
    let hint = record.advice.map { "; \($0.line)" }
    return Self.escaped("\(place) \(outcome) (\(way))\(end ?? "")\(hint ?? "")")
  }

  private var facts: JSONValue {
    let probes = record.probes
    let gap = probes?.longestGap.map { ($0.end - $0.start).inMilliseconds }
    let causeType: JSONValue = record.advice.map { .string($0.id) } ?? .null
    let advice: JSONValue = record.advice.map { .string($0.words) } ?? .null
    return [
      "formatVersion": .integer(Self.formatVersion), "event": .string(event.rawValue),
      "environment": .string(record.environment), "number": .integer(Int64(record.number)),
      "incoming": .string(record.incoming.revision),
      "outgoing": record.outgoing.map { .string($0.revision) } ?? .null,
      "began": .string(record.began.iso8601),
      "ended": record.ended.map { .string($0.iso8601) } ?? .null,
      "outcome": record.outcome.map { .string($0.rawValue) } ?? .null,
      "cause": record.cause.map { .string(String($0.prefix(Self.causeMax))) } ?? .null,
      "causeType": causeType, "advice": advice,
      "requests": probes.map { .integer(Int64($0.requests)) } ?? .null,
      "failed": probes.map { .integer(Int64($0.failed)) } ?? .null,
      "longestGapMilliseconds": gap.map { .integer($0) } ?? .null,
    ]
  }

  /// Without what would mention a whole channel or hide where a link leads.
  ///
  /// https://docs.slack.dev/messaging/formatting-message-text#escaping
  private static func escaped(_ text: String) -> String {
    ErrorReport.printable(text).replacing("&", with: "&amp;").replacing("<", with: "&lt;")
      .replacing(">", with: "&gt;").replacing("@", with: "@\u{200B}")
  }
}

import YAML

/// Who is told of rollouts, and of which.
struct NotifyPolicy: Sendable, Equatable, PlatformObject {
  enum Moment: String, Sendable, CaseIterable {
    case failure
    case end
    case startAndEnd = "start-and-end"
  }

  /// Where the address stands: whoever knows it can write to the channel.
  enum Webhook: Sendable, Equatable {
    /// A variable of the environment of `ops`.
    case variable(String)
    /// A file, from the folder of platform.yaml.
    case file(String)
  }

  let webhook: Webhook
  let when: Moment

  init?(_ object: inout ObjectReader) {
    let webhook = object.required(
      "webhook", .webhook, "Where the address stands that rollouts are told to, as JSON.",
      example: "{ variable: ROLLOUT_WEBHOOK }")
    when = object.value(
      "when", .choice, default: "end",
      "What is told: only failures, every end, or the start as well.", example: "start-and-end")
    guard let webhook else { return nil }
    self.webhook = webhook
  }
}

extension FieldType where Value == NotifyPolicy.Webhook {
  fileprivate static var webhook: FieldType {
    SecretSources([
      .init(
        "variable", .webhookVariable, "A variable of the environment of ops that holds the address."
      ) { .variable($0) },
      .init(
        "file", .webhookFile, "A file that holds the address, from the folder of platform.yaml."
      ) {
        .file($0)
      },
    ]).type
  }
}

extension FieldType where Value == String {
  /// The address of a Pushgateway, without credentials.
  static var pushgateway: FieldType {
    .text(.pushgateway, hint: { _ in nil }, shown: { _ in "[redacted]" }, parse: { $0 })
  }
}

extension TextForm {
  fileprivate static let webhookVariable = TextForm(
    "the name of an environment variable", examples: ["ROLLOUT_WEBHOOK"],
    pattern: TextForm.variableName.pattern)

  /// A path and never an address.
  fileprivate static let webhookFile = TextForm(
    "the path of a file", examples: ["secrets/webhook"], pattern: "[^: ]+")

  fileprivate static let pushgateway = TextForm(
    "an address with http:// or https://, without a path",
    examples: ["http://pushgateway.monitoring:9091"],
    pattern: "https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")
}

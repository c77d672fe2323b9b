import YAML

/// What Prometheus watches for, and what it tells whoever is called.
struct AlertRule: Sendable {
  enum Severity: String, Sendable {
    /// Clients notice: somebody is woken.
    case critical
    /// It will be noticed unless somebody sees to it within a day or so.
    case warning
  }

  /// Also a heading of the runbooks.
  let name: String
  let severity: Severity
  let expression: String
  /// How long the expression has to give something, as Prometheus writes durations.
  let hold: String
  let summary: String
  let description: String

  init(
    _ name: String, _ severity: Severity, for hold: String, _ expression: String, summary: String,
    description: String
  ) {
    (self.name, self.severity, self.hold) = (name, severity, hold)
    (self.expression, self.summary, self.description) = (expression, summary, description)
  }

  /// The part of a page's address that leads to a heading, as the makers of such pages write it.
  var anchor: String { name.lowercased() }

  var node: YAMLNode {
    [
      "alert": .string(name), "expr": .string(expression), "for": .string(hold),
      "labels": [
        "severity": .string(severity.rawValue), "service": .string(Placeholder.service.text),
      ],
      "annotations": [
        "summary": .string(summary), "description": .string(description),
        "runbook_url": .string("\(Placeholder.runbooks.text)#\(anchor)"),
      ],
    ]
  }
}

/// A series that Prometheus computes ahead, for the rules and the dashboard.
struct RecordingRule: Sendable {
  let name: String
  let expression: String

  init(_ name: String, _ expression: String) { (self.name, self.expression) = (name, expression) }

  var node: YAMLNode { ["record": .string(name), "expr": .string(expression)] }
}

/// Rules that are evaluated together, one after another.
struct RuleGroup: Sendable {
  let name: String
  var records: [RecordingRule] = []
  var alerts: [AlertRule] = []

  var node: YAMLNode {
    ["name": .string(name), "rules": .sequence(records.map(\.node) + alerts.map(\.node))]
  }
}

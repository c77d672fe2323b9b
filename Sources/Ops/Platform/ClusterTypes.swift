import Core
import YAML

extension FieldType where Value == Bool {
  /// true or false.
  static var boolean: FieldType {
    .scalar(.boolean, hint: \.booleanHint) { scalar in
      if case .boolean(let value) = scalar.kind { value } else { nil }
    }
  }
}

extension FieldType where Value == Duration {
  /// A duration of whole seconds, as Kubernetes counts.
  static var wholeSeconds: FieldType {
    .text(.wholeSeconds) { text in
      DurationText.parse(text).flatMap { duration in
        duration.components.attoseconds == 0 && duration > .zero ? duration : nil
      }
    }
  }
}

extension FieldType where Value == String {
  /// A block of addresses.
  static var cidr: FieldType { .text(.cidr, HostName.isBlock) }

  /// A duration that is handed on as it is written.
  static var interval: FieldType { .text(.interval) }

  /// A duration short enough for the alerts.
  static var scrapeInterval: FieldType { .text(.scrapeInterval) }

  /// An https address of a page.
  static var webAddress: FieldType {
    .text(.webAddress, shown: { $0.contains("@") ? "[redacted]" : $0 }, parse: { $0 })
  }
}

extension FieldType where Value == [String: String] {
  /// Labels of an object.
  static var labels: FieldType { .dictionary(.text(.labelValue), keys: .labelKey) }

  /// Annotations of an object.
  static var annotations: FieldType { .dictionary(.text(.printable), keys: .annotationKey) }
}

extension TextForm {
  fileprivate static let wholeSeconds = TextForm(
    "whole seconds with a unit", examples: ["30s", "15m"], pattern: duration.pattern)

  /// A block of addresses.
  ///
  /// https://www.rfc-editor.org/rfc/rfc4632
  fileprivate static let cidr = TextForm(
    wanted: "a block of addresses (for example 10.0.0.0/8 or fd00::/8)",
    examples: ["10.0.0.0/8", "fd00::/8"],
    pattern: #"([0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9A-Fa-f:]+)/[0-9]{1,3}"#)

  /// A duration of Prometheus.
  ///
  /// https://prometheus.io/docs/prometheus/latest/configuration/configuration/#duration
  fileprivate static let interval = TextForm(
    "a whole number with a unit of s, m or h", examples: ["30s"], pattern: "[1-9][0-9]{0,8}[smh]")

  /// The shortest range that a rule looks back over is two minutes, in which four readings make a
  /// rate that stands a lost one.
  fileprivate static let scrapeInterval = TextForm(
    "1 to 30 seconds with their unit, as alerts look back over four readings",
    examples: ["15s"], pattern: "([1-9]|[12][0-9]|30)s")

  fileprivate static let webAddress = TextForm(
    wanted: "an address that begins with https://",
    pattern: "https://[A-Za-z0-9._~:/?#!$&'()*+,;=%-]+")

  /// What a label may hold.
  ///
  /// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
  static let labelValue = TextForm(
    wanted: "at most 63 of A-Z, a-z, 0-9, -, _ and ., a letter or digit at both ends",
    pattern: .labelName, isEmptyAllowed: true)

  static let labelKey = TextForm(
    wanted: "a label's key: [prefix/]name", pattern: .labelKey)

  fileprivate static let annotationKey = TextForm(
    wanted: "an annotation's key: [prefix/]name", pattern: .labelKey)
}

extension TextPattern {
  /// A label's value, or the part of its key behind the prefix.
  fileprivate static let labelName: TextPattern = "[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"

  fileprivate static let labelKey = TextPattern(
    #"(\#(label.source)(\.\#(label.source))*/)?\#(labelName.source)"#)
}

import Core

/// Prometheus's text format, version 0.0.4.
///
/// https://prometheus.io/docs/instrumenting/exposition_formats/
struct MetricsText {
  enum Kind: String {
    case counter, gauge, histogram
  }

  typealias Labels = [(name: String, value: String)]

  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  private(set) var text = ""

  mutating func family(_ name: String, _ kind: Kind, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
  }

  mutating func sample(_ name: String, _ labels: Labels = [], _ value: String) {
    text += name
    if !labels.isEmpty {
      text += "{"
      for (index, label) in labels.enumerated() {
        text += (index > 0 ? "," : "") + "\(label.name)=\"\(Self.escaped(label.value))\""
      }
      text += "}"
    }
    text += " \(value)\n"
  }

  /// A family with a single sample.
  mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: some BinaryInteger) {
    family(name, kind, help)
    sample(name, [], String(value))
  }

  /// The same for a value in seconds.
  mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: Duration) {
    family(name, kind, help)
    sample(name, [], String(value.inSeconds))
  }

  mutating func histogram(_ name: String, _ labels: Labels, _ histogram: Histogram) {
    var cumulated: UInt64 = 0
    for (count, boundary) in zip(histogram.counts, Histogram.boundaryTexts + ["+Inf"]) {
      cumulated += count
      sample("\(name)_bucket", labels + [("le", boundary)], String(cumulated))
    }
    sample("\(name)_sum", labels, String(histogram.sum.inSeconds))
    sample("\(name)_count", labels, String(cumulated))
  }

  private static func escaped(_ value: String) -> String {
    var result = ""
    for character in value {
      switch character {
      case "\\": result += "\\\\"
      case "\"": result += "\\\""
      case "\n": result += "\\n"
      default: result.append(character)
      }
    }
    return result
  }
}

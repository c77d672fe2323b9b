import Core

/// The version in `Chart.yaml`, which is that of this release.
enum ChartVersion {
  static let fileName = "Chart.yaml"

  /// The version of the service that `text` names.
  static func read(_ text: String) -> String? {
    text.split(separator: "\n").first { $0.hasPrefix("appVersion: ") }
      .map { $0.dropFirst("appVersion: ".count).filter { $0 != "\"" } }
  }

  /// `text` with the lines of both versions as they must be.
  static func inserted(in text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      for key in ["version", "appVersion"] where line.hasPrefix(key + ":") {
        return "\(key): \(Version.current)"
      }
      return String(line)
    }.joined(separator: "\n")
  }
}

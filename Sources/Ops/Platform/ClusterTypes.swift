import Core
import YAML

extension FieldType where Value == Bool {
  /// true or false.
  static var boolean: FieldType {
    .scalar("true or false", schema: .boolean) { scalar in
      if case .boolean(let value) = scalar.kind { value } else { nil }
    }
  }
}

extension FieldType where Value == Duration {
  /// A duration of whole seconds, as Kubernetes counts.
  static var wholeSeconds: FieldType {
    .scalar("whole seconds with a unit (for example 30s, 15m)") { scalar in
      DurationText.parse(scalar.text).flatMap { duration in
        duration.components.attoseconds == 0 && duration > .zero ? duration : nil
      }
    }
  }
}

extension FieldType where Value == String {
  /// A block of addresses.
  ///
  /// https://www.rfc-editor.org/rfc/rfc4632
  static var cidr: FieldType {
    .text("a block of addresses (for example 10.0.0.0/8 or fd00::/8)") { HostName.isBlock($0) }
  }

  /// A duration that is handed on as it is written.
  ///
  /// https://prometheus.io/docs/prometheus/latest/configuration/configuration/#duration
  static var interval: FieldType {
    .text("a whole number with a unit of s, m or h (for example 30s)") { text in
      guard let unit = text.last, "smh".contains(unit), let count = Int(text.dropLast()) else {
        return false
      }
      return count > 0 && String(count) == text.dropLast()
    }
  }

  /// An https address of a page.
  static var webAddress: FieldType {
    .text("an address that begins with https://") { text in
      text.hasPrefix("https://") && text.count > "https://".count && !text.contains(" ")
    }
  }
}

extension FieldType where Value == [String: String] {
  /// Labels of an object.
  ///
  /// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
  static var labels: FieldType {
    .dictionary(.labelValue, keys: "a label's key: [prefix/]name", isKey: LabelText.isKey)
  }

  /// Annotations of an object.
  static var annotations: FieldType {
    .dictionary(
      .text("a text in quotes") { _ in true }, keys: "an annotation's key: [prefix/]name",
      isKey: LabelText.isKey)
  }
}

extension FieldType where Value == String {
  fileprivate static var labelValue: FieldType {
    .text("at most 63 of A-Z, a-z, 0-9, -, _ and ., a letter or digit at both ends") {
      $0.isEmpty || LabelText.isName($0)
    }
  }
}

/// Keys and values of labels.
enum LabelText {
  /// Whether `text` is a name, with or without a prefix.
  static func isKey(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    switch parts.count {
    case 1: return isName(parts[0])
    case 2:
      return parts[0].split(separator: ".", omittingEmptySubsequences: false)
        .allSatisfy { HostName.isLabel(String($0)) } && isName(parts[1])
    default: return false
    }
  }

  /// Whether `text` may be a label's value, or the part of its key behind the prefix.
  static func isName(_ text: String) -> Bool {
    func isEnd(_ character: Character?) -> Bool {
      character.map { $0.isASCII && ($0.isLetter || $0.isNumber) } ?? false
    }
    return text.utf8.count <= 63 && isEnd(text.first) && isEnd(text.last)
      && text.allSatisfy { isEnd($0) || "-_.".contains($0) }
  }
}

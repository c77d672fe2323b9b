import YAML

/// An amount of processor, memory or storage as Kubernetes writes it.
///
/// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
struct Quantity: Sendable, Equatable {
  /// As written, so that rendering gives back what people wrote.
  let text: String
  /// Thousandths of a processor, or bytes.
  let amount: Int

  /// Thousandths of a processor: `100m`, `0.5`, `2`.
  static func processor(_ text: String) -> Quantity? {
    if text.hasSuffix("m") {
      return whole(text.dropLast()).map { Quantity(text: text, amount: $0) }
    }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, let cores = whole(parts[0]), cores <= 1_000_000 else { return nil }
    guard parts.count == 2 else { return Quantity(text: text, amount: cores * 1000) }
    let digits = parts[1]
    guard (1...3).contains(digits.count), let fraction = whole(digits) else { return nil }
    let scale = [100, 10, 1][digits.count - 1]
    return Quantity(text: text, amount: cores * 1000 + fraction * scale)
  }

  /// Bytes: `64Mi`, `1Gi`, `128M`, `1000`.
  static func bytes(_ text: String) -> Quantity? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let units = [
      "": 1, "k": 1000, "M": 1_000_000, "G": 1_000_000_000, "T": 1_000_000_000_000,
      "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40,
    ]
    guard let count = whole(digits), let unit = units[String(text.dropFirst(digits.count))]
    else { return nil }
    let (amount, overflow) = count.multipliedReportingOverflow(by: unit)
    return overflow || amount == 0 ? nil : Quantity(text: text, amount: amount)
  }

  private static func whole(_ text: Substring) -> Int? {
    text.allSatisfy { $0.isASCII && $0.isNumber } ? Int(text) : nil
  }
}

extension FieldType where Value == Quantity {
  static var processor: FieldType {
    .scalar(.either(.text(.processor), .number(min: 0))) {
      TextForm.processor.matches($0.text) ? Quantity.processor($0.text) : nil
    }
  }

  static var bytes: FieldType {
    .scalar(.either(.text(.bytes), .integer(1...Int.max))) {
      TextForm.bytes.matches($0.text) ? Quantity.bytes($0.text) : nil
    }
  }
}

extension FieldType where Value == Quantity {
  /// A text alone: what a template is given as a number is not always written as it was.
  static var processorText: FieldType { .text(.processor, parse: Quantity.processor) }

  /// A text alone, as above.
  static var bytesText: FieldType { .text(.bytes, parse: Quantity.bytes) }
}

extension TextForm {
  fileprivate static let processor = TextForm(
    "processors or thousandths of one", examples: ["2", "0.5", "100m"],
    pattern: #"[0-9]+(m|\.[0-9]{1,3})?"#)

  fileprivate static let bytes = TextForm(
    "bytes with an optional unit k, M, G, T, Ki, Mi, Gi or Ti", examples: ["64Mi"],
    pattern: "0*[1-9][0-9]*([kMGT]|[KMGT]i)?")
}

import YAML

/// The defaults of the chart, each key with what is told of it: `values.yaml`.
struct ChartDefaults {
  /// Where Helm looks for it.
  static let fileName = "values.yaml"
  /// Where comments are wrapped, in columns.
  private static let columnsMax = 100

  /// The image that the chart is for, without tag and digest.
  let repository: String

  /// The file, without a header.
  var text: String { block(ChartValues.fields, indent: 0) }

  /// The values alone, as Helm reads them out of the file.
  var node: YAMLNode { mapping(ChartValues.fields) }

  private func mapping(_ fields: [FieldDescription]) -> YAMLNode {
    .mapping(
      fields.map { field in
        if case .object(let inner) = field.schema { return (field.key, mapping(inner)) }
        return (field.key, value(field))
      })
  }

  private func block(_ fields: [FieldDescription], indent: Int) -> String {
    let margin = String(repeating: " ", count: indent)
    let entries = fields.map { field in
      let comment = comment(field, indent: indent)
      if case .object(let inner) = field.schema {
        return "\(comment)\(margin)\(field.key):\n\(block(inner, indent: indent + 2))"
      }
      return "\(comment)\(margin)\(field.key): \(YAMLWriter.inline(value(field)))\n"
    }
    return entries.joined(separator: indent == 0 ? "\n" : "")
  }

  /// What stands in the file; an empty text where there is no default.
  private func value(_ field: FieldDescription) -> YAMLNode {
    switch field.absence {
    case .value(_, let node): node
    case .error: .string(repository)
    case .nothing, .told, .mapping: .string("")
    }
  }

  /// What is told of a key, and on a line of its own what may stand there.
  private func comment(_ field: FieldDescription, indent: Int) -> String {
    let margin = String(repeating: " ", count: indent) + "# "
    var lines = [field.help]
    switch field.schema {
    case .object, .boolean: break
    default: lines.append("Wanted: \(field.schema.wantedInFull).")
    }
    return lines.flatMap { HelpText.wrapped($0, columns: Self.columnsMax - margin.count) }
      .map { margin + $0 + "\n" }.joined()
  }
}

import JSON
import YAML

extension JSONValue {
  /// The value as YAML in block style.
  var yaml: String { YAMLWriter.write(node) }

  private var node: YAMLNode {
    switch self {
    case .null: .null
    case .boolean(let truth): .boolean(truth)
    case .integer(let number): .integer(Int(number))
    case .real(let number):
      YAMLNode(.scalar(YAMLScalar(String(describing: number), style: .plain)))
    case .string(let text): .string(text)
    case .array(let elements): .sequence(elements.map(\.node))
    case .object(let members): .mapping(members.map { ($0.name, $0.value.node) })
    }
  }
}

/// What parsing, help and completions need to know of an operand, whatever its type.
struct OperandDeclaration: Sendable {
  /// How it is written in usage lines, in capitals.
  let name: String
  let help: String
  let value: ValueDeclaration
  let isRequired: Bool
  let isRepeatable: Bool

  /// `NAME`, `[NAME]`, `NAME...` or `[NAME...]`.
  var usage: String {
    let text = isRepeatable ? name + "..." : name
    return isRequired ? text : "[\(text)]"
  }
}

/// What can stand in a command's list of operands.
protocol DeclaresOperand: Sendable {
  var declaration: OperandDeclaration { get }
}

/// A typed argument that is no option and no option's value.
struct Operand<Value: Sendable>: DeclaresOperand {
  let declaration: OperandDeclaration
  let type: ValueType<Value>

  init(
    _ type: ValueType<Value>, isRequired: Bool = true, isRepeatable: Bool = false, _ help: String
  ) {
    declaration = OperandDeclaration(
      name: type.declaration.name, help: help, value: type.declaration, isRequired: isRequired,
      isRepeatable: isRepeatable)
    self.type = type
  }
}

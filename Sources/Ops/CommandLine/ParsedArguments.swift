/// Arguments that satisfy a command's specification.
///
/// Everything is checked before a command sees it, so that reading cannot fail: a failing
/// precondition here is a command that reads what its specification does not declare.
struct ParsedArguments: Sendable {
  private let specification: CommandSpecification
  private let options: [String: [String]]
  private let operandTexts: [String]

  init(_ specification: CommandSpecification, options: [String: [String]], operands: [String]) {
    self.specification = specification
    self.options = options
    operandTexts = operands
  }

  /// Whether the flag is given.
  func has(_ flag: Flag) -> Bool { !texts(flag.declaration).isEmpty }

  /// The option's value or its default; nil where it has neither.
  func value<Value>(_ option: Option<Value>) -> Value? {
    (texts(option.declaration).last ?? option.declaration.defaultText).flatMap(option.type.read)
  }

  /// The value of an option that is required or has a default.
  func required<Value>(_ option: Option<Value>) -> Value {
    guard let value = value(option) else {
      preconditionFailure("\(option.declaration.long) is neither required nor has a default")
    }
    return value
  }

  /// All values of an option that may be repeated, in their order.
  func values<Value>(_ option: Option<Value>) -> [Value] {
    texts(option.declaration).compactMap(option.type.read)
  }

  /// The operand's value; nil where it is not given.
  func value<Value>(_ operand: Operand<Value>) -> Value? { values(operand).first }

  /// The value of an operand that is required.
  func required<Value>(_ operand: Operand<Value>) -> Value {
    guard let value = value(operand) else {
      preconditionFailure("\(operand.declaration.name) is not required")
    }
    return value
  }

  /// The values of an operand that may be repeated, in their order.
  func values<Value>(_ operand: Operand<Value>) -> [Value] {
    let position = specification.operands.firstIndex {
      $0.declaration.name == operand.declaration.name
    }
    guard let position else { preconditionFailure("\(operand.declaration.name) is not declared") }
    let texts = operandTexts.dropFirst(position)
    return (operand.declaration.isRepeatable ? texts : texts.prefix(1)).compactMap(
      operand.type.read)
  }

  private func texts(_ declaration: OptionDeclaration) -> [String] {
    let isDeclared = specification.options.contains { $0.declaration.name == declaration.name }
    precondition(isDeclared, "\(declaration.long) is not declared by \(specification.name)")
    return options[declaration.name] ?? []
  }
}

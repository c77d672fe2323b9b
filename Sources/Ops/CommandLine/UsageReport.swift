import Core

/// The words for a wrong command line.
extension UsageError: ReportableError {
  var exitCode: ExitCode { .usage }

  var findings: [Finding] {
    let command = path.joined(separator: " ")
    return [Finding(message: message, hints: suggestion + ["see '\(command) --help'"])]
  }

  private var message: String {
    let command = path.joined(separator: " ")
    switch reason {
    case .unknownCommand(let word, _): return "'\(word)' is no command of \(command)"
    case .missingCommand(let known):
      return "\(command) needs a command: \(known.joined(separator: ", "))"
    case .unknownOption(let option, _): return "\(command) has no option \(option)"
    case .missingValue(let option, let allowed): return "\(option) needs a value: \(allowed)"
    case .unexpectedValue(let option): return "\(option) takes no value"
    case .optionValueNotAllowed(let option, let value, let allowed):
      return "\(option) cannot be '\(value)'; allowed: \(allowed)"
    case .repeatedOption(let option): return "\(option) is given twice"
    case .missingOption(let option, let allowed):
      return "\(command) needs \(option): \(allowed)"
    case .exclusiveOptions(let one, let other): return "\(one) and \(other) exclude each other"
    case .optionBeforeCommand(let option, let word):
      return "\(option) is no option of \(command) \(word), and cannot stand before '\(word)'"
    case .optionNeeds(let option, let needs): return "\(option) needs \(needs) beside it"
    case .unexpectedOperand(let word): return "\(command) does not take '\(word)'"
    case .missingOperand(let operand, let help): return "\(command) needs \(operand): \(help)"
    case .operandNotAllowed(let operand, let value, let allowed):
      return "\(operand) cannot be '\(value)'; allowed: \(allowed)"
    }
  }

  private var suggestion: [String] {
    switch reason {
    case .unknownCommand(let word, let known), .unknownOption(let word, let known):
      Suggestion.nearest(to: word, in: known).map { ["did you mean '\($0)'?"] } ?? []
    default: []
    }
  }
}

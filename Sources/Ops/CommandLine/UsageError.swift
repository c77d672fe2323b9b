/// What is wrong with a command line.
///
/// Values are kept as they may be shown: what may be a secret is redacted already.
struct UsageError: Error, Equatable {
  enum Reason: Equatable {
    case unknownCommand(String, known: [String])
    case missingCommand(known: [String])
    case unknownOption(String, known: [String])
    case missingValue(option: String, allowed: String)
    case unexpectedValue(option: String)
    case optionValueNotAllowed(option: String, value: String, allowed: String)
    case repeatedOption(String)
    case missingOption(String, allowed: String)
    case exclusiveOptions(String, String)
    case optionBeforeCommand(option: String, command: String)
    case optionNeeds(option: String, needs: String)
    case unexpectedOperand(String)
    case missingOperand(String, help: String)
    case operandNotAllowed(operand: String, value: String, allowed: String)
  }

  let reason: Reason
  /// The words of the command that was being read, beginning with the program's name.
  let path: [String]
}

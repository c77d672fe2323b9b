/// One command of `ops`.
///
/// The specification is the one source of parsing, help, completions and the reference; a command
/// reads from the parsed arguments only what its specification declares.
protocol Command: Sendable {
  /// Name, options, operands and words for people.
  static var specification: CommandSpecification { get }

  /// Takes typed values out of arguments that satisfy the specification.
  ///
  /// Throws what only the command can judge, for example two values that exclude each other.
  init(_ arguments: ParsedArguments) throws

  /// Does the work and says how it ended; what is thrown is reported on standard error.
  func run(_ context: CommandContext) throws -> ExitCode
}

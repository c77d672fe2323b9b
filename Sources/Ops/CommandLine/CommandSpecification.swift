/// What a command accepts and what is told about it.
struct CommandSpecification: Sendable {
  /// Options of which at most one may be given.
  typealias Exclusive = [any DeclaresOption]

  /// An option that makes sense only beside another.
  struct Requirement: Sendable {
    let option: any DeclaresOption
    let needs: any DeclaresOption
  }

  /// A command line with what it does.
  struct Example: Sendable {
    let line: String
    let effect: String
  }

  /// The command's word, for example `rollout`, or `apply` under the group `migrate`.
  let name: String
  /// One line, imperative, without a full stop.
  let summary: String
  /// Paragraphs below the summary, parted by empty lines.
  var description = ""
  var options: [any DeclaresOption] = []
  /// In their order; only the last may be optional or repeated.
  var operands: [any DeclaresOperand] = []
  var exclusive: [Exclusive] = []
  var requirements: [Requirement] = []
  /// Those beside `done`, `failure` and `usage`, which every command has.
  var exitCodes: [ExitCode] = []
  var examples: [Example] = []
  /// Left out of help, completions and the reference; for what other commands start.
  var isHidden = false

  /// All codes that the command may end with, in the table's order.
  var allExitCodes: [ExitCode] {
    let all = Set(exitCodes).union([.done, .failure, .usage])
    return ExitCode.allCases.filter(all.contains)
  }
}

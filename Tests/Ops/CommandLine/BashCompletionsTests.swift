import Core
import Subprocess
import Testing

@testable import Ops

/// What a real bash offers after words on its command line.
struct BashCompletionsTests {
  @Test(arguments: [
    (["ops", ""], ["ship", "fleet", "help", "--help", "--version", "--color"]),
    (["ops", "s"], ["ship"]),
    (["ops", "fleet", ""], ["completions", "version", "--help", "--version", "--color"]),
    (["ops", "fleet", "completions", "z"], ["zsh"]),
    (["ops", "--color", "never", "fl"], ["fleet"]),
    (["ops", "ship", "--re"], ["--replicas", "--report"]),
    (["ops", "ship", "--cargo", ""], ["coal", "corn"]),
    (["ops", "ship", "--cargo", "=", "cor"], ["corn"]),
    (["ops", "ship", "--cargo", "="], ["coal", "corn"]),
    (["ops", "ship", "--timeout", ""], []),
    (["ops", "ship", "-e", "x", "--pl"], ["--plan"]),
    (["ops", "ship", "--report", "/et"], ["/etc"]),
    (["ops", "anch"], []),
  ])
  func bashOffers(_ words: [String], _ offered: [String]) throws {
    let script = TestProgram.run("fleet", "completions", "bash").output
    let line = """
      \(script)
      COMP_WORDS=(\(words.map(ShellText.quoted).joined(separator: " ")))
      COMP_CWORD=\(words.count - 1)
      _ops
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let result = try Subprocess.Command(
      "bash", ["--norc", "--noprofile", "-c", line],
      variables: .inherited(changing: ["LC_ALL": "C"])
    ).run(deadline: .after(.seconds(60)))
    #expect(result.isSuccess, "\(result.errorText)")
    #expect(result.errorText.isEmpty)
    #expect(result.outputText.split(separator: "\n").map(String.init) == offered)
  }

  @Test func theScriptOfTheProgramIsValid() throws {
    let script = BashCompletions(tree: Ops.commands).script
    let result = try Subprocess.Command("bash", ["-n"], input: .bytes(Array(script.utf8)))
      .run(deadline: .after(.seconds(60)))
    #expect(result.isSuccess, "\(result.errorText)")
  }
}

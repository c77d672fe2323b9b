import Testing

@testable import Ops

/// The scripts for the three shells.
struct CompletionsTests {
  @Test(arguments: CompletionsCommand.Shell.allCases)
  func theScriptIsTheRecordedOne(_ shell: CompletionsCommand.Shell) throws {
    let result = TestProgram.run("fleet", "completions", shell.rawValue)
    #expect(result.code == .done)
    try GoldenFile.expect(result.output, "completions.\(shell.rawValue)")
  }

  @Test(arguments: CompletionsCommand.Shell.allCases)
  func hiddenCommandsAreNotOffered(_ shell: CompletionsCommand.Shell) {
    #expect(!TestProgram.run("fleet", "completions", shell.rawValue).output.contains("anchor"))
  }

  @Test func aQuoteInAHelpTextCannotEndTheWord() {
    #expect(ShellText.quoted("it's") == #"'it'\''s'"#)
  }
}

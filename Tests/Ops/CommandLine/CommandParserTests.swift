import Testing

@testable import Ops

/// Command lines as GNU programs read them.
struct CommandParserTests {
  @Test(arguments: [
    (["-e", "x", "Genoa"], "x 10m -  - - - Genoa "),
    (["--env", "x", "Genoa"], "x 10m -  - - - Genoa "),
    (["--env=x", "Genoa"], "x 10m -  - - - Genoa "),
    (["-ex", "Genoa"], "x 10m -  - - - Genoa "),
    (["Genoa", "-e", "x"], "x 10m -  - - - Genoa "),
    (["-pve", "x", "Genoa"], "x 10m -  - plan verbose Genoa "),
    (["-pvex", "Genoa", "-t5s"], "x 5s -  - plan verbose Genoa "),
    (["-e", "x", "--", "Genoa", "--plan", "-v"], "x 10m -  - - - Genoa --plan+-v"),
    (["-e", "x", "Genoa", "--", "--"], "x 10m -  - - - Genoa --"),
    (["-e", "x", "A", "B", "-p", "C"], "x 10m -  - plan - A B+C"),
    (["-e", "x", "--set-env", "A=1", "--set-env=B=2=3", "G"], "x 10m - A:1+B:2=3 - - - G "),
    (["-e", "x", "--set-env", "A=", "G"], "x 10m - A: - - - G "),
    (["-e", "x", "--cargo", "corn", "--replicas", "3", "G"], "x 10m 3  corn - - G "),
    (["-e", "-", "G"], "- 10m -  - - - G "),
    (["-e=x", "G"], "=x 10m -  - - - G "),
    (["-e", "x", "--plan", "--plan", "G"], "x 10m -  - plan - G "),
  ])
  func aLineIsReadAs(_ words: [String], _ text: String) {
    let result = run(words)
    #expect(result == .init(code: .done, output: text + "\n", error: ""))
  }

  @Test(arguments: [
    ([], "ops ship needs --env: a text that is not empty"),
    (["-e", "x"], "ops ship needs HARBOUR: where to"),
    (["-e", "x", ""], "HARBOUR cannot be ''; allowed: a text that is not empty"),
    (["-e"], "-e needs a value: a text that is not empty"),
    (["--env", "--plan"], "--env needs a value: a text that is not empty"),
    (["--env", "--"], "--env needs a value: a text that is not empty"),
    (["--env="], "--env cannot be ''; allowed: a text that is not empty"),
    (["--env", "a", "--env", "b"], "--env is given twice"),
    (["--plan=yes"], "--plan takes no value"),
    (["-x"], "ops ship has no option -x"),
    (["-px"], "ops ship has no option -x"),
    (["--colour"], "ops ship has no option --colour"),
    (
      ["--replicas", "0"],
      "--replicas cannot be '0'; allowed: a whole number from 1 to 20"
    ),
    (
      ["--timeout", "5"],
      "--timeout cannot be '5'; allowed: a whole number with a unit: ms, s, m, h or d "
        + "(for example 500ms, 10s)"
    ),
    (["--cargo=tea"], "--cargo cannot be 'tea'; allowed: coal, corn"),
    (
      ["--set-env", "1A=hunter2"],
      "--set-env cannot be '1A=[redacted]'; allowed: NAME=VALUE, the name of letters, digits "
        + "and _ not beginning with a digit"
    ),
    (["--database", ""], "--database cannot be '[redacted]'; allowed: a text that is not empty"),
    (["--plan", "--undo", "-e", "x", "G"], "--plan and --undo exclude each other"),
    (["--to", "1", "-e", "x", "G"], "--to needs --undo beside it"),
  ])
  func aWrongLineIsRefused(_ words: [String], _ message: String) {
    let result = run(words)
    #expect(result.code == .usage)
    #expect(result.output.isEmpty)
    #expect(result.error.hasPrefix("ops: error: \(message)\n"), "\(result.error)")
    #expect(result.error.hasSuffix("  see 'ops ship --help'\n"))
  }

  @Test(arguments: [
    (["shp"], "ship"), (["--verison"], "--version"), (["ship", "--replica", "3"], "--replicas"),
    (["fleet", "versoin"], "version"),
  ])
  func aMisspeltWordGetsASuggestion(_ words: [String], _ suggestion: String) {
    let result = run(line: words)
    #expect(result.code == .usage)
    #expect(result.error.contains("\n  did you mean '\(suggestion)'?\n"), "\(result.error)")
  }

  @Test func aHiddenCommandRunsButIsNotSuggested() {
    #expect(TestProgram.run("anchor").code == .failure)
    #expect(!TestProgram.run("anchr").error.contains("anchor"))
  }

  @Test func anOperandTooManyIsRefused() {
    let result = TestProgram.run("fleet", "version", "now")
    #expect(
      result.error == """
        ops: error: ops fleet version does not take 'now'
          see 'ops fleet version --help'

        """)
  }

  @Test func aGroupAloneNamesItsCommands() {
    let result = TestProgram.run("fleet")
    #expect(result.code == .usage)
    #expect(result.error.contains("ops fleet needs a command: completions, version"))
  }

  @Test func globalOptionsStandAnywhere() {
    let lines = [["--color", "never", "ship"], ["ship", "--color=never"]]
    for line in lines {
      let result = run(line: line + ["-e", "x", "G"])
      #expect(result.code == .done, "\(result.error)")
    }
  }

  @Test func everyOptionOfACommandHasOneMeaning() {
    for (path, node) in Ops.commands.visiblePaths + TestProgram.tree.visiblePaths {
      let all = ((node.specification?.options ?? []) + GlobalOptions.all).map(\.declaration)
      #expect(Set(all.map(\.name)).count == all.count, "\(path)")
      let shorts = all.compactMap(\.short)
      #expect(Set(shorts).count == shorts.count, "\(path)")
    }
  }

  private func run(_ words: [String]) -> TestProgram.Result { run(line: ["ship"] + words) }

  private func run(line: [String]) -> TestProgram.Result { TestProgram.run(words: line) }
}

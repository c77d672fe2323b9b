import Testing

@testable import Ops

/// Errors as lines for people and for CI.
struct ErrorReportTests {
  private struct Leak: ReportableError {
    let exitCode = ExitCode.refused
    let findings = [
      Finding(
        message: "100% wrong: a,b\nsecond", hints: ["look: here"],
        place: .init(file: "a,b:c.yaml", line: 3, column: 7)),
      Finding(message: "no place"),
    ]
  }

  @Test func aFindingWithAPlaceBeginsWithIt() {
    #expect(
      ErrorReport(Leak()).lines(program: "ops", color: false, annotations: false) == [
        "a,b:c.yaml:3:7: error: 100% wrong: a,b\\nsecond", "  look: here", "ops: error: no place",
      ])
  }

  @Test func inActionsEveryFindingIsAnAnnotation() {
    #expect(
      ErrorReport(Leak()).lines(program: "ops", color: true, annotations: true) == [
        "::error file=a%2Cb%3Ac.yaml,line=3,col=7::100%25 wrong: a,b%0Asecond%0Alook: here",
        "::error::no place",
      ])
  }

  @Test func aForeignErrorCannotForgeLinesNorMoveTheCursor() {
    let result = TestProgram.run("anchor")
    #expect(result.code == .failure)
    #expect(
      result.error == "ops: error: the anchor drags\\u{1B}[2J\\nops: all is well\n")
  }

  @Test func annotationsAppearOnlyInActions() {
    let result = TestProgram.run("anchor", environment: ["GITHUB_ACTIONS": "true"])
    #expect(result.error == "::error::the anchor drags\\u{1B}[2J%0Aops: all is well\n")
    #expect(!TestProgram.run("anchor").error.contains("::error"))
  }

  @Test(
    arguments: [
      ([], [:], true, true), ([], [:], false, false), ([], ["NO_COLOR": "1"], true, false),
      ([], ["NO_COLOR": ""], true, true), ([], ["TERM": "dumb"], true, false),
      (["--color=always"], ["NO_COLOR": "1"], false, true), (["--color=never"], [:], true, false),
    ] as [([String], [String: String], Bool, Bool)])
  func coloursFollowOptionTerminalAndEnvironment(
    _ options: [String], _ environment: [String: String], _ isTerminal: Bool, _ isColoured: Bool
  ) {
    let result = TestProgram.run(
      words: options + ["anchor"], environment: environment, isTerminal: isTerminal)
    #expect(result.error.contains("\u{1b}[1;31merror:") == isColoured)
  }

  @Test func aWrongColourIsAUsageErrorWithoutColours() {
    let result = TestProgram.run("--color=pink", "anchor")
    #expect(result.code == .usage)
    #expect(result.error.hasPrefix("ops: error: --color cannot be 'pink'; allowed: auto, always"))
  }
}

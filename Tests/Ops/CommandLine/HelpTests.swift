import Core
import Testing

@testable import Ops

/// Help, the reference and the version.
struct HelpTests {
  @Test func helpOfACommandTellsAll() throws {
    try GoldenFile.expect(TestProgram.run("ship", "--help").output, "help-command.txt")
  }

  @Test func helpOfTheProgramIsAnOverview() throws {
    try GoldenFile.expect(TestProgram.run().output, "help-overview.txt")
  }

  @Test func theReferenceHasEveryVisibleCommand() throws {
    let result = TestProgram.run("help", "--markdown")
    #expect(!result.output.contains("anchor"))
    try GoldenFile.expect(result.output, "reference.md")
  }

  @Test(arguments: [["help", "ship"], ["-h", "ship"], ["ship", "--nonsense", "--help"]])
  func helpIsTheSameHoweverItIsAskedFor(_ words: [String]) {
    let result = TestProgram.run(words: words)
    #expect(result.code == .done)
    #expect(result.output == TestProgram.run("ship", "--help").output)
  }

  @Test func helpAfterTwoDashesIsAnOperand() {
    let result = TestProgram.run("ship", "-e", "x", "G", "--", "--help")
    #expect(result.output.hasSuffix(" G --help\n"))
  }

  @Test func helpOfAnUnknownCommandIsRefused() {
    let result = TestProgram.run("help", "fleet", "versin")
    #expect(result.code == .usage)
    #expect(result.error.contains("'versin' is no command of ops fleet"))
    #expect(TestProgram.run("shp", "--help").code == .usage)
  }

  @Test func noLineOfHelpIsTooLong() {
    for (path, _) in TestProgram.tree.visiblePaths + Ops.commands.visiblePaths {
      let words = Array(path.dropFirst()) + ["--help"]
      for line in TestProgram.run(words: words).output.split(separator: "\n") {
        #expect(line.count <= 80, "\(line)")
      }
    }
  }

  @Test func theVersionIsTheReleases() {
    #expect(TestProgram.run("--version").output == "ops \(Version.current)\n")
    #expect(TestProgram.run("fleet", "version").output == "ops \(Version.current)\n")
    #expect(
      TestProgram.run("fleet", "version", "--json").output
        == "{\"version\":\"\(Version.current)\"}\n")
  }

  @Test func exitCodesAreUniqueAndLeaveShellsTheirs() {
    let numbers = ExitCode.allCases.map(\.rawValue)
    #expect(Set(numbers).count == numbers.count)
    #expect(Set(ExitCode.allCases.map(\.name)).count == numbers.count)
    #expect(numbers.allSatisfy { (0..<126).contains($0) && $0 != 2 })
  }
}

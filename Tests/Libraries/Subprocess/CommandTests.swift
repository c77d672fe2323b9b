import Core
import POSIX
import Subprocess
import Testing

@Suite struct CommandTests {
  private func shell(
    _ script: String, variables: Command.Variables = .inherited(), input: Command.Input = .none,
    descriptors: [Int32: Int32] = [:], workingDirectory: String? = nil
  ) throws -> CommandResult {
    try Command(
      "/bin/sh", ["-c", script], variables: variables, workingDirectory: workingDirectory,
      input: input, descriptors: descriptors
    ).run(deadline: .after(.seconds(60)))
  }

  @Test(arguments: [0, 1, 3, 255] as [Int32])
  func theExitCodeIsTheProgramsOwn(_ code: Int32) throws {
    #expect(try shell("exit \(code)").exit == .code(code))
  }

  @Test func aSignalThatEndsTheProgramIsNamed() throws {
    #expect(try shell("kill -9 $$").exit == .signal(9))
  }

  @Test func bothOutputsAreKeptApart() throws {
    let result = try shell("echo out; echo err >&2")
    #expect(result.outputText == "out\n")
    #expect(result.errorText == "err\n")
    #expect(result.lastErrorLine == "err")
  }

  @Test func muchOutputOnBothPipesDoesNotStopTheProgram() throws {
    let result = try shell(
      "head -c 3000000 /dev/zero & head -c 2000000 /dev/zero >&2; wait; cat | wc -c",
      input: .bytes([UInt8](repeating: 1, count: 1_000_000)))
    #expect(result.isSuccess)
    #expect(result.output.count > 3_000_000)
    #expect(result.errorOutput.count == 2_000_000)
  }

  @Test func inputThatIsBothReadAndEchoedDoesNotStopTheProgram() throws {
    let bytes = [UInt8](repeating: 7, count: 3_000_000)
    let result = try Command("cat", input: .bytes(bytes)).run(deadline: .after(.seconds(60)))
    #expect(result.output == bytes)
  }

  @Test func aProgramThatDoesNotReadItsInputIsNoError() throws {
    let bytes = [UInt8](repeating: 7, count: 1_000_000)
    #expect(try shell("exec 0<&-; exit 4", input: .bytes(bytes)).exit == .code(4))
  }

  @Test func whatIsBeyondTheLimitIsReadAndDropped() throws {
    let result = try Command("/bin/sh", ["-c", "head -c 300000 /dev/zero; echo end >&2"])
      .run(deadline: .after(.seconds(60)), captureBytesMax: 1000)
    #expect(result.output.count == 1000)
    #expect(result.droppedBytes == 299_000)
    #expect(result.errorText == "end\n")
  }

  @Test func theEnvironmentIsExactlyTheGivenOne() throws {
    let result = try Command("env", variables: .exactly(["A": "1", "B": "two words=x"]))
      .run(deadline: .after(.seconds(60)))
    #expect(result.outputText == "A=1\nB=two words=x\n")
  }

  @Test func theInheritedEnvironmentCanBeChangedAndShortened() throws {
    let result = try shell(
      "echo \"$ADDED\" \"${HOME-none}\" \"${PATH:+some}\"",
      variables: .inherited(changing: ["ADDED": "yes", "HOME": nil]))
    #expect(result.outputText == "yes none some\n")
  }

  @Test func theProgramStartsInItsWorkingDirectory() throws {
    #expect(try shell("pwd", workingDirectory: "/usr/bin").outputText == "/usr/bin\n")
  }

  @Test func aMissingProgramIsNamedWithWhereItWasLookedFor() throws {
    let error = #expect(throws: SubprocessError.self) {
      try Command("no-such-program", ["secret"]).run(deadline: .after(.seconds(60)))
    }
    let text = try #require(error).description
    #expect(text.hasPrefix("no-such-program: no such program in "))
    #expect(!text.contains("secret"))
  }

  @Test func aFileThatIsNoProgramIsNamed() {
    #expect(throws: SubprocessError.programNotExecutable(program: "/etc/passwd")) {
      try Command("/etc/passwd").run(deadline: .after(.seconds(60)))
    }
  }

  @Test func aMissingWorkingDirectoryIsNamed() {
    #expect(
      throws: SubprocessError.workingDirectoryNotFound(program: "/bin/sh", directory: "/no/such")
    ) { try shell("true", workingDirectory: "/no/such") }
  }

  @Test func aZeroByteInAnArgumentIsRefused() {
    #expect(throws: SubprocessError.self) {
      try Command("echo", ["a\0b"]).run(deadline: .after(.seconds(60)))
    }
  }

  @Test func theDescriptionQuotesArgumentsAndHidesVariables() {
    let command = Command("psql", ["-c", "it's", ""], variables: .exactly(["PGPASSWORD": "hush"]))
    #expect(command.description == #"psql -c 'it'\''s' ''"#)
    var dumped = ""
    dump(command, to: &dumped)
    #expect(dumped.contains("PGPASSWORD"))
    #expect(!dumped.contains("hush"))
  }
}

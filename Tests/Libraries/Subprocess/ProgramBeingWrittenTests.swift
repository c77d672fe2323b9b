import Core
import POSIX
import Subprocess
import TestSupport
import Testing

/// A program whose file some process still holds open for writing, as a child of another thread
/// does that was begun while the file was written.
@Suite struct ProgramBeingWrittenTests {
  private let directory = TemporaryDirectory()
  private var program: String { directory.file("program") }

  private init() throws {
    try File.write(Array("#!/bin/sh\necho started\n".utf8), to: program, mode: 0o755)
  }

  private func run() throws -> String {
    try Command(program).run(deadline: .after(.seconds(60))).outputText
  }

  @Test func itIsStartedOnceTheLastWriterIsGone() throws {
    let writer = try ShellService(
      script: "exec 4>>\"$PROGRAM\"; echo ready; sleep 0.3; exec 4>&-; cat",
      variables: ["PROGRAM": program])
    #expect(try run() == "started\n")
    writer.stop()
  }

  @Test func aWriterThatStaysIsAnErrorThatNamesTheProgram() throws {
    let writer = try File.open(program, .append)
    let error = #expect(throws: SubprocessError.self) { try run() }
    #expect("\(try #require(error))".contains("\(program): Text file busy"))
    _ = consume writer
  }
}

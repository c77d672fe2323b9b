import Core
import JSON
import POSIX
import TestSupport
import Testing

@testable import Ops

@Suite struct RolloutHistoryCommandTests {
  private let directory = TemporaryDirectory()
  private let written = WrittenText()

  private func run(_ arguments: [String]) throws -> ExitCode {
    let platform = """
      service: { name: slipway, image: ghcr.io/example/slipway }
      environments: { local: { target: local } }

      """
    try File.write(Array(platform.utf8), to: directory.file("platform.yaml"))
    let context = CommandContext(
      output: written.output, error: written.output, environment: [:],
      currentDirectory: directory.path, tree: Ops.commands)
    let line = ["rollout", "history", "--env", "local"] + arguments
    return CommandProgram(tree: Ops.commands).run(line, in: context)
  }

  @Test func anEnvironmentWithoutRolloutsHasAHistoryToo() throws {
    #expect(try run([]) == .done)
    #expect(written.all == "no rollout yet\n")
  }

  @Test func whatTheJournalsHoldIsListed() throws {
    let paths = LocalPaths(project: directory.path, environment: "local")
    try paths.make()
    for number in 1...12 {
      let journal = Journal(path: paths.journal(number))
      try journal.append("begin", ["revision": .string("rev\(number)")])
      try journal.append("end", ["outcome": "done", "cause": nil])
    }
    #expect(try run(["--json", "--last", "2"]) == .done)
    let rows = try JSONReader.read(written.all)
    #expect(rows.elements?.map { $0["number"]?.number } == [12, 11])
    #expect(rows.elements?.map { $0["from"]?.text } == ["rev11", "rev10"])
  }
}

import Core
import Crypto
import JSON
import POSIX
import TestSupport
import Testing

@testable import Ops

@Suite struct LocalStateTests {
  private let directory = TemporaryDirectory()
  private var path: String { directory.file("state.json") }

  private static func release(_ number: Int, revision: String? = nil) -> LocalRelease {
    LocalRelease(
      number: number, revision: revision ?? "rev\(number)", digest: "digest\(number)",
      program: "/app\(number)", environment: ["PORT": "80", "EMPTY": "", "SIGN": "a=b\n\"ü\""],
      replicas: 2, version: "2026.11.\(number)",
      time: Timestamp(microsecondsSinceEpoch: 1_790_000_000_123_000))
  }

  @Test func aReleaseIsReadBackAsItWasWritten() {
    let release = Self.release(3)
    #expect(LocalRelease(release.json) == release)
    #expect(LocalRelease(["number": 3]) == nil)
  }

  @Test func aStateIsReadBackAsItWasSaved() throws {
    var state = LocalState()
    state.number = 4
    for number in 1...3 { state.replaceCurrent(with: Self.release(number)) }
    state.frozen = "a rollback failed"
    try state.save(path)
    #expect(try LocalState.load(path) == state)
    #expect(try ShellService.run(["stat", "-c", "%a", path]) == "600\n")
  }

  @Test func withoutAFileTheStateIsEmpty() throws {
    #expect(try LocalState.load(path) == LocalState())
    try LocalState().save(path)
    #expect(try LocalState.load(path) == LocalState())
  }

  @Test(arguments: [
    "", "{", "[]", #"{"number":1}"#, #"{"number":1,"current":{"number":1},"former":[]}"#,
    #"{"number":1,"current":null,"former":[{}]}"#,
  ])
  func aFileThatCannotBeReadIsNotAnEmptyState(text: String) throws {
    try File.write(Array(text.utf8), to: path)
    let error = #expect(throws: StateUnreadable.self) { try LocalState.load(path) }
    #expect(error?.description.contains("move it away") == true)
  }

  @Test func formerReleasesAreKeptNewestFirstAndBounded() {
    var state = LocalState()
    for number in 1...9 { state.replaceCurrent(with: Self.release(number)) }
    #expect(state.current?.number == 9)
    #expect(state.former.map(\.number) == [8, 7, 6, 5, 4])
    #expect(state.former.count == LocalState.formerMax)
  }

  @Test func aReleaseIsEitherCurrentOrFormer() {
    var state = LocalState()
    for number in [1, 2, 3, 2, 2] { state.replaceCurrent(with: Self.release(number)) }
    #expect(state.current?.number == 2)
    #expect(state.former.map(\.number) == [3, 1])
  }

  @Test func aReleaseIsFoundByAnUnmistakableBeginning() {
    var state = LocalState()
    for (number, revision) in ["abc1", "abd2", "xyz3"].enumerated() {
      state.replaceCurrent(with: Self.release(number, revision: revision))
    }
    #expect(state.release("abc")?.number == 0)
    #expect(state.release("x")?.number == 2)
    #expect(state.release("ab") == nil)
    #expect(state.release("q") == nil)
  }

  @Test func aRevisionIsThatOfProgramEnvironmentAndNumber() {
    func revision(_ digest: String, _ environment: [String: String], _ number: Int) -> String {
      LocalRelease.revision(digest: digest, environment: environment, number: number)
    }
    let one = revision("d", ["A": "1", "B": "2"], 1)
    #expect(one.count == LocalRelease.revisionDigits)
    #expect(one == revision("d", ["B": "2", "A": "1"], 1))
    let others = [
      revision("e", ["A": "1", "B": "2"], 1), revision("d", ["A": "1", "B": "3"], 1),
      revision("d", ["A": "1", "B": "2"], 2), revision("d", ["A": "1"], 1),
    ]
    #expect(Set(others + [one]).count == 5)
  }
}

@Suite struct ReleaseStoreTests {
  private let directory = TemporaryDirectory()
  private let paths: LocalPaths
  private var store: ReleaseStore { ReleaseStore(paths: paths) }

  init() throws {
    paths = LocalPaths(project: directory.path, environment: "local")
    try paths.make()
  }

  private func program(_ text: String) throws -> String {
    let path = directory.file("program")
    try File.write(Array(text.utf8), to: path, mode: 0o700)
    return path
  }

  private func state(_ kept: [(digest: String, program: String)]) -> LocalState {
    var state = LocalState()
    for (number, release) in kept.enumerated() {
      state.replaceCurrent(
        with: LocalRelease(
          number: number, revision: "r\(number)", digest: release.digest,
          program: release.program, environment: [:], replicas: 1,
          version: nil, time: .now()))
    }
    return state
  }

  @Test func theDigestIsTheSHA256OfTheFile() throws {
    let text = String(repeating: "slipway", count: 300_000)
    #expect(try ReleaseStore.digest(of: program(text)) == SHA256.hexadecimal(text))
  }

  @Test func aProgramIsKeptAsACopyThatRuns() throws {
    let source = try program("#!/bin/sh\necho kept")
    let kept = try store.keep(source)
    #expect(kept.digest == SHA256.hexadecimal("#!/bin/sh\necho kept"))
    _ = try program("#!/bin/sh\necho other")
    #expect(try ShellService.run([kept.program]) == "kept\n")
  }

  @Test func theSameProgramIsKeptOnceAndRepairedWhenItWasChanged() throws {
    let source = try program("#!/bin/sh\necho kept")
    let kept = try store.keep(source)
    try File.write(Array("#!/bin/sh\necho bad".utf8), to: kept.program, mode: 0o755)
    #expect(try store.keep(source) == kept)
    #expect(try ShellService.run([kept.program]) == "kept\n")
    #expect(try File.list(paths.releases) == [kept.digest])
  }

  @Test func programsThatNoReleaseNamesAreRemoved() throws {
    let kept = try (1...8).map { try store.keep(program("program \($0)")) }
    try store.prune(keeping: state(kept))
    // The current one and five former ones.
    #expect(try File.list(paths.releases) == kept.suffix(6).map(\.digest).sorted())
  }

  @Test func aProgramThatIsNotThereIsAnError() {
    #expect(throws: SystemError.self) { try store.keep("/none") }
  }
}

@Suite struct NumberedFilesTests {
  private let directory = TemporaryDirectory()

  @Test func theNewestByNumberStayAndWhatHasNone() throws {
    let folder = directory.file("journals")
    for name in ["9.jsonl", "10.jsonl", "11.jsonl", "notes.txt"] {
      try File.makeDirectory(folder)
      try File.write([], to: "\(folder)/\(name)")
    }
    let files = NumberedFiles(folder: folder)
    #expect(files.numbers.sorted() == [9, 10, 11])
    try files.prune(keeping: 2)
    #expect(try File.list(folder) == ["10.jsonl", "11.jsonl", "notes.txt"])
    try files.prune(keeping: 2)
    #expect(files.numbers.sorted() == [10, 11])
  }

  @Test func aFolderThatIsNotThereHasNoneAndNothingToRemove() throws {
    let files = NumberedFiles(folder: directory.file("none"))
    #expect(files.numbers.isEmpty)
    try files.prune(keeping: 0)
  }
}

@Suite struct LocalPathsTests {
  @Test func allFoldersAreTheirOwnersAlone() throws {
    let directory = TemporaryDirectory()
    let paths = LocalPaths(project: directory.path, environment: "local")
    try paths.make()
    try paths.make()
    for folder in [
      paths.root, paths.journals, paths.releases, paths.backups, paths.reports, paths.logs,
      paths.run,
    ] {
      #expect(try ShellService.run(["stat", "-c", "%a", folder]) == "700\n")
    }
    #expect(paths.database == "\(directory.path)/.slipway/local/slipway.sqlite")
  }
}

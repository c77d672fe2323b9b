import Core
import Glibc
import JSON
import POSIX
import SQL
import Subprocess
import TestSupport
import Testing

@testable import App

/// `app import people`, as scripts and people see it.
@Suite struct ImportCommandTests {
  private func command(
    _ site: ImportSite, _ arguments: [String], input: Subprocess.Command.Input = .none
  ) -> Subprocess.Command {
    var command = Subprocess.Command(
      "\(Path.parent(of: ProcessInfo.executablePath))/app", ["import", "people"] + arguments,
      variables: .exactly(["DATABASE_URL": site.url]), workingDirectory: site.directory.path)
    command.input = input
    return command
  }

  private func run(
    _ site: ImportSite, _ arguments: [String], input: Subprocess.Command.Input = .none
  ) throws -> CommandResult {
    try command(site, arguments, input: input).run(deadline: .after(.seconds(60)))
  }

  @Test(arguments: TestDatabase.allCases)
  func aFileIsImportedAndTheResultIsOneLineOrJSON(kind: TestDatabase) throws {
    let site = try ImportSite(kind)
    let text = ImportSite.header + ImportSite.rows(0..<1500)
    try File.write(Array(text.utf8), to: site.directory.file("people.csv"))
    let first = try run(site, ["people.csv"])
    #expect(first.exit == .code(0))
    #expect(first.outputText.hasPrefix("people.csv: 1,500 rows: 1,500 added, 0 already there; "))
    #expect(first.errorText == "")
    let second = try run(site, ["--json", "-"], input: .bytes(Array(text.utf8)))
    let result = try JSONReader.read(second.output)
    #expect(result["rows"] == 1500)
    #expect(result["existing"] == 1500)
    #expect(result["inserted"] == 0)
    #expect(try site.count() == 1500)
  }

  @Test func wrongRowsAreNamedAndTheCodeIs65() throws {
    let site = try ImportSite(.sqlite)
    let text = ImportSite.header + ImportSite.rows(0..<5) + "1,3,Mr. A,mael,22,1,0,7.25\n"
    try File.write(Array(text.utf8), to: site.directory.file("people.csv"))
    let refused = try run(site, ["people.csv", "--json"])
    #expect(refused.exit == .code(65))
    #expect(
      refused.errorText == """
        people.csv:7:11: Sex is 'mael'; allowed: male, female, other; did you mean male?
        app: people.csv: 1 row wrong; nothing was imported

        """)
    let json = try JSONReader.read(refused.output)
    #expect(json["invalid"] == 1)
    #expect(json["problems"]?.elements?.first?["line"] == 7)
    #expect(try site.count() == 0)
    let skipped = try run(site, ["people.csv", "--skip-invalid"])
    #expect(skipped.exit == .code(0))
    #expect(skipped.outputText.contains("6 rows: 5 added, 0 already there, 1 left out; "))
  }

  @Test(arguments: [
    (["people"], "needs a FILE"), (["birthdays", "x"], "what is imported is people"),
    (["people", "x", "--replace", "--append"], "exclude each other"),
    (["people", "x", "--skip"], "does not take '--skip'"),
    (["people", "x", "--jsno"], "did you mean '--json'?"), (["people", "x", "y"], "'y'"),
  ])
  func aWrongCommandLineIsExplained(words: [String], expected: String) {
    let error = #expect(throws: AppUsageError.self) { try AppCommand(["import"] + words) }
    #expect(error?.description.contains(expected) == true)
  }

  @Test func whatCanNotBeReadAndWhatCanNotBeImportedIntoIsSaid() throws {
    let site = try ImportSite(.sqlite)
    let missing = try run(site, ["nowhere.csv"])
    #expect(missing.exit == .code(66))
    #expect(missing.errorText == "app: nowhere.csv: No such file or directory (open)\n")
    #expect(try run(site, ["."]).exit == .code(66))
    var other = command(site, ["people.csv"])
    other.variables = .exactly(["DATABASE_URL": "sqlite:///\(site.directory.file("new.sqlite"))"])
    let unusable = try other.run(deadline: .after(.seconds(20)))
    #expect(unusable.exit == .code(1))
    #expect(unusable.errorText.contains("cannot be imported into: the schema is "))
  }

  @Test func whereThereArePeopleAlreadyNothingIsDoneWhenAskedSo() throws {
    let site = try ImportSite(.sqlite)
    let text = Array((ImportSite.header + ImportSite.rows(0..<3)).utf8)
    #expect(try run(site, ["-", "--if-empty"], input: .bytes(text)).exit == .code(0))
    #expect(try site.count() == 3)
    try site.execute("DELETE FROM people WHERE name = 'Mr. Nobody 1'")
    let second = try run(site, ["-", "--if-empty"], input: .bytes(text))
    #expect(second.exit == .code(0))
    #expect(second.errorText.contains("there are people already"))
    #expect(try site.count() == 2)
  }

  /// Runs an import that has read most of a mebibyte and waits for more, then sends it a signal.
  private func interrupted(_ site: ImportSite, by signal: Signal) throws -> CommandResult {
    var ends: [Int32] = [-1, -1]
    let code = unsafe pipe(&ends)
    try #require(code == 0)
    let writing = FileDescriptor(owning: ends[1])
    try writing.setCloseOnExec(true)
    let process: ChildProcess
    do {
      let reading = FileDescriptor(owning: ends[0])
      try reading.setCloseOnExec(true)
      process = try command(site, ["-"], input: .descriptor(reading.rawValue)).spawn()
    }
    let text = ImportSite.header + ImportSite.rows(0..<30_000)
    // A pipe holds 64 KiB: once all is written, almost all was read.
    try writing.write(Array(text.utf8))
    process.send(signal)
    return try process.finish(.after(.seconds(60)))
  }

  @Test(arguments: TestDatabase.allCases)
  func anImportThatIsKilledLeavesNothing(kind: TestDatabase) throws {
    let site = try ImportSite(kind)
    #expect(try interrupted(site, by: .kill).exit == .signal(9))
    #expect(try site.count() == 0)
    // Nothing that it held is in the way.
    #expect(try site.load(ImportSite.header + ImportSite.rows(0..<10)).inserted == 10)
  }

  @Test(arguments: [(Signal.interrupt, 130 as Int32), (.terminate, 143)])
  func aSignalEndsAnImportInOrder(signal: Signal, code: Int32) throws {
    for kind in TestDatabase.allCases {
      let site = try ImportSite(kind)
      let result = try interrupted(site, by: signal)
      #expect(result.exit == .code(code))
      #expect(result.errorText == "app: standard input: stopped; nothing was imported\n")
      #expect(try site.count() == 0)
    }
  }
}

import Core
import ObjectStorage
import POSIX
import SQL
import Subprocess
import TestSupport
import Testing

@testable import Ops

/// The backup of a rollout on this machine, of a real server's database.
@Suite struct LocalServerBackupTests {
  private static let patience: Duration = .seconds(240)

  private let site: PostgresSite
  private let run = NotedRun()

  init() throws {
    site = try PostgresSite()
    _ = try site.sql("CREATE TABLE orders AS SELECT n FROM generate_series(1, 100) AS n")
    // A scratch server runs as another user where this one is root.
    _ = try ShellService.run(["chmod", "711", site.directory.path])
  }

  private func platform(_ policy: String, store: String?, _ more: String = "") -> String {
    let backup =
      (store ?? site.store).isEmpty
      ? ""
      : "backup: { schedule: '17 2 * * *', store: '\(store ?? site.store)',"
        + " keep: { last: 3 }\(more) }"
    return """
      service: { name: slipway, image: registry.example/slipway, port: 8080 }
      environments:
        local:
          target: local
          database: external
          env: { DATABASE_URL: '\(site.url)' }
          rollout: { backup: \(policy), minReady: 1s, soak: 1s }
          \(backup)
      """
  }

  private func means(store: String? = nil, _ more: String = "") throws -> LocalServerBackup {
    let text = platform("required", store: store, more)
    let path = ProcessInfo.environment["PATH"] ?? ""
    return LocalServerBackup(
      address: try BackupSite.address(site.url),
      settings: try Platform(Array(text.utf8)).environment("local"),
      variables: ["PATH": path, "TMPDIR": site.directory.path])
  }

  private func carryOut(
    _ requirement: RolloutPolicy.BackupRequirement, _ means: LocalServerBackup
  ) throws -> String? {
    try RolloutBackup(requirement: requirement, means: means).carryOut(run)
  }

  private func entries() throws -> [BackupEntry] {
    try BackupCatalog(
      StoreOpener([:]).open(StoreURL(site.store)), BackupFixtures.keys("local")
    ).list().entries
  }

  @Test func theStatusTellsWhereBackupsAre() throws {
    let settings = try means().settings
    #expect(
      LocalStatus.inStore(settings) == "in \(site.store); see ops backup list --env local")
    #expect(LocalStatus.inStore(try means(store: "").settings) == nil)
  }

  @Test func aBackupThatIsRequiredIsTakenAndNamed() throws {
    let name = try carryOut(.required, means())
    let entries = try entries()
    #expect(entries.map(\.id.text) == [name])
    #expect(entries.map(\.state) == [.uploaded])
  }

  @Test func oneThatIsToBeProvenIsTakenAndProvenAndThenRecentEnough() throws {
    let first = try carryOut(.provenWithin(.seconds(3600)), means())
    let entries = try entries()
    let name = try #require(entries.first?.id.text)
    #expect(first == "\(name), proven just now")
    #expect(entries.map(\.state) == [.proven])
    #expect(run.notes == ["none is proven: one is taken and proven"])
    let second = try carryOut(.provenWithin(.seconds(3600)), means())
    #expect(second == "\(name) is recent enough: 1m old")
    #expect(try self.entries().count == 1)
  }

  @Test func oneThatWasProvenTooLongAgoIsFollowedByAnother() throws {
    _ = try carryOut(.provenWithin(.seconds(3600)), means())
    let first = try #require(try entries().first?.id.text)
    let second = try carryOut(.provenWithin(.milliseconds(1)), means())
    #expect(second?.hasSuffix(", proven just now") == true)
    #expect(run.notes.last == "the newest proven one is \(first): one is taken and proven")
    #expect(try entries().map(\.state) == [.proven, .proven])
  }

  @Test func whereNothingSaysWhereToTheObstacleSaysWhatToDo() throws {
    let recent = RolloutPolicy.BackupRequirement.provenWithin(.seconds(3600))
    for policy in [.required, recent] {
      #expect(try means().obstacle(policy) == nil)
      let obstacle = try means(store: "").obstacle(policy)
      #expect(obstacle?.contains("local has no 'backup'") == true)
    }
  }

  @Test func whatIsSignedByAnothersKeyIsTakenElsewhereAndCountsOnceProven() throws {
    let key = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="
    let means = try means(", signWith: signing, signedBy: [\(key)]")
    let recent = RolloutPolicy.BackupRequirement.provenWithin(.seconds(3600))
    #expect(means.obstacle(.required)?.contains("--sign-with") == true)
    #expect(means.obstacle(recent) == nil)
    for policy in [.required, recent] {
      let failure = try #require(throws: PhaseFailure.self) { try carryOut(policy, means) }
      #expect(failure.cause.contains("ops backup run --sign-with"), "\(failure.cause)")
    }
    #expect(try entries().isEmpty)
    let signing = Secret(
      """
      -----BEGIN PRIVATE KEY-----
      MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
      -----END PRIVATE KEY-----
      """)
    let place = try BackupPlace(try #require(means.settings.backup), of: means.settings, [:])
    let programs = ProgramGroup()
    let taken = try BackupRun(
      PostgresSource(
        means.address, PostgresBackupOptions(), programs: programs,
        environment: means.variables),
      into: place.catalog, encryption: nil, signer: try ManifestSigner(signing),
      programs: programs
    ).run().id
    let drill = BackupDrill(
      place: place, entry: try #require(try place.list().entry(taken)),
      interruption: Interruption(), parent: site.directory.path)
    #expect(try drill.run().isProven)
    #expect(try carryOut(recent, means) == "\(taken) is recent enough: 1m old")
  }

  @Test func nothingIsTakenWhereThePolicySkips() throws {
    #expect(try carryOut(.skip, means()) == nil)
    #expect(try entries().isEmpty)
  }

  @Test func whatIsEncryptedForOthersIsProvenElsewhere() throws {
    let keys = try BackupSite.keyPair()
    let means = try means(", encryptTo: [\(keys.recipient)]")
    let failure = try #require(throws: PhaseFailure.self) {
      try carryOut(.provenWithin(.seconds(3600)), means)
    }
    #expect(failure.cause.contains("ops backup drill --env local --identity"), "\(failure.cause)")
    #expect(try entries().isEmpty)
    let name = try carryOut(.required, means)
    #expect(try entries().map(\.id.text) == [name])
  }

  @Test func anotherBackupOfTheDatabaseIsNamedAndWaitedFor() throws {
    let other = try Subprocess.Command(
      "psql", ["-X", "-d", site.url, "-c", "SELECT pg_sleep(600)"],
      variables: .inherited(changing: ["PGAPPNAME": "pg_dump"])
    ).spawn()
    let means = try means()
    #expect(try FakeClusterSite.eventually { try means.reader() != nil })
    run.noted = { [site] _ in
      _ = try site.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pg_dump'"
          + " AND datname = current_database()")
    }
    let name = try carryOut(.required, means)
    _ = try other.finish(.after(Self.patience))
    #expect(run.notes.count == 1)
    #expect(run.notes.first?.hasPrefix("waiting for pg_dump, process ") == true, "\(run.notes)")
    #expect(try entries().map(\.id.text) == [name])
  }

  @Test func aBackupThatFailsKeepsTheReleaseOutBeforeAnythingChanged() throws {
    let project = site.directory.file("project")
    try File.makeDirectory(project, mode: 0o700)
    // Nobody makes a folder there.
    let text = platform("required", store: "file:///proc/backups")
    try File.write(Array(text.utf8), to: "\(project)/platform.yaml")
    let programs = Path.parent(of: ProcessInfo.executablePath)
    let result = try Subprocess.Command(
      "\(programs)/ops", ["rollout", "--env", "local", "--binary", "\(programs)/app"],
      variables: .inherited(changing: ["CI": nil, "GITHUB_ACTIONS": nil]),
      workingDirectory: project
    ).run(deadline: .after(Self.patience))
    let said = result.outputText + result.errorText
    #expect(result.exit == .code(ExitCode.refused.rawValue), "\(said)")
    #expect(said.contains("/proc/backups"), "\(said)")
    let journal = try File.readText("\(project)/.slipway/local/journals/1.jsonl")
    #expect(journal.contains(#""phase":"backup""#) && !journal.contains(#""phase":"migrate""#))
    #expect(!File.exists("\(project)/.slipway/local/run/supervisor.json"))
    let tables = try site.sql(
      "SELECT string_agg(tablename, ' ') FROM pg_tables"
        + " WHERE schemaname = 'public'")
    #expect(tables == "orders\n")
  }
}

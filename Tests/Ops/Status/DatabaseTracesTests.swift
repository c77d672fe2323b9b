import JSON
import Testing

@testable import Ops

/// What whoever is on call reads of the schema and of backups, out of the Jobs of a cluster.
@Suite struct DatabaseTracesTests {
  private static let elsewhere = "ops backup list --env staging"
  private static let backup = "20261122T021700Z-00000001"

  private static func moment(_ minute: Int) -> String { "2026-11-22T02:\(minute):00.000Z" }

  /// A Job as the API lists it, made in that minute and over in the next one.
  private static func job(
    _ name: String, _ component: String, _ arguments: [String], minute: Int,
    _ condition: String? = "Complete"
  ) -> JSONValue {
    func time(_ minute: Int) -> JSONValue { .string(moment(minute)) }
    let container: JSONValue = ["args": .array(arguments.map { .string($0) })]
    let conditions = condition.map { [["type": .string($0), "status": "True"]] as [JSONValue] }
    return [
      "metadata": [
        "name": .string(name), "creationTimestamp": time(minute),
        "labels": ["app.kubernetes.io/component": .string(component)],
      ],
      "spec": ["template": ["spec": ["containers": [container]]]],
      "status": [
        "conditions": .array(conditions ?? []),
        "completionTime": condition == "Complete" ? time(minute + 1) : .null,
      ],
    ]
  }

  private static func taken(
    _ name: String, minute: Int, _ condition: String? = "Complete"
  ) -> JSONValue {
    job(name, "backup", ["backup", "run", "--store", "s3://b"], minute: minute, condition)
  }

  private static func drilled(
    _ name: String, minute: Int, _ more: [String] = [], _ condition: String? = "Complete"
  ) -> JSONValue {
    job(name, "drill", ["backup", "drill"] + more, minute: minute, condition)
  }

  private static func words(_ jobs: [JSONValue], proven: BackupID? = nil) -> String {
    DatabaseTraces(jobs).backupWords(proven: proven, elsewhere: elsewhere)
  }

  @Test func whereNoJobTellsItIsSaidWhereItIsKnown() {
    #expect(Self.words([]) == "last proven unknown here: \(Self.elsewhere)")
    #expect(DatabaseTraces([]).migrationWords == nil)
    // The question of a rollout takes none.
    let asked = Self.job("slipway-backup-list-r2", "backup", ["backup", "list"], minute: 20)
    #expect(Self.words([asked]) == "last proven unknown here: \(Self.elsewhere)")
  }

  @Test func theNewestThatSucceededAreNamedWithWhenTheyDid() {
    let jobs = [
      Self.taken("b-1", minute: 20), Self.taken("b-2", minute: 30), Self.drilled("d-1", minute: 40),
      Self.drilled("d-0", minute: 10),
    ]
    let rest =
      ", proven at \(Self.moment(41)) by Job d-1; newest taken at \(Self.moment(31)) by Job b-2"
    #expect(Self.words(jobs) == "the newest of then\(rest)")
    #expect(Self.words(jobs, proven: BackupID(Self.backup)) == "\(Self.backup)\(rest)")
  }

  @Test func aFailureSinceThenIsToldAndTakesNothingBack() {
    let words = Self.words([
      Self.drilled("d-1", minute: 20), Self.drilled("d-2", minute: 40, [], "Failed"),
      Self.taken("b-1", minute: 10, nil),
    ])
    #expect(words.hasPrefix("the newest of then, proven at \(Self.moment(21)) by Job d-1; "))
    #expect(words.hasSuffix("Job d-2, made at \(Self.moment(40)), failed"))
    // One that has been followed by a good one is over.
    let mended = Self.words([
      Self.drilled("d-1", minute: 20, [], "Failed"), Self.drilled("d-2", minute: 40),
    ])
    #expect(!mended.contains("failed"), "\(mended)")
  }

  @Test func theMigrationThatWasRunLastIsToldHoweverItEnded() {
    func migration(_ name: String, minute: Int, _ condition: String?) -> JSONValue {
      Self.job(name, "migration", ["migrate", "apply"], minute: minute, condition)
    }
    let good = migration("m-1", minute: 20, "Complete")
    #expect(
      DatabaseTraces([good]).migrationWords == "Job m-1 succeeded at \(Self.moment(21))")
    let running = migration("m-2", minute: 30, nil)
    #expect(
      DatabaseTraces([running, good]).migrationWords
        == "Job m-2 has been running since \(Self.moment(30))")
    let failed = migration("m-3", minute: 40, "Failed")
    #expect(
      DatabaseTraces([good, failed, running]).migrationWords
        == "Job m-3, made at \(Self.moment(40)), failed")
  }

  @Test func aDrillNamesWhatItProvedOrWasToldIt() {
    let told = DatabaseTraces([Self.drilled("d", minute: 20, ["--signed-by", "k", Self.backup])])
    #expect(told.succeeded(.drill)?.backup == BackupID(Self.backup))
    let log = """
      warning: 20261122T031700Z-00000002 is newer and INCOMPLETE
      proven  \(Self.backup)  staging
        restored into a private server, compared the schema
      """
    #expect(DatabaseTraces.proven(in: log) == BackupID(Self.backup))
    #expect(DatabaseTraces.proven(in: "NOT PROVEN  \(Self.backup)  staging") == nil)
  }
}

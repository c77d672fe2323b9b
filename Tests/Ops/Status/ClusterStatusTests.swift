import JSON
import Testing

@testable import Ops

/// `ops status` of an environment in a cluster, by the program itself.
@Suite struct ClusterStatusTests {
  private static let backup =
    "backup: { schedule: '17 2 * * *', store: 's3://backups/testing', keep: { last: 3 },"
    + " drill: weekly, image: 'registry.example/slipway-ops:1' }"

  /// What the line of that name says.
  private static func line(_ name: String, of text: String) -> String? {
    text.split(separator: "\n").map(String.init).first { $0.hasPrefix("\(name) ") }
  }

  @Test func schemaAndBackupAreTold() throws {
    let ops = try RolloutProgram(
      "kustomize", [Self.backup], rollout: "backup: proven-within 24h")
    try ops.bring("2026.11.0")
    let first = try ops.run("status").text
    #expect(
      Self.line("backup", of: first)
        == "backup       last proven unknown here: ops backup list --env testing")
    let second = try ops.bring("2026.11.1")
    #expect(second.code == .done, "\(second.text)")
    let status = try ops.run("status").text
    let schema = try #require(Self.line("schema", of: status))
    #expect(schema.hasPrefix("schema       current, says "), "\(schema)")
    #expect(schema.contains("; Job slipway-migrate-"), "\(schema)")
    let backup = try #require(Self.line("backup", of: status))
    #expect(backup.contains("Z-00000001, proven at "), "\(backup)")
    #expect(backup.contains(" by Job slipway-drill-r2; newest taken at "), "\(backup)")
    #expect(backup.hasSuffix(" by Job slipway-backup-r2"), "\(backup)")
    let json = try JSONReader.read(ops.run("status", "--json").text)
    #expect("backup       \(json["backup"]?.text ?? "")" == backup)
    #expect("schema       \(json["schema"]?.text ?? "")" == schema)
  }

  @Test func whoMayNotLookAtJobsIsToldSoAndSeesTheRest() throws {
    let ops = try RolloutProgram("kustomize", [Self.backup])
    try ops.bring("2026.11.0")
    try ops.site.fault("forbid", ["verb": "list", "resource": "jobs.batch"])
    let status = try ops.run("status").text
    #expect(Self.line("schema", of: status)?.contains("current, says ") == true, "\(status)")
    let backup = try #require(Self.line("backup", of: status))
    #expect(
      backup.hasPrefix(
        "backup       unknown here: ops backup list --env testing; not allowed to list"),
      "\(backup)")
    #expect(Self.line("release", of: status)?.contains("rollout 1") == true, "\(status)")
  }
}

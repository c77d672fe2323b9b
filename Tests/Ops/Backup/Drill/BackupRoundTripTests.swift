import Core
import JSON
import POSIX
import TestSupport
import Testing

@testable import Ops

/// A database of all that backups are known to lose, by the command line, into each kind of store
/// and back.
struct BackupRoundTripTests {
  enum Store: String, CaseIterable, Sendable {
    case directory
    case amazon
    case openstack
    case google
    case googleByKey
  }

  /// A store, what asks for it, and what keeps it alive.
  private struct Place {
    let address: String
    var environment: [String: String] = [:]
    var server: StorageServer?
    var front: StorageFaults?

    init(_ store: Store, _ directory: TemporaryDirectory) throws {
      let kind: StorageServer.Kind = store == .openstack ? .openstack : .amazon
      let bucket = "\(StorageServer.bucket)/backups"
      switch store {
      case .directory: address = "file://" + directory.file("store")
      case .amazon, .openstack:
        let server = try StorageServer(kind)
        self.server = server
        environment = [
          "AWS_ACCESS_KEY_ID": server.accessKeyID, "AWS_SECRET_ACCESS_KEY": server.secret,
        ]
        let profile = store == .amazon ? "moto" : "openstack"
        address = "s3://\(bucket)?profile=\(profile)&endpoint=\(server.endpoint)"
      case .google, .googleByKey:
        let server = try StorageServer(kind)
        let front = try StorageFaults(before: server, googleToken: "ya29.token")
        (self.server, self.front) = (server, front)
        try File.write(Array("ya29.token\n".utf8), to: directory.file("token"))
        environment =
          store == .google
          ? ["GCS_TOKEN_FILE": directory.file("token")]
          : ["GCS_HMAC_ACCESS_ID": server.accessKeyID, "GCS_HMAC_SECRET": server.secret]
        address = "gs://\(bucket)?endpoint=\(front.endpoint)"
      }
    }
  }

  private static let trips: [(Store, String)] =
    [(.directory, "custom"), (.directory, "plain")] + Store.allCases.map { ($0, "both") }

  @Test(arguments: trips, [false, true])
  func whatIsInADatabaseComesBackFromEachStore(
    _ trip: (store: Store, format: String), _ isEncrypted: Bool
  ) throws {
    let site = try PostgresSite(fixture: true)
    _ = try ShellService.run(["chmod", "711", site.directory.path])
    let place = try Place(trip.store, site.directory)
    var environment = place.environment
    environment["PATH"] = ProcessInfo.environment["PATH"]
    environment["DATABASE_URL"] = site.url
    var words = [
      "backup", "run", "--database", "env:DATABASE_URL", "--store", place.address, "--name",
      "orders", "--format", trip.format, "--drill", "--scratch", site.directory.path,
    ]
    if isEncrypted {
      let keys = try BackupSite.keyPair()
      environment["KEY"] = keys.identity
      words += ["--encrypt-to", keys.recipient, "--identity", "env:KEY"]
    }
    let taken = TestProgram.run(words: words, tree: Ops.commands, environment: environment)
    #expect(taken.code == .done, "\(taken)")
    #expect(taken.output.contains("the contents of 861 rows in 14 tables"), "\(taken)")
    let listed = TestProgram.run(
      words: ["backup", "list", "--store", place.address, "--name", "orders", "--json"],
      tree: Ops.commands, environment: environment)
    let backup = try #require(try JSONReader.read(listed.output)["backups"]?.elements?.first)
    #expect(backup["state"] == "proven", "\(listed)")
  }
}

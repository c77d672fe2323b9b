import Core
import Testing

@testable import Ops

/// What must be there before a release, and what can be made for it.
struct SecretPlanTests {
  @Test func theBundledDatabaseNeedsAPasswordAndAnAddressWithIt() throws {
    let plan = SecretPlan(try TestRelease.of("database: { mode: bundled }"))
    let item = try #require(plan.items.first)
    #expect(plan.items.count == 1)
    #expect(item.secret == "slipway-database")
    #expect(item.isMade)
    #expect(item.keys.map(\.key) == ["password", "url"])
    #expect(item.keys.first?.content == .password)
    guard case .databaseURL(let address) = item.keys.last?.content else {
      Issue.record("no address")
      return
    }
    #expect(
      address.url(password: Secret("abc")).reveal()
        == "postgres://slipway:abc@slipway-database:5432/slipway")
  }

  @Test func aKeyForTokensIsMadeWhereItBelongs() throws {
    let plan = SecretPlan(
      try TestRelease.of(
        "replicas: 1\ndatabase: { mode: sqlite }\nsecrets: { jwt: { sops: s/jwt.yaml } }"))
    #expect(
      plan.items == [
        .init(
          name: "jwt", secret: "slipway-jwt", place: .sops(file: "s/jwt.yaml"),
          keys: [.init(key: "secret", content: .signingKey)])
      ])
    #expect(plan.items.allSatisfy { $0.isMade })
  }

  @Test func whatOthersKeepIsNotMade() throws {
    let plan = SecretPlan(
      try TestRelease.of(
        """
        secrets:
          database: { existing: app-db }
          jwt: { external: vault/jwt }
          partner: { vault: kv/partner }
          mail: { existing: mail }
        """))
    #expect(plan.items.map(\.name) == ["database", "jwt", "mail", "partner"])
    #expect(plan.items.map(\.secret) == ["app-db", "slipway-jwt", "mail", nil])
    #expect(!plan.items.contains { $0.isMade })
  }

  @Test func theOperatorMakesItsOwn() throws {
    let plan = SecretPlan(
      try TestRelease.of("database: { mode: cloudnative-pg, pooler: transaction }"))
    let item = try #require(plan.items.first)
    #expect(item.secret == "slipway-database-app")
    #expect(item.place == .databaseOperator)
    #expect(item.keys.map(\.key) == ["password", "uri"])
    #expect(!item.isMade)
  }

  @Test(arguments: TestRelease.various)
  func everySecretThatPodsMountIsPlanned(_ values: String) throws {
    let release = try TestRelease.of(values)
    let planned = Set(
      SecretPlan(release).items.flatMap { item in
        item.keys.map { "\(item.secret ?? "")/\($0.key)" }
      })
    let mounts = release.mounts + [release.migrationMount].compactMap { $0 }
    for mount in mounts {
      if case .secret(let secret) = mount.source {
        #expect(planned.contains("\(secret)/\(mount.key)"))
      }
    }
  }
}

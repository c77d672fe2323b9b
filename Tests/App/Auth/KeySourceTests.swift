import Core
import HTTPClient
import Logging
import POSIX
import Synchronization
import TestSupport
import Testing
import Tokens

@testable import App

/// Keys that change while the service runs.
@Suite struct KeySourceTests {
  @Test func theSecretBeforeIsAcceptedBesideTheNewOne() throws {
    let service = try RunningService(
      .sqlite,
      ["JWT_SECRET": AuthSite.secret, "JWT_SECRET_PREVIOUS": AuthSite.oldSecret])
    #expect(try service.histories(try AuthSite.token()).status == 200)
    let old = try AuthSite.token(secret: AuthSite.oldSecret)
    #expect(try service.histories(old).status == 200)
  }

  @Test func aMountedSecretIsReadAgainWhenItChanges() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("secret")
    try File.write(Array("\(AuthSite.oldSecret)\n".utf8), to: path)
    let service = try RunningService(.sqlite, ["JWT_SECRET_FILE": path])
    #expect(try service.histories(try AuthSite.token(secret: AuthSite.oldSecret)).status == 200)
    try File.write(Array("\(AuthSite.secret)\n".utf8), to: path)
    #expect(try eventually { try service.histories(try AuthSite.token()).status == 200 })
    let old = try AuthSite.token(secret: AuthSite.oldSecret)
    #expect(try service.histories(old).status == 401)
  }

  @Test func aSecretThatIsSpoiledLeavesTheOldOneInUse() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("secret")
    try File.write(Array(AuthSite.secret.utf8), to: path)
    let service = try RunningService(.sqlite, ["JWT_SECRET_FILE": path])
    try File.write(Array("short".utf8), to: path)
    let count = #"slipway_auth_key_reads_total{source="JWT_SECRET",outcome="invalid"}"#
    #expect(try eventually { try service.sample(count) != nil })
    #expect(try service.histories(try AuthSite.token()).status == 200)
    #expect(service.logged.contains("a secret of 5 bytes; it needs at least 32"))
    try File.remove(path)
    let missing = #"slipway_auth_key_reads_total{source="JWT_SECRET",outcome="unreadable"}"#
    #expect(try eventually { try service.sample(missing) != nil })
    #expect(try service.histories(try AuthSite.token()).status == 200)
  }

  @Test func aFileOfKeysIsReadAgainForANameThatIsNew() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("keys.json")
    try File.write(Array(AuthSite.keySet("one").utf8), to: path)
    let service = try RunningService(.sqlite, ["JWT_JWKS": path])
    #expect(try service.histories(try AuthSite.signed("one")).status == 200)
    #expect(try service.histories(try AuthSite.signed("two")).status == 401)
    try File.write(Array(AuthSite.keySet("one", "two").utf8), to: path)
    #expect(try eventually { try service.histories(try AuthSite.signed("two")).status == 200 })
    #expect(try service.histories(try AuthSite.signed("one")).status == 200)
  }

  @Test func anIssuersKeysAreFetchedOnceForManyTokens() throws {
    let fetches = Counter()
    let issuer = try RawServer { _ in
      _ = fetches.add()
      return .response(200, AuthSite.keySet("one"))
    }
    let service = try RunningService(.sqlite, ["JWT_JWKS": "\(issuer.url)/keys"])
    // Who comes first waits for the keys, and not for long: a busy machine may have none by then.
    #expect(try eventually { try service.histories(try AuthSite.signed("one")).status == 200 })
    for _ in 0..<20 {
      #expect(try service.histories(try AuthSite.signed("one")).status == 200)
    }
    for name in 0..<20 {
      #expect(try service.histories(try AuthSite.signed("invented \(name)")).status == 401)
    }
    #expect(fetches.value == 1)
    #expect(
      try service.sample(#"slipway_auth_key_reads_total{source="JWT_JWKS",outcome="ok"}"#) == "1")
    #expect(try service.sample(#"slipway_auth_keys{source="JWT_JWKS"}"#) == "1")
  }

  @Test func whileAnIssuerIsAwayNobodyIsCalledInvalid() throws {
    let isAway = Atomic(true)
    let issuer = try RawServer { _ in
      isAway.load(ordering: .relaxed)
        ? .response(500, "") : .response(200, AuthSite.keySet("one"))
    }
    let service = try RunningService(
      .sqlite, ["JWT_JWKS": "\(issuer.url)/keys", "JWT_SECRET": AuthSite.secret])
    let response = try service.histories(try AuthSite.signed("one"))
    #expect(response.status == 503)
    #expect(response.header("Retry-After") == "2")
    #expect(try service.histories(try AuthSite.token()).status == 200)
    _ = try service.put("Ada", #"{"dateOfBirth":"1990-04-17"}"#)
    #expect(try service.get("/hello/Ada", headers: try AuthSite.signed("one")).status == 200)
    isAway.store(false, ordering: .relaxed)
    #expect(try eventually { try service.histories(try AuthSite.signed("one")).status == 200 })
  }

  @Test func thoseWhoNeedTheSameKeyWaitForOneReading() throws {
    let readings = Counter()
    let keys = TokenKeySet([try TokenKey(secret: Secret(AuthSite.secret))])
    let source = KeySource(
      "test", .remote, keys: TokenKeySet(),
      logger: Logger(level: .info, format: .json, sink: MemorySink())
    ) { () throws(KeyReadError) in
      _ = readings.add()
      WorkThread.sleep(.milliseconds(50))
      return keys
    }
    let found = Counter()
    try Crowd.run(KeySource.waitersMax) { _ in
      if source.search(), !source.keys.isEmpty { _ = found.add() }
    }
    #expect(readings.value == 1)
    #expect(found.value == KeySource.waitersMax)
    #expect(!source.search())
  }

  @Test func nobodyWaitsToTheEndForAReadingThatHangs() throws {
    let readings = Counter()
    let go = WakeUp()
    let keys = TokenKeySet([try TokenKey(secret: Secret(AuthSite.secret))])
    let source = KeySource(
      "test", .remote, keys: TokenKeySet(),
      logger: Logger(level: .info, format: .json, sink: MemorySink())
    ) { () throws(KeyReadError) in
      _ = readings.add()
      _ = go.wait(until: .after(.seconds(60)))
      return keys
    }
    try Crowd.run(6) { _ in _ = source.search() }
    #expect(source.keys.isEmpty)
    go.set()
    #expect(eventually { !source.keys.isEmpty })
    #expect(readings.value == 1)
  }
}

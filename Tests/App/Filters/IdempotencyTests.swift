import Core
import HTTPClient
import HTTPServer
import Logging
import POSIX
import SQL
import TestSupport
import Testing

@testable import App

@Suite struct IdempotencyTests {
  @Test(arguments: TestDatabase.allCases)
  func theSameRequestIsDoneOnceAndAnsweredTheSame(_ kind: TestDatabase) throws {
    let bench = try IdempotencyBench(kind)
    let first = try bench.post("Anna", key: "k1")
    let second = try bench.post("Anna", key: "k1")
    #expect(try bench.runs() == 1)
    #expect(first.status == 201 && second.status == 201)
    #expect(second.body == first.body)
    #expect(second.header("Location") == first.header("Location"))
    #expect(second.header("Content-Type") == "application/json")
    #expect(first.header("Idempotency-Replayed") == nil)
    #expect(second.header("Idempotency-Replayed") == "true")
  }

  @Test(arguments: TestDatabase.allCases)
  func anotherPayloadUnderTheSameKeyIsAConflict(_ kind: TestDatabase) throws {
    let bench = try IdempotencyBench(kind)
    _ = try bench.post("Anna", key: "k1")
    let answer = try bench.post("Bert", key: "k1")
    #expect(answer.status == 409)
    #expect(answer.header("Content-Type") == "application/problem+json")
    #expect(try bench.runs() == 1)
    #expect(try bench.post("Bert", key: "k2").status == 201)
  }

  @Test(arguments: [
    ("/things/?size=2&name=a%20b", "text/plain"), ("/things?name=a+b&size=2", "text/plain"),
    ("/things?size=2&name=%61+b", "text/plain"),
    ("/things?size=2&name=a+b", "text/plain; charset=utf-8"),
  ])
  func anotherSpellingIsTheSameRequest(_ path: String, _ type: String) throws {
    let bench = try IdempotencyBench(.sqlite)
    _ = try bench.post("Anna", key: "k1", path: "/things?size=2&name=a%20b")
    let answer = try bench.post("Anna", key: "k1", path: path, type: type)
    #expect(answer.status == 201)
    #expect(answer.header("Idempotency-Replayed") == "true")
    #expect(try bench.runs() == 1)
  }

  @Test(arguments: ["/things?size=3", "/things?name=2", "/things?size=2&name="])
  func otherParametersUnderTheSameKeyAreAConflict(_ path: String) throws {
    let bench = try IdempotencyBench(.sqlite)
    _ = try bench.post("Anna", key: "k1", path: "/things?size=2")
    #expect(try bench.post("Anna", key: "k1", path: path).status == 409)
    #expect(try bench.post("Anna", key: "k2", path: "/things").status == 201)
    let replayed = try bench.post("Anna", key: "k2", path: "/things?size=1")
    #expect(replayed.header("Idempotency-Replayed") == "true")
  }

  @Test func withoutAKeyEveryRequestIsDone() throws {
    let bench = try IdempotencyBench(.sqlite)
    for _ in 0..<2 { #expect(try bench.post("Anna", key: nil).status == 201) }
    #expect(try bench.runs() == 2)
  }

  @Test(arguments: TestDatabase.allCases)
  func everyPrincipalHasKeysOfItsOwn(_ kind: TestDatabase) throws {
    let bench = try IdempotencyBench(kind)
    let subjects = [
      nil, "", "ann", "bert", "ann|key set", "ann|key set|", "ann|key set|https://issuer.example",
    ]
    for subject in subjects {
      #expect(try bench.post("Anna", key: "k1", subject: subject).status == 201)
    }
    #expect(try bench.runs() == subjects.count)
    let replayed = try bench.post("Anna", key: "k1", subject: "ann")
    #expect(replayed.header("Idempotency-Replayed") == "true")
  }

  @Test(arguments: TestDatabase.allCases)
  func aRefusalIsKeptAndUndoesWhatWasDone(_ kind: TestDatabase) throws {
    let bench = try IdempotencyBench(kind)
    for mode in ["refuse", "refuseByAnswer"] {
      let first = try bench.post(mode, key: mode)
      let second = try bench.post(mode, key: mode)
      #expect(first.status == 404 && second.status == 404)
      #expect(second.body == first.body)
      #expect(second.header("Idempotency-Replayed") == "true")
    }
    #expect(try bench.runs() == 0)
    #expect(bench.calls == 2)
  }

  @Test(arguments: TestDatabase.allCases)
  func aFailureOfOursIsNotKeptAndUndoesWhatWasDone(_ kind: TestDatabase) throws {
    let bench = try IdempotencyBench(kind)
    for mode in ["fail", "failByAnswer"] {
      for _ in 0..<2 {
        let answer = try bench.post(mode, key: mode)
        #expect(answer.status >= 500)
        #expect(answer.header("Idempotency-Replayed") == nil)
      }
    }
    #expect(bench.calls == 4)
    #expect(try bench.runs() == 0)
  }

  @Test(arguments: TestDatabase.allCases)
  func aStatementThatFailsLeavesTheOthersAlone(_ kind: TestDatabase) throws {
    let bench = try IdempotencyBench(kind)
    #expect(try bench.post("stumble", key: "k1").status == 201)
    #expect(try bench.runs() == 1)
  }

  @Test(arguments: TestDatabase.allCases)
  func whatIsInProgressIsAConflictToAskFor(_ kind: TestDatabase) throws {
    let bench = try IdempotencyBench(kind)
    let slow = try WorkThread.start("first") { _ = try? bench.post("wait", key: "k1") }
    #expect(eventually { bench.calls == 1 })
    let second = try bench.post("wait", key: "k1")
    #expect(second.status == 409)
    #expect(second.header("Retry-After") == "1")
    bench.gate.raise()
    slow.join()
    #expect(try bench.post("wait", key: "k1").header("Idempotency-Replayed") == "true")
    #expect(try bench.runs() == 1)
  }

  @Test(arguments: TestDatabase.allCases)
  func anotherReplicaDoesNotDoItASecondTime(_ kind: TestDatabase) throws {
    let bench = try IdempotencyBench(kind)
    let other = try IdempotencyBench(sharing: bench)
    let slow = try WorkThread.start("first") { _ = try? bench.post("wait", key: "k1") }
    #expect(eventually { bench.calls == 1 })
    let statuses = Guarded<[Int]>([])
    let late = try WorkThread.start("second") {
      let status = (try? other.post("wait", key: "k1").status) ?? 0
      statuses.withLock { $0.append(status) }
    }
    // PostgreSQL says so at once; SQLite's one writer has the second wait for the first.
    if kind == .postgres { #expect(eventually { statuses.withLock { $0 } == [409] }) }
    bench.gate.raise()
    slow.join()
    late.join()
    if kind == .sqlite { #expect(statuses.withLock { $0 } == [201]) }
    #expect(try bench.runs() == 1)
    #expect(other.calls == 0)
  }

  @Test func aConnectionThatIsCutLeavesNothingBehind() throws {
    let bench = try IdempotencyBench(.postgres)
    let cut = try bench.post("cut", key: "k1")
    #expect(cut.status >= 500)
    #expect(try bench.runs() == 0)
    #expect(try bench.post("cut", key: "k1").status == 201)
    #expect(try bench.post("cut", key: "k1").header("Idempotency-Replayed") == "true")
    #expect(try bench.runs() == 1)
  }

  @Test(arguments: TestDatabase.allCases)
  func anExpiredKeyIsAsNew(_ kind: TestDatabase) throws {
    let bench = try IdempotencyBench(kind, retention: .zero)
    for _ in 0..<2 { #expect(try bench.post("Anna", key: "k1").status == 201) }
    #expect(try bench.runs() == 2)
    #expect(try bench.keys() == 1)
    let cleaner = Cleaner(
      IdempotencyStore.cleaning, bench.database,
      logger: Logger(level: .warning, format: .json, sink: MemorySink()))
    cleaner.clean()
    #expect(try bench.keys() == 0)
  }

  @Test(arguments: TestDatabase.allCases)
  func whatIsTooLargeToKeepIsStillDoneOnce(_ kind: TestDatabase) throws {
    let bench = try IdempotencyBench(kind)
    #expect(try bench.post("large", key: "k1").status == 201)
    #expect(try bench.post("large", key: "k1").status == 409)
    #expect(try bench.runs() == 1)
  }

  @Test(arguments: ["", "a b", "\u{E9}", "\"", "\"\"", "\"a", "a\"b", #""\x""#, #""a\"#])
  func aMalformedKeyIsRefused(_ key: String) throws {
    #expect(IdempotencyKey(key) == nil)
  }

  @Test func aKeyHasAtMost255Characters() throws {
    let bench = try IdempotencyBench(.sqlite)
    let long = String(repeating: "k", count: 255)
    #expect(try bench.post("Anna", key: long).status == 201)
    #expect(try bench.post("Anna", key: long + "k").status == 400)
    #expect(try bench.post("Anna", key: "a b").status == 400)
  }

  @Test(arguments: [
    (#""k1""#, "k1"), (#""a b""#, "a b"), (#""a\"\\b""#, #"a"\b"#), (#"a\b"#, #"a\b"#),
  ])
  func theQuotedFormNamesTheSameKey(_ header: String, _ key: String) {
    #expect(IdempotencyKey(header)?.text == key)
  }

  @Test func whatBecameOfRequestsIsCounted() throws {
    let bench = try IdempotencyBench(.sqlite)
    for name in ["Anna", "Anna", "Bert"] { _ = try bench.post(name, key: "k1") }
    _ = try bench.post("Anna", key: "a b")
    var page = MetricsText()
    bench.filter.write(to: &page)
    for outcome in ["done", "replayed", "mismatch", "malformed"] {
      #expect(page.text.contains("slipway_idempotent_requests_total{outcome=\"\(outcome)\"} 1\n"))
    }
  }
}

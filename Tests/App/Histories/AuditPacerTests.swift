import SQL
import Testing

@testable import App

@Suite struct AuditPacerTests {
  private static let away = DatabaseError(.unavailable(sent: false), "away")
  private static let refusal = DatabaseError(.constraint(.check, name: "c"), "no")

  @Test func nothingThatWaitsIsARest() {
    var pacer = AuditPacer()
    #expect(pacer.handle(.waiting(0)) == .rest(AuditPacer.batchPause))
  }

  @Test func whatWaitsIsWrittenInBatches() {
    var pacer = AuditPacer()
    #expect(pacer.handle(.waiting(3)) == .write(rows: 3))
    #expect(pacer.handle(.written) == nil)
    #expect(pacer.handle(.waiting(10_000)) == .write(rows: AuditPacer.batchRowsMax))
  }

  @Test func pausesGrowWhileTheDatabaseIsAwayAndEndWithTheFirstSuccess() {
    var pacer = AuditPacer()
    var pauses: [AuditPacer.Action?] = []
    for _ in 0..<7 {
      #expect(pacer.handle(.waiting(5)) == .write(rows: 5))
      pauses.append(pacer.handle(.failed(Self.away)))
    }
    #expect(
      pauses == [100, 200, 400, 800, 1600, 2000, 2000].map { .rest(.milliseconds($0)) })
    #expect(pacer.handle(.waiting(5)) == .write(rows: 5))
    #expect(pacer.handle(.written) == nil)
    _ = pacer.handle(.waiting(1))
    #expect(pacer.handle(.failed(Self.away)) == .rest(AuditPacer.failurePauseMin))
  }

  @Test func aRefusedBatchIsWrittenRowByRowAndItsBadRowGivenUp() {
    var pacer = AuditPacer()
    #expect(pacer.handle(.waiting(3)) == .write(rows: 3))
    #expect(pacer.handle(.failed(Self.refusal)) == nil)
    #expect(pacer.handle(.waiting(3)) == .write(rows: 1))
    #expect(pacer.handle(.written) == nil)
    #expect(pacer.handle(.waiting(2)) == .write(rows: 1))
    #expect(pacer.handle(.failed(Self.refusal)) == .discard)
    #expect(pacer.handle(.waiting(100)) == .write(rows: 1))
    #expect(pacer.handle(.written) == nil)
    #expect(pacer.handle(.waiting(99)) == .write(rows: 99))
  }

  @Test func anOutageAmidSuspectsKeepsThem() {
    var pacer = AuditPacer()
    _ = pacer.handle(.waiting(2))
    _ = pacer.handle(.failed(Self.refusal))
    #expect(pacer.handle(.waiting(2)) == .write(rows: 1))
    #expect(pacer.handle(.failed(Self.away)) == .rest(AuditPacer.failurePauseMin))
    #expect(pacer.handle(.waiting(2)) == .write(rows: 1))
  }

  @Test(arguments: [
    (DatabaseError(.sql, "bad byte", state: SQLState(rawValue: "22021")), true),
    (DatabaseError(.sql, "too large", state: SQLState(rawValue: "54000")), true),
    (DatabaseError(.sql, "no such table", state: .undefinedTable), false),
    (DatabaseError(.sql, "no such table: histories"), false),
    (DatabaseError(.timeout, "locked"), false), (DatabaseError(.full, "disk"), false),
    (DatabaseError(.readOnly, "standby"), false), (DatabaseError(.busy, "locked"), false),
    (DatabaseError(.unavailable(sent: true), "cut"), false),
  ])
  func onlyWhatIsAboutARowCostsOne(_ error: DatabaseError, _ isLost: Bool) {
    var pacer = AuditPacer()
    _ = pacer.handle(.waiting(1))
    #expect((pacer.handle(.failed(error)) == .discard) == isLost)
  }
}

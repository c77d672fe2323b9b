import Core
import Testing
import Tokens

@Suite struct KeyRefreshTests {
  private static let limits = KeyRefresh.Limits(
    timeToLive: .seconds(300), pauseMin: .seconds(10), staleAgeMax: .seconds(3600))
  private let start = ContinuousClock.now

  private func after(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

  /// One that read its source at the start.
  private func read() -> KeyRefresh {
    var refresh = KeyRefresh(Self.limits)
    #expect(refresh.handle(.routine, at: start) == .read)
    #expect(refresh.handle(.succeeded, at: start) == .nothing)
    return refresh
  }

  @Test func whatWasNeverReadIsReadAtOnce() {
    var refresh = KeyRefresh(Self.limits)
    #expect(!refresh.isUsable(at: start))
    #expect(refresh.handle(.routine, at: start) == .read)
  }

  @Test func whatWasReadBeforeTheStartIsFresh() {
    var refresh = KeyRefresh(Self.limits, succeededAt: start)
    #expect(refresh.isUsable(at: start))
    #expect(refresh.handle(.routine, at: after(299)) == .nothing)
  }

  @Test func keysAreReadAgainWhenTheyAreOld() {
    var refresh = read()
    #expect(refresh.handle(.routine, at: after(299)) == .nothing)
    #expect(refresh.handle(.routine, at: after(300)) == .read)
  }

  @Test func anUnknownKeyIsReadForBeforeThat() {
    var refresh = read()
    #expect(refresh.handle(.unknownKey, at: after(10)) == .read)
  }

  @Test func inventedNamesCauseOneReadingInEachPause() {
    var refresh = read()
    var readings = 0
    for tenth in 0..<1000 {
      let now = start + .milliseconds(100 * tenth)
      guard refresh.handle(.unknownKey, at: now) == .read else { continue }
      readings += 1
      _ = refresh.handle(.succeeded, at: now)
    }
    #expect(readings == 9)
  }

  @Test func oneReadsAndTheOthersWait() {
    var refresh = read()
    #expect(refresh.handle(.unknownKey, at: after(20)) == .read)
    #expect(refresh.handle(.unknownKey, at: after(20)) == .wait)
    #expect(refresh.handle(.unknownKey, at: after(40)) == .wait)
    #expect(refresh.handle(.routine, at: after(500)) == .nothing)
    #expect(refresh.handle(.succeeded, at: after(500)) == .nothing)
    #expect(refresh.handle(.unknownKey, at: after(500)) == .read)
  }

  @Test func aFailureIsTriedAgainAfterThePause() {
    var refresh = KeyRefresh(Self.limits)
    #expect(refresh.handle(.routine, at: start) == .read)
    #expect(refresh.handle(.failed, at: after(5)) == .nothing)
    #expect(refresh.handle(.routine, at: after(9)) == .nothing)
    #expect(refresh.handle(.unknownKey, at: after(9)) == .nothing)
    #expect(refresh.handle(.routine, at: after(10)) == .read)
  }

  @Test func oldKeysServeWhileTheSourceFailsButNotForEver() {
    var refresh = read()
    for seconds in stride(from: 300, to: 3600, by: 300) {
      #expect(refresh.handle(.routine, at: after(seconds)) == .read)
      #expect(refresh.handle(.failed, at: after(seconds)) == .nothing)
      #expect(refresh.isUsable(at: after(seconds)))
    }
    #expect(refresh.isUsable(at: after(3599)))
    #expect(!refresh.isUsable(at: after(3600)))
    #expect(refresh.handle(.routine, at: after(3600)) == .read)
    #expect(refresh.handle(.succeeded, at: after(3601)) == .nothing)
    #expect(refresh.isUsable(at: after(3602)))
  }
}

import Core
import Testing

@Suite struct DurationTests {
  @Test(
    arguments: [
      ("0s", .zero), ("500ms", .milliseconds(500)), ("10s", .seconds(10)), ("2m", .seconds(120)),
      ("24h", .seconds(86_400)), ("7d", .seconds(604_800)), ("007s", .seconds(7)),
      ("1000000000d", .seconds(86_400_000_000_000)),
    ] as [(String, Duration)])
  func aNumberWithAUnitIsADuration(text: String, duration: Duration) {
    #expect(DurationText.parse(text) == duration)
  }

  @Test(arguments: [
    "", "10", "s", "1.5s", "-1s", "+1s", " 1s", "1s ", "1 s", "1S", "1w", "1000000001s",
    "99999999999999999999s", "１s", "1ms5",
  ])
  func whatIsNoDurationIsRefused(text: String) {
    #expect(DurationText.parse(text) == nil)
  }

  @Test(
    arguments: [
      (.zero, "0s"), (.milliseconds(1), "1ms"), (.milliseconds(1500), "1500ms"),
      (.seconds(59), "59s"), (.seconds(60), "1m"), (.seconds(90), "90s"), (.seconds(3600), "1h"),
      (.seconds(86_400), "1d"), (.seconds(-120), "-2m"),
    ] as [(Duration, String)])
  func aDurationIsWrittenInTheLargestUnitThatHoldsIt(duration: Duration, text: String) {
    #expect(DurationText.format(duration) == text)
  }

  @Test func partsOfADurationAreRoundedTowardsZero() {
    #expect(Duration.microseconds(1999).inMilliseconds == 1)
    #expect(Duration.microseconds(-1999).inMilliseconds == -1)
    #expect(Duration.nanoseconds(1999).inMicroseconds == 1)
    #expect(Duration.milliseconds(250).inSeconds == 0.25)
  }

  @Test func millisecondsBeyondTheirTypeAreTheLargestThereAre() {
    #expect(Duration.seconds(Int64.max).inMilliseconds == Int64.max)
  }

  @Test func aDeadlineThatHasPassedLeavesNothing() {
    let deadline = Deadline.after(.seconds(-5))
    #expect(deadline.hasPassed)
    #expect(deadline.remaining == .zero)
    #expect(deadline.remainingMilliseconds == 0)
  }

  @Test func whatIsLeftIsRoundedUpSoThatNobodyPollsInVain() {
    let deadline = Deadline.after(.seconds(3600))
    #expect((3_590_000...3_600_000).contains(deadline.remainingMilliseconds))
    #expect(Deadline.distant.remainingMilliseconds == Int32.max)
  }

  @Test func aNestedStepNeverOutlivesTheWhole() {
    let whole = Deadline.after(.seconds(10))
    #expect(whole.within(.seconds(3600)) == whole)
    #expect(whole.within(.seconds(1)) < whole)
  }
}

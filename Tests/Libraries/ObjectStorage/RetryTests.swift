import Core
import Testing

@testable import ObjectStorage

/// When there is another attempt, and what becomes of changes whose answer was lost.
struct RetryTests {
  private func error(_ kind: StorageError.Kind, retryAfter: Duration? = nil) -> StorageError {
    var answer = StorageError.Answer()
    answer.retryAfter = retryAfter
    return StorageError(kind, .put, in: "memory:", answer: answer)
  }

  @Test func pausesAreAnywhereBelowABoundThatDoubles() {
    var machine = RetryMachine(RetryPolicy())
    var bounds: [Duration] = []
    for _ in 0..<4 {
      guard
        case .again(let pause) = machine.handle(
          error(.unavailable), elapsed: .zero, chance: 0.5)
      else {
        Issue.record("no further attempt")
        return
      }
      bounds.append(pause)
    }
    #expect(
      bounds == [.milliseconds(100), .milliseconds(200), .milliseconds(400), .milliseconds(800)])
    #expect(
      machine.handle(error(.unavailable), elapsed: .zero, chance: 0) == .again(after: .zero))
  }

  @Test func attemptsAndTimeAreBounded() {
    var policy = RetryPolicy()
    policy.attemptsMax = 3
    var machine = RetryMachine(policy)
    #expect(machine.handle(error(.throttled), elapsed: .zero, chance: 0) != .giveUp)
    #expect(machine.handle(error(.throttled), elapsed: .zero, chance: 0) != .giveUp)
    #expect(machine.handle(error(.throttled), elapsed: .zero, chance: 0) == .giveUp)
    var late = RetryMachine(RetryPolicy())
    #expect(late.handle(error(.throttled), elapsed: .seconds(300), chance: 0) == .giveUp)
  }

  @Test(arguments: [0.3, 0.5, 0.999])
  func anOutageOfFourMinutesIsSurvived(chance: Double) {
    var machine = RetryMachine(RetryPolicy())
    var elapsed = Duration.zero
    while elapsed < .seconds(240) {
      guard
        case .again(let pause) = machine.handle(
          error(.transport), elapsed: elapsed, chance: chance)
      else {
        Issue.record("given up after \(elapsed), \(machine.attempts) attempts")
        return
      }
      elapsed += pause
    }
  }

  @Test func whoIsToldToWaitWaits() {
    var machine = RetryMachine(RetryPolicy())
    #expect(
      machine.handle(error(.throttled, retryAfter: .seconds(7)), elapsed: .zero, chance: 0)
        == .again(after: .seconds(7)))
  }

  @Test(arguments: [StorageError.Kind.clock, .expired])
  func whatOneRenewalHealsIsTriedOnceMoreAtOnce(_ kind: StorageError.Kind) {
    var machine = RetryMachine(RetryPolicy())
    #expect(machine.handle(error(kind), elapsed: .zero, chance: 0.9) == .again(after: .zero))
    #expect(machine.handle(error(kind), elapsed: .zero, chance: 0.9) == .giveUp)
  }

  @Test(arguments: StorageError.Kind.allCases)
  func onlyWhatMayGetBetterIsTriedAgain(_ kind: StorageError.Kind) {
    var machine = RetryMachine(RetryPolicy())
    let gives = machine.handle(error(kind), elapsed: .zero, chance: 0) == .giveUp
    let again: Set<StorageError.Kind> = [
      .throttled, .unavailable, .conflict, .timedOut, .transport, .clock, .expired,
    ]
    #expect(gives == !again.contains(kind))
  }
}

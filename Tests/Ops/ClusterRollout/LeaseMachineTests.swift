import Core
import JSON
import Testing

@testable import Ops

@Suite struct LeaseMachineTests {
  private let now = Timestamp(microsecondsSinceEpoch: 1_790_000_000_123_000)
  private let me = LeaseMachine.Candidate(
    identity: LeaseIdentity(host: "here", process: 7, word: "a1"), purpose: "rollout")

  private func record(
    _ identity: String = "there/9/b2", fence: Int64 = 4, renewed: Duration = .zero
  ) -> LeaseRecord {
    LeaseRecord(
      resourceVersion: "17", identity: identity, duration: .seconds(15), since: now,
      renewed: now.advanced(by: renewed), fence: fence, purpose: "undo")
  }

  @Test func theFirstHolderHasNumberOne() {
    var machine = LeaseMachine(me)
    guard case .take(let taken) = machine.handle(.seen(nil, at: .zero), now: now) else {
      Issue.record("not taken")
      return
    }
    #expect(taken.fence == 1)
    #expect(taken.identity == "here/7/a1")
    #expect(taken.resourceVersion == nil)
    #expect(taken.duration == LeaseHold.timeToLive)
  }

  @Test func aLeaseThatWasGivenBackIsTakenAtOnceWithTheNextNumber() {
    var machine = LeaseMachine(me)
    guard case .take(let taken) = machine.handle(.seen(record(""), at: .zero), now: now) else {
      Issue.record("not taken")
      return
    }
    #expect(taken.fence == 5)
    #expect(taken.resourceVersion == "17")
  }

  @Test func aHolderThatRenewsIsNamed() {
    var machine = LeaseMachine(me)
    #expect(
      machine.handle(.seen(record(), at: .zero), now: now) == .wait(LeaseMachine.interval))
    let renewed = record(renewed: .seconds(3))
    let action = machine.handle(.seen(renewed, at: .seconds(3)), now: now)
    #expect(action == .refuse(renewed.holder))
    #expect(renewed.holder.process == 9)
    #expect(renewed.holder.host == "there")
    #expect(renewed.holder.purpose == "undo")
  }

  @Test(arguments: [-86_400, 0, 86_400])
  func howTheClocksOfOthersGoDoesNotMatter(skewSeconds: Int) {
    var machine = LeaseMachine(me)
    let theirs = record(renewed: .seconds(skewSeconds))
    #expect(machine.handle(.seen(theirs, at: .zero), now: now) == .wait(LeaseMachine.interval))
    let before = machine.handle(.seen(theirs, at: .milliseconds(14_999)), now: now)
    #expect(before == .wait(LeaseMachine.interval))
    guard case .take(let taken) = machine.handle(.seen(theirs, at: .seconds(15)), now: now) else {
      Issue.record("not taken")
      return
    }
    #expect(taken.fence == 5)
  }

  @Test func aHolderThatHasEndedIsReplacedAtOnceAndNoOther() {
    var machine = LeaseMachine(me)
    guard
      case .take(let taken) = machine.handle(
        .seen(record(), at: .zero), now: now,
        isGone: {
          $0.identity == "there/9/b2"
        })
    else {
      Issue.record("not taken")
      return
    }
    #expect(taken.fence == 5)
    var other = LeaseMachine(me)
    #expect(
      other.handle(.seen(record("there/10/c3"), at: .zero), now: now) {
        $0.identity == "there/9/b2"
      } == .wait(LeaseMachine.interval))
  }

  @Test func aTimeToLiveThatNobodyWouldWaitForIsCut() {
    var machine = LeaseMachine(me)
    var long = record()
    long.duration = .seconds(86_400)
    _ = machine.handle(.seen(long, at: .zero), now: now)
    guard case .take = machine.handle(.seen(long, at: LeaseMachine.durationMax), now: now) else {
      Issue.record("not taken")
      return
    }
  }

  @Test func whoeverWasFasterIsLookedAtAndNamedIfItGoesOn() {
    var machine = LeaseMachine(me)
    for _ in 0...LeaseMachine.overtakenMax {
      #expect(machine.handle(.overtaken, now: now) == .wait(LeaseMachine.interval))
    }
    #expect(
      machine.handle(.seen(record(), at: .zero), now: now) == .refuse(record().holder))
  }
}

@Suite struct LeaseHoldTests {
  private let now = Timestamp(microsecondsSinceEpoch: 1_790_000_000_123_000)

  private var mine: LeaseRecord {
    LeaseRecord(
      resourceVersion: "17", identity: "here/7/a1", duration: .seconds(15), since: now,
      renewed: now, fence: 4, purpose: "rollout")
  }

  @Test func anOwnLeaseIsOverdueAfterItsTimeUntilItIsRenewed() {
    var hold = LeaseHold(mine, at: .seconds(100))
    #expect(hold.standing(mine, at: .milliseconds(129_999)) == .ours)
    #expect(hold.standing(mine, at: .seconds(130)) == .overdue)
    hold.renewed(at: .seconds(130))
    #expect(hold.standing(mine, at: .seconds(131)) == .ours)
  }

  @Test func aCallThatWouldOutlastTheLeaseIsNotMade() {
    var hold = LeaseHold(mine, at: .seconds(100))
    #expect(hold.lasts(.seconds(10), from: .seconds(115)))
    #expect(!hold.lasts(.seconds(10), from: .milliseconds(115_001)))
    hold.renewed(at: .seconds(116))
    #expect(hold.lasts(.seconds(10), from: .seconds(131)))
  }

  @Test func aLeaseThatSomebodyElseHasOrNobodyIsLost() {
    let hold = LeaseHold(mine, at: .zero)
    var theirs = mine
    theirs.identity = "there/9/b2"
    theirs.fence = 5
    #expect(hold.standing(theirs, at: .zero) == .lost(theirs.holder))
    var again = mine
    again.fence = 6
    #expect(hold.standing(again, at: .zero) == .lost(again.holder))
    #expect(hold.standing(nil, at: .zero) == .lost(nil))
    #expect(hold.standing(LeaseHold.release(of: mine, now: now), at: .zero) == .lost(nil))
  }

  @Test func aRenewalDiffersThoughTheClockWasSetBack() {
    let renewed = LeaseHold.renewal(of: mine, now: now.advanced(by: .seconds(-3600)))
    #expect(renewed.renewed > mine.renewed)
    #expect(renewed.fence == mine.fence)
  }

  @Test func aLeaseIsReadBackAsItWasSent() {
    let names = ClusterNames(service: "slipway", namespace: "shop")
    #expect(LeaseRecord(mine.object(names.lease, of: names)) == mine)
  }

  @Test func aProcessIsReadBackAsItWasSent() throws {
    let names = ClusterNames(service: "slipway", namespace: "shop")
    let own: ProcessMark = try #require(ProcessMark.own)
    var marked = mine
    marked.process = own
    #expect(LeaseRecord(marked.object(names.lease, of: names)) == marked)
    #expect(ProcessMark("a b c") == nil)
  }

  @Test func anIdentityIsOfThreePartsOrNone() {
    let identity = LeaseIdentity(host: "here", process: 7, word: "a1")
    #expect(LeaseIdentity(identity.text) == identity)
    #expect(LeaseIdentity("somebody") == nil)
    #expect(LeaseIdentity("a/b/c") == nil)
  }
}

@Suite struct JournalTextTests {
  private let time = Timestamp(microsecondsSinceEpoch: 1_790_000_000_123_000)

  private func entry(_ kind: String, _ text: String) -> JournalEntry {
    JournalEntry(time: time, kind: kind, fields: ["text": .string(text)])
  }

  @Test func notesMakeRoomOldestFirstAndTheBeginningStays() {
    var text = ""
    for kind in ["begin", "note", "phase", "note"] {
      text = JournalText.adding(entry(kind, "first"), to: text, bytesMax: 10_000)
    }
    let room = text.utf8.count + 2
    let kept = JournalEntry.read(
      lines: JournalText.adding(entry("phase", "first"), to: text, bytesMax: room))
    #expect(kept.map(\.kind) == ["begin", "phase", "note", "phase"])
    let least = JournalEntry.read(
      lines: JournalText.adding(entry("end", "first"), to: text, bytesMax: room / 2))
    #expect(least.map(\.kind) == ["begin", "end"])
  }
}

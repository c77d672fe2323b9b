import Core
import JSON
import Testing

@testable import Ops

@Suite struct WitnessTests {
  private typealias Objects = TestObjects

  /// A witness of the release `new`, and its clock.
  private struct Watching {
    var witness = PlatformWitness(
      DeploymentSubject(name: "app", generation: 2, revision: "new"))
    var now = RecordedStream.began

    mutating func tell(_ changes: ClusterChange...) -> WitnessFinding {
      for change in changes { witness.handle(change, at: now) }
      return witness.look(at: now)
    }

    /// Looks on, as often as a run does.
    mutating func look(for duration: Duration) -> WitnessFinding {
      var finding = witness.look(at: now)
      for _ in 0..<(duration.inMilliseconds / 500) {
        now = now.advanced(by: .milliseconds(500))
        finding = witness.look(at: now)
      }
      return finding
    }
  }

  private static func watching(_ changes: ClusterChange...) -> Watching {
    var watching = Watching()
    for change in [Objects.deployment(), Objects.replicaSet("new"), Objects.replicaSet("old")]
      + changes
    {
      _ = watching.tell(change)
    }
    return watching
  }

  private static func id(_ finding: WitnessFinding) -> String? {
    if case .failed(let cause) = finding { CauseText(cause).id } else { nil }
  }

  // MARK: Whose pods

  @Test func crashesOfOldPodsProveNothing() {
    var watching = Self.watching()
    let crashed = Objects.pod("a", of: "old", state: Objects.ended(1), restarts: 7)
    #expect(watching.tell(crashed) == .progressing)
    #expect(watching.look(for: .seconds(300)) == .progressing)
  }

  @Test func anAutoscalerThatAddsPodsIsNoStepBackAndAPodThatIsMissingIs() {
    var watching = Self.watching()
    let whole = Objects.replicaSet("new", available: 2)
    #expect(watching.tell(Objects.completeDeployment, whole) == .complete)
    let wanted = Objects.deployment(generation: 3, observed: 2, replicas: 5, updated: 2)
    #expect(watching.tell(wanted) == .complete)
    let coming = Objects.deployment(
      generation: 3, observed: 3, replicas: 5, updated: 5, existing: 5, available: 3)
    #expect(watching.tell(coming) == .complete)
    let missing = Objects.deployment(
      generation: 3, observed: 3, replicas: 5, updated: 5, existing: 5, available: 1)
    #expect(watching.tell(missing) == .progressing)
  }

  @Test func podsThatWereToldOfBeforeTheirReplicaSetAreJudgedOnceItIsKnown() {
    var watching = Watching()
    #expect(watching.tell(Objects.pod("a", state: Objects.ended(1))) == .progressing)
    #expect(watching.tell(Objects.replicaSet("new")) == .progressing)
    #expect(Self.id(watching.tell(Objects.deployment())) == "container-exited")
  }

  @Test func anotherReleaseThatTakesThePlaceEndsThisOne() {
    var watching = Self.watching()
    let other = Objects.deployment(generation: 3, revision: "other")
    #expect(Self.id(watching.tell(other)) == "superseded")
  }

  @Test func theOldReplicaSetIsNotTheReleaseWhileOldPodsGoBeforeNewOnesCome() {
    var watching = Watching(
      witness: PlatformWitness(
        DeploymentSubject(name: "app", generation: 2, revision: "new")))
    _ = watching.tell(Objects.replicaSet("old", replicas: 0, number: "1"))
    // The controller has seen the change, and counts no template anew until the old pods are gone.
    #expect(watching.tell(Objects.deployment(number: "1")) == .progressing)
    #expect(watching.tell(Objects.replicaSet("new", available: 2, number: "2")) == .progressing)
    #expect(watching.tell(Objects.deployment(updated: 2, number: "2")) == .complete)
  }

  @Test func whatAFormerReleaseWentThroughIsPast() {
    var watching = Watching(
      witness: PlatformWitness(
        DeploymentSubject(name: "app", generation: 2, revision: "new", isFormer: true)))
    let crashed = Objects.pod("a", last: Objects.ended(1), restarts: 7, isReady: true)
    #expect(
      watching.tell(crashed, Objects.replicaSet("new"), Objects.deployment()) == .progressing)
    let again = Objects.pod("a", state: Objects.ended(1), last: Objects.ended(1), restarts: 8)
    #expect(Self.id(watching.tell(again)) == "container-exited")
  }

  // MARK: Endings

  @Test func oneEndingIsEnoughWhereNoOtherPodIsWell() {
    var watching = Self.watching()
    #expect(
      Self.id(watching.tell(Objects.pod("a", state: Objects.ended(1)))) == "container-exited")
  }

  @Test func whereAnotherPodIsWellTheSecondEndingCounts() {
    var watching = Self.watching(Objects.pod("b", isReady: true))
    #expect(watching.tell(Objects.pod("a", state: Objects.ended(1))) == .progressing)
    #expect(watching.tell(Objects.pod("a", last: Objects.ended(1), restarts: 1)) == .progressing)
    let second = Objects.pod("a", state: Objects.ended(1), last: Objects.ended(1), restarts: 1)
    #expect(Self.id(watching.tell(second)) == "container-exited")
  }

  @Test func aContainerThatNeverRanHasItsGrace() {
    var watching = Self.watching()
    let failed = Objects.pod("a", state: Objects.ended(128, "StartError", "cannot allocate memory"))
    #expect(watching.tell(failed) == .progressing)
    #expect(watching.look(for: .seconds(59)) == .progressing)
    #expect(Self.id(watching.look(for: .seconds(2))) == "container-not-started")
  }

  @Test func aPodThatTheClusterTookAwayIsNoCrash() {
    var watching = Self.watching()
    let disrupted = Objects.pod(
      "a", state: Objects.ended(137), phase: "Failed", reason: "Evicted",
      conditions: [["type": "DisruptionTarget", "status": "True"]])
    #expect(watching.tell(disrupted) == .progressing)
    // Others came in its place, and may take their time.
    #expect(watching.tell(Objects.pod("b"), Objects.pod("c")) == .progressing)
    #expect(watching.look(for: .seconds(300)) == .progressing)
  }

  @Test func podsThatAreTakenAwayOneAfterTheOtherAreACause() {
    var watching = Self.watching()
    for name in ["a", "b", "c"] {
      _ = watching.tell(
        Objects.pod(name, state: Objects.ended(137), phase: "Failed", reason: "Evicted"))
    }
    _ = watching.tell(Objects.pod("d"), Objects.pod("e"))
    #expect(Self.id(watching.look(for: .seconds(61))) == "pod-ended")
  }

  // MARK: What may heal

  @Test func aCauseThatHealsHasItsWholeGraceTheNextTime() {
    var watching = Self.watching()
    let waiting = Objects.pod("a", conditions: [Objects.unschedulable])
    _ = watching.tell(waiting)
    #expect(watching.look(for: .seconds(50)) == .progressing)
    #expect(watching.tell(Objects.pod("a")) == .progressing)
    _ = watching.tell(waiting)
    #expect(watching.look(for: .seconds(59)) == .progressing)
    #expect(Self.id(watching.look(for: .seconds(2))) == "unschedulable")
  }

  @Test func aSettingThatTheNodeHasNotReadYetMayCome() {
    let late = "failed to sync secret cache: timed out waiting for the condition"
    var watching = Self.watching()
    let state = Objects.waiting("CreateContainerConfigError", late)
    #expect(watching.tell(Objects.pod("a", state: state)) == .progressing)
    let missing = Objects.waiting("CreateContainerConfigError", #"secret "x" not found"#)
    #expect(Self.id(watching.tell(Objects.pod("a", state: missing))) == "configuration")
  }

  @Test func aClockThatIsSetIsNoTimeThatPassed() {
    var watching = Self.watching(Objects.pod("a", conditions: [Objects.unschedulable]))
    watching.now = watching.now.advanced(by: .seconds(86_400))
    #expect(watching.look(for: .seconds(50)) == .progressing)
    watching.now = watching.now.advanced(by: .seconds(-7200))
    #expect(watching.look(for: .seconds(1)) == .progressing)
    #expect(Self.id(watching.look(for: .seconds(12))) == "unschedulable")
  }

  @Test func aWebhookThatDoesNotAnswerMayComeBackAndOneThatRefusesDoesNot() {
    var watching = Self.watching()
    let silent = Objects.replicaSet("new", refusal: "failed calling webhook \"x\": timeout")
    #expect(watching.tell(silent) == .progressing)
    let refusal = Objects.replicaSet(
      "new", refusal: "admission webhook \"x\" denied the request: no")
    #expect(Self.id(watching.tell(refusal)) == "admission")
  }

  // MARK: What is heard

  @Test func nothingIsCompleteWhileTheClusterIsNotHeard() {
    var watching = Self.watching(
      Objects.completeDeployment, Objects.replicaSet("new", available: 2))
    #expect(watching.look(for: .zero) == .complete)
    #expect(watching.tell(.lost(.pod, "cut")) == .unheard)
    #expect(watching.look(for: .seconds(16)) == .unknown("cut"))
    #expect(watching.tell(.replaced(.pod, [])) == .complete)
  }

  /// Words of a node, seen on a cluster: it asks again within ten seconds or so.
  @Test(arguments: [
    ("no relationship found between node 'a' and this object", 60 + 25, 60 + 40),
    ("volume \"data\" is not there", 60 - 5, 60 + 5),
  ])
  func aNodeThatHasNotHeardOfAllHasItsTimeToAskAgain(
    said: String, early: Int, late: Int
  ) {
    var watching = Self.watching()
    let pod = Objects.pod("a", state: Objects.waiting("ContainerCreating"), phase: "Pending")
    _ = watching.tell(pod)
    let warning = Objects.warning("FailedMount", "failed to fetch PVC: \(said)", of: "a")
    #expect(watching.tell(warning) == .progressing)
    #expect(watching.look(for: .seconds(early)) == .progressing)
    #expect(
      ["volume", "cache-not-synced"].contains(
        Self.id(watching.look(for: .seconds(late - early)))))
  }

  @Test func graceDoesNotRunWhileTheClusterIsNotHeard() {
    var watching = Self.watching(Objects.pod("a", conditions: [Objects.unschedulable]))
    _ = watching.tell(.lost(.pod, "cut"))
    #expect(watching.look(for: .seconds(300)) == .unknown("cut"))
  }

  @Test func whatIsMissingInAListIsGone() {
    var watching = Self.watching(Objects.pod("a", conditions: [Objects.unschedulable]))
    #expect(watching.look(for: .seconds(50)) == .progressing)
    _ = watching.tell(.replaced(.pod, []))
    #expect(watching.look(for: .seconds(50)) == .progressing)
  }

  @Test func aFailureIsFinal() {
    var watching = Self.watching(Objects.pod("a", state: Objects.ended(1)))
    let failed = watching.look(for: .zero)
    #expect(Self.id(failed) == "container-exited")
    #expect(watching.tell(.replaced(.pod, [])) == failed)
  }

  @Test func garbageIsNoReading() throws {
    let values: [JSONValue] = [
      .null, 7, "x", [], [:], ["metadata": 1], ["metadata": ["name": 1, "uid": []]],
      [
        "metadata": ["name": "app", "uid": "d", "generation": "2", "ownerReferences": [1]],
        "spec": ["replicas": -9_223_372_036_854_775_808, "template": 3, "containers": [1, [:]]],
        "status": [
          "conditions": [1, ["type": 3]], "containerStatuses": "none",
          "replicas": 9_223_372_036_854_775_807, "availableReplicas": 0.5,
        ],
      ],
    ]
    var watching = Watching()
    for kind in [ResourceKind.deployment, .replicaSet, .pod, .event, .job, .lease] {
      for value in values {
        #expect(
          watching.tell(.updated(kind, value), .replaced(kind, [value]), .deleted(kind, value))
            == .progressing)
      }
    }
  }

  // MARK: Logs

  @Test func theLogOfEachEndingIsAskedForOnce() {
    var watching = Self.watching(Objects.pod("b", isReady: true))
    _ = watching.tell(Objects.pod("a", state: Objects.ended(1)))
    let first = watching.witness.takeLogRequests()
    #expect(first.map(\.isPrevious) == [false])
    _ = watching.tell(Objects.pod("a", last: Objects.ended(1), restarts: 1))
    #expect(watching.witness.takeLogRequests().isEmpty)
    _ = watching.tell(Objects.pod("a", last: Objects.ended(1), restarts: 2))
    // The one before it, and of what goes on without being ready.
    #expect(watching.witness.takeLogRequests().map(\.isPrevious) == [true, false])
    for request in first { watching.witness.keep(["one", "two", ""], of: request) }
    guard case .failed(let cause) = watching.look(for: .zero) else {
      Issue.record("not failed")
      return
    }
    #expect(watching.witness.line(of: cause).hasSuffix("2 restarts; last line: two"))
    #expect(watching.witness.evidence.map(\.source) == ["container app of pod a"])
  }

  // MARK: Jobs

  @Test func aJobForgivesAsManyEndingsAsItSays() {
    var witness = JobWitness(JobSubject(name: "migrate"))
    let now = RecordedStream.began
    witness.handle(Objects.job(backoffLimit: 1), at: now)
    witness.handle(Objects.pod("a", state: Objects.ended(4), phase: "Failed"), at: now)
    #expect(witness.look(at: now) == .progressing)
    witness.handle(Objects.pod("b", state: Objects.ended(4), phase: "Failed"), at: now)
    #expect(Self.id(witness.look(at: now)) == "container-exited")
  }

  /// The watch of Jobs may be ahead of that of pods, whose words say more.
  @Test func aJobWhosePodIsStillToBeHeardOfHasFailedAMomentLater() {
    var witness = JobWitness(JobSubject(name: "migrate"))
    let now = RecordedStream.began
    witness.handle(Objects.pod("a"), at: now)
    witness.handle(Objects.job(failed: 1, reason: "BackoffLimitExceeded"), at: now)
    #expect(witness.look(at: now) == .progressing)
    var unheard = witness
    witness.handle(Objects.pod("a", state: Objects.ended(4), phase: "Failed"), at: now)
    #expect(Self.id(witness.look(at: now)) == "container-exited")
    #expect(unheard.look(at: now.advanced(by: .milliseconds(400))) == .progressing)
    #expect(Self.id(unheard.look(at: now.advanced(by: .milliseconds(500)))) == "job-failed")
  }

  /// Nobody can say when a watch that is cut will tell of them.
  @Test func aJobWhosePodsNobodyHearsOfHasFailedAtOnce() {
    var witness = JobWitness(JobSubject(name: "migrate"))
    let now = RecordedStream.began
    witness.handle(Objects.pod("a"), at: now)
    witness.handle(.lost(.pod, "429 TooManyRequests"), at: now)
    witness.handle(Objects.job(failed: 1, reason: "BackoffLimitExceeded"), at: now)
    #expect(Self.id(witness.look(at: now)) == "job-failed")
  }

  @Test func aJobThatTriesTwiceIsToldByItsLastAttempt() {
    var witness = JobWitness(JobSubject(name: "migrate"))
    let now = RecordedStream.began
    witness.handle(Objects.pod("a", state: Objects.ended(4), phase: "Failed"), at: now)
    witness.handle(Objects.pod("b"), at: now)
    witness.handle(
      Objects.job(failed: 2, backoffLimit: 1, reason: "BackoffLimitExceeded"), at: now)
    #expect(witness.look(at: now) == .progressing)
    witness.handle(Objects.pod("b", state: Objects.ended(31), phase: "Failed"), at: now)
    guard case .failed(let cause) = witness.look(at: now) else {
      Issue.record("a Job that failed twice goes on")
      return
    }
    #expect(cause.exit?.code == 31)
  }

  @Test func aJobWhoseTimeIsOverHasFailedWhateverItsPodsAreToSay() {
    var witness = JobWitness(JobSubject(name: "migrate"))
    let now = RecordedStream.began
    witness.handle(Objects.pod("a"), at: now)
    witness.handle(Objects.job(reason: "DeadlineExceeded"), at: now)
    #expect(Self.id(witness.look(at: now)) == "job-failed")
  }

  @Test func aJobThatIsDeletedHasNotDoneItsWork() {
    var witness = JobWitness(JobSubject(name: "migrate"))
    let now = RecordedStream.began
    witness.handle(Objects.job(), at: now)
    #expect(witness.look(at: now) == .progressing)
    witness.handle(.replaced(.job, []), at: now)
    #expect(Self.id(witness.look(at: now)) == "job-gone")
  }
}

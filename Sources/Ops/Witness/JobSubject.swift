import Core

/// One Job, and the pods that it made.
struct JobSubject: WitnessSubject {
  static let kinds: [ResourceKind] = [.job, .pod]
  /// A container of a Job is ready as long as it runs.
  static let asksReadyOnes = true
  /// How long after a Job's end its pods may still be told of: each kind has a watch of its own.
  static let podsBehindMax: Duration = .milliseconds(500)

  /// The Job's name.
  let name: String
  private var job: String?

  init(name: String) { self.name = name }

  mutating func judge(_ objects: WitnessedObjects) -> Judgement {
    let named = objects.jobs.values.filter { $0.object.name == name }
    if let job, !named.contains(where: { $0.object.uid == job }) {
      // Deleted before it was done: it is not known whether it would have been.
      return Judgement(signs: [.sound(.jobGone(name), of: name)])
    }
    guard let found = named.first(where: { $0.object.uid == job }) ?? named.first else {
      return Judgement(progress: "the Job was not seen yet")
    }
    job = found.object.uid
    let pods = objects.pods(of: found.object.uid)
    var judgement = Judgement(pods: pods, owners: [found.object.uid])
    judgement.isComplete = found.isComplete
    judgement.progress = pods.last.map { "pod \($0.object.name) is \($0.phase)" } ?? "no pod yet"
    guard !found.isComplete else { return judgement }
    judgement.signs = signs(found, pods, objects)
    return judgement
  }

  private func signs(
    _ job: JobReading, _ pods: [PodReading], _ objects: WitnessedObjects
  ) -> [Sign] {
    var signs: [Sign] = []
    if job.isSuspended { signs.append(.mayHeal(.jobSuspended(name), of: name)) }
    // While the Job forgives, an ending is no sign; the last one that it does not forgive is.
    let endings = pods.reduce(0) { $0 + Self.badEndings($1) }
    let isLast = endings > job.backoffLimit || job.failure != nil
    for pod in pods {
      let all = PodSigns(
        pod: pod, events: objects.events(about: pod.object.uid), othersAreWell: !isLast
      ).all
      signs += all.filter { sign in
        guard let exit = sign.cause.exit else { return true }
        return isLast && exit.code != 0
      }
    }
    if pods.isEmpty { signs += refusals(job, objects) }
    guard let failure = job.failure else { return signs }
    let cause = Cause.jobFailed(job: name, reason: failure.reason, said: failure.message)
    // What its pods show says more than that it failed, but not than that its time was over.
    if failure.reason == "DeadlineExceeded" {
      return [.sound(signs.last?.cause ?? cause, of: name)]
    }
    let told = signs.last { $0.weight == .sound } ?? signs.last
    // The last one that failed says why; while it is not told of, one before it might be taken for
    // it.
    let isBehind = endings < max(1, job.failed) && objects.lost[.pod] == nil
    return [
      Sign(
        cause: told?.cause ?? cause,
        weight: isBehind ? .soundAfter(Self.podsBehindMax) : .sound, subject: name)
    ]
  }

  /// How often containers of a pod ended badly by themselves.
  private static func badEndings(_ pod: PodReading) -> Int {
    guard !pod.isDisrupted, !pod.object.isLeaving else { return 0 }
    return pod.containers.reduce(0) { sum, container in
      guard let ending = container.ending, ending.code != 0 else { return sum }
      return sum + container.endings
    }
  }

  /// Why no pod was made, as events alone tell.
  private func refusals(_ job: JobReading, _ objects: WitnessedObjects) -> [Sign] {
    guard let event = objects.events(about: job.object.uid).last(where: isRefusal) else {
      return []
    }
    let (cause, mayHeal) = PlatformText.refusal(event.message, of: "Job \(name)")
    return [mayHeal ? .mayHeal(cause, of: name) : .sound(cause, of: name)]
  }

  private func isRefusal(_ event: EventReading) -> Bool { event.reason == "FailedCreate" }
}

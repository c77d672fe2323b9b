import Core
import JSON
import POSIX

/// Brings releases by `helm upgrade`, and puts old ones back by `helm rollback`.
struct HelmDelivery: ClusterDelivery {
  let site: ClusterSite
  let helm: HelmProgram
  /// The rollout that works.
  let number: Int

  var client: ClusterClient { site.client }
  var lease: ClusterLease { site.lease }
  var fieldManager: String { Self.fieldManager }

  let shown = "helm upgrade"
  let adoption =
    "or give it to Helm by helm upgrade --install --take-ownership, which is then adopted"

  func checks(of target: ClusterTarget) throws -> [PreflightCheck] {
    try HelmCheck(helm: helm, client: client, target: target).checks()
  }

  /// Under Helm's name: what it leaves out later is taken away then.
  func apply(_ object: ClusterObject, _ run: any RolloutContext) throws {
    try run.check()
    try run.changePatiently { () throws(ClusterFailure) in
      try client.apply(object.kind, object.json, in: object.namespace, by: Self.fieldManager)
    }
  }

  func bring(
    _ release: ClusterRelease, _ objects: [ClusterObject], _ run: any RolloutContext
  ) throws -> Int64 {
    if let revision = release.helmRevision {
      try rollBack(to: revision, objects, run)
    } else {
      try repair(run)
      try upgrade(to: release, objects, run)
    }
    return try generation(run)
  }

  func putBack(
    _ former: ClusterRelease, over objects: [ClusterObject], _ run: any RolloutContext
  ) throws -> Int64 {
    guard let revision = former.helmRevision else {
      throw PhaseFailure("Helm has no revision of release \(former.revision)")
    }
    let before = try known(of: former, run)
    try rollBack(to: revision, before ?? [], run)
    // What was applied ahead of a Helm that never came is nothing that Helm takes back.
    if let before { try remove(objects, but: before, run) }
    return try generation(run)
  }

  /// What a former release was made of; nil where nobody can tell, which is no reason to stay.
  private func known(
    of former: ClusterRelease, _ run: any RolloutContext
  ) throws -> [ClusterObject]? {
    do {
      return try run.askPatiently {
        try site.manifests.load(former.number) ?? site.helmObjects(of: former)
      }
    } catch let error as Interrupted {
      throw error
    } catch {
      run.note("what only the new release has is left: \(ErrorReport(error).findings[0].message)")
      return nil
    }
  }

  func takeAway(_ objects: [ClusterObject], _ run: any RolloutContext) throws {
    try change(.uninstall, run)
  }

  /// Helm has removed it already.
  func removeLeftOver(
    of former: ClusterRelease, but objects: [ClusterObject], _ run: any RolloutContext
  ) {}

  /// The name under which the API keeps what Helm applies.
  static let fieldManager = "helm"
}

extension HelmDelivery {
  /// How long a rollback that Helm could not make is tried again.
  private static let rollbackPatience: Duration = .seconds(60)
  private static let rollbackPause: Duration = .seconds(2)

  /// Goes back to a revision of these objects; its Job is not to run a second time.
  private func rollBack(
    to revision: Int, _ objects: [ClusterObject], _ run: any RolloutContext
  ) throws {
    // What an autoscaler is to decide again is not to be one until it does.
    for object in objects where object.kind == .deployment { try handReplicasOver(object, run) }
    let end = run.clock.elapsed() + Self.rollbackPatience
    while true {
      do {
        try change(.rollback(to: revision), run)
        break
      } catch let failure as HelmFailure where run.clock.elapsed() < end {
        // It may be made twice, and what kept it may pass.
        run.note("again, for \(failure.message)")
        try run.wait(Self.rollbackPause)
      }
    }
    for job in objects where job.isMigration { try delete(job, run) }
  }

  /// Makes Helm do something, and writes down beforehand which revision it will make.
  private func change(_ change: HelmChange, _ run: any RolloutContext) throws {
    _ = try helm.checkVersion()
    try announce(change, revision: try history(run).next, run)
    try helm.carryOut(change, run) { try client.permit?(client.callTimeout) }
  }

  /// The entries of a journal by which an interrupted run's own revision is told from another's.
  private static let announcement = "helm"

  private func announce(
    _ change: HelmChange, revision: Int, _ run: any RolloutContext
  ) throws {
    run.note(Self.words(of: change, revision: revision, helm.release))
    do {
      try run.changePatiently {
        try site.journal(number).append(
          Self.announcement,
          ["change": .string(change.verb), "revision": .integer(Int64(revision))])
      }
    } catch let error where !(error is Interrupted) && change.isWayBack {
      // No reason to keep an old release away: another run waits longer then.
      run.note("the journal does not have it: \(ErrorReport(error).findings[0].message)")
    }
  }

  static func words(of change: HelmChange, revision: Int, _ release: String) -> String {
    switch change {
    case .upgrade: "Helm makes revision \(revision) of release \(release)"
    case .rollback(let former):
      "Helm makes revision \(revision) of release \(release), which is revision \(former) again"
    case .uninstall: "Helm uninstalls release \(release)"
    }
  }

  /// Whether an entry of this rollout's journal, which nobody else writes, announced the revision.
  static func announces(_ entry: JournalEntry, _ revision: HelmHistory.Revision) -> Bool {
    entry.kind == announcement && entry.fields["revision"]?.number == Int64(revision.number)
  }

  private func history(_ run: any RolloutContext) throws -> HelmHistory {
    try run.askPatiently { try helm.history() }
  }

  /// Takes back what a Helm that is gone has left half done: Helm refuses to go on from there.
  private func repair(_ run: any RolloutContext) throws {
    guard case .unfinished(let last, let good) = try history(run).standing else { return }
    let journal = try run.askPatiently { try site.journal(number).entries() }
    let isOurs = journal.contains { Self.announces($0, last) }
    switch HelmRepair(last, good: good, isOurs: isOurs, now: .now()) {
    case .tooEarly:
      throw PhaseFailure(
        HelmCheck.words(of: last, helm.release) + ": another Helm may be at work")
    case .possible(let repair):
      run.note(
        HelmCheck.words(of: last, helm.release) + ", and the Helm that began it is gone: "
          + (good.map { "back to revision \($0.number) first" } ?? "it is uninstalled first"))
      try change(repair, run)
    }
  }

  private func upgrade(
    to release: ClusterRelease, _ objects: [ClusterObject], _ run: any RolloutContext
  ) throws {
    guard let values = try run.askPatiently({ try site.manifests.values(of: release.number) })
    else {
      throw PhaseFailure("the values of rollout \(release.number) are not kept any more")
    }
    try site.withFolder { folder in
      let file = try ClusterRendering.write(values, to: folder)
      try checkChart(makes: objects, of: file, run)
      for object in objects where object.kind == .deployment { try handReplicasOver(object, run) }
      try change(
        .upgrade(
          chart: site.chart, values: file,
          description: "rollout \(number), \(release.revision)"), run)
    }
  }

  /// A rollout that goes on elsewhere may find another chart there.
  private func checkChart(
    makes objects: [ClusterObject], of values: String, _ run: any RolloutContext
  ) throws {
    let stream = try run.askPatiently { try helm.template(chart: site.chart, values: values) }
    let made = try HelmObjects.read(stream, of: helm)
    let other = Self.differences(made, objects)
    guard other.isEmpty else {
      throw PhaseFailure(
        "the chart makes other objects than when the rollout began"
          + " (\(other.prefix(Self.differencesMax).joined(separator: ", "))); go on from the commit"
          + " that it began with, or --abort")
    }
  }

  /// Objects that are named where two charts differ.
  private static let differencesMax = 5

  /// The names of those that are not the same in both, sorted.
  static func differences(_ made: [ClusterObject], _ kept: [ClusterObject]) -> [String] {
    let all = Set((made + kept).map(\.identity)).sorted()
    return all.filter { identity in
      made.first { $0.identity == identity } != kept.first { $0.identity == identity }
    }
  }

  private func generation(_ run: any RolloutContext) throws -> Int64 {
    let live = try run.changePatiently { () throws(ClusterFailure) in
      try client.get(.deployment, site.names.service, in: site.names.namespace)
    }
    return live?["metadata"]?["generation"]?.number ?? 0
  }
}

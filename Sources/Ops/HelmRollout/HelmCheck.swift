import Core
import JSON

/// What can be known of Helm and its release before anything is changed.
struct HelmCheck {
  let helm: HelmProgram
  let client: ClusterClient
  let target: ClusterTarget

  func checks() throws -> [PreflightCheck] {
    let version: String
    do {
      version = try helm.checkVersion()
    } catch let failure as HelmFailure where failure.isMissing {
      let said = failure.findings[0]
      return [
        PreflightCheck("helm", .refuse, ([said.message] + said.hints).joined(separator: "; "))
      ]
    } catch let refusal as RolloutRefusal {
      return [PreflightCheck("helm", .refuse, refusal.reason)]
    }
    let history = try helm.history()
    return [
      PreflightCheck("helm", .ok, version),
      Self.release(history, helm.release, target.former, now: .now()),
    ]
      + [try conflicts()].compactMap(\.self)
  }

  /// How the release stands, and what is done about it.
  static func release(
    _ history: HelmHistory, _ name: String, _ former: ClusterRelease?, now: Timestamp
  ) -> PreflightCheck {
    switch history.standing {
    case .absent, .settled(nil):
      return PreflightCheck("release", .ok, "\(name) is installed by this rollout")
    case .settled(let good?):
      return settled(good, history, name, former)
    case .unfinished(let last, let good):
      let words = words(of: last, name)
      switch HelmRepair(last, good: good, isOurs: false, now: now) {
      case .tooEarly:
        return PreflightCheck(
          "release", .refuse,
          "\(words): another Helm may be at work, or has died at it; wait for it, or put it back by"
            + " helm \(good.map { "rollback \(name) \($0.number)" } ?? "uninstall \(name)")")
      case .possible:
        return PreflightCheck(
          "release", .warn,
          "\(words), and no Helm is at one for so long: the rollout takes it"
            + (good.map { " back to revision \($0.number)" } ?? " away")
            + " before Helm brings the new one")
      }
    }
  }

  private static func settled(
    _ good: HelmHistory.Revision, _ history: HelmHistory, _ name: String,
    _ former: ClusterRelease?
  ) -> PreflightCheck {
    guard let former else {
      return PreflightCheck(
        "release", .refuse,
        "what revision \(good.number) of \(name) serves has no REVISION: it is no release of this"
          + " chart, and nobody could tell whether it comes back")
    }
    guard let back = former.helmRevision, history.has(back) else {
      return PreflightCheck(
        "release", .refuse,
        "Helm has no revision of \(name) that is \(former.revision), which was brought last:"
          + " somebody else upgraded it; put it back by helm rollback")
    }
    let adopted = former.number == 0 ? ", which no rollout brought: it is adopted" : ""
    return PreflightCheck(
      "release", .ok, "\(name), revision \(back)\(adopted); helm rollback leads back to it")
  }

  /// `revision 5 of release slipway is pending-upgrade since ...`.
  static func words(of revision: HelmHistory.Revision, _ name: String) -> String {
    "revision \(revision.number) of release \(name) is \(revision.status.rawValue)"
      + (revision.updated.map { " since \($0)" } ?? "")
  }

  /// What others have written into fields that Helm is going to write.
  ///
  /// https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts
  private func conflicts() throws(ClusterFailure) -> PreflightCheck? {
    guard target.former != nil else { return nil }
    var found: [String] = []
    for object in target.objects where !object.isMigration {
      do throws(ClusterFailure) {
        try client.apply(
          object.kind, object.json, in: object.namespace, dryRun: true,
          by: HelmDelivery.fieldManager, force: false)
      } catch  where error.reason == .conflict {
        found.append("\(object.kind.kind) \(object.name): \(error.message)")
      } catch {
        if error.mayPass { throw error }
        // Objects that are refused are told by the check that tries them all.
      }
    }
    if found.isEmpty { return PreflightCheck("conflicts", .ok, "none") }
    return PreflightCheck(
      "conflicts", .warn, "what somebody else wrote is taken back: " + found.joined(separator: "; ")
    )
  }
}

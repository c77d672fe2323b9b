import Core
import JSON

extension ClusterSite {
  /// What Helm itself knows of what serves, put into what is remembered.
  ///
  /// A release that somebody brought by Helm alone is adopted: Helm knows what it was made of, so
  /// there is a way back to it. Of one that a rollout brought, the revision to go back to is noted.
  /// Who has no Helm sees what is remembered; whatever changes something says that it needs one.
  func surveyed(_ state: RolloutState<ClusterRelease>) throws -> RolloutState<ClusterRelease> {
    guard let helm, let good = try history(helm)?.good, let serving = try serving(helm, good)
    else { return state }
    var state = state
    if state.current == nil {
      state.current = serving
    } else if state.current?.revision == serving.revision {
      state.current?.helmRevision = good.number
    } else {
      // Somebody else upgraded since: there is no revision that leads back to what is remembered.
      state.current?.helmRevision = nil
    }
    return state
  }

  private func history(_ helm: HelmProgram) throws(HelmFailure) -> HelmHistory? {
    do throws(HelmFailure) {
      return try helm.history()
    } catch  where error.isMissing {
      return nil
    }
  }

  /// The objects of a release that Helm brought and no rollout kept.
  func helmObjects(of former: ClusterRelease) throws -> [ClusterObject]? {
    guard let helm, let revision = former.helmRevision, try history(helm)?.has(revision) == true
    else { return nil }
    return try HelmObjects.read(try helm.manifest(of: revision), of: helm)
  }

  /// The release that a revision of Helm is; nil where its Deployment does not say which.
  private func serving(
    _ helm: HelmProgram, _ good: HelmHistory.Revision
  ) throws -> ClusterRelease? {
    let objects = try HelmObjects.read(try helm.manifest(of: good.number), of: helm)
    guard let deployment = objects.first(where: { $0.kind == .deployment }) else { return nil }
    let template = TemplateReading(deployment.json["spec"]?["template"] ?? .null)
    guard
      let revision = template.variable(DeploymentSubject.revisionVariable).first,
      let image = template.images.first
    else { return nil }
    return ClusterRelease(
      number: 0, revision: revision, image: image,
      version: ImageReference(image)?.version, time: good.updated ?? .now(),
      helmRevision: good.number)
  }
}

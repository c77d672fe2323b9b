import Core
import JSON
import POSIX

/// An environment of a cluster as its rollouts see it: all that is remembered is in its namespace.
struct ClusterSite: RolloutSite {
  let environment: Environment
  let platform: Platform
  /// The folder of platform.yaml.
  let root: String
  /// Changes nothing while the lock is not held for long enough.
  let client: ClusterClient
  let names: ClusterNames
  /// For reports, and for what is rendered on the way.
  let paths: LocalPaths
  let kubectl: String
  /// Nil where another way than Helm leads to the cluster.
  let helm: HelmProgram?
  let lease: ClusterLease
  let states: ClusterStateStore
  /// For what comes before the lock.
  private let unfenced: ClusterClient

  init(
    _ environment: Environment, of platform: Platform, root: String, client: ClusterClient,
    kubectl: String, interruption: Interruption
  ) throws {
    let anyImage = ImageReference(repository: platform.service.image)
    let release = try ChartRelease(
      environment, of: platform.service, image: anyImage, manager: .kustomize)
    self.environment = environment
    self.platform = platform
    self.root = root
    self.kubectl = kubectl
    helm =
      environment.target == .helm ? HelmProgram(environment, release: release.name) : nil
    names = ClusterNames(service: release.fullName, namespace: environment.namespace ?? "")
    paths = LocalPaths(project: root, environment: environment.name)
    lease = ClusterLease(client, names, isStopping: { interruption.reason != nil })
    unfenced = client
    self.client = lease.fencing(client)
    states = ClusterStateStore(self.client, names, lease)
  }

  var lock: any EnvironmentLock { lease }
  var manifests: ClusterManifests {
    ClusterManifests(client: client, names: names, lease: lease)
  }
  /// Where the chart is that Helm installs.
  var chart: String { "\(root)/\(ChartFiles.folder)" }

  /// How objects come to the cluster by a rollout of that number.
  func delivery(of number: Int) -> any ClusterDelivery {
    if let helm { return HelmDelivery(site: self, helm: helm, number: number) }
    return KustomizeDelivery(client: client, manifests: manifests)
  }

  /// Looking, and keeping rollouts away, needs kubectl alone.
  func checkPrograms() throws { _ = try helm?.checkVersion() }

  /// Makes the namespace where it is missing: the lock is in it, so it comes before all else.
  func prepare() throws {
    do throws(ClusterFailure) {
      guard try unfenced.get(.namespace, names.namespace) == nil else { return }
    } catch {
      // Who may not look at it is let into it, or told so by the first write.
      if error.reason == .forbidden { return }
      throw error
    }
    let anyImage = ImageReference(repository: platform.service.image)
    let release = try ChartRelease(
      environment, of: platform.service, image: anyImage, manager: .kustomize)
    guard let namespace = Objects.namespace(release) else { return }
    try unfenced.apply(.namespace, JSONValue(namespace.node))
  }

  func load() throws -> RolloutState<ClusterRelease> {
    do {
      return try states.load()
    } catch let failure as ClusterFailure where failure.reason == .forbidden {
      // Who may not even read this lacks more: all of it is said at once.
      let rights = try RolloutRole(environment, of: platform).rights
      let check = try RightsCheck(
        rights: rights, client: client, namespace: names.namespace, environment: environment.name
      ).check()
      throw check.verdict == .refuse ? RolloutRefusal(check.detail) : failure
    }
  }

  func save(_ state: RolloutState<ClusterRelease>) throws { try states.save(state) }

  func journal(_ number: Int) -> any RolloutJournal {
    ClusterJournal(client, names, lease, number: number)
  }

  func journalNumbers() throws -> [Int] { try ClusterJournal.numbers(client, names) }

  func report(_ number: Int) -> String { paths.report(number) }

  func release(
    for request: RolloutRequest, number: Int, held: (() throws -> Void) throws -> Void
  ) throws -> ClusterRelease {
    let made = try rendered(request, number: number)
    try held { try manifests.keep(made.objects, values: made.values, of: number) }
    return made.release
  }

  func release(
    again former: ClusterRelease, number: Int, held: (() throws -> Void) throws -> Void
  ) throws -> ClusterRelease {
    guard let objects = try manifests.load(former.number) ?? helmObjects(of: former) else {
      throw RolloutRefusal("the objects of release \(former.revision) are not kept any more")
    }
    try held { try manifests.keep(objects, of: number) }
    return ClusterRelease(
      number: number, revision: former.revision, image: former.image, version: former.version,
      time: .now(), variables: former.variables, helmRevision: former.helmRevision)
  }

  /// A cluster brings back by itself what should run.
  func revive(_ state: RolloutState<ClusterRelease>) {}

  func target(
    _ release: ClusterRelease, over former: ClusterRelease?, _ request: RolloutRequest
  ) throws -> any RolloutTarget {
    guard let objects = try manifests.load(release.number) else {
      throw RolloutRefusal("the objects of rollout \(release.number) are not kept any more")
    }
    return try ClusterTarget(
      site: self, release: release, former: former, objects: objects, request)
  }
}

extension ClusterSite {
  /// A release with its objects, as the files say it now; `isPlan` where nothing is brought.
  func rendered(
    _ request: RolloutRequest, number: Int, isPlan: Bool = false
  ) throws -> (release: ClusterRelease, objects: [ClusterObject], values: JSONValue?) {
    let kept = try KeptImage.read(of: environment.name, platform.service, under: root)
    guard let image = request.image ?? kept else {
      throw RolloutRefusal("no image of \(environment.name) is known; name one with --image")
    }
    return try withFolder { folder in
      let rendering = try ClusterRendering(
        platform, environment, image: image, variables: request.variables, folder: folder)
      let release = ClusterRelease(
        number: number, revision: try rendering.release().revision, image: image.text,
        version: image.version, time: .now(), variables: request.variables)
      guard let helm else { return (release, try rendering.kustomizedObjects(kubectl), nil) }
      let values = rendering.helmValues
      do {
        let objects = try rendering.helmObjects(helm, chart: chart, values: values)
        return (release, objects, values)
      } catch let failure as HelmFailure where failure.isMissing && isPlan {
        return (release, try rendering.helmObjects(without: helm), values)
      }
    }
  }

  /// Lends `body` an empty folder of this run alone.
  func withFolder<Result>(_ body: (_ folder: String) throws -> Result) throws -> Result {
    let folder = "\(paths.root)/render-\(ProcessInfo.identifier)"
    try File.makeDirectory(folder, mode: LocalPaths.folderMode)
    defer { try? File.removeTree(folder) }
    return try body(folder)
  }
}

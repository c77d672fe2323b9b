import POSIX
import YAML

/// All files that `ops render` keeps up to date for some environments, and all that these share.
struct RenderedTree: Sendable {
  /// In the order of their paths.
  let files: [RenderedFile]
  /// Where every file comes from a rendering: one that does not is either old or not ours.
  let folders: [String]
  /// Production environments without an image that can be pulled.
  let unpinned: [String]

  /// Renders on all processors; `image` tells which one an environment gets, nil for none yet.
  ///
  /// What is made in part is read under `root`.
  init(
    _ platform: Platform, _ scope: Scope, under root: String,
    image: @escaping @Sendable (Environment) throws -> ImageReference?
  ) throws {
    let parts = try KustomizeParts(of: platform.service)
    let rendering = EnvironmentFiles(platform: platform, parts: parts)
    let environments = scope.environments.filter { $0.target != .local }
    let rendered = WorkThread.map(environments, "render") { environment in
      Result { try rendering.files(of: environment, image: try image(environment)) }
    }
    let failures = rendered.compactMap { result in
      if case .failure(let error) = result { error } else { nil }
    }
    if !failures.isEmpty { throw RenderFailures(errors: failures) }
    let made = try rendered.map { try $0.get() }
    let kustomize = KustomizeFiles(
      header: FileHeader(shared: platform), service: platform.service.name)
    let shared = try ChartFiles(platform: platform, root: root).files() + kustomize.files(of: parts)
    let files = shared + made.flatMap(\.files)
    unpinned = zip(environments, made).filter(\.1.isUnpinned).map(\.0.name)
    self.files = files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    folders = KustomizeFiles.shared + scope.folders
  }

  /// Which environments are rendered.
  struct Scope: Sendable {
    let environments: [Environment]
    /// What no environment of platform.yaml has any more is old only if all are looked at.
    let isAll: Bool

    fileprivate var folders: [String] {
      isAll
        ? [EnvironmentFiles.values, EnvironmentFiles.flat, KustomizeFiles.overlays]
        : environments.map { "\(KustomizeFiles.overlays)/\($0.name)" }
    }
  }
}

/// What went wrong with several environments, all at once.
struct RenderFailures: ReportableError {
  let errors: [any Error]

  var exitCode: ExitCode { errors.first.map { ErrorReport($0).exitCode } ?? .failure }
  var findings: [Finding] { errors.flatMap { ErrorReport($0).findings } }
}

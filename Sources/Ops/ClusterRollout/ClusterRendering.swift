import Core
import JSON
import POSIX
import Subprocess
import YAML

/// What an environment of a cluster is made of with one image, rendered apart from the files of
/// the repository, which stay as they are.
struct ClusterRendering {
  /// How long kubectl may take for an overlay.
  private static let kustomizeTimeout: Duration = .seconds(60)
  private static let outputBytesMax = 16 * 1024 * 1024

  let platform: Platform
  let environment: Environment
  let image: ImageReference
  /// An empty folder of this rendering alone.
  let folder: String

  /// The environment with variables of this release beside its own.
  init(
    _ platform: Platform, _ environment: Environment, image: ImageReference,
    variables: [String: String], folder: String
  ) throws {
    try ImageRefused.check(image, environment, platform.service)
    var environment = environment
    environment.variables.merge(variables) { $1 }
    (self.platform, self.environment) = (platform, environment)
    (self.image, self.folder) = (image, folder)
  }

  private var manager: ChartRelease.Manager {
    environment.target == .helm ? .helm : .kustomize
  }

  /// The release as Helm or kustomize makes it.
  func release() throws -> ChartRelease {
    try ChartRelease(environment, of: platform.service, image: image, manager: manager)
  }

  /// The objects, as `kubectl kustomize` makes them of the overlay.
  func kustomizedObjects(_ kubectl: String) throws -> [ClusterObject] {
    let parts = try KustomizeParts(of: platform.service)
    let made = try EnvironmentFiles(platform: platform, parts: parts).files(
      of: environment, image: image)
    let shared = KustomizeFiles(
      header: FileHeader(shared: platform), service: platform.service.name)
    for file in shared.files(of: parts) + made.files {
      let path = "\(folder)/\(file.path)"
      try File.makeDirectory(Path.parent(of: path), mode: LocalPaths.folderMode)
      try File.write(file.bytes, to: path)
    }
    let overlay = Path.parent(of: KustomizeFiles.overlayPath(of: environment.name))
    let command = Subprocess.Command(kubectl, ["kustomize", "\(folder)/\(overlay)"])
    let result = try command.run(
      deadline: .after(Self.kustomizeTimeout), captureBytesMax: Self.outputBytesMax)
    guard result.isSuccess else {
      throw RolloutRefusal("kubectl kustomize: \(result.lastErrorLine ?? "\(result.exit)")")
    }
    return try Self.objects(result.output)
  }

  /// The objects in a stream of YAML, in the order in which they can be applied.
  static func objects(_ stream: [UInt8]) throws -> [ClusterObject] {
    let objects = try YAMLReader.readStream(stream).compactMap { ClusterObject(JSONValue($0)) }
    return objects.filter { $0.kind == .namespace } + objects.filter { $0.kind != .namespace }
  }
}

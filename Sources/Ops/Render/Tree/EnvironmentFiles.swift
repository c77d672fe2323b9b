import YAML

/// The files of one environment of a cluster, for both forms.
struct EnvironmentFiles {
  static let values = "\(ChartFiles.folder)/values"
  static let flat = "\(KustomizeFiles.folder)/flat"

  let platform: Platform
  let parts: KustomizeParts

  /// What an environment gets.
  struct Made: Sendable {
    let files: [RenderedFile]
    /// Whether it is production without a digest.
    let isUnpinned: Bool
  }

  /// What `environment` gets with this image; nil is none at all yet.
  func files(of environment: Environment, image: ImageReference?) throws -> Made {
    let service = platform.service
    let name = environment.name
    let image = EnvironmentImage(environment, service, image)
    let values = EnvironmentValues(
      service: service, environment: environment, image: image.written
    ).node
    // The image comes by --image and is no part of platform.yaml.
    let source = YAMLNode.mapping(
      (values.mapping ?? []).filter { $0.key != "image" }.map { ($0.key, $0.value) })
    let header = FileHeader(of: platform, name, source: source)
    let release = try ChartRelease(
      environment, of: service, image: image.deployed, manager: .kustomize)
    let objects = Objects.all(of: release)
    let overlay = KustomizeOverlay(release, objects, over: parts)
    let files = KustomizeFiles(header: header, service: service.name)
    let plain = [
      RenderedFile(Self.valuesPath(of: name), header, [values]),
      RenderedFile(Self.flatPath(of: name), header, objects.map(\.node)),
    ]
    return Made(
      files: plain + files.files(of: overlay, for: name), isUnpinned: image.isUnpinned)
  }

  static func flatPath(of environment: String) -> String { "\(flat)/\(environment).yaml" }
  static func valuesPath(of environment: String) -> String { "\(values)/\(environment).yaml" }
}

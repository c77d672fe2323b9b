import YAML

/// `ops render objects`: what a cluster gets for any values of the chart.
struct RenderObjectsCommand: Command {
  private static let values = Option(
    "values", .path, .required, "a file of values, as helm takes it")
  private static let name = Option(
    "name", .releaseName, .byDefault(ChartRelease.chartName), "the name of the release")
  private static let namespace = Option(
    "namespace", .text("NAMESPACE"), .optional,
    "the namespace of the objects; without it they have none written")
  private static let image = Option(
    "image", .image, .optional, "the image, in place of the one in the file")
  private static let asHelm = Flag(
    "as-helm", "with Helm's labels, and with hooks where the chart has them")

  static let specification = CommandSpecification(
    name: "objects", summary: "print the objects that values of the chart make",
    description: """
      The same objects as the chart makes of these values, built without Helm: as a stream of YAML \
      that kubectl apply takes, migrations as an ordinary Job. Keys that the file leaves out have \
      their defaults. All mistakes are told at once, with line and column.
      """,
    options: [values, name, namespace, image, asHelm], exitCodes: [.configuration],
    examples: [
      .init(
        line: "ops render objects --values my-values.yaml --namespace shop | kubectl apply -f -",
        effect: "apply the chart without Helm")
    ])

  private let path: String
  private let name: String
  private let namespace: String?
  private let image: ImageReference?
  private let manager: ChartRelease.Manager

  init(_ arguments: ParsedArguments) {
    path = arguments.required(Self.values)
    name = arguments.required(Self.name)
    namespace = arguments.value(Self.namespace)
    image = arguments.value(Self.image)
    manager = arguments.has(Self.asHelm) ? .helm : .kustomize
  }

  func run(_ context: CommandContext) throws -> ExitCode {
    let values = try ChartValues.load(context.absolute(path), as: path, image: image)
    let release = ChartRelease(
      values: values, name: name, namespace: namespace, manager: manager)
    try ReleaseNameRefused.check(release)
    context.output.write(YAMLWriter.write(documents: Objects.all(of: release).map(\.node)))
    return .done
  }
}

/// A release whose objects would be called what no Service can be.
///
/// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#rfc-1035-label-names
struct ReleaseNameRefused: ReportableError, Equatable {
  let fullName: String

  /// Throws where the objects of `release` cannot be called so.
  static func check(_ release: ChartRelease) throws {
    let name = release.fullName
    if !TextForm.objectName.matches(name) { throw ReleaseNameRefused(fullName: name) }
  }

  var exitCode: ExitCode { .configuration }

  var findings: [Finding] {
    [
      Finding(
        message: "the objects would be called '\(fullName)'; wanted: \(TextForm.objectName.wanted)",
        hints: ["choose another name for the release, or set fullnameOverride"])
    ]
  }
}

extension ValueType where Value == String {
  /// The name of a release, as Helm takes it: room is left for what objects add to it.
  fileprivate static var releaseName: Self {
    let pattern: TextPattern = "[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?"
    return ValueType(name: "RELEASE", allowed: "a name of a-z, 0-9 and -, at most 53 characters") {
      pattern.matches($0) ? $0 : nil
    }
  }
}

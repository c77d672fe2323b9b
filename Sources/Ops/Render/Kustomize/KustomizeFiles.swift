import YAML

/// The kustomizations as files.
///
/// https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/
struct KustomizeFiles {
  static let folder = "kustomize"
  private static let base = "\(folder)/base"
  private static let components = "\(folder)/components"
  private static let fileName = "kustomization.yaml"
  static let overlays = "\(folder)/overlays"
  /// The folders that all environments have in common.
  static let shared = [base, components]

  let header: FileHeader
  /// The name of the service, which names of files do without.
  let service: String

  /// Base and components.
  func files(of parts: KustomizeParts) -> [RenderedFile] {
    let objects = parts.base.objects
    let base = kustomization(
      Self.base, "Kustomization",
      note: ["The service with default values; an overlay names what is its own."],
      ["resources": fileNames(of: objects)])
    return [base] + files(objects, in: Self.base)
      + parts.components.flatMap(files)
  }

  private func files(of part: KustomizeParts.Part) -> [RenderedFile] {
    let folder = "\(Self.components)/\(part.component.name)"
    let difference = part.difference
    let kustomization = kustomization(
      folder, "Component", note: [part.component.summary],
      ["resources": fileNames(of: difference.added), "patches": patchPaths(of: difference)])
    return [kustomization] + files(of: difference, in: folder)
  }

  /// The overlay of an environment.
  func files(of overlay: KustomizeOverlay, for environment: String) -> [RenderedFile] {
    let folder = "\(Self.overlays)/\(environment)"
    let image: YAMLNode = [
      "name": .string(KustomizeParts.imageName), "newName": .string(overlay.image.repository),
      "newTag": overlay.image.tag.map { .string($0) },
      "digest": overlay.image.digest.map { .string($0) },
    ]
    let own = fileNames(of: overlay.difference.added)?.sequence ?? []
    let components = overlay.components.map { "../../components/\($0.name)" }
    let labels: YAMLNode? =
      overlay.labels.isEmpty ? nil : [["pairs": YAMLNode(.mapping(overlay.labels))]]
    let kustomization = kustomization(
      folder, "Kustomization",
      note: [
        // The migration Job is named for its image, which kustomize does not know.
        "Another image comes by `ops render --env \(environment) --image REF`, which renames the",
        "migration Job as well; `kustomize edit set image` does not.",
      ],
      [
        "namespace": .string(overlay.namespace),
        "resources": .sequence(["../../base"] + own),
        "components": YAMLNode.sequence(components.map { .string($0) }).unlessEmpty,
        "labels": labels, "images": [image], "patches": patchPaths(of: overlay.difference),
      ])
    return [kustomization] + files(of: overlay.difference, in: folder)
  }

  static func overlayPath(of environment: String) -> String {
    "\(overlays)/\(environment)/\(fileName)"
  }

  private func kustomization(
    _ folder: String, _ kind: String, note: [String], _ body: YAMLNode
  ) -> RenderedFile {
    let version = kind == "Component" ? "v1alpha1" : "v1beta1"
    let head: YAMLNode = [
      "apiVersion": .string("kustomize.config.k8s.io/\(version)"), "kind": .string(kind),
    ]
    return RenderedFile(
      "\(folder)/\(Self.fileName)", header, note: note, [head.overlaid(with: body)])
  }

  private func files(of difference: ObjectDifference, in folder: String) -> [RenderedFile] {
    files(difference.added, in: folder) + files(difference.patches, in: "\(folder)/patches")
  }

  private func files(_ objects: [Manifest], in folder: String) -> [RenderedFile] {
    objects.map { RenderedFile("\(folder)/\(fileName($0))", header, [$0.node]) }
  }

  private func fileNames(of objects: [Manifest]) -> YAMLNode? {
    YAMLNode.sequence(objects.map { .string(fileName($0)) }).unlessEmpty
  }

  private func patchPaths(of difference: ObjectDifference) -> YAMLNode? {
    YAMLNode.sequence(
      difference.patches.map { ["path": .string("patches/\(fileName($0))")] }
    ).unlessEmpty
  }

  /// The kind of an object, and what tells it from others of its kind.
  private func fileName(_ object: Manifest) -> String {
    let kind = Self.words(object.kind).joined(separator: "-")
    var name = object.name.split(separator: "-")
    // What tells a Job from the one of another image would rename its file with each.
    if object.kind == "Job" { name.removeLast() }
    let service = service.split(separator: "-")
    let own = name.starts(with: service) ? Array(name.dropFirst(service.count)) : name
    let isNamed = object.kind != "Namespace" && !own.isEmpty
    return ([kind] + (isNamed ? own.map(String.init) : [])).joined(separator: "-") + ".yaml"
  }

  /// `HTTPRoute` is `http` and `route`.
  private static func words(_ kind: String) -> [String] {
    var words: [String] = []
    let letters = Array(kind)
    for (index, letter) in letters.enumerated() {
      let next = index + 1 < letters.count ? letters[index + 1] : "A"
      let startsWord =
        letter.isUppercase && index > 0 && (letters[index - 1].isLowercase || next.isLowercase)
      if words.isEmpty || startsWord { words.append("") }
      words[words.count - 1] += letter.lowercased()
    }
    return words
  }
}

import Core
import POSIX
import YAML

/// The image that an environment has as it was rendered last.
///
/// platform.yaml names none: `--image` does, and the rendered files keep it until the next.
enum KeptImage {
  /// The image of `environment` under `root`; nil where nothing names one.
  ///
  /// The values have it, the overlay where those are gone, and the plain manifests where both are;
  /// throws where those that are there do not name the same one.
  static func read(
    of environment: String, _ service: Service, under root: String
  ) throws -> ImageReference? {
    let path = EnvironmentFiles.valuesPath(of: environment)
    let overlayPath = KustomizeFiles.overlayPath(of: environment)
    let versions = [EnvironmentImage.unpinnedTag, Version.current] + version(under: root)
    var named: [Named] = []
    if let values = try node(path, under: root) {
      let image = try image(values["image"], tag: "tag", service, path)
      named.append(Named(path: path, image: image))
    }
    do {
      if let overlay = try node(overlayPath, under: root) {
        let image = try image(
          overlay["images"]?.sequence?.first, tag: "newTag", service, overlayPath)
        named.append(Named(path: overlayPath, image: image))
      }
    } catch is KeptImageUnreadable where !named.isEmpty {
      // A merge left it in halves: the values tell.
    }
    named += deployed(environment, service, under: root)
    guard let first = named.first else { return nil }
    // But for values, these tags stand for no image at all.
    let isNone = first.path != path && first.isNone(versions)
    let image = isNone ? nil : first.image
    for other in named.dropFirst() where other.image != image {
      if image == nil, other.isNone(versions) { continue }
      throw KeptImageDisputed(environment: environment, named: named, kept: image)
    }
    return image
  }

  /// What one of the files says.
  struct Named: Sendable, Equatable {
    let path: String
    let image: ImageReference?

    fileprivate func isNone(_ versions: [String]) -> Bool {
      guard let image else { return true }
      return image.digest == nil && (image.tag.map(versions.contains) ?? true)
    }
  }

  /// The images of the service in the plain manifests; none where these cannot be read.
  private static func deployed(
    _ environment: String, _ service: Service, under root: String
  ) -> [Named] {
    let path = EnvironmentFiles.flatPath(of: environment)
    guard let bytes = try? File.read("\(root)/\(path)", limit: YAMLLimits().bytesMax),
      let documents = try? YAMLReader.readStream(bytes)
    else { return [] }
    let pods = documents.filter { ["Deployment", "Job"].contains($0["kind"]?.scalar?.text) }
      .compactMap { $0.value(at: ["spec", "template", "spec"]) }
    return pods.flatMap { pod in
      ["initContainers", "containers"].flatMap { pod[$0]?.sequence ?? [] }.compactMap { container in
        (container["image"]?.scalar?.text).flatMap { ImageReference($0) }.map {
          Named(
            path: path,
            image: ImageReference(repository: service.image, tag: $0.tag, digest: $0.digest))
        }
      }
    }
  }

  /// The version that the chart was rendered by last.
  private static func version(under root: String) -> [String] {
    let text = try? File.readText("\(root)/\(ChartFiles.folder)/\(ChartVersion.fileName)")
    return text.flatMap(ChartVersion.read).map { [$0] } ?? []
  }

  /// What a rendered file holds; nil where there is none.
  private static func node(_ path: String, under root: String) throws -> YAMLNode? {
    if File.exists("\(root)/\(path)"), !File.isRegular("\(root)/\(path)") {
      throw KeptImageUnreadable(path: path, mark: .start, reason: "no file")
    }
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try File.read(root + "/" + path, limit: YAMLLimits().bytesMax)
    } catch {
      if error.isMissing { return nil }
      throw error
    }
    // Nothing is said by what is empty.
    if bytes.isEmpty { return nil }
    do throws(YAMLError) {
      return try YAMLReader.read(bytes)
    } catch {
      throw KeptImageUnreadable(path: path, mark: error.mark, reason: error.sentence)
    }
  }

  private static func image(
    _ image: YAMLNode?, tag tagKey: String, _ service: Service, _ path: String
  ) throws -> ImageReference? {
    func part(_ key: String, _ isAllowed: (String) -> Bool) throws -> String? {
      guard let node = image?[key] else { return nil }
      if let text = node.scalar?.text, isAllowed(text) { return text }
      throw KeptImageUnreadable(path: path, mark: node.mark, reason: "no \(key) of an image")
    }
    let tag = try part(tagKey, TextForm.imageTag.matches)
    let digest = try part("digest", TextForm.imageDigest.matches)
    if tag == nil, digest == nil { return nil }
    return ImageReference(repository: service.image, tag: tag, digest: digest)
  }
}

/// Rendered values that no longer tell their image.
struct KeptImageUnreadable: ReportableError, Equatable {
  let path: String
  let mark: YAMLMark
  let reason: String

  var exitCode: ExitCode { .refused }

  var findings: [Finding] {
    [
      Finding(
        message: "\(reason): the image that was rendered last cannot be told",
        hints: ["name it with --image, or bring back the file as it was"],
        place: Finding.Place(file: path, line: mark.line, column: mark.column))
    ]
  }
}

/// Rendered files of which each names another image.
struct KeptImageDisputed: ReportableError, Equatable {
  let environment: String
  let named: [KeptImage.Named]
  /// The image of the first of them.
  let kept: ImageReference?

  var exitCode: ExitCode { .refused }

  var findings: [Finding] {
    var lines: [String] = []
    for named in named {
      let line = "\(named.path): \(named.image?.text ?? "none")"
      if !lines.contains(line) { lines.append(line) }
    }
    return [
      Finding(
        message: "\(environment): the rendered files do not name one image",
        hints: lines + ["say which it is with --image; nothing was written"])
    ]
  }
}

/// An image that an environment must not get.
enum ImageRefused: ReportableError, Equatable {
  case otherRepository(String, wanted: String)
  case noDigest(environment: String)
  /// Its tag is put on another image every other day, or is none.
  case latest

  /// Throws where `image` is none for this environment.
  static func check(_ image: ImageReference, _ environment: Environment, _ service: Service) throws
  {
    if image.repository != service.image {
      throw otherRepository(image.repository, wanted: service.image)
    }
    if image.isLatest { throw latest }
    if environment.isProduction, image.digest == nil {
      throw noDigest(environment: environment.name)
    }
  }

  var exitCode: ExitCode { .refused }

  var findings: [Finding] {
    switch self {
    case .otherRepository(let repository, let wanted):
      [
        Finding(
          message: "the image is of \(repository), and service.image is \(wanted)",
          hints: ["a mirror is named by service.image, for every environment alike"])
      ]
    case .latest:
      [
        Finding(
          message: "an image without tag, or with the tag latest, is another one tomorrow",
          hints: ["name the tag of a version, or add @sha256:..."])
      ]
    case .noDigest(let environment):
      [
        Finding(
          message: "\(environment) is production, where an image needs its digest",
          hints: ["a tag can be moved to another image; add @sha256:..."])
      ]
    }
  }
}

import Core
import POSIX
import YAML

/// The image that an environment has as it was rendered last.
///
/// platform.yaml names none: `--image` does, and the rendered files keep it until the next.
enum KeptImage {
  /// The image of `environment` under `root`; nil where nothing names one.
  ///
  /// The values have it, and the overlay where those are gone.
  static func read(
    of environment: String, _ service: Service, under root: String
  ) throws -> ImageReference? {
    let path = EnvironmentFiles.valuesPath(of: environment)
    if let values = try node(path, under: root) {
      return try image(values["image"], tag: "tag", service, path)
    }
    let overlay = KustomizeFiles.overlayPath(of: environment)
    let images = try node(overlay, under: root)?["images"]?.sequence
    let image = try image(images?.first, tag: "newTag", service, overlay)
    // There these stand for no image at all.
    let isNone = [EnvironmentImage.unpinnedTag, Version.current].contains(image?.tag ?? "")
    return isNone && image?.digest == nil ? nil : image
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

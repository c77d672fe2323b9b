/// An image with what tells which one it is.
struct ImageReference: Sendable, Equatable {
  let repository: String
  let tag: String?
  let digest: String?

  /// Reads `REPOSITORY[:TAG][@sha256:DIGEST]`; nil where the text is none.
  init?(_ text: String) {
    let halves = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let name = halves[0]
    // A colon behind the last slash begins a tag; one before it begins the port of a registry.
    let colon = name.lastIndex(of: ":").flatMap { index in
      name[index...].contains("/") ? nil : index
    }
    let repository = String(name[..<(colon ?? name.endIndex)])
    let tag = colon.map { String(name[name.index(after: $0)...]) }
    let digest = halves.count == 2 ? String(halves[1]) : nil
    guard TextForm.imageRepository.matches(repository), tag.map(TextForm.imageTag.matches) ?? true,
      digest.map(TextForm.imageDigest.matches) ?? true
    else { return nil }
    (self.repository, self.tag, self.digest) = (repository, tag, digest)
  }

  init(repository: String, tag: String? = nil, digest: String? = nil) {
    (self.repository, self.tag, self.digest) = (repository, tag, digest)
  }

  /// Whether a node pulls what is newest on that day.
  var isLatest: Bool { digest == nil && (tag ?? Self.latest) == Self.latest }

  /// The tag that is put on another image every other day.
  static let latest = "latest"

  /// The version that the tag says; nil where it says none.
  var version: String? { tag.flatMap { $0.split(separator: ".").count == 3 ? $0 : nil } }

  /// As nodes pull it.
  var text: String {
    repository + (tag.map { ":" + $0 } ?? "") + (digest.map { "@" + $0 } ?? "")
  }
}

extension TextForm {
  // Only a registry, which is never the last part, has a port.
  /// An image without tag and digest.
  ///
  /// https://distribution.github.io/distribution/spec/api/#overview
  static let imageRepository = TextForm(
    "an image without tag and digest", examples: ["ghcr.io/example/slipway"],
    pattern: .repository)

  /// A tag.
  ///
  /// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
  static let imageTag = TextForm(
    wanted: "a tag of an image: at most 128 of A-Z, a-z, 0-9, _, . and -", examples: ["2026.11.0"],
    pattern: .tag)

  static let imageDigest = TextForm("sha256: and 64 of 0-9 and a-f", pattern: .digest)

  /// An image that somebody else makes.
  static let imageReference = TextForm(
    "an image with a tag other than latest, a digest or both", examples: ["postgres:17"],
    pattern: TextPattern(
      "\(TextPattern.repository.source)(:\(TextPattern.tag.source)(@\(TextPattern.digest.source))?"
        + "|@\(TextPattern.digest.source))"))
}

extension TextPattern {
  fileprivate static let repository: TextPattern =
    "([a-z0-9][a-z0-9._:-]*/)?[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*"
  fileprivate static let tag: TextPattern = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
  fileprivate static let digest: TextPattern = "sha256:[0-9a-f]{64}"
}

extension FieldType where Value == String {
  /// An image with what tells which one it is.
  static var imageReference: FieldType {
    .text(.imageReference) { ImageReference($0).map { !$0.isLatest } ?? false }
  }
}

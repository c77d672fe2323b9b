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
    guard Self.isRepository(repository), tag.map(Self.isTag) ?? true,
      digest.map(Self.isDigest) ?? true
    else { return nil }
    (self.repository, self.tag, self.digest) = (repository, tag, digest)
  }

  init(repository: String, tag: String? = nil, digest: String? = nil) {
    (self.repository, self.tag, self.digest) = (repository, tag, digest)
  }

  /// As nodes pull it.
  var text: String {
    repository + (tag.map { ":" + $0 } ?? "") + (digest.map { "@" + $0 } ?? "")
  }

  /// Whether `text` is an image without tag and digest.
  ///
  /// https://distribution.github.io/distribution/spec/api/#overview
  static func isRepository(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return !parts.isEmpty
      && parts.enumerated().allSatisfy { index, part in
        // Only a registry, which is never the last part, has a port.
        let allowed = index == 0 && parts.count > 1 ? ".-_:" : ".-_"
        return part.first.map { $0.isASCII && ($0.isLowercase || $0.isNumber) } ?? false
          && part.allSatisfy {
            $0.isASCII && ($0.isLowercase || $0.isNumber || allowed.contains($0))
          }
      }
  }

  /// Whether `text` is a tag.
  ///
  /// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
  static func isTag(_ text: String) -> Bool {
    text.utf8.count <= 128 && text.first.map { !".-".contains($0) } ?? false
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-".contains($0)) }
  }

  /// Whether `text` is `sha256:` and 64 digits.
  static func isDigest(_ text: String) -> Bool {
    text.hasPrefix("sha256:") && text.utf8.count == 71
      && text.dropFirst(7).allSatisfy { "0123456789abcdef".contains($0) }
  }
}

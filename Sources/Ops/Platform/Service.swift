/// What is the same in every environment.
struct Service: Sendable, Equatable, PlatformObject {
  let name: String
  let image: String
  let port: Int

  init?(_ object: inout ObjectReader) {
    let name = object.required(
      "name", .label, "The name of the service and of its objects in a cluster.")
    let image = object.required(
      "image", .imageRepository,
      "The image without tag and digest, which come with --image at render or rollout.")
    port = object.value(
      "port", .integer(1...65_535), default: "8080", "The port that the service listens on.")
    guard let name, let image else { return nil }
    self.name = name
    self.image = image
  }
}

extension FieldType where Value == String {
  /// An image's repository.
  ///
  /// https://distribution.github.io/distribution/spec/api/#overview
  static var imageRepository: FieldType {
    .text("an image without tag and digest (for example ghcr.io/example/slipway)") { text in
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
  }
}

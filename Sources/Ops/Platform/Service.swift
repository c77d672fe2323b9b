import YAML

/// What is the same in every environment.
struct Service: Sendable, Equatable, PlatformObject {
  let name: String
  let image: String
  let port: Int

  init?(_ object: inout ObjectReader) {
    let name = object.required(
      "name", .text(.objectName), "The name of the service and of its objects in a cluster.",
      example: "slipway")
    let image = object.required(
      "image", .imageRepository,
      "The image without tag and digest, which come with --image at render or rollout.")
    port = object.value(
      "port", .servicePort, default: "8080", "The port that the service listens on.")
    guard let name, let image else { return nil }
    self.name = name
    self.image = image
  }
}

extension FieldType where Value == Int {
  /// A port that the service can listen on in a container, beside that of the metrics.
  fileprivate static var servicePort: FieldType {
    let port = FieldType.integer(PortValues.range)
    return FieldType(port.schema, wanted: port.wanted) { node, decoding, path in
      let number = port.read(node, decoding, path)
      if number == PortValues.adminDefault {
        decoding.report(.rule(.portsEqual(PortValues.adminDefault)), at: node.mark, path: path)
      }
      return number
    }
  }
}

extension FieldType where Value == String {
  /// An image's repository.
  static var imageRepository: FieldType { .text(.imageRepository) }
}

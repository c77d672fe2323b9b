import YAML

extension Objects {
  /// What the pods of the service are called by all that belongs to them.
  static let app = "app"

  /// The Service.
  static func service(_ release: ChartRelease) -> Manifest {
    let service = release.values.service
    return Manifest(
      "v1", "Service",
      metadata: release.metadata(release.fullName, app, annotations: service.annotations),
      body: [
        "spec": [
          "type": .string(service.kind.rawValue), "selector": release.selector(app),
          "ports": [
            [
              "name": "http", "port": .integer(service.port), "targetPort": "http",
              "protocol": "TCP", "appProtocol": "http",
            ]
          ],
        ]
      ])
  }
}

import YAML

extension Objects {
  /// How clients come in from outside.
  static func entranceObjects(_ release: ChartRelease) -> [Manifest] {
    var objects: [Manifest] = []
    if release.values.ingress.enabled { objects.append(ingress(release)) }
    if release.values.gateway.enabled { objects.append(route(release)) }
    return objects
  }

  /// The Ingress; without a host it serves every host that no other one names.
  ///
  /// https://kubernetes.io/docs/concepts/services-networking/ingress/
  private static func ingress(_ release: ChartRelease) -> Manifest {
    let ingress = release.values.ingress
    let host: YAMLNode? = ingress.host.map { .string($0) }
    let path: YAMLNode = [
      "path": "/", "pathType": "Prefix",
      "backend": [
        "service": ["name": .string(release.fullName), "port": ["name": "http"]]
      ],
    ]
    let certificate: YAMLNode? = ingress.secret.map { secret in
      ["hosts": host.map { [$0] }, "secretName": .string(secret)]
    }
    return Manifest(
      "networking.k8s.io/v1", "Ingress",
      metadata: release.metadata(release.fullName, app, annotations: ingress.annotations),
      body: [
        "spec": [
          "ingressClassName": ingress.className.map { .string($0) },
          "tls": certificate.map { [$0] },
          "rules": [["host": host, "http": ["paths": [path]]]],
        ]
      ])
  }

  /// The HTTPRoute: a Gateway that somebody else runs hands requests for the host to the Service.
  ///
  /// https://gateway-api.sigs.k8s.io/api-types/httproute/
  private static func route(_ release: ChartRelease) -> Manifest {
    let gateway = release.values.gateway
    let parent: YAMLNode = [
      "name": gateway.name.map { .string($0) },
      "namespace": gateway.namespace.map { .string($0) },
      "sectionName": gateway.section.map { .string($0) },
    ]
    let rule: YAMLNode = [
      "matches": [["path": ["type": "PathPrefix", "value": "/"]]],
      "backendRefs": [
        ["name": .string(release.fullName), "port": .integer(release.values.service.port)]
      ],
    ]
    return Manifest(
      "gateway.networking.k8s.io/v1", "HTTPRoute",
      metadata: release.metadata(release.fullName, app),
      body: [
        "spec": [
          "parentRefs": [parent], "hostnames": gateway.host.map { [.string($0)] },
          "rules": [rule],
        ]
      ])
  }
}

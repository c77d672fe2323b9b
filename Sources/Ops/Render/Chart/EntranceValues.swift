import YAML

/// The Service.
struct ServiceValues: Sendable, Equatable, PlatformObject {
  enum Kind: String, CaseIterable, Sendable {
    case clusterIP = "ClusterIP"
    case nodePort = "NodePort"
    case loadBalancer = "LoadBalancer"
  }

  let kind: Kind
  let port: Int
  let annotations: [String: String]

  init?(_ object: inout ObjectReader) {
    kind = object.value("type", .choice, default: "ClusterIP", "Who can reach it.")
    port = object.value(
      "port", .integer(1...65_535), default: "80", "Where it listens inside the cluster.")
    annotations =
      object.optional(
        "annotations", .annotations, "What a load balancer is told.", defaultText: "{}") ?? [:]
  }
}

/// The Ingress.
struct IngressValues: Sendable, Equatable, PlatformObject {
  let enabled: Bool
  let host: String?
  let className: String?
  let secret: String?
  let annotations: [String: String]

  init?(_ object: inout ObjectReader) {
    enabled = object.value("enabled", .boolean, default: "false", "Whether there is one.")
    host = object.optional("host", .publicHost, "The public host name.")
    className = object.optional(
      "class", .label, "The IngressClass that serves it; the cluster's default unless given.")
    secret = object.optional(
      "tlsSecret", .label, "The Secret with the certificate and its key; plain HTTP without.")
    annotations =
      object.optional(
        "annotations", .annotations, "What the controller of that class is told.",
        defaultText: "{}") ?? [:]
  }
}

/// The HTTPRoute.
struct GatewayValues: Sendable, Equatable, PlatformObject {
  let enabled: Bool
  let host: String?
  let name: String?
  let namespace: String?
  let section: String?

  init?(_ object: inout ObjectReader) {
    enabled = object.value("enabled", .boolean, default: "false", "Whether there is one.")
    host = object.optional("host", .publicHost, "The public host name.")
    name = object.optional("name", .label, "The Gateway that the route is attached to.")
    namespace = object.optional(
      "namespace", .label, "The namespace of the Gateway; that of the release unless given.")
    section = object.optional(
      "section", .label, "The listener of the Gateway; all that fit unless given.")
  }
}

extension FieldType where Value == String {
  /// A host name with at least one dot.
  static var publicHost: FieldType { .text(.publicHost, HostName.isHostName) }
}

extension TextForm {
  fileprivate static let publicHost = TextForm(
    wanted: "a host name: labels of a-z, 0-9 and - joined by dots", examples: ["api.example.com"],
    pattern: TextPattern(#"(\#(TextPattern.label.source)\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?"#))
}

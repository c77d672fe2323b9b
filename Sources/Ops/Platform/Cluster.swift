import Core
import YAML

/// How clients reach an environment through an Ingress.
struct Ingress: Sendable, Equatable, PlatformObject {
  let className: String?
  let annotations: [String: String]

  init?(_ object: inout ObjectReader) {
    className = object.optional(
      "class", .label, "The IngressClass that serves it; the cluster's default unless given.",
      example: "nginx")
    annotations =
      object.optional(
        "annotations", .annotations, "What the controller of that class is told.",
        defaultText: "{}", example: "{ nginx.ingress.kubernetes.io/proxy-body-size: 8m }") ?? [:]
  }
}

/// How clients reach an environment through a Gateway: an HTTPRoute in place of an Ingress.
struct Gateway: Sendable, Equatable, PlatformObject {
  let name: String
  let namespace: String?
  let section: String?

  init?(_ object: inout ObjectReader) {
    let name = object.required(
      "name", .label, "The Gateway that the route is attached to.", example: "public")
    namespace = object.optional(
      "namespace", .label, "The namespace of the Gateway; that of the environment unless given.",
      example: "gateways")
    section = object.optional(
      "section", .label,
      "The listener of the Gateway; all that fit unless given. The host is asked by HTTPS unless "
        + "it is http.", example: "https")
    guard let name else { return nil }
    self.name = name
  }
}

/// Who may connect to the pods, and whom they may connect to.
struct Network: Sendable, Equatable, PlatformObject {
  /// Every address, in both families.
  static let everywhere = ["0.0.0.0/0", "::/0"]
  private static let everywhereText = #"["0.0.0.0/0", "::/0"]"#

  let clientsFrom: [String]
  let metricsFrom: [String]
  let upstreams: [String]
  let databases: [String]
  let operatorsFrom: [String]
  let apiServerPorts: [Int]

  init?(_ object: inout ObjectReader) {
    clientsFrom =
      object.optional(
        "clientsFrom", .list(.label),
        "Namespaces whose pods may ask the service, such as that of the ingress controller; "
          + "everybody unless given.", defaultText: "[]", example: "[ingress-nginx]") ?? []
    metricsFrom =
      object.optional(
        "metricsFrom", .list(.label), "Namespaces whose pods may read the metrics.",
        defaultText: "[monitoring]") ?? ["monitoring"]
    upstreams =
      object.optional(
        "upstreams", .list(.cidr),
        "Where the service may connect by HTTPS; the addresses of cloud metadata are always left "
          + "out.", defaultText: Self.everywhereText) ?? Self.everywhere
    databases =
      object.optional(
        "databases", .list(.cidr),
        "Where an external database may be, on database.port; as above.",
        defaultText: Self.everywhereText) ?? Self.everywhere
    operatorsFrom =
      object.optional(
        "operatorsFrom", .list(.label),
        "Namespaces in which CloudNativePG's operator runs.", defaultText: "[cnpg-system]")
      ?? ["cnpg-system"]
    apiServerPorts =
      object.optional(
        "apiServerPorts", .list(.integer(1...65_535)),
        "Ports of Kubernetes' API servers, which the pods of CloudNativePG ask.",
        defaultText: "[443, 6443]") ?? [443, 6443]
  }
}

/// What the pods of the service have beside their containers.
struct Pod: Sendable, Equatable, PlatformObject {
  struct Toleration: Sendable, Equatable, PlatformObject {
    enum Operator: String, CaseIterable, Sendable {
      case equal = "Equal"
      case exists = "Exists"
    }

    enum Effect: String, CaseIterable, Sendable {
      case noSchedule = "NoSchedule"
      case preferNoSchedule = "PreferNoSchedule"
      case noExecute = "NoExecute"
    }

    let key: String
    let `operator`: Operator
    let value: String?
    let effect: Effect?

    init?(_ object: inout ObjectReader) {
      let key = object.required(
        "key", .text(.labelKey), "The key of the taint.", example: "dedicated")
      `operator` = object.value(
        "operator", .choice, default: "Equal", "Whether the value counts.")
      value = object.optional(
        "value", .text(.labelValue), "The value of the taint.", example: "slipway")
      effect = object.optional("effect", .choice, "The effect of the taint; any unless given.")
      guard let key else { return nil }
      self.key = key
      // The API server refuses it, for all that it is no pod's yet.
      if `operator` == .exists, value?.isEmpty == false {
        object.report(.tolerationValueUnused, at: "value")
      }
    }
  }

  let labels: [String: String]
  let annotations: [String: String]
  let nodeSelector: [String: String]
  let tolerations: [Toleration]
  let priorityClass: String?
  let pullSecrets: [String]

  init?(_ object: inout ObjectReader) {
    labels =
      object.optional(
        "labels", .labels, "Labels of the pods.", defaultText: "{}", example: "{ team: birthdays }")
      ?? [:]
    annotations =
      object.optional(
        "annotations", .annotations, "Annotations of the pods.", defaultText: "{}",
        example: "{ example.com/owner: birthdays }") ?? [:]
    nodeSelector =
      object.optional(
        "nodeSelector", .labels, "Labels of the nodes that pods may run on.", defaultText: "{}",
        example: "{ kubernetes.io/arch: amd64 }")
      ?? [:]
    tolerations =
      object.optional(
        "tolerations", .list(.object), "Taints of nodes that do not keep pods away.",
        defaultText: "[]", example: "[{ key: dedicated, value: slipway, effect: NoSchedule }]")
      ?? []
    priorityClass = object.optional(
      "priorityClass", .label, "The PriorityClass of the pods.", example: "important")
    pullSecrets =
      object.optional(
        "pullSecrets", .list(.label), "Secrets for pulling the image.", defaultText: "[]",
        example: "[registry]") ?? []
  }
}

/// What is made for Prometheus and Grafana.
struct Monitoring: Sendable, Equatable, PlatformObject {
  let interval: String
  let labels: [String: String]
  let runbooks: String

  init?(_ object: inout ObjectReader) {
    interval = object.value(
      "interval", .scrapeInterval, default: "30s", "How often the metrics are read.")
    labels =
      object.optional(
        "labels", .labels,
        "Labels by which a Prometheus chooses its ServiceMonitors and PrometheusRules.",
        defaultText: "{}", example: "{ release: prometheus }") ?? [:]
    runbooks = object.value(
      "runbooks", .webAddress,
      default: "https://github.com/example/slipway/blob/main/docs/runbooks.md",
      "The page that alerts link to; each alert's name is a heading there.")
  }
}

/// The account that pods run as.
struct ServiceAccount: Sendable, Equatable, PlatformObject {
  let annotations: [String: String]

  init?(_ object: inout ObjectReader) {
    annotations =
      object.optional(
        "annotations", .annotations, "Such as the cloud's identity that it stands for.",
        defaultText: "{}",
        example: "{ iam.gke.io/gcp-service-account: slipway@example.iam.gserviceaccount.com }")
      ?? [:]
  }
}

/// How the schema is brought up to date in a cluster.
struct MigrationPolicy: Sendable, Equatable, PlatformObject {
  static let portHelp =
    "Where migrations reach an external database, for the network policy: database.port, or 5432 "
    + "where secrets.migrations leads past a pooler, unless given."

  let deadline: Duration
  let port: Int?

  init?(_ object: inout ObjectReader) {
    deadline = object.value(
      "deadline", .wholeSeconds, default: "15m", "When the Job is given up.")
    port = object.optional("port", .integer(1...65_535), Self.portHelp, example: "5433")
  }
}

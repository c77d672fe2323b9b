import Core

/// The keys of an environment; `defaults` has the same.
struct EnvironmentFields: PlatformObject {
  var target: Environment.Target?
  var context: String?
  var namespace: String?
  var host: String?
  var port: Int?
  var tls: Environment.TLS?
  var replicas = 0
  var autoscale: Environment.Autoscale?
  var resources: Resources?
  var drain = Duration.zero
  var grace: Duration?
  var database: Database?
  var secrets: [String: SecretReference] = [:]
  var variables: [String: String] = [:]
  var externalSecrets: ExternalSecretValues?
  var vault: VaultValues?
  var rollout: RolloutPolicy?
  var backup: BackupPolicy?
  var settings: Environment.Settings?
  var auth: Environment.Auth?
  var ingress: Ingress?
  var gateway: Gateway?
  var network: Network?
  var pod: Pod?
  var monitoring: Monitoring?
  var serviceAccount: ServiceAccount?
  var migrations: MigrationPolicy?
  var labels: [String: String] = [:]
  var annotations: [String: String] = [:]

  init?(_ object: inout ObjectReader) {
    readPlace(&object)
    readSize(&object)
    readData(&object)
    rollout = object.object("rollout", RolloutPolicy.self, "When a release counts as good.")
    backup = object.optional(
      "backup", .object, "How the data is backed up; left out for not at all.")
    readService(&object)
    readCluster(&object)
  }

  private mutating func readPlace(_ object: inout ObjectReader) {
    target = object.required("target", .choice, "What runs the service.", example: "helm")
    context = object.optional(
      "context", .text, "The context of kubectl; nothing ever goes to whatever it points at.",
      example: "production")
    namespace = object.optional(
      "namespace", .label, "The namespace in the cluster.", example: "slipway")
    host = object.optional(
      "host", .text, "The public host name; for target local the address to listen on.",
      defaultWords: "\(Environment.localHost) for target local", example: "api.example.com")
    port = object.optional(
      "port", .integer(1...65_535), "For target local the port to listen on.",
      defaultWords: "service.port", example: "8081")
    tls = object.optional("tls", .object, "The certificate of the host.")
  }

  private mutating func readSize(_ object: inout ObjectReader) {
    replicas = object.value(
      "replicas", .integer(0...1000), default: "2", "How many run at once.")
    autoscale = object.optional(
      "autoscale", .object, "Replicas by load, in place of a fixed number.")
    resources = object.object("resources", .resources(.ofService), "What each replica needs.")
    drain = object.value(
      "drain", .duration, default: "10s",
      "How long a replica that is told to stop may finish what it has begun.")
    grace = object.optional(
      "grace", .duration, "When a replica that is told to stop is killed.",
      defaultWords: "drain and a margin", example: "30s")
  }

  private mutating func readData(_ object: inout ObjectReader) {
    database = object.value("database", .database, default: "sqlite", "Where the data is.")
    secrets =
      object.optional(
        "secrets", .secrets, "Where each secret comes from.", defaultText: "{}",
        example: "{ jwt: { external: vault/slipway/jwt } }") ?? [:]
    externalSecrets = object.object(
      "externalSecrets", ExternalSecretValues.self,
      "How External Secrets fetches those with `external`.")
    vault = object.object(
      "vault", VaultValues.self, "How Vault's agent fetches those with `vault`.")
    variables =
      object.optional(
        "env", .variables, "Environment variables of the service that are no secrets.",
        defaultText: "{}", example: "{ LOG_LEVEL: debug }") ?? [:]
  }

  private mutating func readService(_ object: inout ObjectReader) {
    settings = object.optional(
      "settings", .choice, "What the service takes its defaults from (APP_SETTINGS).",
      defaultWords: "the environment's name where it is one of these, else production",
      example: "production")
    auth = object.optional(
      "auth", .choice, "Which routes need a token (AUTH).",
      defaultWords: "writes where there is a secret jwt, else off", example: "writes")
  }

  private mutating func readCluster(_ object: inout ObjectReader) {
    ingress = object.optional(
      "ingress", .object, "The Ingress of the host, where no gateway is named.")
    gateway = object.optional("gateway", .object, "The Gateway that serves the host.")
    network = object.object(
      "network", Network.self, "Who may connect to the pods, and whom they may connect to.")
    pod = object.object("pod", Pod.self, "What pods have beside their containers.")
    monitoring = object.optional(
      "monitoring", .object, "What is made for Prometheus and Grafana; left out for nothing.")
    serviceAccount = object.object(
      "serviceAccount", ServiceAccount.self, "The account that pods run as.")
    migrations = object.object(
      "migrations", MigrationPolicy.self, "How the schema is brought up to date.")
    labels =
      object.optional(
        "labels", .labels, "Labels of every object.", defaultText: "{}",
        example: "{ team: birthdays }") ?? [:]
    annotations =
      object.optional(
        "annotations", .annotations, "Annotations of every object.", defaultText: "{}",
        example: "{ example.com/owner: birthdays }") ?? [:]
  }
}

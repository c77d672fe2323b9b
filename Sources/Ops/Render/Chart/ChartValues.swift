import YAML

/// Everything that the objects of one environment depend on: the values of the chart, typed.
///
/// The one type makes the chart's schema, its defaults and its documentation, reads a file of
/// values, and is what the objects of the kustomize form are built from. So both forms agree for
/// any values, and a test can say so.
struct ChartValues: Sendable, Equatable, PlatformObject {
  let environment: Environment.Settings
  let nameOverride: String?
  let fullnameOverride: String?
  /// Of every object.
  let labels: [String: String]
  /// Of every object.
  let annotations: [String: String]
  let image: ImageValues
  /// Ignored under `autoscale`.
  let replicas: Int
  let autoscale: AutoscaleValues
  let resources: ResourceValues
  let shutdown: ShutdownValues
  let rollout: RolloutValues
  let ports: PortValues
  let service: ServiceValues
  let ingress: IngressValues
  let gateway: GatewayValues
  let auth: Environment.Auth
  /// Variables of the service that are no secrets.
  let variables: [String: String]
  let database: DatabaseValues
  /// By name; see `SecretMount` for what each becomes.
  let secrets: [String: SecretReference]
  let externalSecrets: ExternalSecretValues
  let vault: VaultValues
  let migrations: MigrationValues
  let backup: BackupValues
  let disruption: DisruptionValues
  let network: NetworkValues
  let pod: Pod
  let serviceAccount: ServiceAccountValues
  let monitoring: MonitoringValues
  let tests: TestValues

  init?(_ object: inout ObjectReader) {
    let general = GeneralValues(&object)
    (environment, nameOverride, fullnameOverride) = (
      general.environment, general.nameOverride, general.fullnameOverride
    )
    (labels, annotations) = (general.labels, general.annotations)
    let image = object.required("image", .object as FieldType<ImageValues>, "What runs.")
    replicas = object.value(
      "replicas", .integer(0...1000), default: "2", "How many run at once, without autoscale.")
    let autoscale = object.object(
      "autoscale", AutoscaleValues.self, "Replicas by load, in place of a fixed number.")
    let resources = object.object("resources", ResourceValues.self, "What each replica needs.")
    let shutdown = object.object(
      "shutdown", ShutdownValues.self, "How a replica that is told to stop ends.")
    let rollout = object.object(
      "rollout", RolloutValues.self, "How the Deployment brings in a new release.")
    let ports = object.object("ports", PortValues.self, "Where the containers listen.")
    let service = object.object("service", ServiceValues.self, "The Service.")
    let ingress = object.object("ingress", IngressValues.self, "The Ingress.")
    let gateway = object.object(
      "gateway", GatewayValues.self, "The HTTPRoute to a Gateway, in place of an Ingress.")
    auth = object.value(
      "auth", .choice, default: "off", "Which routes need a token (AUTH).")
    variables =
      object.optional(
        "env", .variableTexts,
        "Environment variables of the service that are no secrets; those that ports, shutdown, "
          + "database and secrets set are refused.",
        defaultText: "{}") ?? [:]
    let database = object.object("database", DatabaseValues.self, "Where the data is.")
    secrets =
      object.optional(
        "secrets", .secrets, "Where each secret comes from.", defaultText: "{}") ?? [:]
    let places = SecretPlaces(&object)
    let migrations = object.object(
      "migrations", MigrationValues.self, "How the schema is brought up to date.")
    let backup = object.object("backup", BackupValues.self, "Backups by CronJobs.")
    let disruption = object.object(
      "disruption", DisruptionValues.self, "The PodDisruptionBudget.")
    let network = object.object("network", NetworkValues.self, "The NetworkPolicies.")
    let pod = object.object("pod", Pod.self, "What pods have beside their containers.")
    let account = object.object(
      "serviceAccount", ServiceAccountValues.self, "The account that pods run as.")
    let monitoring = object.object(
      "monitoring", MonitoringValues.self, "What is made for Prometheus and Grafana.")
    let tests = object.object("tests", TestValues.self, "What `helm test` runs.")
    guard let image, let autoscale, let resources, let shutdown, let rollout, let ports,
      let service, let ingress, let gateway, let database, let external = places.external,
      let vault = places.vault, let migrations, let backup, let disruption, let network, let pod,
      let account,
      let monitoring, let tests
    else { return nil }
    (self.image, self.autoscale, self.resources) = (image, autoscale, resources)
    (self.shutdown, self.rollout, self.ports) = (shutdown, rollout, ports)
    (self.service, self.ingress, self.gateway) = (service, ingress, gateway)
    (self.database, externalSecrets, self.vault) = (database, external, vault)
    (self.migrations, self.backup) = (migrations, backup)
    (self.disruption, self.network) = (disruption, network)
    (self.pod, serviceAccount, self.monitoring, self.tests) = (pod, account, monitoring, tests)
  }
}

/// The keys that stand first.
private struct GeneralValues {
  let environment: Environment.Settings
  let nameOverride: String?
  let fullnameOverride: String?
  let labels: [String: String]
  let annotations: [String: String]

  init(_ object: inout ObjectReader) {
    environment = object.value(
      "environment", .choice, default: "production",
      "What the service takes its defaults from (APP_SETTINGS); production needs image.digest.")
    nameOverride = object.optional(
      "nameOverride", .label, "In place of the chart's name in names and labels.")
    fullnameOverride = object.optional(
      "fullnameOverride", .text(.objectName),
      "The name of the objects, in place of one made of the release's.")
    labels = object.optional("labels", .labels, "Labels of every object.", defaultText: "{}") ?? [:]
    annotations =
      object.optional(
        "annotations", .annotations, "Annotations of every object.", defaultText: "{}") ?? [:]
  }
}

/// How secrets are fetched that others keep.
private struct SecretPlaces {
  let external: ExternalSecretValues?
  let vault: VaultValues?

  init(_ object: inout ObjectReader) {
    external = object.object(
      "externalSecrets", ExternalSecretValues.self,
      "How External Secrets fetches those with `external`.")
    vault = object.object(
      "vault", VaultValues.self, "How Vault's agent fetches those with `vault`.")
  }
}

extension FieldType where Value == [String: String] {
  /// Environment variables.
  static var variables: FieldType { .dictionary(.variable, keys: .variableName) }

  /// Environment variables as texts: of a number Helm would keep the value and not the text.
  static var variableTexts: FieldType {
    .dictionary(.text(.printable), keys: .variableName)
  }
}

extension FieldType where Value == [String: SecretReference] {
  /// Secrets by their names.
  static var secrets: FieldType { .dictionary(.secret, keys: .objectName) }
}

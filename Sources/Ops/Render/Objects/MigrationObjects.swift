import Crypto
import YAML

/// How the schema is brought up to date by a release.
enum MigrationForm: Sendable, Equatable {
  /// A Job that Helm runs before all else.
  case hook
  /// A Job that is made with everything else, of a name of its own; pods wait by their readiness.
  case job
  /// A container before the service's: the file of SQLite is in its pod alone.
  case initContainer
  case none

  var isJob: Bool { self == .hook || self == .job }
}

/// What tells Helm to run an object by itself.
///
/// https://helm.sh/docs/topics/charts_hooks/
enum HelmHook {
  /// What went before is removed when the next comes: until then it can be read.
  private static let before = [
    "helm.sh/hook": "pre-install,pre-upgrade", "helm.sh/hook-delete-policy": "before-hook-creation",
  ]

  /// Where it fails, Helm 3.18 and later print why.
  static let job = before.merging([
    "helm.sh/hook-weight": "-5", "helm.sh/hook-output-log-policy": "hook-failed",
  ]) { $1 }

  /// Made before the Job, which runs as the account and is bound by the policy.
  ///
  /// Helm notes on ordinary objects alone whose they are; with it these can become such, when the
  /// Job is a hook no longer. Without it Helm would refuse to take them over.
  static func basis(of release: ChartRelease) -> [String: String] {
    var annotations = before
    annotations["helm.sh/hook-weight"] = "-10"
    annotations["meta.helm.sh/release-name"] = release.name
    annotations["meta.helm.sh/release-namespace"] = release.namespace
    return annotations
  }
}

extension ChartRelease {
  /// The name that the migration's objects begin with.
  var migrationName: String { "\(fullName)-migrate" }

  var migrationForm: MigrationForm {
    if values.migrations.mode == .none { return .none }
    if values.database.mode == .sqlite { return .initContainer }
    guard manager == .helm else { return .job }
    switch values.migrations.mode {
    case .hook: return .hook
    case .auto where isDatabaseThere: return .hook
    case .auto, .job, .none: return .job
    }
  }

  /// Whether database and secret are there before the first object is made.
  private var isDatabaseThere: Bool {
    guard values.database.mode == .external else { return false }
    switch values.secrets[SecretForm.migrations] ?? databaseReference {
    case .existing, .sops: return true
    case .external, .vault: return false
    }
  }

  /// Where migrations reach an external database: past a pooler it listens on another port.
  var migrationPort: Int {
    if let port = values.migrations.port { return port }
    let isPastPooler =
      values.database.pooler != .none && values.secrets[SecretForm.migrations] != nil
    return isPastPooler ? Self.databasePort : values.database.port
  }

  /// How long the command waits for a database that does not answer: half of what the Job has,
  /// as it is to migrate in the other half; not long for one that should be there.
  fileprivate var migrationWaitSeconds: Int {
    let half = values.migrations.deadlineSeconds / 2
    return values.database.mode == .external ? min(half, 60) : half
  }
}

extension Objects {
  static let migration = "migration"
  /// The program of the image that operators use.
  static let opsProgram = "/usr/local/bin/ops"

  /// The container that migrates the file of SQLite before the service opens it.
  static func migrationContainer(_ release: ChartRelease) -> YAMLNode? {
    guard release.migrationForm == .initContainer else { return nil }
    return release.container(
      "migrate", command: [opsProgram],
      arguments: ["migrate", "apply", "--database", DataVolume.address]
    ).followed(by: [
      "resources": migrationResources, "securityContext": PodParts.containerSecurity,
      "volumeMounts": [PodParts.temporaryMount, DataVolume.mount],
    ])
  }

  /// The Job that migrates a database server.
  static func migrationJob(_ release: ChartRelease) -> Manifest? {
    let form = release.migrationForm
    guard form.isJob, let mount = release.migrationMount else { return nil }
    let spec = migrationSpec(release, mount)
    // A Job cannot be changed: another one has another name.
    let hash = CanonicalJSON.digest(of: spec).prefix(10)
    let name = form == .hook ? release.migrationName : "\(release.migrationName)-\(hash)"
    return Manifest(
      "batch/v1", "Job",
      metadata: release.metadata(
        name, migration, annotations: form == .hook ? HelmHook.job : [:]),
      body: ["spec": spec])
  }

  private static func migrationSpec(_ release: ChartRelease, _ mount: SecretMount) -> YAMLNode {
    let annotations = YAMLNode.texts(release.values.pod.annotations)
      .overlaid(with: VaultAgent.annotations([mount], of: release, isOnce: true))
    return [
      // What fails would fail again, and waiting is the command's own.
      "backoffLimit": 0,
      "activeDeadlineSeconds": .integer(release.values.migrations.deadlineSeconds),
      "ttlSecondsAfterFinished": .integer(release.values.migrations.keepSeconds),
      // A node that is drained says nothing of the migration; running it again is always right.
      "podFailurePolicy": [
        "rules": [
          [
            "action": "Ignore",
            "onPodConditions": [["type": "DisruptionTarget", "status": "True"]],
          ]
        ]
      ],
      "template": [
        "metadata": [
          "labels": release.podLabels(migration), "annotations": annotations.unlessEmpty,
        ],
        "spec": migrationPod(release, mount),
      ],
    ]
  }

  private static func migrationPod(_ release: ChartRelease, _ mount: SecretMount) -> YAMLNode {
    let secretVolume = PodParts.secretVolume([mount])
    let volumes = [
      PodParts.temporaryVolume, secretVolume, VaultAgent.tokenVolume([mount]),
    ]
    let mounts = [PodParts.temporaryMount, secretVolume == nil ? nil : PodParts.secretMount]
    let container = release.container(
      "migrate", command: [opsProgram],
      arguments: [
        "migrate", "apply", "--database", "file:\(mount.path)", "--wait",
        "\(release.migrationWaitSeconds)s",
      ]
    ).followed(by: [
      "resources": migrationResources, "securityContext": PodParts.containerSecurity,
      "volumeMounts": .sequence(mounts.compactMap { $0 }),
    ])
    return PodParts.isolation(account: release.migrationAccountName).followed(
      by: PodParts.placement(release.values.pod),
      [
        "restartPolicy": "Never", "containers": [container],
        "volumes": .sequence(volumes.compactMap { $0 }),
      ])
  }

  /// The work is the server's; what runs here sends statements and waits.
  private static let migrationResources: YAMLNode = [
    "requests": ["cpu": "50m", "memory": "32Mi"], "limits": ["cpu": "500m", "memory": "128Mi"],
  ]
}

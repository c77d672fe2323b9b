import YAML

// One PostgreSQL beside the service, for development: a pod with a volume.
extension Objects {
  /// The official image, unless the values name another.
  ///
  /// https://hub.docker.com/_/postgres
  static let postgresImage =
    "postgres:17.11-bookworm"
    + "@sha256:639ab7ceb90e13123085b741fb31ef493fba25463002f6da665352e7b534b652"
  private static let dataFolder = "/var/lib/postgresql/data"
  private static let passwordFolder = "/run/secrets/postgres"

  static func bundledDatabase(_ release: ChartRelease) -> [Manifest?] {
    [
      release.values.serviceAccount.create ? databaseAccount(release) : nil,
      bundledPolicy(release),
      databaseService(release, name: release.databaseName, address: nil),
      databaseService(release, name: release.databaseName + "-pods", address: "None"),
      databaseSet(release),
    ]
  }

  private static func databaseAccount(_ release: ChartRelease) -> Manifest {
    Manifest(
      "v1", "ServiceAccount", metadata: release.metadata(release.databaseName, database),
      body: ["automountServiceAccountToken": false])
  }

  /// The address of the database, or without an address the names of its pods.
  private static func databaseService(
    _ release: ChartRelease, name: String, address: String?
  ) -> Manifest {
    let port: YAMLNode = [
      "name": "postgres", "port": .integer(ChartRelease.databasePort), "targetPort": "postgres",
      "protocol": "TCP",
    ]
    return Manifest(
      "v1", "Service", metadata: release.metadata(name, database),
      body: [
        "spec": [
          "type": "ClusterIP", "clusterIP": address.map { .string($0) },
          "selector": release.selector(database), "ports": [port],
        ]
      ])
  }

  private static func databaseSet(_ release: ChartRelease) -> Manifest {
    Manifest(
      "apps/v1", "StatefulSet", metadata: release.metadata(release.databaseName, database),
      body: [
        "spec": [
          "replicas": 1, "serviceName": .string(release.databaseName + "-pods"),
          "revisionHistoryLimit": .integer(release.values.rollout.revisionHistoryLimit),
          "persistentVolumeClaimRetentionPolicy": [
            "whenDeleted": "Retain", "whenScaled": "Retain",
          ],
          "selector": ["matchLabels": release.selector(database)],
          "template": [
            // The version is none of its labels: a release of the service does not restart it.
            "metadata": [
              "labels": release.found(
                by: release.selector(database), .texts(release.values.labels))
            ],
            "spec": databasePod(release),
          ],
          "volumeClaimTemplates": [databaseClaim(release)],
        ]
      ])
  }

  /// What is written here can not be changed later.
  private static func databaseClaim(_ release: ChartRelease) -> YAMLNode {
    let database = release.values.database
    return [
      "metadata": ["name": "data", "labels": release.selector(Self.database)],
      "spec": [
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": database.storageClass.map { .string($0) },
        "resources": ["requests": ["storage": .string(database.storage.text)]],
      ],
    ]
  }

  private static func databasePod(_ release: ChartRelease) -> YAMLNode {
    let values = release.values
    let account = values.serviceAccount.create ? release.databaseName : "default"
    let password: YAMLNode = [
      "secretName": .string(release.databaseSecret), "defaultMode": .integer(PodParts.secretMode),
      "items": [["key": "password", "path": "password"]],
    ]
    return PodParts.isolation(account: account).followed(
      by: PodParts.placement(values.pod),
      [
        "terminationGracePeriodSeconds": 60, "containers": [postgres(release)],
        "volumes": [
          ["name": "password", "secret": password],
          ["name": "run", "emptyDir": ["sizeLimit": "16Mi"]], PodParts.temporaryVolume,
        ],
      ])
  }

  private static func postgres(_ release: ChartRelease) -> YAMLNode {
    let values = release.values
    let environment = [
      ("POSTGRES_DB", ChartRelease.databaseOwner), ("POSTGRES_USER", ChartRelease.databaseOwner),
      ("POSTGRES_PASSWORD_FILE", passwordFolder + "/password"), ("PGDATA", dataFolder + "/pgdata"),
      // Without the first anybody who can forward a port would need no password; with the last an
      // index means the same after a newer image, whose C library may sort otherwise.
      ("POSTGRES_INITDB_ARGS", "--auth=scram-sha-256 --data-checksums --encoding=UTF8 --locale=C"),
    ]
    let mounts = [
      ("data", dataFolder), ("password", passwordFolder), ("run", "/var/run/postgresql"),
      ("tmp", "/tmp"),
    ]
    return [
      "name": "postgres", "image": .string(values.database.image ?? postgresImage),
      "imagePullPolicy": .string(values.image.pullPolicy.rawValue),
      "args": .sequence(
        postgresParameters(release).flatMap { ["-c", .string("\($0.key)=\($0.value)")] }),
      "env": .sequence(environment.map { ["name": .string($0.0), "value": .string($0.1)] }),
      "ports": [
        [
          "name": "postgres", "containerPort": .integer(ChartRelease.databasePort),
          "protocol": "TCP",
        ]
      ],
      "startupProbe": ready(period: 2, failures: 150),
      "readinessProbe": ready(period: 5, failures: 3),
      "livenessProbe": ready(period: 10, failures: 6),
      "resources": databaseResources(release),
      "securityContext": PodParts.containerSecurity,
      "volumeMounts": .sequence(
        mounts.map { name, path in
          [
            "name": .string(name), "mountPath": .string(path),
            "readOnly": name == "password" ? true : nil,
          ]
        }),
    ]
  }

  /// By TCP: while it is made for the first time, PostgreSQL answers on its socket alone.
  private static func ready(period: Int, failures: Int) -> YAMLNode {
    let command: YAMLNode = [
      "pg_isready", "--quiet", "--host=127.0.0.1", .string("--port=\(ChartRelease.databasePort)"),
      .string("--username=\(ChartRelease.databaseOwner)"),
      .string("--dbname=\(ChartRelease.databaseOwner)"),
    ]
    return [
      "exec": ["command": command], "periodSeconds": .integer(period), "timeoutSeconds": 5,
      "failureThreshold": .integer(failures),
    ]
  }

  /// PostgreSQL's own max_wal_size: on a small volume the log alone would fill it, so there it has
  /// a quarter.
  ///
  /// https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-MAX-WAL-SIZE
  private static let logMegabytesDefault = 1024
  /// Two segments: PostgreSQL takes no less.
  private static let logMegabytesMin = 32

  /// Settings of PostgreSQL in the order of their names.
  static func postgresParameters(_ release: ChartRelease) -> [(key: String, value: String)] {
    let connections = DatabaseConnections(release.values).servers
    var parameters = ["max_connections": String(connections)]
    // A quarter, in MiB.
    let logMax = max(release.values.database.storage.amount >> 22, logMegabytesMin)
    if logMax < logMegabytesDefault { parameters["max_wal_size"] = "\(logMax)MB" }
    return parameters.merging(release.values.database.parameters) { $1 }
      .sorted { $0.key < $1.key }
  }
}

extension ChartRelease {
  /// The Secret with the keys `url` and `password` of a bundled database.
  var databaseSecret: String {
    if case .existing(let name) = databaseReference { return name }
    return secretName(SecretForm.database)
  }
}

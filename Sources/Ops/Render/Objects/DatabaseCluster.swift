import YAML

/// PostgreSQL as the CloudNativePG operator runs it.
///
/// https://cloudnative-pg.io/documentation/current/
extension Objects {
  /// What the pods and objects of PgBouncer are called.
  static let pooler = "pooler"
  private static let clusterVersion = "postgresql.cnpg.io/v1"

  static func databaseCluster(_ release: ChartRelease) -> [Manifest?] {
    let hasPooler = release.values.database.pooler != .none
    return [clusterPolicy(release), cluster(release), snapshots(release)]
      + (hasPooler ? [poolerPolicy(release), poolerObject(release)] : [])
  }

  private static func cluster(_ release: ChartRelease) -> Manifest {
    let values = release.values
    let database = values.database
    let isReplicated = database.instances > 1
    // A commit is on a second server before it is answered, as long as there is one.
    let synchronous: YAMLNode? =
      isReplicated ? ["method": "any", "number": 1, "dataDurability": "preferred"] : nil
    return Manifest(
      clusterVersion, "Cluster",
      metadata: release.metadata(
        release.databaseName, Self.database, annotations: DataVolume.kept),
      body: [
        "spec": [
          "instances": .integer(database.instances),
          "imageName": database.image.map { .string($0) },
          "imagePullSecrets": YAMLNode.sequence(
            values.pod.pullSecrets.map { ["name": .string($0)] }
          ).unlessEmpty,
          "bootstrap": ["initdb": bootstrap],
          "storage": [
            "size": .string(database.storage.text),
            "storageClass": database.storageClass.map { .string($0) },
          ],
          "resources": databaseResources(release),
          "postgresql": [
            "parameters": .texts(
              Dictionary(uniqueKeysWithValues: postgresParameters(release))),
            "synchronous": synchronous,
          ],
          "backup": snapshotSettings(release.values.database),
          "enableSuperuserAccess": false,
          // A budget for a server without replicas would keep its node from ever being drained.
          "enablePDB": .boolean(isReplicated),
          "primaryUpdateStrategy": "unsupervised",
          "primaryUpdateMethod": isReplicated ? "switchover" : "restart",
          "affinity": clusterAffinity(values.pod),
          "topologySpreadConstraints": [spread(clusterPods(release))],
          "priorityClassName": values.pod.priorityClass.map { .string($0) },
        ]
      ])
  }

  private static var bootstrap: YAMLNode {
    [
      "database": .string(ChartRelease.databaseOwner), "owner": .string(ChartRelease.databaseOwner),
      "encoding": "UTF8",
      "localeCollate": "C", "localeCType": "C", "dataChecksums": true,
    ]
  }

  /// How snapshots are made; nil where none are.
  ///
  /// Of a replica, which is stopped for the moment: so they hold nothing that is half written.
  private static func snapshotSettings(_ database: DatabaseValues) -> YAMLNode? {
    guard database.snapshots.schedule != nil else { return nil }
    return [
      "target": "prefer-standby",
      "volumeSnapshot": [
        "className": database.snapshots.className.map { .string($0) },
        "online": .boolean(database.instances == 1),
      ],
    ]
  }

  /// Snapshots of the volumes at their times.
  ///
  /// https://cloudnative-pg.io/documentation/current/appendixes/backup_volumesnapshot/
  private static func snapshots(_ release: ChartRelease) -> Manifest? {
    release.values.database.snapshots.schedule.map { schedule in
      Manifest(
        clusterVersion, "ScheduledBackup",
        metadata: release.metadata(release.databaseName, database),
        body: [
          "spec": [
            "cluster": ["name": .string(release.databaseName)], "method": "volumeSnapshot",
            // The first field is the second.
            "schedule": .string("0 \(schedule)"), "backupOwnerReference": "self",
          ]
        ])
    }
  }

  /// Nodes are told apart by preference: a cluster of one node still gets its database.
  private static func clusterAffinity(_ pod: Pod) -> YAMLNode {
    [
      "enablePodAntiAffinity": true, "podAntiAffinityType": "preferred",
      "topologyKey": "kubernetes.io/hostname",
      "nodeSelector": YAMLNode.texts(pod.nodeSelector).unlessEmpty,
      "tolerations": YAMLNode.sequence(pod.tolerations.map(\.node)).unlessEmpty,
    ]
  }

  /// Evenly over zones, as far as there are any.
  private static func spread(_ pods: YAMLNode) -> YAMLNode {
    [
      "maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone",
      "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": pods,
    ]
  }

  /// PgBouncer in front of the server that writes.
  ///
  /// https://www.pgbouncer.org/config.html
  private static func poolerObject(_ release: ChartRelease) -> Manifest {
    let connections = DatabaseConnections(release.values)
    return Manifest(
      clusterVersion, "Pooler",
      // Pods of before go on asking it while the one without it is rolled out.
      metadata: release.metadata(release.poolerName, pooler, annotations: DataVolume.kept),
      body: [
        "spec": [
          "cluster": ["name": .string(release.databaseName)], "type": "rw",
          "instances": .integer(connections.poolers),
          "pgbouncer": [
            "poolMode": .string(connections.pooling.rawValue),
            "parameters": .texts(
              poolerParameters(connections)
                .merging(release.values.database.poolerParameters) { $1 }),
          ],
          "deploymentStrategy": [
            "type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": 0, "maxSurge": 1],
          ],
          "template": poolerTemplate(release),
        ]
      ])
  }

  private static func poolerParameters(_ connections: DatabaseConnections) -> [String: String] {
    var parameters = [
      "max_client_conn": String(connections.poolerClients),
      "default_pool_size": String(connections.poolerServers),
      "reserve_pool_size": String(DatabaseConnections.poolerReserve),
      // Half of what a request may spend on the database: then the reserve is there for it.
      "reserve_pool_timeout": "2",
      // The service waits no longer for a connection than for its answer.
      "query_wait_timeout": "10",
    ]
    // Behind a pooler of transactions the service can not tell the server so itself.
    if connections.pooling == .transaction { parameters["idle_transaction_timeout"] = "60" }
    return parameters
  }

  private static func poolerTemplate(_ release: ChartRelease) -> YAMLNode {
    let pods: YAMLNode = ["matchLabels": poolerPods(release)]
    let container: YAMLNode = [
      "name": "pgbouncer",
      "resources": [
        "requests": ["cpu": "50m", "memory": "128Mi"], "limits": ["memory": "256Mi"],
      ],
    ]
    let affinity: YAMLNode = [
      "podAntiAffinity": [
        "preferredDuringSchedulingIgnoredDuringExecution": [
          [
            "weight": 100,
            "podAffinityTerm": ["labelSelector": pods, "topologyKey": "kubernetes.io/hostname"],
          ]
        ]
      ]
    ]
    return [
      "spec": [
        "containers": [container], "affinity": affinity,
        "topologySpreadConstraints": [spread(pods)],
      ]
    ]
  }
}

import YAML

extension Objects {
  /// The Deployment.
  static func deployment(_ release: ChartRelease) -> Manifest {
    let values = release.values
    let isSQLite = values.database.mode == .sqlite
    let spec: YAMLNode = [
      // Under an autoscaler the number is its own: writing one would undo its work.
      "replicas": release.isAutoscaled ? nil : .integer(release.replicas),
      "revisionHistoryLimit": .integer(values.rollout.revisionHistoryLimit),
      "minReadySeconds": .integer(values.rollout.minReadySeconds),
      "progressDeadlineSeconds": .integer(values.rollout.progressDeadlineSeconds),
      "strategy": isSQLite ? oneAfterTheOther : withoutGap,
      "selector": ["matchLabels": release.selector(app)],
      "template": [
        "metadata": [
          "labels": release.podLabels(app), "annotations": podAnnotations(release),
        ],
        "spec": podSpec(release),
      ],
    ]
    return Manifest(
      "apps/v1", "Deployment", metadata: release.metadata(release.fullName, app),
      body: ["spec": spec])
  }

  /// A new pod is ready before an old one goes.
  private static let withoutGap: YAMLNode = [
    "type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": 0, "maxSurge": 1],
  ]

  /// Two pods would write to one file.
  private static let oneAfterTheOther: YAMLNode = ["type": "Recreate"]

  private static func podAnnotations(_ release: ChartRelease) -> YAMLNode {
    let own: YAMLNode = ["kubectl.kubernetes.io/default-container": .string(app)]
    return YAMLNode.texts(release.values.pod.annotations).overlaid(with: own)
      .overlaid(with: VaultAgent.annotations(release.mounts, of: release, isOnce: false))
  }

  private static func podSpec(_ release: ChartRelease) -> YAMLNode {
    let mounts = release.mounts
    let volumes = [
      PodParts.temporaryVolume, PodParts.secretVolume(mounts), VaultAgent.tokenVolume(mounts),
      release.values.database.mode == .sqlite ? DataVolume.volume(release) : nil,
    ]
    let isolation = PodParts.isolation(account: release.accountName)
    return isolation.followed(
      by: PodParts.placement(release.values.pod),
      [
        "terminationGracePeriodSeconds": .integer(release.values.shutdown.neededSeconds),
        "topologySpreadConstraints": .sequence(
          ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map { spread(release, $0) }),
        "affinity": affinity(release),
        "initContainers": migrationContainer(release).map { [$0] },
        "containers": [container(release, mounts)],
        "volumes": .sequence(volumes.compactMap { $0 }),
      ])
  }

  /// Evenly over a topology; pods run all the same where it can not be.
  private static func spread(_ release: ChartRelease, _ topology: String) -> YAMLNode {
    [
      "maxSkew": 1, "topologyKey": .string(topology), "whenUnsatisfiable": "ScheduleAnyway",
      "labelSelector": ["matchLabels": release.selector(app)],
      // Old pods of a rollout, which go, do not count.
      "matchLabelKeys": ["pod-template-hash"],
    ]
  }

  private static func affinity(_ release: ChartRelease) -> YAMLNode {
    [
      "podAntiAffinity": [
        "preferredDuringSchedulingIgnoredDuringExecution": [
          [
            "weight": 100,
            "podAffinityTerm": [
              "topologyKey": "kubernetes.io/hostname",
              "labelSelector": ["matchLabels": release.selector(app)],
            ],
          ]
        ]
      ]
    ]
  }

  private static func container(_ release: ChartRelease, _ mounts: [SecretMount]) -> YAMLNode {
    let values = release.values
    let hasSecrets = PodParts.secretVolume(mounts) != nil
    let volumeMounts = [
      PodParts.temporaryMount, hasSecrets ? PodParts.secretMount : nil,
      values.database.mode == .sqlite ? DataVolume.mount : nil,
    ]
    return release.container(app, command: nil, arguments: ["serve"]).followed(by: [
      "ports": [
        ["name": "http", "containerPort": .integer(values.ports.http), "protocol": "TCP"],
        ["name": "admin", "containerPort": .integer(values.ports.admin), "protocol": "TCP"],
      ],
      "env": .sequence(release.variables + mounts.map(\.node)),
      "resources": values.resources.node,
      "startupProbe": probe("/livez", period: 2, timeout: 2, failures: 30),
      "readinessProbe": probe("/readyz", period: 2, timeout: 2, failures: 3),
      "livenessProbe": probe("/livez", period: 10, timeout: 5, failures: 3),
      "lifecycle": values.shutdown.preStopSeconds == 0
        ? nil : ["preStop": ["sleep": ["seconds": .integer(values.shutdown.preStopSeconds)]]],
      "securityContext": PodParts.containerSecurity,
      "volumeMounts": .sequence(volumeMounts.compactMap { $0 }),
    ])
  }

  /// Asks what the service says of itself; only /readyz knows of the database, and nobody is
  /// restarted for it.
  private static func probe(_ path: String, period: Int, timeout: Int, failures: Int) -> YAMLNode {
    [
      "httpGet": ["path": .string(path), "port": "http"], "periodSeconds": .integer(period),
      "timeoutSeconds": .integer(timeout), "failureThreshold": .integer(failures),
    ]
  }
}

extension ResourceValues {
  /// As a container has it.
  var node: YAMLNode {
    [
      "requests": [
        "cpu": .string(requests.processor.text), "memory": .string(requests.memory.text),
      ],
      "limits": [
        "cpu": limits.processor.map { .string($0.text) }, "memory": .string(limits.memory.text),
      ],
    ]
  }
}

extension ShutdownValues {
  /// What is left between the end of draining and the kill.
  static let marginSeconds = Environment.stopMargin.wholeSeconds

  /// What is granted before the kill: what is given, or more where that would cut off.
  var neededSeconds: Int {
    max(graceSeconds, preStopSeconds + closeSeconds + drainSeconds + Self.marginSeconds)
  }
}

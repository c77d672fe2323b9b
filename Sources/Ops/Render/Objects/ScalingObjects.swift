import YAML

extension ChartRelease {
  /// Whether an autoscaler decides the replicas.
  var isAutoscaled: Bool { values.autoscale.enabled }

  /// The fixed number.
  var replicas: Int { values.replicas }

  /// How many run when nothing happens.
  fileprivate var replicasMin: Int { isAutoscaled ? values.autoscale.min : replicas }
}

extension Objects {
  /// The HorizontalPodAutoscaler.
  static func autoscaler(_ release: ChartRelease) -> Manifest? {
    guard release.isAutoscaled else { return nil }
    let scale = release.values.autoscale
    return Manifest(
      "autoscaling/v2", "HorizontalPodAutoscaler",
      metadata: release.metadata(release.fullName, app),
      body: [
        "spec": [
          "scaleTargetRef": [
            "apiVersion": "apps/v1", "kind": "Deployment", "name": .string(release.fullName),
          ],
          "minReplicas": .integer(scale.min), "maxReplicas": .integer(max(scale.min, scale.max)),
          "metrics": [
            [
              "type": "Resource",
              "resource": [
                "name": "cpu",
                "target": ["type": "Utilization", "averageUtilization": .integer(scale.processor)],
              ],
            ]
          ],
          "behavior": behavior,
        ]
      ])
  }

  /// Up at once, down slowly: a lull between two waves is no reason to close connections.
  private static let behavior: YAMLNode = [
    "scaleUp": [
      "stabilizationWindowSeconds": 0, "selectPolicy": "Max",
      "policies": [
        ["type": "Percent", "value": 100, "periodSeconds": 30],
        ["type": "Pods", "value": 2, "periodSeconds": 30],
      ],
    ],
    "scaleDown": [
      "stabilizationWindowSeconds": 300, "selectPolicy": "Min",
      "policies": [["type": "Percent", "value": 50, "periodSeconds": 60]],
    ],
  ]

  /// The PodDisruptionBudget; never lets all pods go, and none for one pod, which could then never
  /// move.
  static func disruptionBudget(_ release: ChartRelease) -> Manifest? {
    let disruption = release.values.disruption
    guard disruption.enabled, release.replicasMin > 1 else { return nil }
    return Manifest(
      "policy/v1", "PodDisruptionBudget", metadata: release.metadata(release.fullName, app),
      body: [
        "spec": [
          "maxUnavailable": .integer(min(disruption.maxUnavailable, release.replicasMin - 1)),
          "selector": ["matchLabels": release.selector(app)],
          // Pods that do not work anyway never keep a node from being drained.
          "unhealthyPodEvictionPolicy": "AlwaysAllow",
        ]
      ])
  }
}

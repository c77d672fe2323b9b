import YAML

/// What the pods of a release have in common.
///
/// Pod Security `restricted`: https://kubernetes.io/docs/concepts/security/pod-security-standards/
enum PodParts {
  /// The user and the group of every container that runs the image; the image names them too.
  static let user = 10_001
  /// What a container may write to /tmp.
  static let temporaryMax = "64Mi"
  /// 0440: the group is that of the pod's files.
  static let secretMode = 0o440

  static let podSecurity: YAMLNode = [
    "runAsNonRoot": true, "runAsUser": .integer(user), "runAsGroup": .integer(user),
    "fsGroup": .integer(user), "fsGroupChangePolicy": "OnRootMismatch",
    "seccompProfile": ["type": "RuntimeDefault"],
  ]

  static let containerSecurity: YAMLNode = [
    "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
    "capabilities": ["drop": ["ALL"]],
  ]

  static let temporaryVolume: YAMLNode = [
    "name": "tmp", "emptyDir": ["sizeLimit": .string(temporaryMax)],
  ]

  static let temporaryMount: YAMLNode = ["name": "tmp", "mountPath": "/tmp"]

  /// Nothing of the cluster's is in a pod unless it is asked for.
  static func isolation(account: String) -> YAMLNode {
    [
      "serviceAccountName": .string(account), "automountServiceAccountToken": false,
      "enableServiceLinks": false, "securityContext": podSecurity,
    ]
  }

  /// Where pods may run, and who may pull their image.
  static func placement(_ pod: Pod) -> YAMLNode {
    [
      "imagePullSecrets": YAMLNode.sequence(
        pod.pullSecrets.map { ["name": .string($0)] }
      ).unlessEmpty,
      "nodeSelector": YAMLNode.texts(pod.nodeSelector).unlessEmpty,
      "tolerations": YAMLNode.sequence(pod.tolerations.map(\.node)).unlessEmpty,
      "priorityClassName": pod.priorityClass.map { .string($0) },
    ]
  }

  /// The volume of those secrets that come from Secrets; nil where there are none.
  static func secretVolume(_ mounts: [SecretMount]) -> YAMLNode? {
    let sources = mounts.compactMap { mount -> YAMLNode? in
      guard case .secret(let secret) = mount.source else { return nil }
      return [
        "secret": [
          "name": .string(secret),
          "items": [["key": .string(mount.key), "path": .string("\(mount.name)/\(mount.key)")]],
        ]
      ]
    }
    guard !sources.isEmpty else { return nil }
    return [
      "name": "secrets",
      "projected": ["defaultMode": .integer(secretMode), "sources": .sequence(sources)],
    ]
  }

  static let secretMount: YAMLNode = [
    "name": "secrets", "mountPath": .string(SecretMount.folder), "readOnly": true,
  ]
}

extension ChartRelease {
  /// What every container of the image begins with.
  ///
  /// That of the service, unless another is named.
  func container(
    _ name: String, image: String? = nil, command: [String]?, arguments: [String]?
  ) -> YAMLNode {
    [
      "name": .string(name), "image": .string(image ?? self.image),
      "imagePullPolicy": .string(values.image.pullPolicy.rawValue),
      "command": command.map { .sequence($0.map { .string($0) }) },
      "args": arguments.map { .sequence($0.map { .string($0) }) },
      // What a container said last is told with its end, and outlives its log.
      "terminationMessagePolicy": "FallbackToLogsOnError",
    ]
  }

  /// Labels of pods: those that they are found by cannot be overridden.
  ///
  /// Without what changes with the chart alone: a pod is not replaced for the sake of a label.
  func podLabels(_ component: String) -> YAMLNode {
    let own: YAMLNode = [
      "app.kubernetes.io/version": .string(version), "app.kubernetes.io/part-of": .string(chart),
    ]
    let all = own.overlaid(with: .texts(values.labels)).overlaid(with: .texts(values.pod.labels))
    return found(by: selector(component), all)
  }
}

extension YAMLNode {
  /// This mapping with the keys of `others` behind its own.
  func followed(by others: YAMLNode?...) -> YAMLNode {
    YAMLNode(.mapping(others.reduce(mapping ?? []) { $0 + ($1?.mapping ?? []) }))
  }
}

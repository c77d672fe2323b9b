import YAML

extension Objects {
  /// The namespace, where it is not Helm that makes it; pods that are not `restricted` are refused.
  ///
  /// https://kubernetes.io/docs/concepts/security/pod-security-admission/
  static func namespace(_ release: ChartRelease) -> Manifest? {
    guard release.manager == .kustomize, let namespace = release.namespace else { return nil }
    let standards = ["enforce", "audit", "warn"].flatMap {
      [
        ("pod-security.kubernetes.io/\($0)", "restricted"),
        ("pod-security.kubernetes.io/\($0)-version", "latest"),
      ]
    }
    let metadata = release.metadata(namespace, app)
    let labels = (metadata["labels"] ?? [:]).overlaid(
      with: .texts(.init(uniqueKeysWithValues: standards)))
    return Manifest(
      "v1", "Namespace",
      metadata: [
        "name": .string(namespace), "labels": labels, "annotations": metadata["annotations"],
      ])
  }
}

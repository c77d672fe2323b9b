import YAML

extension ChartRelease {
  /// The account that pods run as.
  var accountName: String {
    let account = values.serviceAccount
    return account.name ?? (account.create ? fullName : "default")
  }

  /// The account of the migration Job: its own, where accounts are made here.
  ///
  /// As a hook the Job runs before all else, and so cannot have the service's.
  var migrationAccountName: String {
    values.serviceAccount.create ? migrationName : accountName
  }
}

extension Objects {
  /// The account of the service's pods.
  static func account(_ release: ChartRelease) -> Manifest? {
    let account = release.values.serviceAccount
    guard account.create else { return nil }
    return Manifest(
      "v1", "ServiceAccount",
      metadata: release.metadata(release.accountName, app, annotations: account.annotations),
      body: withoutToken)
  }

  /// The account of the migration Job.
  static func migrationAccount(_ release: ChartRelease) -> Manifest? {
    guard release.values.serviceAccount.create, release.migrationForm.isJob else { return nil }
    let hook = release.migrationForm == .hook ? HelmHook.basis(of: release) : [:]
    return Manifest(
      "v1", "ServiceAccount",
      metadata: release.metadata(
        release.migrationAccountName, migration,
        annotations: release.values.serviceAccount.annotations.merging(hook) { $1 }),
      body: withoutToken)
  }

  /// Whoever needs a token asks for it in the pod.
  private static let withoutToken: YAMLNode = ["automountServiceAccountToken": false]
}

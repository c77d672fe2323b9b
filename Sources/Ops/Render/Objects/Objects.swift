/// All objects of a release, in the order in which they can be applied.
///
/// A pure function of the release: the chart's templates give the same objects, and a test compares
/// the two for many values.
enum Objects {
  static let test = "test"

  static func all(of release: ChartRelease) -> [Manifest] {
    let groups: [[Manifest?]] = [
      [namespace(release)], workloadBasis(release), databaseObjects(release),
      [service(release), migrationJob(release), deployment(release)],
      backupObjects(release),
      [autoscaler(release), disruptionBudget(release)], entranceObjects(release),
      monitoringObjects(release),
    ]
    return groups.joined().compactMap { $0 }
  }

  /// What pods need to be there before them.
  private static func workloadBasis(_ release: ChartRelease) -> [Manifest?] {
    [
      account(release), migrationAccount(release), network(release), migrationNetwork(release),
    ] + externalSecrets(release) + [dataClaim(release)]
  }
}

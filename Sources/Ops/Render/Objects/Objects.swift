/// All objects of a release, in the order in which they can be applied.
///
/// A pure function of the release: the chart's templates give the same objects, and a test compares
/// the two for many values.
enum Objects {
  static func all(of release: ChartRelease) -> [Manifest] {
    [service(release)] + databaseObjects(release) + entranceObjects(release)
      + monitoringObjects(release)
  }
}

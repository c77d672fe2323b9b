/// What is to be migrated by a Job: the database of an environment, by an image.
struct MigrationJobRequest {
  let environment: String
  let image: ImageReference

  /// The Job, and before it the account that it runs as.
  func manifests(_ platform: Platform) throws -> [Manifest] {
    let environment = try platform.environment(environment)
    guard environment.target != .local else { throw NoMigrationJob.local(environment.name) }
    try ImageRefused.check(image, environment, platform.service)
    let release = try ChartRelease(
      environment, of: platform.service, image: image, manager: .kustomize)
    guard let job = Objects.migrationJob(release) else {
      throw NoMigrationJob.inThePod(environment.name)
    }
    return [Objects.migrationAccount(release), job].compactMap { $0 }
  }
}

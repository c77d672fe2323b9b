import Core
import JSON
import POSIX

/// Carries a migration Job out for somebody who watches.
final class FollowedJob {
  /// What the Job's container may take; more than any Job is given.
  private static let timeMax: Duration = .seconds(86_400)

  private let objects: [ClusterObject]
  private let job: ClusterObject
  private let client: ClusterClient
  private let interruption: Interruption
  private let context: CommandContext
  private let deadline = Deadline.after(timeMax)

  var name: String { job.name }

  /// The last of `manifests` is the Job.
  init(
    _ manifests: [Manifest], _ client: ClusterClient, _ interruption: Interruption,
    _ context: CommandContext
  ) {
    let objects = manifests.compactMap { ClusterObject(JSONValue($0.node)) }
    guard let job = objects.last, job.isMigration else {
      preconditionFailure("a migration without a Job")
    }
    self.objects = objects
    self.job = job
    self.client = client
    self.interruption = interruption
    self.context = context
  }

  /// Runs the Job and shows what it writes; what was done in one line.
  func carryOut() throws -> String {
    for object in objects.dropLast() {
      try changePatiently { () throws(ClusterFailure) in
        try client.apply(object.kind, object.json, in: object.namespace)
      }
    }
    let former = try client.get(.job, job.name, in: job.namespace)
    let standing = MigrationJob.Standing(former)
    let migration = MigrationJob(job, client: client)
    if standing == .succeeded { return try migration.carryOut(self) }
    // What failed before has been read before.
    let isOver = standing != .running
    let logs = try logs(without: isOver ? former?["metadata"]?["uid"]?.text : nil)
    do {
      let done = try migration.carryOut(self)
      logs.finish()
      return done
    } catch let failure as PhaseFailure {
      // Who interrupts does not wait for last lines; who asks for the cause wants to read them.
      logs.finish()
      throw failure
    }
  }

  private func logs(without former: String?) throws -> JobLogs {
    let output = context.output
    let isActions = context.isGitHubActions
    return try JobLogs(of: job.name, in: job.namespace ?? "", without: former, client) { line in
      let text = ErrorReport.printable(line)
      output.line(isActions ? WorkflowCommand.harmless(text) : text)
    }
  }

  /// What the last container of the Job that failed ended with, nil where none did.
  func exitCode() throws(ClusterFailure) -> Int32? {
    let pods = try client.list(JobLogs.selection(job.name, in: job.namespace ?? ""))
    return pods.items.flatMap { $0["status"]?["containerStatuses"]?.elements ?? [] }
      .compactMap { $0["state"]?["terminated"]?["exitCode"]?.number }
      .last { $0 != 0 }.map { Int32(clamping: $0) }
  }
}

/// A Job that is run by itself: no lock, no journal, no clients to look after.
extension FollowedJob: RolloutContext {
  func check() throws { try interruption.check() }
  func wait(_ duration: Duration) throws { try interruption.wait(duration) }

  func change<Result>(_ body: (_ fence: Int64) throws -> Result) throws -> Result {
    try check()
    return try body(0)
  }

  var heldCheck: @Sendable () throws -> Void { { [interruption] in try interruption.check() } }

  func cancelling<Result>(
    with cancel: @escaping @Sendable () -> Void, _ body: () throws -> Result
  ) throws -> Result {
    try interruption.cancelling(with: cancel, body)
  }

  func note(_ text: String) { context.error.line(ErrorReport.printable(text)) }
  var isWatchedByClients: Bool { false }
  var remaining: Duration { deadline.remaining }
  func clientsMayCome() throws {}
}

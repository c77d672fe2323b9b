import Core
import JSON
import POSIX

/// Shows what the pods of a Job write, line by line, while they write it.
///
/// A stream that is cut goes on after the last line that was shown; a container that is started
/// anew is another stream. Ends with its last owner.
final class JobLogs: Sendable {
  /// How long the last lines are awaited once the Job is over.
  private static let lastLinesTimeout: Duration = .seconds(5)

  private let feed: WatchFeed
  private let followers: JobFollowers

  /// Calls `show` for every line, from threads of its own, one at a time.
  ///
  /// `former` is the uid of a Job of the same name whose pods are not meant.
  init(
    of job: String, in namespace: String, without former: String? = nil, _ client: ClusterClient,
    _ show: @escaping @Sendable (String) -> Void
  ) throws {
    let followers = JobFollowers(client, namespace, without: former, show)
    self.followers = followers
    feed = try WatchFeed(client, Self.selection(job, in: namespace)) { change in
      switch change {
      case .replaced(_, let pods): pods.forEach(followers.look)
      case .updated(_, let pod): followers.look(pod)
      case .deleted, .lost: break
      }
    }
  }

  deinit { stop() }

  /// The pods of a Job.
  ///
  /// https://kubernetes.io/docs/reference/labels-annotations-taints/#batch-kubernetesio-job-name
  static func selection(_ job: String, in namespace: String) -> ClusterSelection {
    ClusterSelection(.pod, in: namespace, labels: "batch.kubernetes.io/job-name=\(job)")
  }

  /// Waits for the last lines of a Job that is over, and ends.
  func finish() {
    let deadline = Deadline.after(Self.lastLinesTimeout)
    while !followers.areDone, !deadline.hasPassed { WorkThread.sleep(.milliseconds(20)) }
    stop()
  }

  private func stop() {
    feed.stop()
    followers.stop()
  }
}

/// The threads that follow logs.
private final class JobFollowers: Sendable {
  private struct State {
    /// Runs of containers, by the pod's uid and the number of their starts.
    var known: Set<String> = []
    var open: [String: ClusterStream] = [:]
    var running = 0
    var isStopped = false
  }

  /// After a stream that was cut, or could not be had.
  private static let pause: Duration = .milliseconds(300)
  /// Attempts in a row that bring no line.
  private static let attemptsMax = 20

  private let client: ClusterClient
  private let namespace: String
  private let former: String?
  private let show: @Sendable (String) -> Void
  private let showing = Guarded<Void>(())
  private let state = Guarded(State())

  init(
    _ client: ClusterClient, _ namespace: String, without former: String?,
    _ show: @escaping @Sendable (String) -> Void
  ) {
    self.client = client
    self.namespace = namespace
    self.former = former
    self.show = show
  }

  var areDone: Bool { state.withLock { $0.running == 0 } }

  func stop() {
    let open = state.withLock { state in
      state.isStopped = true
      return Array(state.open.values)
    }
    for stream in open { stream.cancel() }
  }

  /// Follows the migrating container of a pod once it has begun.
  func look(_ pod: JSONValue) {
    guard let name = pod["metadata"]?["name"]?.text, let uid = pod["metadata"]?["uid"]?.text,
      let status = pod["status"]?["containerStatuses"]?.elements?.first(where: {
        $0["name"]?.text == Self.container
      }),
      status["state"]?["running"] != nil || status["state"]?["terminated"] != nil,
      former == nil || pod["metadata"]?["ownerReferences"]?.elements?.first?["uid"]?.text != former
    else { return }
    let run = "\(uid)/\(status["restartCount"]?.number ?? 0)"
    let isNew = state.withLock { state in
      guard !state.isStopped, state.known.insert(run).inserted else { return false }
      state.running += 1
      return true
    }
    guard isNew else { return }
    let isStarted: Void? = try? WorkThread.detach("job log") { [self] in
      follow(name, run)
      state.withLock { $0.running -= 1 }
    }
    if isStarted == nil { state.withLock { $0.running -= 1 } }
  }

  private static let container = "migrate"

  private func follow(_ pod: String, _ run: String) {
    var last = ""
    var attempts = 0
    while attempts < Self.attemptsMax, !state.withLock({ $0.isStopped }) {
      let before = last
      do throws(ClusterFailure) {
        try read(pod, run, &last)
        return
      } catch {
        if !error.mayPass { return }
      }
      attempts = last == before ? attempts + 1 : 0
      WorkThread.sleep(Self.pause)
    }
  }

  /// Shows the lines after the moment `last` until the container ends.
  private func read(_ pod: String, _ run: String, _ last: inout String) throws(ClusterFailure) {
    var log = PodLog(pod, in: namespace, container: Self.container)
    log.hasTimestamps = true
    log.since = last.isEmpty ? nil : last
    let stream = try client.followLog(log)
    state.withLock { $0.open[run] = stream }
    defer { state.withLock { $0.open[run] = nil } }
    if state.withLock({ $0.isStopped }) { stream.cancel() }
    let shown = last
    while let bytes = try stream.next() {
      let line = String(decoding: bytes, as: UTF8.self)
      let moment = String(line.prefix { $0 != " " })
      // The server counts in whole seconds where it is asked to go on.
      guard moment > shown else { continue }
      last = moment
      let text = String(line.dropFirst(moment.count + 1))
      showing.withLock { _ in show(text) }
    }
  }
}

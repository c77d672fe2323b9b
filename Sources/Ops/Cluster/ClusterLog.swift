import Core
import HTTPClient

/// Which log of a pod is meant.
struct PodLog: Sendable, Equatable {
  let pod: String
  let namespace: String
  /// Nil where the pod has one container alone.
  var container: String?
  /// That of the container before the one that runs: what a crash leaves behind.
  var isPrevious = false
  /// The last lines alone; nil for all.
  var tailLines: Int?
  /// What was written from this moment on alone, as the API writes moments; nil for all.
  var since: String?
  /// Whether every line begins with its moment and a space.
  var hasTimestamps = false

  init(_ pod: String, in namespace: String, container: String? = nil) {
    self.pod = pod
    self.namespace = namespace
    self.container = container
  }

  fileprivate var call: ClusterCall {
    ClusterCall("get", .pod, namespace: namespace, name: pod, subresource: "log")
  }

  fileprivate var query: [(String, String)] {
    [
      container.map { ("container", $0) }, isPrevious ? ("previous", "true") : nil,
      tailLines.map { ("tailLines", "\($0)") }, since.map { ("sinceTime", $0) },
      hasTimestamps ? ("timestamps", "true") : nil,
    ].compactMap(\.self)
  }
}

extension ClusterClient {
  /// What of a log is kept at most, of its end.
  private static let logBytesMax = 1024 * 1024
  /// What of a line that is followed is kept at most.
  private static let logLineBytesMax = 64 * 1024
  /// A log that is followed may be silent for so long; then its caller asks again.
  private static let logSilenceMax: Duration = .seconds(4 * 3600)

  /// The log as it is now, or the end of a long one.
  ///
  /// Throws `notFound` where the pod is gone, `invalid` where its container has not started yet, or
  /// there is no previous one.
  /// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
  func log(_ log: PodLog) throws(ClusterFailure) -> [UInt8] { try surroundings.log(self, log) }

  /// The same, as it comes from the API.
  func stream(_ log: PodLog) throws(ClusterFailure) -> [UInt8] {
    let deadline = Deadline.after(callTimeout)
    let stream = try transport.stream(
      transport.request("GET", Self.target(log.call.path, log.query), deadline: deadline),
      silenceMax: callTimeout, log.call)
    var text: [UInt8] = []
    while let part = try part(of: stream, log.call) {
      text += part
      if text.count > 2 * Self.logBytesMax { text.removeFirst(text.count - Self.logBytesMax) }
      if deadline.hasPassed { throw failure(.timeout, log.call, "a log without an end") }
    }
    return Array(text.suffix(Self.logBytesMax))
  }

  private func part(
    of stream: HTTPStream, _ call: ClusterCall
  ) throws(ClusterFailure) -> [UInt8]? {
    do throws(HTTPClientError) {
      return try stream.next()
    } catch {
      throw transport.failure(error, call)
    }
  }

  /// The log's lines, those that are there and then those to come, until the container ends.
  func followLog(_ log: PodLog) throws(ClusterFailure) -> ClusterStream {
    let query = log.query + [("follow", "true")]
    let stream = try transport.stream(
      transport.request(
        "GET", Self.target(log.call.path, query), deadline: .after(callTimeout)),
      silenceMax: Self.logSilenceMax, log.call)
    return ClusterStream(stream, lineBytesMax: Self.logLineBytesMax, log.call, transport)
  }
}

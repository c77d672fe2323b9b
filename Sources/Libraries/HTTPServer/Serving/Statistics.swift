/// What a server has done and is doing, at one moment.
public struct Statistics: Sendable {
  /// Open connections.
  public var connections = 0
  /// Connections accepted since the start.
  public var accepted = 0
  /// Requests that are being read, handled or answered.
  public var activeRequests = 0
  /// Requests begun since the start.
  public var requests = 0
  /// Jobs that wait for a worker of the shared pool.
  public var queued = 0
  /// Workers of the shared pool that have a job.
  public var busyWorkers = 0
  /// Bytes that are taken for large bodies.
  public var largeBodyBytes = 0
  /// The lanes, by name.
  public var lanes: [LaneStatistics] = []
  /// Requests that the server refused itself, by reason.
  public var refusals: [Refusal: Int] = [:]
}

/// What a lane of a server is doing, at one moment.
public struct LaneStatistics: Sendable, Equatable {
  /// The lane's name.
  public let name: String
  /// Jobs that wait for one of its workers.
  public let queued: Int
  /// Its workers that have a job.
  public let busyWorkers: Int
  /// Requests that were refused since the start because its queue was full.
  public let refusals: Int
}

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
  /// Jobs that wait for a worker.
  public var queued = 0
  /// Workers that have a job.
  public var busyWorkers = 0
  /// Requests that the server refused itself, by reason.
  public var refusals: [Refusal: Int] = [:]
}

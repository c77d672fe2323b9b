import POSIX

/// The limits of a server, each with a default that serves.
public struct ServerConfiguration: Sendable {
  /// Event threads for each public listener; one per core is enough, since none of them waits.
  public var eventThreads = ProcessInfo.processorCount
  /// Threads for handlers that wait.
  public var workers = 16
  /// Requests that may wait for a worker; one more is answered 503 at once.
  public var workerQueueMax = 1024
  /// Connections of a listener over all its threads.
  ///
  /// At the limit the server stops accepting: clients wait in the kernel's queue, or another
  /// replica on the same socket takes them.
  public var connectionsMax = 16_384
  /// The request line and all header lines together; 431 above.
  public var headerBytesMax = 10_240
  /// The target of the request line; 414 above.
  public var targetBytesMax = 8000
  /// Header lines; 431 above.
  public var headersMax = 64
  /// The body; 413 above.
  ///
  /// A route may have its own.
  public var bodyBytesMax = 1_048_576
  /// A body up to this size is taken before anybody asks whether it is wanted; a larger one, one of
  /// unknown length and one that the client holds back go by the route's precheck first.
  public var uncheckedBodyBytesMax = 65_536
  /// Bytes of all bodies above `largeBodyBytesMin` that are held at once; 503 above.
  public var largeBodiesBytesMax = 268_435_456
  /// From this size on a body counts towards `largeBodiesBytesMax`.
  public static let largeBodyBytesMin = 1_048_576
  /// How long a connection may be silent; more than what balancers in front keep theirs.
  public var inactivityTimeout: Duration = .seconds(75)
  /// From the request line to the answer; who sends slower gets 408.
  ///
  /// A route may have its own.
  public var requestTimeout: Duration = .seconds(30)
  /// From the answer's first byte to its last; who reads slower is cut off.
  public var responseTimeout: Duration = .seconds(60)
  /// How long a handler may go on after its deadline before the client gets 503 without it.
  public var handlerGrace: Duration = .seconds(1)
  /// How long a draining server still accepts and answers with `Connection: close`.
  public var drainDelay: Duration = .milliseconds(800)
  /// How long a draining server then waits for connections to end.
  public var drainTimeout: Duration = .seconds(10)
  /// What `Retry-After` says where the queue is full, in whole seconds.
  public var retryAfter: Duration = .seconds(1)
  /// Bodies from this size on are compressed where the client accepts it.
  public var compressionBytesMin = 1024

  /// The defaults.
  public init() {}
}

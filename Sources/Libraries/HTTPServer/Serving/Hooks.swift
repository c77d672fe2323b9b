/// What the service does around every request, refusals of the server included.
///
/// All three run on the event threads, for every request: they must not wait and should not
/// allocate more than they must.
public struct Hooks: Sendable {
  /// Called when the head is read and the route is known: fills `context`.
  public var prepare: @Sendable (inout Request) -> Void = { _ in }
  /// Called before an answer is sent: adds headers.
  public var finish: @Sendable (Request, inout Response) -> Void = { _, _ in }
  /// Called when the answer was sent or the connection was lost: counts and logs.
  public var completed: @Sendable (Request, Completion) -> Void = { _, _ in }
  /// Turns an error that is no `Problem` into an answer.
  public var render: @Sendable (any Error, Request) -> Response = { _, _ in
    .problem(Problem(status: 500))
  }
  /// What the library has to say about connections; for a debug log.
  public var log: @Sendable (String) -> Void = { _ in }

  /// Hooks that do nothing, and 500 for unknown errors.
  public init() {}
}

/// How a request ended.
public struct Completion: Sendable {
  /// The status that was sent; 499 where the client left before any.
  public let status: Int
  /// Bytes of the body that were handed to the network.
  public let bodyBytes: Int
  /// From the request line to the last byte.
  public let duration: Duration
  /// Whether the answer went out whole.
  public let isWhole: Bool

  /// The status of requests that nobody waited for.
  public static let clientClosedRequest = 499
}

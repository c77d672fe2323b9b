/// Where a handler runs.
public enum Execution: Sendable, Hashable {
  /// On the event thread: microseconds of work, nothing that waits.
  case inline
  /// On the worker pool that all share: may wait for a database.
  case worker
  /// On workers of its own: may wait for what hangs now and then, such as another service.
  case lane(Lane)
}

/// A worker pool beside the shared one, for routes that must not hold up others while they wait.
///
/// Routes that name the same lane share it.
public struct Lane: Sendable, Hashable {
  /// What threads and metrics call it.
  public let name: String
  /// Its threads.
  public let workers: Int
  /// Requests that may wait for one of them; one more is answered 503 at once.
  public let queueMax: Int

  /// A lane.
  public init(_ name: String, workers: Int, queueMax: Int) {
    self.name = name
    self.workers = workers
    self.queueMax = queueMax
  }
}

/// Answers a request, or throws a `Problem` or any other error.
public typealias Handler = @Sendable (Request) throws -> Response

/// Looks at a request before its body is taken; an answer, or an error, refuses it.
///
/// Runs on the event thread: it must not wait. `Request.body` is empty still.
public typealias Precheck = @Sendable (Request) throws -> Response?

/// A method and a path template with what answers there.
public final class Route: Sendable {
  /// The method.
  public let method: Method
  /// The path, with parameters in braces: `/hello/{username}`.
  public let template: String
  /// Where the handler runs.
  public let execution: Execution
  /// The largest body in bytes, where it differs from the server's `bodyBytesMax`.
  public let bodyBytesMax: Int?
  /// The whole time of a request, where it differs from the server's `requestTimeout`.
  public let requestTimeout: Duration?
  /// What looks at requests whose body is large or of unknown length, before it comes.
  let precheck: Precheck?
  let handler: Handler
  /// The names of the parameters, in the order of the template.
  let parameterNames: [String]

  /// A route.
  public init(
    _ method: Method, _ template: String, _ execution: Execution, bodyBytesMax: Int? = nil,
    requestTimeout: Duration? = nil, precheck: Precheck? = nil, handler: @escaping Handler
  ) {
    self.method = method
    self.template = template
    self.execution = execution
    self.bodyBytesMax = bodyBytesMax
    self.requestTimeout = requestTimeout
    self.precheck = precheck
    self.handler = handler
    parameterNames = Self.segments(template).compactMap(Self.parameterName)
  }

  /// What stands between the slashes of a template.
  static func segments(_ template: String) -> [String] {
    template.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
  }

  /// The name in braces; nil where the segment is a literal.
  static func parameterName(_ segment: String) -> String? {
    segment.hasPrefix("{") && segment.hasSuffix("}")
      ? String(segment.dropFirst().dropLast()) : nil
  }

  /// A route that only carries a name for logs and metrics.
  private convenience init(label: String, handler: @escaping Handler) {
    self.init(Method(rawValue: ""), label, .inline, handler: handler)
  }

  /// The label of requests that the server refuses by itself.
  public static let refused = Route(label: "_refused") { _ in throw Problem(status: 400) }
  /// The label of requests for paths that no route has.
  public static let unknown = Route(label: "_unknown") { _ in throw Problem(status: 404) }
}

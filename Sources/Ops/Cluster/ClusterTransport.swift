import Core
import HTTPClient
import JSON
import POSIX

/// The way to a cluster: HTTP over the socket of `kubectl proxy`.
struct ClusterTransport: Sendable {
  /// Sends a request and waits for its answer.
  typealias Exchange = @Sendable (HTTPRequest) throws(HTTPClientError) -> HTTPResponse

  let proxy: any ClusterProxy
  private let exchange: Exchange

  /// The longest answer that is taken; one page of a list is the longest.
  private static let answerBytesMax = 64 * 1024 * 1024
  /// Between two attempts while the proxy is started anew.
  private static let proxyPause: Duration = .milliseconds(20)
  /// Connections that are cut before a question is answered, in a row.
  private static let cutsMax = 3
  /// Before the next call where a server that wants fewer does not say when.
  private static let busyPause: Duration = .seconds(1)

  /// `asks` is called before each request, and what it gives once that is over.
  init(
    _ proxy: any ClusterProxy, asks: @escaping @Sendable () -> @Sendable () -> Void = { {} }
  ) {
    let http = HTTPClient()
    self.init(proxy) { request throws(HTTPClientError) in
      let isOver = asks()
      defer { isOver() }
      return try http.send(request)
    }
  }

  init(_ proxy: any ClusterProxy, _ exchange: @escaping Exchange) {
    (self.proxy, self.exchange) = (proxy, exchange)
  }

  /// A request to the API; the proxy takes it only when it is meant for this machine.
  func request(
    _ method: String, _ target: String, body: [UInt8] = [], type: String = "application/json",
    deadline: Deadline
  ) -> HTTPRequest {
    let headers =
      [HTTPHeader("Accept", "application/json")]
      + (body.isEmpty ? [] : [HTTPHeader("Content-Type", type)])
    return HTTPRequest(
      "http://localhost\(target)", method: method, headers: headers, body: body,
      unixSocketPath: proxy.socketPath, deadline: deadline, bodyBytesMax: Self.answerBytesMax)
  }

  /// Sends `request` and waits for the answer, whatever its status.
  func send(
    _ request: HTTPRequest, _ call: ClusterCall
  ) throws(ClusterFailure) -> HTTPResponse {
    while true {
      let answer = try connected(request, call) { () throws(HTTPClientError) in
        try exchange(request)
      }
      guard answer.status == 429 else { return answer }
      let said = ClusterAnswer(answer)
      let pause = said.retryAfter ?? Self.busyPause
      guard pause < request.deadline.remaining else {
        throw ClusterFailure(said, call, context: proxy.context)
      }
      WorkThread.sleep(pause)
    }
  }

  /// Sends `request` and takes the answer's body as it comes.
  func stream(
    _ request: HTTPRequest, silenceMax: Duration, _ call: ClusterCall
  ) throws(ClusterFailure) -> HTTPStream {
    let stream = try connected(request, call) { () throws(HTTPClientError) in
      try HTTPStream(request, silenceMax: silenceMax)
    }
    guard !stream.head.isSuccess else { return stream }
    var body: [UInt8] = []
    while let part = (try? stream.next()) ?? nil, body.count < 64 * 1024 { body += part }
    throw ClusterFailure(
      ClusterAnswer(
        status: stream.head.status, body: body, retryAfter: stream.head.header("Retry-After")),
      call, context: proxy.context)
  }

  /// Repeats `attempt` while nobody listens on the socket, which means that nothing was sent, and
  /// a few times where a proxy that ended took a question with it.
  private func connected<Answer>(
    _ request: HTTPRequest, _ call: ClusterCall, _ attempt: () throws(HTTPClientError) -> Answer
  ) throws(ClusterFailure) -> Answer {
    var cuts = 0
    while true {
      do throws(HTTPClientError) {
        return try attempt()
      } catch {
        if let failure = proxy.failure { throw failure }
        let mayRepeat =
          switch error.kind {
          case .refused, .unreachable: true
          case .cut: request.method == "GET" && cuts < Self.cutsMax
          default: false
          }
        if error.kind == .cut { cuts += 1 }
        guard mayRepeat, Self.proxyPause < request.deadline.remaining else {
          throw failure(error, call)
        }
        WorkThread.sleep(Self.proxyPause)
      }
    }
  }

  /// The failure behind the lack of an answer.
  func failure(_ error: HTTPClientError, _ call: ClusterCall) -> ClusterFailure {
    let reason: ClusterFailure.Reason =
      switch error.kind {
      case .timeout, .connectTimeout: .timeout
      case .cancelled: .cancelled
      case .tooLarge, .badAnswer, .invalidRequest: .malformed
      default: .unreachable
      }
    return ClusterFailure(
      reason: reason, context: proxy.context, call: call, message: error.message)
  }
}

extension ClusterAnswer {
  init(_ answer: HTTPResponse) {
    self.init(
      status: answer.status, body: answer.body, retryAfter: answer.header("Retry-After"))
  }
}

extension ClusterClient {
  /// Makes a call and gives the object of its answer.
  func ask(
    _ call: ClusterCall, _ method: String, query: [(String, String)] = [],
    body: JSONValue? = nil, type: String = "application/json", path: String? = nil
  ) throws(ClusterFailure) -> JSONValue {
    let isTry = query.contains { $0 == ("dryRun", "All") } || call.kind == .accessReview
    let permit = method == "GET" || isTry ? nil : permit
    let request = transport.request(
      method, Self.target(path ?? call.path, query), body: body?.bytes() ?? [], type: type,
      deadline: try permit?(callTimeout) ?? .after(callTimeout))
    let answer = try transport.send(request, call)
    guard answer.isSuccess else {
      throw ClusterFailure(ClusterAnswer(answer), call, context: context)
    }
    guard let object = try? JSONReader.read(answer.body) else {
      throw failure(.malformed, call, "the answer is no JSON")
    }
    return object
  }

  /// A path with its query.
  static func target(_ path: String, _ query: [(String, String)]) -> String {
    let pairs = query.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }
    return pairs.isEmpty ? path : path + "?" + pairs.joined(separator: "&")
  }

  func failure(
    _ reason: ClusterFailure.Reason, _ call: ClusterCall, _ message: String
  ) -> ClusterFailure {
    ClusterFailure(reason: reason, context: context, call: call, message: message)
  }
}

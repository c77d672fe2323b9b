import Core

/// The source of page views under a test's control: right by default, wrong in every known way.
public final class UpstreamDouble: Sendable {
  /// What it does with a question.
  public enum Behaviour: Sendable {
    /// Answers: 200 for what it knows, 404 for everything else.
    case right
    /// Answers after a while.
    case slow(Duration)
    /// Says nothing.
    case hanging
    /// 429, with the value of `Retry-After`.
    case busy(retryAfter: String?)
    /// A status without a body worth reading, with headers.
    case status(Int, headers: [String])
    /// The same after a while.
    case slowStatus(Duration, Int)
    /// Closes before the body is whole.
    case truncated
    /// More bytes than any sensible answer.
    case oversize
    /// A body and its media type.
    case body(String, contentType: String)
    /// Counts of the month after the one asked for.
    case laterMonth
    /// Null in place of a count.
    case nullViews
    /// 302 to an answer that would be right.
    case redirect
  }

  /// Counts that are known from the original service's tests, and some titles that are hard.
  public static let counts: [String: Int] = [
    "Foobar/20231101/20231130": 14510, "Foobar/20230201/20230228": 17887,
    "Kubernetes/20231101/20231130": 54066, "2023/20231101/20231130": 593_627,
    "AC%2FDC/20231101/20231130": 101, "C%2B%2B/20231101/20231130": 102,
    "100%25/20231101/20231130": 103, "S%C3%A3o_Paulo/20231101/20231130": 104,
    "What%3F/20231101/20231130": 105, "Foobar/20240201/20240229": 106,
  ]
  /// Articles whose title begins so have this many views in every month.
  public static let evergreen = (title: "Evergreen", views: 4711)

  private struct State {
    var behaviour = Behaviour.right
    /// Behaviours that come first, one question each.
    var first: [Behaviour] = []
    var heads: [String] = []
  }

  private final class Shared: Sendable {
    let state = Guarded(State())
  }

  private let shared: Shared
  private let server: RawServer

  /// The value for `PAGEVIEWS_BASE_URL`.
  public var url: String { server.url + "/metrics/pageviews" }
  /// The heads of all questions so far.
  public var heads: [String] { shared.state.withLock { $0.heads } }
  /// The targets of all questions so far.
  public var targets: [String] {
    heads.map { $0.split(separator: " ").dropFirst().first.map(String.init) ?? "" }
  }

  /// Listens on a port of loopback.
  public init(_ behaviour: Behaviour = .right) throws {
    let shared = Shared()
    shared.state.withLock { $0.behaviour = behaviour }
    self.shared = shared
    server = try RawServer { request in
      let behaviour = shared.state.withLock { state in
        state.heads.append(request.head)
        return state.first.isEmpty ? state.behaviour : state.first.removeFirst()
      }
      return Self.answer(request.head, behaviour)
    }
  }

  /// Does this from now on, after what `first` lists, one question each.
  public func behave(_ behaviour: Behaviour, first: [Behaviour] = []) {
    shared.state.withLock { ($0.behaviour, $0.first) = (behaviour, first) }
  }

  /// Refuses connections from now on.
  public func stop() { server.stop() }

  private static func answer(_ head: String, _ behaviour: Behaviour) -> RawServer.Answer {
    let target = head.split(separator: " ").dropFirst().first ?? ""
    switch behaviour {
    case .right: return .keep(right(target))
    case .slow(let time): return .delayed(time, right(target))
    case .hanging: return .hang
    case .busy(let time):
      return .response(429, "{}", headers: time.map { ["Retry-After: \($0)"] } ?? [])
    case .status(let status, let headers): return .response(status, "{}", headers: headers)
    case .slowStatus(let time, let status): return .delayed(time, RawServer.text(status, "{}"))
    case .truncated: return .close(String(right(target).dropLast(10)))
    case .oversize:
      return .keep(json(200, "{\"items\":[]," + String(repeating: " ", count: 70_000) + "\"x\":1}"))
    case .body(let text, let type):
      return .response(200, text, headers: ["Content-Type: \(type)"])
    case .laterMonth: return .keep(json(200, items("2023120100", "99")))
    case .nullViews: return .keep(json(200, items("2023110100", "null")))
    case .redirect:
      return .response(
        302, "", headers: ["Location: \(target.replacing("per-article", with: "x"))"])
    }
  }

  /// The answer to `/metrics/pageviews/per-article/PROJECT/ACCESS/AGENT/TITLE/monthly/FROM/TO`.
  private static func right(_ target: Substring) -> String {
    let parts = target.split(separator: "/").map(String.init)
    guard parts.count == 10, parts[2] == "per-article", parts[3] == "en.wikipedia",
      parts[7] == "monthly",
      let count = parts[6].hasPrefix(evergreen.title)
        ? evergreen.views : counts["\(parts[6])/\(parts[8])/\(parts[9])"]
    else { return json(404, notFound) }
    return json(200, items("\(parts[8].prefix(6))0100", "\(count)"))
  }

  private static func items(_ timestamp: String, _ views: String) -> String {
    """
    {"items":[{"project":"en.wikipedia","article":"Foobar","granularity":"monthly",\
    "timestamp":"\(timestamp)","access":"all-access","agent":"all-agents","views":\(views)}]}
    """
  }

  private static let notFound = #"{"type":"not_found","title":"Not found.","method":"get"}"#

  private static func json(_ status: Int, _ body: String) -> String {
    RawServer.text(status, body, ["Content-Type: application/json; charset=utf-8"])
  }
}

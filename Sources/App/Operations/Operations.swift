import Core
import HTTPServer
import JSON
import Migrations
import SQL

/// What operators and balancers ask.
struct Operations: Sendable {
  /// Who asks, by the listener that they come through.
  enum Audience: Sendable {
    /// Whoever reaches the public port.
    case clients
    /// Those who reach the admin port or the admin socket.
    case operators
  }

  let configuration: Configuration
  let state: ServiceState
  let watch: DatabaseWatch
  let metrics: MetricsPage

  /// Whether the process answers at all: never asks the database.
  func live(_ call: Call) -> Response { Self.alive }

  private static let alive = Response.constant("OK\n")

  /// Whether clients should be sent here.
  ///
  /// A later outage of the database leaves it ready: all replicas share that database, and the
  /// ingress without any of them could only answer less well than they do.
  func ready(_ call: Call, for audience: Audience) -> Response {
    if state.isLeaving { return .text("leaving\n", status: 503) }
    guard watch.isUsable else {
      let problem = watch.latest.flatMap { Self.problem($0, for: audience) }
      return .text("\(problem ?? "starting")\n", status: 503)
    }
    return Self.isReady
  }

  private static let isReady = Response.constant("ready\n")

  private static func problem(
    _ verdict: DatabaseWatch.Verdict, for audience: Audience
  ) -> String? {
    switch audience {
    case .clients: verdict.publicProblem
    case .operators: verdict.problem
    }
  }

  /// The release that answers.
  func version(_ call: Call) -> Response {
    .json(
      JSONValue.object([
        JSONMember("name", "slipway"), JSONMember("version", .string(Version.current)),
        JSONMember("revision", .string(configuration.revision)),
      ]).bytes())
  }

  /// `UP` or `DOWN`, as the original services had it.
  func health(_ call: Call) -> Response {
    let isUp = watch.current().isUsable
    return .text(
      isUp ? "\(configuration.healthBody.rawValue)\n" : "DOWN\n", status: isUp ? 200 : 503)
  }

  /// The same, and in JSON with the reasons where the client asks for it.
  func detailedHealth(_ call: Call, for audience: Audience) -> Response {
    guard MediaType.accepts(call.request.headers.list("Accept"), "application/json") else {
      var response = health(call)
      response.headers.append("Vary", "Accept")
      return response
    }
    let verdict = watch.current()
    var database: [JSONMember] = [
      JSONMember("name", "database"), JSONMember("status", verdict.isReached ? "UP" : "DOWN"),
    ]
    if case .failure = verdict, let problem = Self.problem(verdict, for: audience) {
      database.append(JSONMember("detail", .string(problem)))
    }
    let schema = watch.schema
    let body = JSONValue.object([
      JSONMember("status", verdict.isUsable ? "UP" : "DOWN"),
      JSONMember("revision", .string(configuration.revision)),
      JSONMember(
        "schema",
        [
          "state": schema.map { .string($0.description) } ?? "unknown",
          "usable": .boolean(schema?.isUsable ?? false),
        ]),
      JSONMember(
        "checks",
        [
          .object(database),
          [
            "name": "schema",
            "status": schema?.isUsable == true ? "UP" : "DOWN",
          ],
        ]),
    ])
    var response = Response.json(body.bytes(), status: verdict.isUsable ? 200 : 503)
    response.headers.append("Vary", "Accept")
    return response
  }

  func metrics(_ call: Call) -> Response {
    .bytes(Array(metrics.text().utf8), contentType: MetricsText.contentType)
  }
}

extension DatabaseWatch.Verdict {
  /// Whether the database answered, whatever it said.
  var isReached: Bool {
    if case .schema = self { return true }
    return false
  }
}

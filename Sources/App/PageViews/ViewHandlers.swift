import Core
import HTTPServer
import JSON

/// `GET /monthly_view_count/...` and `GET /api/pageviews/...`.
struct ViewHandlers: Sendable {
  let views: PageViews
  /// Where the handlers run: waiting for the upstream holds up nobody else.
  let lane: Lane

  init(_ views: PageViews, workers: Int) {
    self.views = views
    lane = Lane("page-views", workers: workers, queueMax: ViewConfiguration.workerQueueMax)
  }

  func get(_ call: Call) throws -> Response {
    guard let article = ArticleTitle(try call.text("article").required()) else {
      throw Self.noCount
    }
    var query = ViewQuery(article, try month(call).required())
    query.project = try call.text("project").flatMap { ViewProject($0) }.required()
    query.access = try call.text("access").flatMap { .init(rawValue: $0) }.required()
    query.agent = try call.text("agent").flatMap { .init(rawValue: $0) }.required()
    guard !isFuture(query.month) else {
      throw Problem.invalid("#/path/year", "must not name a month in the future")
    }
    guard query.month >= .first else {
      throw Problem(status: 404, detail: "There are no counts before July 2015.")
    }
    let count = try count(query, call)
    guard let number = count.views else { throw Self.noCount }
    return response(Self.body(query, number, isFinal: count.isFinal), count)
  }

  private static let noCount = Problem(
    status: 404,
    detail: "There is no count: no views, not counted yet, or no article of that title.")

  private static func body(_ query: ViewQuery, _ views: Int64, isFinal: Bool) -> JSONValue {
    [
      "project": .string(query.project.name), "article": .string(query.article.text),
      "year": .integer(Int64(query.month.year)), "month": .integer(Int64(query.month.month)),
      "views": .integer(views), "final": .boolean(isFinal),
    ]
  }

  private func month(_ call: Call) -> ViewMonth? {
    guard let year = call.integer("year"), let month = call.integer("month") else { return nil }
    return ViewMonth(year: Int(year), month: Int(month))
  }

  private func isFuture(_ month: ViewMonth) -> Bool { month > ViewMonth(holding: views.today) }

  private func count(_ query: ViewQuery, _ call: Call) throws -> PageViews.Count {
    do throws(ViewFailure) {
      return try views.count(
        query, for: call.request.context, deadline: call.request.deadline)
    } catch {
      throw error.problem
    }
  }

  /// Others may keep an answer as long as it would be kept here.
  private func response(_ body: JSONValue, _ count: PageViews.Count) -> Response {
    var response = Response.json(body.bytes())
    response.headers.append(
      "Cache-Control", "public, max-age=\(count.timeToLive.components.seconds)")
    if let age = count.age { response.headers.append("Age", String(age.components.seconds)) }
    return response
  }

  // MARK: As the original service had it

  func legacy(_ call: Call) throws -> Response {
    let month = try month(call).required()
    if isFuture(month) { return LegacyViews.future }
    guard let article = call.text("article").flatMap({ ArticleTitle($0) }), month >= .first else {
      return LegacyViews.error
    }
    let count: PageViews.Count
    do throws(ViewFailure) {
      count = try views.count(
        ViewQuery(article, month), for: call.request.context, deadline: call.request.deadline)
    } catch {
      return LegacyViews.unavailable(error.problem)
    }
    guard let number = count.views else { return LegacyViews.error }
    return response(.string(String(number)), count)
  }
}

extension ViewFailure {
  /// As clients are told.
  var problem: Problem {
    switch self {
    case .unavailable(let time):
      let seconds = max(1, (time + .milliseconds(999)).components.seconds)
      return Problem(
        status: 503, detail: "The source of page views is not available.",
        headers: [Problem.Header("Retry-After", String(seconds))])
    case .senseless, .broken:
      return Problem(
        status: 502, detail: "The source of page views gave an answer that can not be used.")
    }
  }
}

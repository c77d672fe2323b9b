import CSV
import Core
import HTTPServer
import JSON
import SQL

/// `POST /people/import`.
struct ImportHandlers: Sendable {
  private let database: any Database
  let configuration: ImportConfiguration
  let metrics = ImportMetrics()

  init(_ database: any Database, _ configuration: ImportConfiguration) {
    self.database = database
    self.configuration = configuration
  }

  /// Imports hold no worker up that others need.
  let lane = Lane(
    "import", workers: ImportConfiguration.workers, queueMax: ImportConfiguration.queueMax)

  func post(_ call: Call) throws -> Response {
    var options = ImportOptions()
    options.mode = try call.text("mode").flatMap { ImportOptions.Mode(rawValue: $0) }.required()
    options.skipsInvalid = try (call["skipInvalid"]?.truth).required()
    // The import is a transaction of its own, so an answer could not be kept along with it.
    if options.mode == .append, call.request.headers["Idempotency-Key"] != nil {
      throw Problem.invalid(
        "#/header/Idempotency-Key",
        "is not kept by imports, and mode=append would add everybody again; leave it out, "
          + "or use mode=merge, which changes nothing the second time")
    }
    let body = Guarded(call.request.body)
    let source: ImportReader.Source = {
      body.withLock { rest in
        defer { rest = [] }
        return rest
      }
    }
    let start = ContinuousClock.now
    do {
      let result = try PeopleImport(database: database)
        .run(source, options, deadline: call.request.deadline)
      metrics.count(.done, result, since: start)
      return .json(result.json.bytes())
    } catch let problems as ImportProblems {
      metrics.count(.refused, nil, since: start)
      throw Problem(problems)
    } catch is OccurrenceTable.Full {
      metrics.count(.refused, nil, since: start)
      throw Problem(
        status: 413, detail: "The file has more than \(OccurrenceTable.rowsMax) different rows.")
    } catch {
      metrics.count(.failed, nil, since: start)
      throw error
    }
  }
}

extension Problem {
  /// 400 with every listed problem of a file.
  fileprivate init(_ problems: ImportProblems) {
    let rows = ImportText.count(problems.rows, "row")
    self.init(
      status: 400,
      detail: "\(rows) of the file \(problems.rows == 1 ? "is" : "are") wrong; "
        + "nothing was imported.",
      errors: problems.listed.map {
        FieldError(
          pointer: "#/line/\($0.place.line)/column/\($0.place.column)", detail: $0.words)
      })
  }
}

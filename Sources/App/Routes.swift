import HTTPServer

/// Every route of the service on one screen.
struct Routes: Sendable {
  let filters: Filters
  let operations: Operations
  let payloads: Payloads
  var documents: DocumentHandlers

  /// The table, with the document that it makes of itself.
  init(
    filters: Filters, operations: Operations, payloads: Payloads, hasPage: Bool,
    assets: DocsAssets?
  ) {
    self.filters = filters
    self.operations = operations
    self.payloads = payloads
    documents = .placeholder(hasPage: hasPage)
    documents = DocumentHandlers(
      OpenAPIDocument(documented), hasPage: hasPage, assets: assets)
  }

  /// What clients reach; metrics and details of the health only where there is no admin port.
  func serving(hasAdminPort: Bool) -> [Route] {
    routes(
      probes(.clients) + (hasAdminPort ? [health] : [detailedHealth(.clients), metrics]) + payload
        + texts + parts)
  }

  /// What operators reach on a port of their own.
  var admin: [Route] { routes(probes(.operators) + [detailedHealth(.operators), metrics]) }

  /// What operators reach on the admin socket: the whole service before clients do.
  var entrance: [Route] { routes(documented + parts) }

  /// What the document tells; it is the same whoever asks.
  var documented: [Operation] {
    payload + probes(.operators) + [detailedHealth(.operators), metrics] + texts
  }

  /// Every path, for the labels of metrics.
  var templates: [String] { (documented + parts).map(\.template) }

  private func routes(_ operations: [Operation]) -> [Route] { operations.map { $0.route(filters) } }

  private func probes(_ audience: Operations.Audience) -> [Operation] {
    [
      Operation(.get, "/livez", OperationsContracts.live, .inline, operations.live),
      Operation(.get, "/readyz", OperationsContracts.ready, .inline) { [operations] call in
        operations.ready(call, for: audience)
      },
      Operation(.get, "/version", OperationsContracts.version, .inline, operations.version),
    ]
  }

  private var health: Operation {
    Operation(.get, "/health", OperationsContracts.health, operations.health)
  }
  private func detailedHealth(_ audience: Operations.Audience) -> Operation {
    Operation(.get, "/health", OperationsContracts.health) { [operations] call in
      operations.detailedHealth(call, for: audience)
    }
  }
  private var metrics: Operation {
    Operation(.get, "/metrics", OperationsContracts.metrics, operations.metrics)
  }

  private var payload: [Operation] {
    birthdays + people + randomizes + pageViews + messages
  }

  private var birthdays: [Operation] {
    let handlers = payloads.birthdays
    return [
      Operation(.put, "/hello/{username}", BirthdayContracts.put, handlers.put),
      Operation(.get, "/hello/{username}", BirthdayContracts.get, handlers.get),
    ]
  }

  private var people: [Operation] {
    let handlers = payloads.people
    let imports = payloads.imports
    return [
      Operation(
        .post, "/people/import", ImportContracts.post(imports.configuration), .lane(imports.lane),
        imports.post),
      Operation(.get, "/people", PersonContracts.list, handlers.list),
      Operation(.post, "/people", PersonContracts.post, handlers.post),
      Operation(.get, "/people/{uuid}", PersonContracts.get, handlers.get),
      Operation(.put, "/people/{uuid}", PersonContracts.put, handlers.put),
      Operation(.delete, "/people/{uuid}", PersonContracts.delete, handlers.delete),
    ]
  }

  private var randomizes: [Operation] {
    let handlers = payloads.randomizes
    return [
      Operation(.post, "/api/randomizes", RandomizeContracts.post, handlers.post),
      Operation(.get, "/api/randomizes", RandomizeContracts.list, handlers.list),
      Operation(.get, "/api/randomizes/{id}", RandomizeContracts.get, handlers.get),
      Operation(.put, "/api/randomizes/{id}", RandomizeContracts.put, handlers.put),
      Operation(.delete, "/api/randomizes/{id}", RandomizeContracts.delete, handlers.delete),
      Operation(.get, "/api/histories", HistoryContracts.list, payloads.histories.list),
    ]
  }

  private var pageViews: [Operation] {
    let handlers = payloads.pageViews
    let path = "{article}/{year}/{month}"
    let lane = Execution.lane(handlers.lane)
    return [
      Operation(.get, "/monthly_view_count/\(path)", ViewContracts.legacy, lane, handlers.legacy),
      Operation(.get, "/api/pageviews/\(path)", ViewContracts.get, lane, handlers.get),
    ]
  }

  private var messages: [Operation] {
    let handlers = payloads.messages
    return [
      Operation(.post, "/message", MessageContracts.legacyPost, handlers.legacyPost),
      Operation(.get, "/message", MessageContracts.legacyList, handlers.legacyList),
      Operation(.post, "/messages", MessageContracts.post, handlers.post),
      Operation(.get, "/messages", MessageContracts.list, handlers.list),
      Operation(.get, "/messages/{id}", MessageContracts.get, handlers.get),
      Operation(.delete, "/messages/{id}", MessageContracts.delete, handlers.delete),
    ]
  }

  private var texts: [Operation] {
    [
      Operation(.get, "/openapi.json", DocumentContracts.json, .inline, documents.openAPI),
      Operation(.get, "/openapi.yaml", DocumentContracts.yaml, .inline, documents.openAPIAsYAML),
    ] + (documents.hasPage ? pages : [])
  }

  private var pages: [Operation] {
    [
      Operation(.get, "/docs", DocumentContracts.docs, .inline, documents.docs),
      Operation(.get, "/apidocs", DocumentContracts.apidocs, .inline, documents.docs),
    ]
  }

  /// What the page loads, of no interest to anybody else.
  private var parts: [Operation] {
    guard documents.hasPage else { return [] }
    return [Operation(.get, "/docs/{file}", DocumentContracts.asset, .inline, documents.asset)]
  }
}

import HTTPServer

/// Every route of the service on one screen.
struct Routes: Sendable {
  let filters: Filters
  let operations: Operations
  let birthdays: BirthdayHandlers

  /// What clients reach; metrics and details of the health only where there is no admin port.
  func serving(hasAdminPort: Bool) -> [Route] {
    routes(probes + (hasAdminPort ? [health] : [detailedHealth, metrics]) + payload)
  }

  /// What operators reach on a port of their own.
  var admin: [Route] { routes(probes + [detailedHealth, metrics]) }

  /// What operators reach on the admin socket: the whole service before clients do.
  var entrance: [Route] { routes(documented) }

  /// What the document tells.
  var documented: [Operation] { probes + [detailedHealth, metrics] + payload }

  /// Every path, for the labels of metrics.
  var templates: [String] { documented.map(\.template) }

  private func routes(_ operations: [Operation]) -> [Route] { operations.map { $0.route(filters) } }

  private var probes: [Operation] {
    [
      Operation(.get, "/livez", OperationsContracts.live, .inline, operations.live),
      Operation(.get, "/readyz", OperationsContracts.ready, .inline, operations.ready),
      Operation(.get, "/version", OperationsContracts.version, .inline, operations.version),
    ]
  }

  private var health: Operation {
    Operation(.get, "/health", OperationsContracts.health, operations.health)
  }
  private var detailedHealth: Operation {
    Operation(.get, "/health", OperationsContracts.health, operations.detailedHealth)
  }
  private var metrics: Operation {
    Operation(.get, "/metrics", OperationsContracts.metrics, operations.metrics)
  }

  private var payload: [Operation] {
    [
      Operation(.put, "/hello/{username}", BirthdayContracts.put, birthdays.put),
      Operation(.get, "/hello/{username}", BirthdayContracts.get, birthdays.get),
    ]
  }
}

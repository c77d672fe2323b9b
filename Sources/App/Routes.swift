import HTTPServer

/// Every route of the service on one screen.
struct Routes: Sendable {
  let operations: Operations
  let birthdays: BirthdayHandlers

  /// Every path, for the labels of metrics.
  static let templates = [
    "/livez", "/readyz", "/version", "/health", "/metrics", "/hello/{username}",
  ]

  /// What clients reach; metrics and details of the health only where there is no admin port.
  func serving(hasAdminPort: Bool) -> [Route] {
    probes + (hasAdminPort ? [health] : [detailedHealth, metrics]) + payload
  }

  /// What operators reach on a port of their own.
  var admin: [Route] { probes + [detailedHealth, metrics] }

  /// What operators reach on the admin socket: the whole service before clients do.
  var entrance: [Route] { admin + payload }

  private var probes: [Route] {
    [
      Route(.get, "/livez", .inline, handler: operations.live),
      Route(.get, "/readyz", .inline, handler: operations.ready),
      Route(.get, "/version", .inline, handler: operations.version),
    ]
  }

  private var health: Route { Route(.get, "/health", .worker, handler: operations.health) }
  private var detailedHealth: Route {
    Route(.get, "/health", .worker, handler: operations.detailedHealth)
  }
  private var metrics: Route { Route(.get, "/metrics", .worker, handler: operations.metrics) }

  private var payload: [Route] {
    [
      Route(.put, "/hello/{username}", .worker, handler: birthdays.put),
      Route(.get, "/hello/{username}", .worker, handler: birthdays.get),
    ]
  }
}

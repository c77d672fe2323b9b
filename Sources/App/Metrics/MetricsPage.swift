import Core
import HTTPServer
import POSIX
import SQL

/// Everything that is counted, as one page.
final class MetricsPage: Sendable {
  private let database: MeasuredDatabase
  private let watch: DatabaseWatch
  private let revision: String
  private let startedAt = Timestamp.now()
  private let sources = Guarded<[any MetricsSource]>([])
  private let servers = Guarded<[(name: String, server: Server)]>([])

  init(database: MeasuredDatabase, watch: DatabaseWatch, revision: String) {
    self.database = database
    self.watch = watch
    self.revision = revision
  }

  /// Counts `server` in from now on.
  func add(_ server: Server, named name: String) {
    servers.withLock { $0.append((name, server)) }
  }

  /// Shows what `source` counts from now on.
  func add(_ source: any MetricsSource) { sources.withLock { $0.append(source) } }

  func text() -> String {
    var page = MetricsText()
    for source in sources.withLock({ $0 }) { source.write(to: &page) }
    writeServers(&page)
    database.write(to: &page)
    writePool(&page)
    writeProcess(&page)
    page.family("slipway_build_info", .gauge, "The release that runs; always 1.")
    page.sample(
      "slipway_build_info", [("version", Version.current), ("revision", revision)], "1")
    return page.text
  }

  private func writeServers(_ page: inout MetricsText) {
    let all = servers.withLock { $0 }.map { (name: $0.name, counts: $0.server.statistics) }
    let families: [(String, MetricsText.Kind, String, (Statistics) -> Int)] = [
      (
        "http_server_active_requests", .gauge, "Requests that are read, handled or answered.",
        { $0.activeRequests }
      ),
      ("http_server_connections", .gauge, "Open connections.", { $0.connections }),
      (
        "http_server_connections_accepted_total", .counter, "Connections since the start.",
        { $0.accepted }
      ),
      ("http_server_requests_total", .counter, "Requests begun since the start.", { $0.requests }),
      (
        "http_server_large_body_bytes", .gauge, "Memory that is taken for large bodies.",
        { $0.largeBodyBytes }
      ),
      ("http_server_worker_queue", .gauge, "Requests that wait for a worker.", { $0.queued }),
      ("http_server_workers_busy", .gauge, "Workers that have a request.", { $0.busyWorkers }),
    ]
    for (name, kind, help, value) in families {
      page.family(name, kind, help)
      for (server, counts) in all {
        page.sample(name, [("server", server)], String(value(counts)))
      }
    }
    writeLanes(&page, all.flatMap { one in one.counts.lanes.map { (one.name, $0) } })
    let name = "http_server_refusals_total"
    page.family(name, .counter, "Requests that the server refused by itself.")
    for (server, counts) in all {
      for reason in Refusal.allCases {
        page.sample(
          name, [("server", server), ("reason", reason.rawValue)],
          String(counts.refusals[reason] ?? 0))
      }
    }
  }

  private func writeLanes(
    _ page: inout MetricsText, _ lanes: [(server: String, counts: LaneStatistics)]
  ) {
    page.family("http_server_lane_queue", .gauge, "Requests that wait for a worker of a lane.")
    for (server, lane) in lanes {
      page.sample(
        "http_server_lane_queue", [("server", server), ("lane", lane.name)], String(lane.queued))
    }
    page.family("http_server_lane_workers_busy", .gauge, "Workers of a lane that have a request.")
    for (server, lane) in lanes {
      page.sample(
        "http_server_lane_workers_busy", [("server", server), ("lane", lane.name)],
        String(lane.busyWorkers))
    }
    let refusals = "http_server_lane_refusals_total"
    page.family(refusals, .counter, "Requests that were refused because a lane's queue was full.")
    for (server, lane) in lanes {
      page.sample(refusals, [("server", server), ("lane", lane.name)], String(lane.refusals))
    }
  }

  private func writePool(_ page: inout MetricsText) {
    let pool = database.statistics
    page.family(
      "db_client_connection_count", .gauge, "Connections of the pool, by what they do.")
    page.sample("db_client_connection_count", [("state", "used")], String(pool.inUse))
    page.sample("db_client_connection_count", [("state", "idle")], String(pool.idle))
    page.single(
      "db_client_connection_max", .gauge, "The most connections that the pool opens.",
      pool.connectionsMax)
    page.single(
      "db_client_connection_pending_requests", .gauge, "Callers that wait for a connection.",
      pool.waiting)
    page.single(
      "db_client_connection_timeouts_total", .counter, "Waits that ended without a connection.",
      pool.waitsTimedOut)
    page.single(
      "db_client_connection_reconnects_total", .counter,
      "Connections opened in place of one that broke or was too old.", pool.reconnects)
    page.single(
      "slipway_schema_usable", .gauge, "Whether this release can work with the schema.",
      watch.isUsable ? 1 : 0)
  }

  private func writeProcess(_ page: inout MetricsText) {
    page.single(
      "process_cpu_seconds_total", .counter, "Processor time, user and system together.",
      ProcessInfo.processorTime)
    page.single(
      "process_resident_memory_bytes", .gauge, "Resident memory.", ProcessInfo.residentBytes)
    page.single("process_open_fds", .gauge, "Open file descriptors.", ProcessInfo.openDescriptors)
    page.single(
      "process_start_time_seconds", .gauge, "When the process started, in seconds of Unix time.",
      startedAt.microsecondsSinceEpoch / 1_000_000)
  }
}

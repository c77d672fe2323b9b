import Core
import HTTPServer
import Handover
import Logging
import Migrations
import POSIX
import SQL
import Schema
import Synchronization

/// The running service: everything between a configuration and the end of the process.
final class Service: Sendable {
  /// How often readiness is looked at before the service is ready.
  static let startPause: Duration = .milliseconds(100)
  /// How often readiness is looked at afterwards.
  static let watchPause: Duration = .seconds(5)
  /// Threads for requests of operators that wait.
  static let adminWorkers = 4
  /// PostgreSQL connections of the audit history and the cleaner, one for each.
  static let backgroundConnectionsMax = 2

  let configuration: Configuration
  let state = ServiceState()
  let watch: DatabaseWatch
  let socket: PublicSocket
  /// The table, for whoever wants to know what is served.
  let routes: Routes
  private let logger: Logger
  private let database: MeasuredDatabase
  private let background: MeasuredDatabase
  private let imports: MeasuredDatabase
  private let audit: AuditWriter
  private let cleaner: Cleaner
  private let authentication: Authentication
  private let server: Server
  private let admin: Server
  private let hasEnded = Atomic<Bool>(false)
  private let acceptance = Guarded(false)

  /// Opens and binds everything; nothing is accepted on the public socket yet.
  init(_ configuration: Configuration, logger: Logger) throws(StartFailure) {
    self.configuration = configuration
    self.logger = logger
    socket = try PublicSocket(configuration)
    let migrations: MigrationSet
    do {
      database = MeasuredDatabase(try configuration.database.open(configuration.databaseOptions))
      background = try Self.openBackground(configuration, beside: database)
      imports = try Self.openImports(configuration, beside: database)
      migrations = try ServiceSchema.migrations(for: database.dialect)
    } catch {
      throw StartFailure("database \(configuration.database.redacted): \(error)")
    }
    watch = DatabaseWatch(database, migrations)
    let page = MetricsPage(
      database: database, watch: watch, revision: configuration.revision)
    audit = AuditWriter(
      AuditQueue(entriesMax: configuration.audit.queueMax), HistoryStore(database: background),
      flushTimeout: configuration.audit.flushTimeout, logger: logger)
    cleaner = Cleaner(Payloads.cleaning(configuration), background, logger: logger)
    let joining = JoiningDatabase(database)
    let payloads = Payloads(configuration, joining, imports: imports, logger: logger)
    authentication = Authentication(configuration.auth, logger: logger)
    let filters = Filters(configuration, joining, authentication: [authentication.filter])
    routes = Routes(
      filters: filters,
      operations: Operations(
        configuration: configuration, state: state, watch: watch, metrics: page),
      payloads: payloads, hasPage: configuration.hasDocs, assets: try Self.assets(configuration))
    let metrics = HTTPMetrics(templates: routes.templates)
    let sources: [any MetricsSource] = [metrics, audit, cleaner] + authentication.sources
    for source in sources + filters.sources + payloads.sources { page.add(source) }
    let middleware = Middleware(
      revision: configuration.revision, logger: logger, metrics: metrics,
      errors: ErrorRendering(logger: logger, isSchemaUsable: { [watch] in watch.isUsable }),
      filters: configuration.filters)
    let hooks = audit.observing(middleware.hooks)
    server = Server(configuration.server, hooks: hooks)
    var adminConfiguration = configuration.server
    adminConfiguration.workers = Self.adminWorkers
    admin = Server(adminConfiguration, hooks: hooks)
    page.add(server, named: "public")
    page.add(admin, named: "admin")
    do {
      try server.start(listeners: [
        Listener(
          "http", socket: try socket.file.duplicate(),
          router: Router(routes.serving(hasAdminPort: configuration.admin != nil)))
      ])
      try admin.start(listeners: try Service.adminListeners(configuration, routes))
    } catch {
      throw StartFailure("\(error)")
    }
  }

  /// The interactive page's files, where they were fetched.
  private static func assets(_ configuration: Configuration) throws(StartFailure) -> DocsAssets? {
    guard configuration.hasDocs else { return nil }
    guard let folder = configuration.docsAssets ?? DocsAssets.standardFolder() else { return nil }
    do {
      return try DocsAssets(folder: folder)
    } catch {
      throw StartFailure("DOCS_ASSETS: \(error)")
    }
  }

  /// The way to the database for work that no client waits for.
  ///
  /// On PostgreSQL it has connections of its own, so that none of those for requests is held while
  /// a table is locked. SQLite has one writer for all.
  private static func openBackground(
    _ configuration: Configuration, beside database: MeasuredDatabase
  ) throws(DatabaseError) -> MeasuredDatabase {
    guard database.dialect == .postgres else { return database }
    var options = configuration.databaseOptions
    options.pool.connectionsMax = backgroundConnectionsMax
    return MeasuredDatabase(
      try configuration.database.open(options), countedWith: database)
  }

  /// The way to the database for imports, which hold a connection for minutes.
  ///
  /// On SQLite it is a writer of its own: the one for requests is free while a file is read. A
  /// database in memory has no second one.
  private static func openImports(
    _ configuration: Configuration, beside database: MeasuredDatabase
  ) throws(DatabaseError) -> MeasuredDatabase {
    if configuration.database.isInMemory { return database }
    var options = configuration.databaseOptions
    options.pool.connectionsMax = ImportConfiguration.workers
    options.sqlite.readersMax = 1
    return MeasuredDatabase(
      try configuration.database.open(options), countedWith: database)
  }

  private static func adminListeners(
    _ configuration: Configuration, _ routes: Routes
  ) throws -> [Listener] {
    var listeners: [Listener] = []
    if let path = configuration.adminSocket {
      listeners.append(
        Listener(
          "entrance", socket: try ListeningSocket.unix(path: path),
          router: Router(routes.entrance), role: .admin))
    }
    if let endpoint = configuration.admin {
      listeners.append(
        Listener(
          "admin", socket: try ListeningSocket.tcp(host: endpoint.host, port: endpoint.port),
          router: Router(routes.admin), role: .admin))
    }
    return listeners
  }

  // MARK: Running

  /// Serves operators, watches the database, and answers on the control socket where there is one.
  func start() throws(StartFailure) {
    do {
      try audit.start()
      try cleaner.start()
      try authentication.start()
      try admin.accept()
      try WorkThread.detach("readiness") { self.watchReadiness() }
      if let path = configuration.controlSocket {
        let service = try ControlService(path: path)
        let control = ReplicaControl(
          revision: configuration.revision, state: state, listener: socket.file.rawValue,
          accept: { try self.accept() })
        try WorkThread.detach("control") {
          while !self.hasEnded.load(ordering: .acquiring) {
            _ = try? service.serveOne(.after(ReplicaControl.tick)) { request, _ in
              control.answer(request.value)
            }
          }
        }
      }
    } catch {
      throw StartFailure("\(error)")
    }
  }

  /// Begins to accept clients; the second time nothing happens.
  func accept() throws {
    try acceptance.withLock { isDone in
      guard !isDone, state.beginAccepting() else { return }
      do {
        try server.accept()
      } catch {
        // Who asks must not be told that clients are served when they are not.
        state.failAccepting("\(error)")
        throw error
      }
      isDone = true
      logger.info("accepting", ("port", .integer(socket.port)))
    }
  }

  private func watchReadiness() {
    var last: String?
    while !self.hasEnded.load(ordering: .acquiring) {
      let verdict = watch.current(age: Self.startPause)
      let problem = watch.isUsable ? nil : verdict.problem
      if problem != last || state.stage == .starting && problem == nil {
        state.report(problem: problem)
        if let problem, problem != last {
          logger.warning("not ready", ("problem", .string(problem)))
        }
        if problem == nil { logger.info("ready") }
        last = problem
      }
      pause(problem == nil ? Self.watchPause : Self.startPause)
    }
  }

  private func pause(_ duration: Duration) {
    let deadline = Deadline.after(duration)
    while !deadline.hasPassed, !hasEnded.load(ordering: .acquiring) {
      WorkThread.sleep(.milliseconds(50))
    }
  }

  // MARK: Ending

  /// Leaves without losing a request; blocks until it is done.
  func drain() {
    logger.info("leaving")
    if state.beginLeaving() {
      let outcome = server.drain()
      if case .cut(let connections) = outcome {
        logger.warning("connections cut", ("connections", .integer(connections)))
      }
    } else {
      server.stop()
    }
    end()
  }

  /// Leaves now; also ends a `drain` that waits.
  func stop() {
    _ = state.beginLeaving()
    server.stop()
    audit.hurry()
  }

  /// From what clients see to what they do not: the history is whole once nobody is answered.
  private func end() {
    admin.stop()
    cleaner.stop()
    audit.stop()
    hasEnded.store(true, ordering: .releasing)
    authentication.stop()
    database.close()
    background.close()
    imports.close()
    for path in [configuration.adminSocket, configuration.controlSocket].compactMap({ $0 }) {
      try? File.remove(path)
    }
    logger.info("ended")
    logger.flush()
  }
}

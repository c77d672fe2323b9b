import Core
import Logging
import POSIX
import SQL

/// The handlers of every payload, with what they count and what must be cleaned up behind them.
struct Payloads: Sendable {
  let birthdays: BirthdayHandlers
  let people: PersonHandlers
  let imports: ImportHandlers
  let randomizes: RandomizeHandlers
  let histories: HistoryHandlers
  let pageViews: ViewHandlers
  let messages: MessageHandlers
  /// What the metrics page shows of them.
  let sources: [any MetricsSource]

  /// Imports go to the database by a way of their own, the same one where there is none.
  init(
    _ configuration: Configuration, _ database: any Database, imports own: (any Database)? = nil,
    logger: Logger
  ) {
    let timeout = configuration.databaseTimeout
    let hasZone = configuration.birthdayTimeZone != nil
    birthdays = BirthdayHandlers(
      store: BirthdayStore(database: database), leapPolicy: configuration.birthdayLeapPolicy,
      databaseTimeout: timeout,
      today: { hasZone ? POSIX.Calendar.localDate(.now()) : Timestamp.now().date })
    people = PersonHandlers(store: PersonStore(database: database), databaseTimeout: timeout)
    imports = ImportHandlers(own ?? database, configuration.peopleImport)
    randomizes = RandomizeHandlers(
      store: RandomizeStore(database: database), databaseTimeout: timeout)
    histories = HistoryHandlers(store: HistoryStore(database: database), databaseTimeout: timeout)
    let views = PageViews(
      configuration.pageViews, store: ViewStore(database: database),
      upstream: ViewUpstream(configuration.pageViews, logger: logger))
    pageViews = ViewHandlers(views, workers: configuration.pageViews.workers)
    messages = MessageHandlers(
      store: MessageStore(database: database), databaseTimeout: timeout)
    sources = [views, imports.metrics]
  }

  /// What keeps the tables that grow within bounds.
  static func cleaning(_ configuration: Configuration) -> [CleaningJob] {
    HistoryStore.cleaning(
      retention: configuration.audit.retention, rowsMax: configuration.audit.rowsMax)
      + MessageStore.cleaning(retention: configuration.messageRetention)
      + IdempotencyStore.cleaning
      + ViewStore.cleaning(
        retention: configuration.pageViews.retention + configuration.pageViews.staleMax,
        rowsMax: configuration.pageViews.rowsMax)
  }
}

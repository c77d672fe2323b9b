import CSV
import Core
import POSIX
import SQL

/// Reads a file of people and makes the rows that are copied into the table.
///
/// Runs on a thread of its own, so that the database takes rows while the next ones are read.
struct ImportReader: ~Copyable {
  typealias Source = @Sendable () throws -> [UInt8]

  /// Batches that wait for the database; with the one being filled and the one being sent, a
  /// mebibyte.
  static let batchesMax = 6
  private static let bytesBetweenReports = 1 << 20

  /// What was in the file.
  struct Summary: Sendable {
    /// Whether the first line is as it must be; without it there is nothing to skip rows of.
    var hasHeader = false
    /// Records, the first line left aside.
    var rows = 0
    var problems = ImportProblems()
  }

  private let options: ImportOptions
  private let queue: BoundedQueue<CopyBatch>
  private let progress: ImportProgress
  private var csv: CSVReader
  private var record = CSVRecord()
  private var identity = PersonIdentity()
  private var batch = CopyBatch()
  private var summary = Summary()
  private var reportedBytes = 0

  init(
    _ source: @escaping Source, _ options: ImportOptions,
    into queue: BoundedQueue<CopyBatch>, _ progress: ImportProgress
  ) {
    self.options = options
    self.queue = queue
    self.progress = progress
    csv = CSVReader(limits: Self.limits, source: source)
  }

  /// A name of 100 characters has 400 bytes; a quote that is not closed is found soon.
  private static var limits: CSVLimits {
    var limits = CSVLimits()
    limits.fieldBytesMax = 1024
    limits.fieldsMax = 64
    limits.recordBytesMax = 8192
    return limits
  }

  /// Reads to the end; throws what the source throws.
  ///
  /// Once a row is wrong that must not be skipped, the rest is only checked.
  mutating func run() throws -> Summary {
    let header: ImportHeader
    do {
      guard try csv.next(&record) else { throw ImportHeader.missing }
      header = try ImportHeader(record)
      summary.hasHeader = true
    } catch let problems as ImportProblems {
      summary.problems = problems
      return summary
    } catch let error as CSVError {
      summary.problems.add([ImportProblem(error)])
      return summary
    }
    while try next(header) {
      if batch.isFull, try !send() { break }
      if csv.bytesRead - reportedBytes >= Self.bytesBetweenReports { try report() }
    }
    try report()
    if !batch.isEmpty { _ = try send() }
    return summary
  }

  /// Reads one record; false at the end.
  private mutating func next(_ header: ImportHeader) throws -> Bool {
    do {
      guard try csv.next(&record) else { return false }
      summary.rows += 1
      guard record.count == header.fields.count else {
        let words = "the row has \(record.count) fields, not \(header.fields.count)"
        throw ImportHeader.problems([ImportProblem(record.place, words)])
      }
      let person = try ImportedPerson(record, header)
      if summary.problems.rows == 0 || options.skipsInvalid { try add(person) }
    } catch let error as CSVError {
      summary.rows += 1
      summary.problems.add([ImportProblem(error)])
    } catch let problems as ImportProblems {
      summary.problems.add(problems.listed)
    }
    return true
  }

  private mutating func add(_ person: ImportedPerson) throws {
    batch.beginRow(fields: PeopleImportSQL.stage.columns.count)
    let start = batch.bytes.count
    person.append(to: &batch, record)
    batch.append(
      options.mode == .append ? .random() : try Self.uuid(&identity, batch, start))
  }

  /// The UUID of the row whose fields begin at `start` of the batch.
  private static func uuid(
    _ identity: inout PersonIdentity, _ batch: CopyBatch, _ start: Int
  ) throws(OccurrenceTable.Full) -> UUID {
    try identity.uuid(of: batch.bytes.span.extracting(start..<batch.bytes.count))
  }

  /// Hands the batch over; false where nobody takes it any more.
  private mutating func send() throws -> Bool {
    var full = CopyBatch()
    swap(&full, &batch)
    return queue.append(full)
  }

  private mutating func report() throws {
    reportedBytes = csv.bytesRead
    progress.set(bytesRead: reportedBytes, rowsRead: summary.rows)
    try progress.checkReading()
  }
}

import Core

/// Requests between their answer and their row, a bounded number of them.
///
/// The event threads put them in, which takes a lock for a few instructions and never waits; one
/// thread takes them out. It looks from time to time instead of being woken, because waking it
/// would cost every request a system call.
final class AuditQueue: Sendable {
  /// The most memory that the entries may take, about.
  ///
  /// With words as they are, `AUDIT_QUEUE_MAX` is reached first. Entries that were taken together
  /// leave memory together, so for a moment it may be twice as much.
  static let bytesMax = 16 * 1024 * 1024

  /// Why a request has no row.
  enum Drop: Int, CaseIterable, Sendable {
    /// There was no room.
    case full
    /// The database refused the row for what is in it.
    case refused
    /// The process ended before the row could be written.
    case shutdown
  }

  struct Counts: Sendable {
    /// Entries that are not in the database yet, those that are being written included.
    var entries = 0
    var bytes = 0
    /// When the oldest of them was put in.
    var oldest: Timestamp?
    /// By `Drop.rawValue`.
    var dropped = [UInt64](repeating: 0, count: Drop.allCases.count)
    var written: UInt64 = 0

    func dropped(_ reason: Drop) -> UInt64 { dropped[reason.rawValue] }
  }

  private struct State {
    var waiting: [AuditEntry] = []
    var counts = Counts()
  }

  private let entriesMax: Int
  private let bytesMax: Int
  private let state = Guarded(State())

  init(entriesMax: Int, bytesMax: Int = bytesMax) {
    self.entriesMax = entriesMax
    self.bytesMax = bytesMax
  }

  var counts: Counts { state.withLock { $0.counts } }

  /// Puts an entry in; where there is no room, it is counted and lost.
  func offer(_ entry: AuditEntry) {
    let bytes = entry.bytes
    state.withLock { state in
      guard state.counts.entries < entriesMax, state.counts.bytes + bytes <= bytesMax else {
        state.counts.dropped[Drop.full.rawValue] += 1
        return
      }
      state.waiting.append(entry)
      state.counts.entries += 1
      state.counts.bytes += bytes
      if state.counts.oldest == nil { state.counts.oldest = entry.created }
    }
  }

  /// Takes everything that waits; it counts until it is settled.
  func take() -> [AuditEntry] {
    state.withLock { state in
      var taken: [AuditEntry] = []
      swap(&taken, &state.waiting)
      return taken
    }
  }

  /// The first of the taken entries are written, or lost for `reason`; `next` is the oldest that is
  /// taken and not settled.
  func settle(_ entries: ArraySlice<AuditEntry>, lostFor reason: Drop?, next: AuditEntry?) {
    let bytes = entries.reduce(0) { $0 + $1.bytes }
    state.withLock { state in
      state.counts.entries -= entries.count
      state.counts.bytes -= bytes
      state.counts.oldest = (next ?? state.waiting.first)?.created
      if let reason {
        state.counts.dropped[reason.rawValue] += UInt64(entries.count)
      } else {
        state.counts.written += UInt64(entries.count)
      }
    }
  }
}

import Core
import JSON
import SQL

/// A short text from one person to another, as kept.
struct Message: Sendable, Equatable {
  /// The most code points of a name.
  static let nameLengthMax = 64
  /// The most code points of a text.
  static let textLengthMax = 1024
  /// How far back the original list reaches, whatever is kept.
  static let shownFor: Duration = .seconds(30 * 86_400)

  let position: MessagePosition
  let sender: String
  let recipient: String
  let text: String

  var id: UUID { position.id }
  var created: Timestamp { position.created }

  func write(to writer: inout JSONWriter) {
    writer.object {
      $0.member("id", id.description)
      $0.member("created", created.iso8601)
      $0.member("sender", sender)
      $0.member("recipient", recipient)
      $0.member("message", text)
    }
  }

  /// As the original service told it.
  func writeLegacy(to writer: inout JSONWriter) {
    writer.object {
      $0.member("sender", sender)
      $0.member("recipient", recipient)
      $0.member("message", text)
    }
  }
}

/// Where a message stands among the others: by time, and by id where the time is the same.
struct MessagePosition: Sendable, Equatable {
  let created: Timestamp
  let id: UUID

  /// Behind every message.
  static let end = MessagePosition(
    created: Timestamp(microsecondsSinceEpoch: moments.upperBound), id: UUID(high: .max, low: .max))

  /// The years 1970 to 9999 in microseconds, which both databases can compare with.
  private static let moments: ClosedRange<Int64> = 0...253_402_300_799_999_999

  init(created: Timestamp, id: UUID) {
    self.created = created
    self.id = id
  }

  /// Reads what `cursor` says; nil where another list made it.
  init?(_ cursor: Cursor) {
    guard cursor.key.count == 2, let moment = cursor.key[0].number,
      Self.moments.contains(moment), let id = cursor.key[1].text.flatMap({ UUID($0) })
    else { return nil }
    self.init(created: Timestamp(microsecondsSinceEpoch: moment), id: id)
  }

  var cursor: Cursor {
    Cursor([.integer(created.microsecondsSinceEpoch), .string(id.description)])
  }
}

extension Timestamp {
  /// This moment, or the bound that it lies beyond.
  func clamped(to range: ClosedRange<Timestamp>) -> Timestamp {
    min(max(self, range.lowerBound), range.upperBound)
  }
}

import Core
import Crypto

/// The name of one backup: when it was begun, in UTC, and eight digits drawn by chance.
///
/// `20260131T021700Z-5f0c9a1e`: names of one database sort by time, and two of one second differ.
struct BackupID: Sendable, Hashable, Comparable {
  let text: String

  private static let randomBytes = 4
  private static let form = TextPattern("[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}")

  /// A new one, of a backup that begins at `moment`.
  init(at moment: Timestamp) {
    let digits = moment.iso8601.prefix { $0 != "." }.filter { $0 != "-" && $0 != ":" }
    text = "\(digits)Z-\(Hexadecimal.encode(RandomBytes.make(Self.randomBytes)))"
  }

  /// The one of that name; nil where no backup could have it.
  init?(_ text: String) {
    guard Self.form.matches(text), Self.moment(of: text) != nil else { return nil }
    self.text = text
  }

  /// When it was begun, to the second.
  var moment: Timestamp { Self.moment(of: text) ?? Timestamp(microsecondsSinceEpoch: 0) }

  static func < (left: BackupID, right: BackupID) -> Bool { left.text < right.text }

  private static func moment(of text: String) -> Timestamp? {
    let digits = Array(text.utf8.prefix(15))
    func part(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
    return Timestamp(
      iso8601: "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T"
        + "\(part(9..<11)):\(part(11..<13)):\(part(13..<15))Z")
  }
}

extension BackupID: CustomStringConvertible {
  var description: String { text }
}

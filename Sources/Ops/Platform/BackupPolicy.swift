import YAML

/// When backups are taken, where they go, how long they stay and how they are proven.
struct BackupPolicy: Sendable, Equatable, PlatformObject {
  /// How many backups of each kind survive pruning.
  struct Keep: Sendable, Equatable, PlatformObject {
    let last: Int
    let daily: Int
    let weekly: Int
    let monthly: Int

    init?(_ object: inout ObjectReader) {
      let count = FieldType<Int>.integer(0...10_000)
      last = object.value("last", count, default: "7", "The newest ones.")
      daily = object.value("daily", count, default: "0", "The newest of each of so many days.")
      weekly = object.value("weekly", count, default: "0", "The newest of each of so many weeks.")
      monthly = object.value(
        "monthly", count, default: "0", "The newest of each of so many months.")
    }

    var isNothing: Bool { last + daily + weekly + monthly == 0 }
  }

  enum DrillInterval: String, CaseIterable, Sendable {
    case never
    case daily
    case weekly
    case monthly
  }

  let schedule: String
  let store: String
  let encryptTo: [String]
  let keep: Keep
  let drill: DrillInterval

  init?(_ object: inout ObjectReader) {
    let schedule = object.required(
      "schedule", .cronSchedule, "When backups are taken, as cron writes it, in UTC.")
    let store = object.required(
      "store", .storeAddress, "Where backups go; credentials come from the environment.")
    encryptTo =
      object.optional(
        "encryptTo", .list(.recipient), "Who can read the backups; nobody else can, not this tool.",
        defaultText: "[]") ?? []
    let keep = object.object("keep", Keep.self, "What survives pruning.")
    drill = object.value(
      "drill", .choice, default: "weekly", "How often the newest backup is restored and compared.")
    guard let schedule, let store, let keep else { return nil }
    self.schedule = schedule
    self.store = store
    self.keep = keep
  }
}

extension FieldType where Value == String {
  /// Five fields of cron.
  ///
  /// https://man7.org/linux/man-pages/man5/crontab.5.html
  static var cronSchedule: FieldType {
    .text("five fields: minute, hour, day, month, weekday (for example \"17 2 * * *\")") { text in
      let ranges = [0...59, 0...23, 1...31, 1...12, 0...7]
      let fields = text.split(separator: " ")
      return fields.count == ranges.count
        && zip(fields, ranges).allSatisfy { field, range in
          field.split(separator: ",", omittingEmptySubsequences: false).allSatisfy {
            isCronItem($0, within: range)
          }
        }
    }
  }

  /// `*`, `5`, `1-5`, each with an optional `/2`.
  private static func isCronItem(_ item: Substring, within range: ClosedRange<Int>) -> Bool {
    let halves = item.split(separator: "/", omittingEmptySubsequences: false)
    if halves.count > 2 { return false }
    if halves.count == 2, !(Int(halves[1]).map { $0 >= 1 && $0 <= range.upperBound } ?? false) {
      return false
    }
    if halves[0] == "*" { return true }
    let ends = halves[0].split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard ends.count <= 2, let first = ends.first, let from = first else { return false }
    guard let to = ends.count == 2 ? ends[1] : from else { return false }
    return range.contains(from) && range.contains(to) && from <= to
  }

  /// The address of a store; one with a password in it is not shown.
  static var storeAddress: FieldType {
    .scalar(
      "s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or file:///DIRECTORY, without credentials",
      shown: { $0.contains("@") || $0.contains("secret") ? "[redacted]" : $0 }
    ) { scalar in
      let text = scalar.text
      guard !text.contains("@"), !text.lowercased().contains("secret"),
        let scheme = ["s3://", "gs://", "file:///"].first(where: text.hasPrefix)
      else { return nil }
      return text.count > scheme.count ? text : nil
    }
  }

  /// Somebody whom age encrypts for; age itself checks the key.
  ///
  /// https://github.com/FiloSottile/age
  static var recipient: FieldType {
    .text("a recipient of age: age1... or an ssh key") { text in
      ["age1", "ssh-ed25519 ", "ssh-rsa "].contains { text.hasPrefix($0) && text.count > $0.count }
    }
  }
}

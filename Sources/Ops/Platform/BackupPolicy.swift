import YAML

/// When backups are taken, where they go, how long they stay and how they are proven.
struct BackupPolicy: Sendable, Equatable, PlatformObject {
  /// How many backups of each kind survive pruning.
  struct Keep: Sendable, Equatable, PlatformObject {
    let last: Int
    let hourly: Int
    let daily: Int
    let weekly: Int
    let monthly: Int
    let yearly: Int
    /// Younger ones stay, whatever the counts say.
    let minAge: Duration

    init?(_ object: inout ObjectReader) {
      let count = FieldType<Int>.integer(0...10_000)
      last = object.value(
        "last", count, default: "7", "The newest ones; one stays even with 0.")
      hourly = object.value(
        "hourly", count, default: "0", "The newest of each of so many hours.", example: "24")
      daily = object.value(
        "daily", count, default: "0", "The newest of each of so many days.", example: "14")
      weekly = object.value(
        "weekly", count, default: "0", "The newest of each of so many weeks.", example: "8")
      monthly = object.value(
        "monthly", count, default: "0", "The newest of each of so many months.", example: "12")
      yearly = object.value(
        "yearly", count, default: "0", "The newest of each of so many years.", example: "10")
      minAge = object.value(
        "minAge", .duration, default: "0s", "Younger ones stay, whatever the counts say.",
        example: "7d")
    }

    init(
      last: Int, hourly: Int = 0, daily: Int = 0, weekly: Int = 0, monthly: Int = 0,
      yearly: Int = 0, minAge: Duration = .zero
    ) {
      self.last = last
      self.hourly = hourly
      self.daily = daily
      self.weekly = weekly
      self.monthly = monthly
      self.yearly = yearly
      self.minAge = minAge
    }

    var isNothing: Bool {
      last + hourly + daily + weekly + monthly + yearly == 0 && minAge == .zero
    }
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
      "drill", .choice, default: "weekly", "How often the newest backup is restored and compared.",
      example: "daily")
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
    .text(.cronSchedule) { text in
      let ranges = [0...59, 0...23, 1...31, 1...12, 0...7]
      return zip(text.split(separator: " "), ranges).allSatisfy { field, range in
        field.split(separator: ",").allSatisfy { isCronItem($0, within: range) }
      }
    }
  }

  /// `*`, `5`, `1-5`, each with an optional `/2`: whether its numbers are within the range.
  private static func isCronItem(_ item: Substring, within range: ClosedRange<Int>) -> Bool {
    let halves = item.split(separator: "/")
    if halves.count == 2, !(Int(halves[1]).map { $0 >= 1 && $0 <= range.upperBound } ?? false) {
      return false
    }
    if halves[0] == "*" { return true }
    let ends = halves[0].split(separator: "-").compactMap { Int($0) }
    return ends.allSatisfy(range.contains) && ends.first ?? 0 <= ends.last ?? 0
  }

  /// The address of a store; one with a password in it is not shown.
  static var storeAddress: FieldType {
    .text(
      .storeAddress, hint: { _ in nil },
      shown: { $0.contains("@") || $0.contains("secret") ? "[redacted]" : $0 }
    ) { $0.lowercased().contains("secret") ? nil : $0 }
  }

  /// Somebody whom age encrypts for; age itself checks the key.
  ///
  /// https://github.com/FiloSottile/age
  static var recipient: FieldType { .text(.recipient) }
}

extension TextForm {
  fileprivate static let cronSchedule: TextForm = {
    let item = #"(\*|[0-9]+(-[0-9]+)?)(/[0-9]+)?"#
    let field = "\(item)(,\(item))*"
    return TextForm(
      wanted: "five fields: minute, hour, day, month, weekday (for example \"17 2 * * *\")",
      examples: ["17 2 * * *"], pattern: TextPattern(" *\(field)( +\(field)){4} *"))
  }()

  fileprivate static let storeAddress = TextForm(
    wanted: "s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or file:///DIRECTORY, without credentials",
    examples: ["s3://slipway-backups/production?region=eu-central-1"],
    pattern: "(s3://|gs://|file:///)[^@]+")

  fileprivate static let recipient = TextForm(
    wanted: "a recipient of age: age1... or an ssh key", examples: ["age1..."],
    pattern: "(age1|ssh-ed25519 |ssh-rsa ).+")
}

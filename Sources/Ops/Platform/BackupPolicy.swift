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

  /// The major of the PostgreSQL in the image of ops, unless it was built with another: Debian's.
  static let imageMajor = 15

  let schedule: String
  let store: String
  let encryptTo: [String]
  /// The Secret whose key `signing.pem` signs manifests.
  let signWith: String?
  /// Public keys of those whose signatures count; empty where none is asked for.
  let signedBy: [String]
  let keep: Keep
  let drill: DrillPolicy
  /// Of `ops` with the programs that it calls; nil for the one beside the service's.
  let image: String?
  /// The Secret whose keys are the variables that open the store; nil for an identity of the cloud.
  let credentials: String?
  let asksMetadata: Bool
  /// Where the store listens, for the network policy.
  let port: Int
  let memory: Quantity
  let deadline: Duration
  let serviceAccount: ServiceAccount

  init?(_ object: inout ObjectReader) {
    let schedule = object.required(
      "schedule", .cronSchedule, "When backups are taken, as cron writes it, in UTC.")
    let store = object.required(
      "store", .storeAddress, "Where backups go; credentials come from the environment.")
    encryptTo =
      object.optional(
        "encryptTo", .list(.recipient), "Who can read the backups; nobody else can, not this tool.",
        defaultText: "[]") ?? []
    signWith = object.optional(
      "signWith", .label,
      "The Secret whose key signing.pem, Ed25519 in PEM, signs what a backup is.",
      example: "slipway-backup-signing")
    signedBy =
      object.optional(
        "signedBy", .list(.signer),
        "Whose signatures count; nothing else is drilled or restored then.", defaultText: "[]")
      ?? []
    let keep = object.object("keep", Keep.self, "What survives pruning.")
    let drill = object.value(
      "drill", .drillPolicy, default: "weekly",
      "How often the newest backup is restored and compared.", example: "daily")
    image = object.optional(
      "image", .imageReference,
      "The image of ops with the programs that it calls, the Dockerfile's target ops; their "
        + "PostgreSQL, \(Self.imageMajor) unless it was built with another, is the server's.",
      defaultWords: "service.image with -ops behind it, of the release of ops that renders")
    credentials = object.optional(
      "credentials", .label,
      "The Secret whose keys are the variables that open the store, such as AWS_ACCESS_KEY_ID.",
      defaultWords: "the cloud's identity of serviceAccount", example: "slipway-backup-store")
    asksMetadata = object.value(
      "metadata", .boolean, default: "false",
      "Whether pods of backups may ask the cloud's metadata service for credentials.")
    port = object.value(
      "port", .integer(1...65_535), default: "443",
      "Where the store listens, for the network policy.")
    memory = object.value(
      "memory", .bytes, default: BackupValues.memoryDefault,
      "What taking a backup reserves, and may use at most.")
    deadline = object.value(
      "deadline", .wholeSeconds, default: "6h", "When a backup that is not done is given up.")
    let account = object.object(
      "serviceAccount", ServiceAccount.self, "The account that backups run as.")
    guard let schedule, let store, let keep, let account else { return nil }
    self.drill = drill
    serviceAccount = account
    self.schedule = schedule
    self.store = store
    self.keep = keep
  }
}

/// How backups are proven.
struct DrillPolicy: Sendable, Equatable, PlatformObject {
  let every: BackupPolicy.DrillInterval
  /// The Secret whose key `identity` opens encrypted backups.
  let identity: String?
  /// Where the copy is restored to.
  let storage: Quantity
  let memory: Quantity
  let deadline: Duration
  let serviceAccount: ServiceAccount

  init?(_ object: inout ObjectReader) {
    every = object.value(
      "every", .choice, default: "weekly", "How often the newest backup is restored and compared.",
      example: "daily")
    identity = object.optional(
      "identity", .label,
      "The Secret whose key identity opens encrypted backups; its pods alone have it.",
      example: "slipway-backup-identity")
    storage = object.value(
      "storage", .bytes, default: DrillValues.storageDefault,
      "The room for a restored copy; a drill that needs more is evicted.", example: "50Gi")
    memory = object.value(
      "memory", .bytes, default: DrillValues.memoryDefault,
      "What a drill reserves, and may use at most.")
    deadline = object.value(
      "deadline", .wholeSeconds, default: "6h", "When a drill that is not done is given up.")
    let account = object.object(
      "serviceAccount", ServiceAccount.self, "The account that drills run as.")
    guard let account else { return nil }
    serviceAccount = account
  }
}

extension FieldType where Value == DrillPolicy {
  /// The interval alone, or a mapping that says more.
  static var drillPolicy: FieldType {
    let intervals = FieldType<BackupPolicy.DrillInterval>.choice
    return FieldType(.either(intervals.schema, object.schema)) { node, decoding, path in
      guard node.scalar != nil else { return object.read(node, decoding, path) }
      guard let interval = intervals.read(node, decoding, path) else { return nil }
      return object.read(.mapping([("every", .string(interval.rawValue))]), decoding, path)
    }
  }
}

extension FieldType where Value == String {
  /// Five fields of cron.
  ///
  /// https://man7.org/linux/man-pages/man5/crontab.5.html
  static var cronSchedule: FieldType {
    .text(.cronSchedule) { text in
      let ranges = [0...59, 0...23, 1...31, 1...12, 0...6]
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
  static var recipient: FieldType { .publicKey(.recipient) { _ in true } }

  /// Somebody who signs backups, by a public Ed25519 key.
  static var signer: FieldType {
    .publicKey(.signer) { (try? TrustedSigners([$0])) != nil }
  }

  /// A public key; a private one in its place is not shown.
  private static func publicKey(
    _ form: TextForm, _ isAllowed: @escaping (String) -> Bool
  ) -> FieldType {
    .text(
      form,
      hint: { SecretInClear.isPrivateKey($0.text) ? SecretInClear.privateKeyHint : nil },
      shown: { SecretInClear.isPrivateKey($0) ? "[redacted]" : $0 }
    ) { isAllowed($0) ? $0 : nil }
  }
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

  static let recipient = TextForm(
    wanted: "a recipient of age: age1... or an ssh key", examples: ["age1..."],
    pattern: "(age1|ssh-ed25519 |ssh-rsa ).+")

  fileprivate static let signer = TextForm(
    wanted: TrustedSigners.allowed,
    examples: ["MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="],
    pattern: "MCowBQYDK2VwAyEA[A-Za-z0-9+/]{43}=")
}

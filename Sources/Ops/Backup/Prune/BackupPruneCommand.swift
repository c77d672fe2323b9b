import Core
import JSON
import ObjectStorage

/// Removes backups that no rule keeps any longer.
struct BackupPruneCommand: Command {
  private static let last = count("keep-last", "the newest ones")
  private static let hourly = count("keep-hourly", "the newest of each of so many hours")
  private static let daily = count("keep-daily", "the newest of each of so many days")
  private static let weekly = count("keep-weekly", "the newest of each of so many weeks")
  private static let monthly = count("keep-monthly", "the newest of each of so many months")
  private static let yearly = count("keep-yearly", "the newest of each of so many years")
  private static let minAge = Option(
    "min-age", .duration, .optional, "younger ones stay, whatever the counts say")
  private static let apply = Option(
    "apply", .text("HASH"), .optional, "remove what the plan of that hash says")

  private static func count(_ name: String, _ help: String) -> Option<Int> {
    Option(name, .integer(0...10_000), .optional, help)
  }

  static let specification = CommandSpecification(
    name: "prune", summary: "remove backups that no rule keeps any longer",
    description: """
      Prints what would go and what stays, and removes nothing. What it printed is carried out by \
      --apply with its hash, and refused where it would no longer be the same.

      The rules are those of backup.keep in platform.yaml, where each option takes the place of \
      the one of its name, or the options alone; they count backups that are proven by a restore, \
      and then once more all, by the moments that the backups show. The newest proven ones always \
      stay. Nothing is removed while no backup is proven, or where the newest run has not ended. \
      Objects that are not of this tool are never touched.
      """,
    options: BackupOptions.ofStore + [
      last, hourly, daily, weekly, monthly, yearly, minAge, apply, BackupOptions.json,
    ],
    exitCodes: BackupOptions.exitCodes,
    examples: [
      .init(line: "ops backup prune --env production", effect: "print what would go"),
      .init(
        line: "ops backup prune --env production --apply 4f1c0b7a9d2e6358",
        effect: "remove what was printed under that hash"),
      .init(
        line:
          "ops backup prune --store file:///backups --name orders --keep-last 3 --keep-daily 14",
        effect: "the same for a store that no environment names"),
    ])

  private let selection: BackupSelection
  private let given: GivenKeep
  private let hash: String?
  private let printsJSON: Bool

  init(_ arguments: ParsedArguments) throws {
    selection = BackupSelection(arguments)
    hash = arguments.value(Self.apply)
    printsJSON = arguments.has(BackupOptions.json)
    given = GivenKeep(
      last: arguments.value(Self.last), hourly: arguments.value(Self.hourly),
      daily: arguments.value(Self.daily), weekly: arguments.value(Self.weekly),
      monthly: arguments.value(Self.monthly), yearly: arguments.value(Self.yearly),
      minAge: arguments.value(Self.minAge))
  }

  func run(_ context: CommandContext) throws -> ExitCode {
    let interruption = try Interruption.watchingSignals()
    let place = try selection.place(context)
    let keep = given.over(place.policy?.keep ?? BackupPolicy.Keep(last: 0))
    guard !keep.isNothing else {
      throw BackupError.configuration(
        "no rule says what to keep", hints: ["give --env NAME, or --keep-last N and its like"])
    }
    let listing = try place.list()
    let plan = PrunePlan(listing, database: place.keys.database, keep: keep, now: Timestamp.now())
    return try finish(plan, place, BucketTraits.ask(place.bucket), context, interruption)
  }

  private func finish(
    _ plan: PrunePlan, _ place: BackupPlace, _ traits: BucketTraits, _ context: CommandContext,
    _ interruption: Interruption
  ) throws -> ExitCode {
    if !printsJSON { for line in plan.text + traits.notes { context.output.line(line) } }
    if let refusal = plan.refusal { throw BackupError.refused(refusal.words, hints: refusal.hints) }
    guard let hash else {
      show(plan, traits, removed: 0, context)
      return .done
    }
    guard hash == plan.hash else {
      throw BackupError.refused(
        "the plan is no longer that of \(ErrorReport.printable(hash))",
        hints: ["what would be removed now is the plan \(plan.hash)"])
    }
    var removed = 0
    let run = PruneRun(catalog: place.catalog) { id in
      removed += 1
      if !printsJSON { context.output.line("removed \(id)") }
    }
    try run.apply(plan, interruption)
    show(plan, traits, removed: removed, context)
    return .done
  }

  private func show(
    _ plan: PrunePlan, _ traits: BucketTraits, removed: Int, _ context: CommandContext
  ) {
    if printsJSON {
      var members = plan.json.members ?? []
      members.append(JSONMember("bucket", traits.json))
      members.append(JSONMember("removed", .integer(Int64(removed))))
      context.output.line(JSONValue.object(members).inNameOrder.written(pretty: true))
    } else if hash == nil, !plan.isEmpty {
      context.output.line("to carry it out: --apply \(plan.hash)")
    }
  }
}

/// What the options say of what stays; nil where they say nothing.
private struct GivenKeep {
  let last: Int?
  let hourly: Int?
  let daily: Int?
  let weekly: Int?
  let monthly: Int?
  let yearly: Int?
  let minAge: Duration?

  /// The rules of an environment, but for those that are given.
  func over(_ rules: BackupPolicy.Keep) -> BackupPolicy.Keep {
    BackupPolicy.Keep(
      last: last ?? rules.last, hourly: hourly ?? rules.hourly, daily: daily ?? rules.daily,
      weekly: weekly ?? rules.weekly, monthly: monthly ?? rules.monthly,
      yearly: yearly ?? rules.yearly, minAge: minAge ?? rules.minAge)
  }
}

extension PrunePlan.Refusal {
  fileprivate var hints: [String] {
    switch self {
    case .nothingProven: ["prove one: ops backup drill"]
    case .unfinishedRun, .incompleteBackup: ["let a backup end well first: ops backup run"]
    }
  }
}

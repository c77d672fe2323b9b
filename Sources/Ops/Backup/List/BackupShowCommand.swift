import Core
import JSON
import ObjectStorage

/// `ops backup show`: all that is known of one backup.
struct BackupShowCommand: Command {
  static let backup = Operand(.backupID, isRequired: false, "the backup; the newest unless given")

  static let specification = CommandSpecification(
    name: "show", summary: "show all that is known of a backup",
    options: BackupOptions.ofStore + [BackupOptions.json], operands: [backup],
    exitCodes: [.refused, .uploadFailed, .verificationFailed, .configuration],
    examples: [.init(line: "ops backup show --env production", effect: "the newest one")])

  private let selection: BackupSelection
  private let id: BackupID?
  private let printsJSON: Bool

  init(_ arguments: ParsedArguments) {
    selection = BackupSelection(arguments)
    id = arguments.value(Self.backup)
    printsJSON = arguments.has(BackupOptions.json)
  }

  func run(_ context: CommandContext) throws -> ExitCode {
    let place = try selection.place(context)
    let listing = try place.list()
    let entry = try listing.choose(id, atLeast: .uploaded)
    let proof = try entry.proof(in: place.storage)
    if printsJSON {
      var members = entry.json.members ?? []
      members.append(JSONMember("proof", proof.json))
      context.output.line(JSONValue.object(members).written(pretty: true))
    } else {
      for (name, text) in Self.facts(entry, proof) {
        context.output.line("\(name.padded(to: 12))  \(ErrorReport.printable(text))")
      }
    }
    return .done
  }

  private static func facts(_ entry: BackupEntry, _ proof: Proof) -> [(String, String)] {
    let manifest = entry.manifest
    let took = manifest.finishedAt.since(manifest.startedAt)
    var facts = [
      ("backup", manifest.id.text), ("of", "\(manifest.database) (\(manifest.source))"),
      ("state", entry.isOfOthers ? "UNSIGNED" : entry.state.rawValue),
      ("shows", manifest.snapshotAt.iso8601),
      ("taken in", "\(took.inMilliseconds) ms"),
      ("server", "\(manifest.kind.rawValue) \(manifest.serverVersion)"),
      (
        "by",
        manifest.tools.sorted { $0.key < $1.key }.map { "\($0) \($1)" }
          .joined(separator: ", ")
      ),
    ]
    if let locale = manifest.locale { facts.append(("locale", locale.words)) }
    for file in manifest.files {
      facts.append((file.content.rawValue, "\(file.key), \(ByteText.format(file.stored.bytes))"))
    }
    facts.append(
      ("readable by", manifest.isEncrypted ? manifest.recipients.joined(separator: ", ") : "all"))
    if !manifest.excludedTables.isEmpty {
      facts.append(("without", manifest.excludedTables.joined(separator: ", ")))
    }
    if manifest.isSchemaOnly { facts.append(("without", "rows")) }
    let rows = proof.mode == .none ? "" : ": \(proof.tables.count) tables, \(proof.rows) rows"
    facts.append(("proof", proof.mode.rawValue + rows))
    for mark in [entry.verified, entry.proven].compactMap(\.self) {
      facts.append((mark.stage.rawValue, mark.at.iso8601))
    }
    return facts
  }
}

import Core
import Subprocess

/// Encrypts streams by age, for some who hold the keys: not for whoever runs this.
///
/// https://github.com/FiloSottile/age
struct AgeEncryption: Sendable {
  private static let program = "age"
  private static let versionTimeout: Duration = .seconds(10)

  /// Public keys; never empty.
  let recipients: [String]
  /// Its version, for the manifest.
  let version: String

  /// Nil for no recipients; throws where one of them is none, or age is not there.
  init?(_ recipients: [String]) throws(BackupError) {
    guard !recipients.isEmpty else { return nil }
    for text in recipients where !TextForm.recipient.matches(text) { throw Self.refusal(of: text) }
    self.recipients = recipients
    do throws(SubprocessError) {
      let result = try Subprocess.Command(Self.program, ["--version"]).run(
        deadline: .after(Self.versionTimeout))
      version = result.outputText.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
    } catch {
      throw .configuration(
        "backups are encrypted by age: \(error)", hints: ["install age beside ops"])
    }
  }

  private static func refusal(of text: String) -> BackupError {
    let isPrivate = SecretInClear.isPrivateKey(text)
    let shown = isPrivate ? "[redacted]" : ErrorReport.printable(text)
    return .configuration(
      "'\(shown)' is not allowed; wanted: \(TextForm.recipient.wanted)",
      hints: isPrivate ? [SecretInClear.privateKeyHint] : [])
  }

  /// `upstream` as only the recipients can read it.
  func encrypting(
    _ upstream: any ByteStream, _ programs: ProgramGroup
  ) throws(BackupError) -> ProgramStream {
    let arguments = ["--encrypt"] + recipients.flatMap { ["--recipient", $0] }
    return try ProgramStream(
      Subprocess.Command(Self.program, arguments), programs, upstream: upstream)
  }
}

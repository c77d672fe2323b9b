import Core
import Subprocess

/// What keeps psql from running commands of its own that a dump as text brings.
///
/// Since CVE-2025-8714 dumps forbid these with `\restrict`, and a psql that is new enough obeys;
/// CVE-2026-18408 was a way around it. A dump of an older pg_dump does not forbid them, nor does
/// one that somebody changed: then we do.
/// https://www.postgresql.org/support/security/
enum PsqlSafety {
  /// The first release of each major that has both mended.
  private static let minors = [14: 24, 15: 19, 16: 15, 17: 11, 18: 6]
  private static let versionTimeout: Duration = .seconds(30)

  /// How much of a script decides whether it forbids them itself.
  static let startBytes = 4096

  /// What goes before a script that starts so: nothing where its first command forbids them.
  static func restriction(of start: String) -> String {
    let first = start.split(whereSeparator: \.isNewline).first { !$0.hasPrefix("--") }
    if first?.hasPrefix("\\restrict ") == true { return "" }
    var random = SystemRandomNumberGenerator()
    return "\\restrict \(String(random.next(), radix: 36))\(String(random.next(), radix: 36))\n"
  }

  /// Throws `RestoreError.unsafePsql` for one that is too old.
  static func check(_ program: String) throws {
    let result = try Subprocess.Command(program, ["--version"]).run(
      deadline: .after(versionTimeout))
    try check(version: result.outputText)
  }

  /// The same for what `--version` says: `psql (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)`.
  static func check(version text: String) throws(RestoreError) {
    let words = text.split(whereSeparator: \.isWhitespace)
    let version = words.first { $0.first?.isNumber == true } ?? ""
    let numbers = version.split(separator: ".").map { Int($0.prefix { $0.isNumber }) ?? 0 }
    let (major, minor) = (numbers.first ?? 0, numbers.dropFirst().first ?? 0)
    if major > minors.keys.max() ?? 0 { return }
    if let wanted = minors[major], minor >= wanted { return }
    throw .unsafePsql(
      found: String(version), wanted: minors[major].map { "\(major).\($0)" } ?? "14.24")
  }
}

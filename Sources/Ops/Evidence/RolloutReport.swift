import Core
import JSON
import POSIX

/// The evidence of a rollout for those who were not there: the same facts as JSON, as Markdown and
/// as one page.
struct RolloutReport: Sendable {
  /// The shape of `rollout.json`, as docs/rollout.schema.json has it.
  ///
  /// Larger where a change breaks readers; a member more breaks none.
  static let formatVersion: Int64 = 1

  let record: RolloutRecord
  let entrance: String
  /// The version of the program that wrote it.
  var version = Version.current

  /// Writes `rollout.json`, `rollout.md` and `rollout.html` into `directory`, which is made where
  /// it is missing.
  func write(to directory: String) throws(SystemError) {
    try File.makeDirectory(directory)
    try File.write(json.bytes(), to: directory + "/rollout.json")
    try File.write(Array(markdown.utf8), to: directory + "/rollout.md")
    try File.write(Array(RolloutPage(self).html.text.utf8), to: directory + "/rollout.html")
  }
}

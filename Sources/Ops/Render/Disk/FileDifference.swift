import Core
import POSIX
import Subprocess

/// How a file on the disk differs from what would be rendered, as `diff -u` tells it.
///
/// https://man7.org/linux/man-pages/man1/diff.1.html
struct FileDifference {
  /// How long one comparison may take.
  private static let timeout = Duration.seconds(30)
  /// Nothing, as a file.
  private static let nothing = "/dev/null"

  let root: String
  let hasColor: Bool

  /// The lines that turn the file on the disk into the rendered one.
  ///
  /// With the paths of git, so that `git apply` and reviewers take it.
  func text(of entry: TreeOnDisk.Entry) throws -> String {
    let path = "\(root)/\(entry.path)"
    let old = File.isRegular(path) ? path : Self.nothing
    let new = entry.rendered == nil ? Self.nothing : "-"
    let labels = [
      old == Self.nothing ? old : "a/\(entry.path)", new == Self.nothing ? new : "b/\(entry.path)",
    ]
    let command = Subprocess.Command(
      "diff",
      ["-u", "--color=\(hasColor ? "always" : "never")"] + labels.flatMap { ["--label", $0] }
        + ["--", old, new], input: .bytes(entry.rendered ?? []))
    let result: CommandResult
    do throws(SubprocessError) {
      result = try command.run(
        deadline: .after(Self.timeout), captureBytesMax: 2 * File.readBytesMax)
    } catch {
      throw DifferenceUnknown(reason: String(describing: error))
    }
    guard [.code(0), .code(1)].contains(result.exit), !result.deadlinePassed else {
      throw DifferenceUnknown(reason: result.lastErrorLine ?? String(describing: result.exit))
    }
    return result.outputText
  }
}

/// A comparison that could not be made.
struct DifferenceUnknown: ReportableError, Equatable {
  let reason: String

  var exitCode: ExitCode { .configuration }
  var findings: [Finding] { [Finding(message: "diff of diffutils cannot be used: \(reason)")] }
}

import Core
import POSIX
import Subprocess

/// The kubectl that the tests use: the one that set-up unpacked, else the one on the path.
public enum Kubectl {
  /// How long one run may take on a busy machine.
  private static let timeout = Duration.seconds(120)

  /// The program.
  public static var program: String {
    var root = #filePath
    for _ in 0..<3 { root = Path.parent(of: root) }
    let unpacked = root + "/.tools/programs/kubectl"
    return File.isExecutable(unpacked) ? unpacked : "kubectl"
  }

  /// What kustomize makes of the kustomization in `directory`.
  public static func kustomize(_ directory: String) throws -> CommandResult {
    try Command(program, ["kustomize", directory]).run(
      deadline: .after(timeout), captureBytesMax: 64 * 1024 * 1024)
  }
}

import POSIX
import Testing

@testable import Ops

/// The rendered files of this repository are its goldens.
@Suite struct CommittedTreeTests {
  private static var root: String {
    var root = #filePath
    for _ in 0..<5 { root = Path.parent(of: root) }
    return root
  }

  /// With RECORD_GOLDEN=1 they are written instead, which fails too: nobody records by accident.
  @Test func theCommittedFilesAreWhatIsRendered() throws {
    let words = ["render", "--all", "--file", Self.root + "/\(Platform.fileName)"]
    let isRecorded = ProcessInfo.environment["RECORD_GOLDEN"] == "1"
    let result = TestProgram.run(
      words: isRecorded ? words : words + ["--check"], tree: Ops.commands)
    #expect(result.code == .done, "\(result.output)\(result.error)")
    #expect(!isRecorded, "recorded the rendered files")
  }
}
